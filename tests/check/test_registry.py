"""Exercises by name."""

import pytest

from qkvlib import check


def test_an_unknown_check_names_the_nearest():
    with pytest.raises(AttributeError, match=r"check\.softmax"):
        check.sofmax  # noqa: B018
    with pytest.raises(KeyError, match="nothing"):
        check.exercise("nothing")
    assert "scores" in dir(check)

"""FillIn: the words in braces are left out, and come back only when asked for."""

import pytest

from qkvlib.widgets import FillIn

LINES = ["X · {W_Q} = Q", "{softmax} of each {row}"]


def test_what_is_shown_leaves_the_blanks_out():
    shown = FillIn("f-one", "Attention", LINES, decoys=["K"])
    assert repr(shown) == "Attention [3 blanks, 0 filled]"
    text = shown._repr_mimebundle_()["text/markdown"]
    assert "X · \\_\\_\\_\\_ = Q" in text
    assert "softmax" not in text
    assert shown.options == ["K", "row", "softmax", "W_Q"]


def test_what_was_filled_in_is_counted_and_kept():
    shown = FillIn("f-two", "Attention", LINES)
    shown.given = ["W_Q", "row", ""]
    assert shown.right == 1
    assert FillIn("f-two", "Attention", LINES).given == ["W_Q", "row", ""]
    assert FillIn("f-two", "Attention", LINES[:1]).given == []  # another diagram by now


def test_a_diagram_without_blanks_is_refused():
    with pytest.raises(ValueError, match="f-three: no line has a"):
        FillIn("f-three", "Attention", ["X"])

"""Answers as plain values: nothing of the learner's is asked anything."""

import numpy as np
import pytest

from qkvlib import check
from qkvlib.check import judge
from qkvlib.check.plain import Unusable, alike, plain


def scores(Q, K):
    return Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])


def judged(answer, name="scores"):
    return judge.check(check.exercise(name), answer)


class Liar(np.ndarray):
    """Says yes to every comparison."""

    def __eq__(self, other):
        return np.array(True)

    def __le__(self, other):
        return np.array(True)

    def __array__(self, *args, **kwargs):
        return scores(np.eye(3), np.eye(3))

    def __array_ufunc__(self, *args, **kwargs):
        return np.array(True)

    def __array_function__(self, *args, **kwargs):
        return np.array(True)

    __hash__ = None


def test_a_liar_is_compared_as_the_plain_numbers_it_holds():
    assert not judged(lambda Q, K: np.zeros((*Q.shape[:-1], K.shape[-2])).view(Liar))
    assert judged(lambda Q, K: scores(Q, K).view(Liar))


def test_plain_keeps_what_can_be_judged():
    assert plain([1, (2.5, "a"), None]) == (1, (2.5, "a"), None)
    assert plain(np.float32(0.5)) == np.float32(0.5)
    assert plain(np.str_("dog")) == "dog"
    assert plain({1: [2]}) == {"1": (2,)}
    assert type(plain(np.ones((1, 1)).view(np.recarray))) is np.ndarray


def test_plain_refuses_what_has_no_end():
    nested = []
    nested.append(nested)
    deep = plain(nested)
    while isinstance(deep, tuple):
        (deep,) = deep
    assert isinstance(deep, Unusable)


@pytest.mark.parametrize(
    ("answer", "expected", "same"),
    [
        (np.nan, np.nan, True),
        (np.inf, np.inf, True),
        (np.inf, -np.inf, False),
        ((1.0, 2.0), np.array([1.0, 2.0]), True),
        (np.array([[1.0], [2.0]]), (np.array([1.0]), np.array([2.0])), True),
        (np.array([3.0]), 3, True),
        (np.array([3.0, 3.0]), 3, False),
        (np.ones((2, 1)), np.ones((1, 2)), False),
        (" Dog", "dog", True),
        (None, None, True),
        (True, 1, True),
        pytest.param(10**400, 3.0, False, id="huge"),
        pytest.param(10**30, 1e30, True, id="large"),
        ({"a": 1}, {"a": 1, "b": 2}, False),
    ],
)
def test_alike(answer, expected, same):
    assert alike(answer, expected, 1e-9) is same

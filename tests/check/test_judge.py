"""The two halves, and what comes back from anything at all."""

import numpy as np
import pytest

from qkvlib import check
from qkvlib.check import attempt, judge
from qkvlib.check.plain import Unusable
from qkvlib.check.registry import exercises


def scores(Q, K):
    return Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])


class Anything:
    """Equal to everything, and everything to it."""

    __hash__ = None

    def __eq__(self, other):
        return True

    def __float__(self):
        return 1.0


ODD = [
    7,
    -1.5,
    np.nan,
    "text",
    (),
    {},
    (1, 2),
    (1, 2, 3, 4),
    ("a", None, 3),
    {"q": "two", "k": None, "v": 3},
    [[1, 2], [3]],
    np.zeros(0),
    np.zeros((2, 3, 4, 5, 6)),
    np.full((5, 5), np.nan),
    np.array(["a", "b"]),
    (np.ones((2, 2)), "weights"),
    ((np.ones(3), np.ones(3)), np.ones(3)),
    Anything(),
    scores,
]


@pytest.mark.parametrize("name", exercises())
def test_nothing_that_comes_back_breaks_the_judge(name):
    """Whatever an answer is or returns, there is a verdict, and it is not "correct"."""
    exercise = check.exercise(name)
    for odd in ODD:
        verdict = judge.check(exercise, odd if exercise.kind == "value" else lambda *args, odd=odd: odd)
        assert verdict.status in ("wrong", "todo"), (name, odd)
        assert verdict.message


def test_the_halves_meet_only_in_plain_data():
    """What the sandbox sends back can be written down and read again; nothing of the learner's is called."""
    exercise = check.exercise("attention")
    calls = exercise.calls(np.random.default_rng(3))
    outcomes = attempt.run(exercise, lambda Q, K, V: (V.sum() + Q @ np.swapaxes(K, -1, -2), [1.0, None]), calls)

    def is_plain(value):
        if isinstance(value, tuple):
            return all(is_plain(part) for part in value)
        if isinstance(value, dict):
            return all(isinstance(key, str) and is_plain(part) for key, part in value.items())
        return value is None or type(value) in (bool, int, float, str, np.ndarray, Unusable)

    assert all(is_plain(outcome.value) for outcome in outcomes)
    assert judge.compare(exercise, calls, outcomes).status == "wrong"


def test_compare_asks_for_one_outcome_per_call():
    exercise = check.exercise("scores")
    with pytest.raises(ValueError, match="0 outcomes"):
        judge.compare(exercise, exercise.calls(np.random.default_rng(0)), [])


def test_the_same_seed_gives_the_same_verdict():
    exercise = check.exercise("multi_head_attention")
    first, second = (exercise.calls(np.random.default_rng(judge.default_seed(exercise))) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a.args, b.args, strict=True))

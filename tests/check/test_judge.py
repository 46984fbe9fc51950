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


# -- a name is a claim --------------------------------------------------------------------------------------------


def test_part_of_a_mistake_is_not_the_mistake():
    """The two counts have not changed places: one of them stands in both."""

    def both_the_same(d_model, n_heads, n_tokens):
        count = 4 * d_model**2 + 2 * n_heads * n_tokens * d_model
        return count, count

    verdict = judge.check(check.exercise("step_multiplications"), both_the_same)
    assert verdict.status == "wrong"
    assert verdict.mistake != "order"


def test_what_is_raised_is_quoted_from_the_way_the_learner_calls_it():
    """`referent` is tried with words and with places; a function for words stops on places with another error."""

    def for_words(weights, tokens, query, candidates):
        row = weights[tokens.index(query)]
        return max(candidates, key=lambda word: row.index(word))

    verdict = judge.check(check.exercise("referent"), for_words)
    assert "has no attribute 'index'" in verdict.message


def test_right_for_one_and_wrong_for_another_is_said_of_two_that_differ_in_one_respect():
    def ones_only_with_a_mask(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
        good = check.exercise("multi_head_attention").reference(X, W_Q, W_K, W_V, W_O, n_heads, mask)
        return good + np.arange(good.size).reshape(good.shape) ** 2 if n_heads == 3 else good

    verdict = judge.check(check.exercise("multi_head_attention"), ones_only_with_a_mask)
    assert "with a mask" not in verdict.message.split(", and not")[0]
    assert "of the" in verdict.message


def test_a_symptom_says_what_was_seen():
    def too_little(Q, K, V):
        weights = np.exp(Q @ np.swapaxes(K, -1, -2))
        weights = weights / weights.sum(axis=-1, keepdims=True)
        weights = weights - weights**2 / 3
        return weights @ V, weights

    verdict = judge.check(check.exercise("attention"), too_little)
    assert verdict.mistake == "rows-not-shares"
    assert "A row of weights sums to 0." in verdict.message

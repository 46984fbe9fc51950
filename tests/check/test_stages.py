"""Answers that no misconception explains: the first thing that can be seen is said, with a slug of its own."""

import numpy as np
import pytest

from qkvlib import check
from qkvlib.check import judge
from qkvlib.check.plain import AnyOf
from qkvlib.check.registry import exercises
from qkvlib.check.verdict import Kind


def scores(Q, K):
    return Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])


def judged(answer, name="scores"):
    return judge.check(check.exercise(name), answer)


def raises(kind, text=""):
    def answer(Q, K):
        raise kind(text)

    return answer


class Anything:
    """Equal to everything, and everything to it."""

    __hash__ = None

    def __eq__(self, other):
        return True

    def __float__(self):
        return 1.0


class BadTemper(Exception):
    def __str__(self):
        raise RuntimeError("not even a message")


@pytest.mark.parametrize(
    ("answer", "mistake_slug", "kind"),
    [
        (raises(ZeroDivisionError), "raised-ZeroDivisionError", Kind.RAISED),
        (raises(IndexError, "index 9"), "raised-IndexError", Kind.RAISED),
        (raises(KeyError, "W"), "raised-KeyError", Kind.RAISED),
        (raises(AttributeError, "no shape"), "raised-AttributeError", Kind.RAISED),
        (raises(RuntimeError, "odd"), "raised-RuntimeError", Kind.RAISED),
        (raises(SystemExit), "raised-SystemExit", Kind.RAISED),
        (raises(MemoryError), "raised-MemoryError", Kind.RAISED),
        (raises(BadTemper), "raised-BadTemper", Kind.RAISED),
        (lambda Q, K: Q @ np.zeros((17, 2)), "raised-shapes", Kind.RAISED),
        (lambda Q, K: Q + np.zeros((4, 2)), "raised-shapes", Kind.RAISED),
        (lambda Q, K: Q.swapaxes(5, 6), "raised-AxisError", Kind.RAISED),
        (lambda Q, K: nobody, "raised-NameError", Kind.RAISED),  # noqa: F821
        (lambda Q, K: K + None, "raised-none", Kind.RAISED),
        (lambda Q, K: None @ K, "raised-no-axes", Kind.RAISED),
        (lambda Q, K: Q(K), "raised-not-callable", Kind.RAISED),
        (lambda Q, K: Q @ K.t() / np.sqrt(Q.size(-1)), "torch-spelling", Kind.RAISED),
        (lambda Q, K: Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.size(-1)), "torch-spelling", Kind.RAISED),
        (lambda Q, K: Q.flatten(-2), "torch-spelling", Kind.RAISED),
        (lambda Q, K: Q if Q else K, "raised-truth-value", Kind.RAISED),
        (lambda Q, K: K.transpose(1, 2, 0, 3, 4), "raised-axes", Kind.RAISED),
        (lambda Q, K: K.reshape(..., 1), "raised-shape-for-size", Kind.RAISED),
        (lambda Q, K: K.reshape(K.shape[:-1], 1), "raised-shape-for-size", Kind.RAISED),
        (lambda Q, K: range(3) - 1, "raised-list", Kind.RAISED),
        (lambda Q, K: len(K) - [1, 2], "raised-list", Kind.RAISED),
        (lambda Q, K: np.ones(*Q.shape[-2:]), "raised-size-for-type", Kind.RAISED),
        (lambda Q, K: [B for B, T, d, more, still_more in [Q.shape]], "raised-unpacking", Kind.RAISED),
        (lambda Q, K: np.einsum("...td,...sd->ts", Q, K) / np.sqrt(Q.shape[-1]), "raised-einsum", Kind.RAISED),
        (lambda Q, K: np.einsum("td,sd->ts", Q, K) / np.sqrt(Q.shape[-1]), "raised-einsum-letters", Kind.RAISED),
        (lambda Q, K: np.einsum("btd,bsd->bts", Q, K) / np.sqrt(Q.shape[-1]), "raised-einsum-letters", Kind.RAISED),
        (lambda Q, K: np.linalg.inv(Q), "raised-LinAlgError", Kind.RAISED),
        (lambda Q, K: print(Q.sum()), "no-return", Kind.UNFIT),
        (lambda Q, K: "scores", "type", Kind.UNFIT),
        (lambda Q, K: {"a": 1}, "type", Kind.UNFIT),
        (lambda Q, K: {1, 2}, "type", Kind.UNFIT),
        (lambda Q, K: Anything(), "type", Kind.UNFIT),
        (lambda Q, K: np.array([Anything()] * 3), "type", Kind.UNFIT),
        (lambda Q, K: np.array(["a"]), "type", Kind.UNFIT),
        (lambda Q, K: scores(Q, K) + 1j, "type", Kind.UNFIT),
        (lambda Q, K: scores, "type", Kind.UNFIT),
        (lambda Q, K: [[1, 2], [3]], "type", Kind.UNFIT),
        (lambda Q, K: (row for row in Q), "generator", Kind.UNFIT),
        (lambda Q, K: 3, "shape", Kind.UNFIT),
        (lambda Q, K: scores(Q, K)[None], "extra-axis", Kind.UNFIT),
        (lambda Q, K: scores(Q, K)[..., :-1], "shape", Kind.UNFIT),
        (lambda Q, K: scores(Q, K)[..., :-1, :], "shape", Kind.UNFIT),
        (lambda Q, K: np.full((*Q.shape[:-1], K.shape[-2]), np.nan), "not-finite", Kind.UNFIT),
        (lambda Q, K: np.full((*Q.shape[:-1], K.shape[-2]), np.inf), "not-finite", Kind.UNFIT),
        (lambda Q, K: np.zeros((*Q.shape[:-1], K.shape[-2])), "all-zeros", Kind.SYMPTOM),
        (lambda Q, K: np.ones((*Q.shape[:-1], K.shape[-2])), "all-equal", Kind.SYMPTOM),
        (lambda Q, K: -scores(Q, K), "sign", Kind.SYMPTOM),
        (lambda Q, K: 3 * scores(Q, K), "constant-factor", Kind.SYMPTOM),
        (lambda Q, K: scores(Q, K) + 3, "constant-offset", Kind.SYMPTOM),
        (lambda Q, K: scores(Q, K)[..., ::-1], "reversed-order", Kind.SYMPTOM),
        (lambda Q, K: scores(Q, K) * (np.arange(K.shape[-2]) < K.shape[-2] - 1), "never-filled", Kind.SYMPTOM),
        (lambda Q, K: scores(Q, K) * (np.arange(Q.shape[-2]) > 0)[:, None], "never-filled", Kind.SYMPTOM),
        (lambda Q, K: scores(Q, K).astype(int), "rounded", Kind.SYMPTOM),
        (lambda Q, K: np.random.default_rng().normal(size=scores(Q, K).shape), "not-deterministic", Kind.BESIDE),
        (lambda Q: Q, "signature", Kind.UNFIT),
        (lambda Q, K, scale: Q, "signature", Kind.UNFIT),
        (np.zeros((5, 7)), "not-a-function", Kind.UNFIT),
        (7, "not-a-function", Kind.UNFIT),
        (np, "not-a-function", Kind.UNFIT),
    ],
)
def test_each_has_a_slug_of_its_own(answer, mistake_slug, kind):
    verdict = judged(answer)
    assert (verdict.status, verdict.mistake, verdict.kind) == ("wrong", mistake_slug, kind)


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        (raises(RuntimeError, "odd"), ["RuntimeError", "odd"]),
        (raises(KeyError, "W"), ["W"]),
        (lambda Q, K: nobody, ["nobody"]),  # noqa: F821
        (lambda Q, K: Q @ np.zeros((17, 2)), ["17", "3", "[5, 3]"]),
        (lambda Q, K: {1, 2}, ["a set"]),
        (lambda Q, K: np.full((*Q.shape[:-1], K.shape[-2]), np.nan), ["NaN"]),
        (lambda Q, K: np.full((*Q.shape[:-1], K.shape[-2]), np.inf), ["infinite", "exponential"]),
        (lambda Q, K: np.full((*Q.shape[:-1], K.shape[-2]), -np.inf), ["-inf", "mask", "logarithm"]),
        (lambda Q, K: scores(Q, K)[..., :-1], ["[5, 6]", "key"]),
        (lambda Q, K: scores(Q, K)[..., :-1, :], ["[4, 7]", "query"]),
        (lambda Q: Q, ["(Q)", "scores(Q, K)"]),
        (np.zeros((5, 7)), ["ndarray"]),
        (lambda Q, K: Q @ K.T / np.sqrt(Q.shape[-1]), ["batch", "ValueError", ".T"]),
    ],
)
def test_what_was_seen_is_said_as_it_was(answer, facts):
    """Names, sizes and errors are the learner's own; the sentence round them is free to change."""
    message = judged(answer).message
    assert all(fact in message for fact in facts), message


def test_softmax_is_missed_where_it_would_make_the_right_numbers_and_only_there():
    exercise = check.exercise("fix_rotary_offset")  # weights, with a causal mask before them

    def scores_times(factor):
        with np.errstate(divide="ignore"):
            return judged(lambda *args: factor * np.log(exercise.reference(*args)), exercise.name).message

    assert "Softmax" in scores_times(1)
    assert "Softmax" not in scores_times(3)
    assert "-inf" in scores_times(3)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ((1,), "induction and first are right, and previous is not. Only the lines that make previous need"),
        ((0, 2), "previous is right, and induction and first are not. Only the lines that make induction and first"),
    ],
)
def test_every_wrong_one_of_several_results_is_named(wrong, said):
    exercise = check.exercise("job_measures")

    def answer(weights, period):
        return [bend(part) if k in wrong else part for k, part in enumerate(exercise.reference(weights, period))]

    assert said in judged(answer, "job_measures").message


@pytest.mark.parametrize("name", exercises())
def test_numbers_that_no_misconception_gives_are_wrong(name):
    """The right shapes with bent numbers: the last sentence of all, or a symptom, but a verdict."""
    exercise = check.exercise(name)

    def bent(*args):
        right = exercise.reference(*args)
        return bend(right.options[0] if isinstance(right, AnyOf) else right)

    answer = bent(*exercise.calls(None)[0].args) if exercise.kind == "value" else bent
    verdict = judge.check(exercise, answer)
    assert verdict.status == "wrong"
    assert verdict.message


def bend(value):
    if isinstance(value, dict):
        return {key: bend(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(bend(part) for part in value)
    if isinstance(value, str):
        return f"{value}X"
    array = np.asarray(value, float)
    return array * 1.3 + 0.01 * np.cos(1 + np.arange(array.size)).reshape(array.shape)

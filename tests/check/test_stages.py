"""Answers that no misconception explains: the first thing that can be seen is said, with a slug of its own."""

import numpy as np
import pytest

from qkvlib import check
from qkvlib.check import judge
from qkvlib.check.plain import AnyOf
from qkvlib.check.registry import exercises


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
    ("answer", "mistake_slug", "words"),
    [
        (raises(ZeroDivisionError), "raised-ZeroDivisionError", "divided by zero"),
        (raises(IndexError, "index 9"), "raised-IndexError", "past the end"),
        (raises(KeyError, "W"), "raised-KeyError", "asked a dict"),
        (raises(AttributeError, "no shape"), "raised-AttributeError", "does not have"),
        (raises(RuntimeError, "odd"), "raised-RuntimeError", "RuntimeError: odd"),
        (raises(SystemExit), "raised-SystemExit", "leave Python"),
        (raises(MemoryError), "raised-MemoryError", "memory"),
        (raises(BadTemper), "raised-BadTemper", "BadTemper"),
        (lambda Q, K: Q @ np.zeros((17, 2)), "raised-shapes", "17"),
        (lambda Q, K: Q + np.zeros((4, 2)), "raised-shapes", "do not fit"),
        (lambda Q, K: Q.swapaxes(5, 6), "raised-AxisError", "axis"),
        (lambda Q, K: nobody, "raised-NameError", "nobody"),  # noqa: F821
        (lambda Q, K: K + None, "raised-none", "None"),
        (lambda Q, K: None @ K, "raised-no-axes", "no axes"),
        (lambda Q, K: Q(K), "raised-not-callable", "not a function"),
        (lambda Q, K: Q if Q else K, "raised-truth-value", "whole array"),
        (lambda Q, K: np.linalg.inv(Q), "raised-LinAlgError", "invert"),
        (lambda Q, K: print(Q.sum()), "no-return", "hands back nothing"),
        (lambda Q, K: "scores", "type", "piece of text"),
        (lambda Q, K: {"a": 1}, "type", "dict"),
        (lambda Q, K: {1, 2}, "type", "a set"),
        (lambda Q, K: Anything(), "type", "an Anything"),
        (lambda Q, K: np.array([Anything()] * 3), "type", "Python objects"),
        (lambda Q, K: np.array(["a"]), "type", "array of"),
        (lambda Q, K: scores(Q, K) + 1j, "type", "complex"),
        (lambda Q, K: scores, "type", "a function"),
        (lambda Q, K: [[1, 2], [3]], "type", "differ in length"),
        (lambda Q, K: (row for row in Q), "generator", "generator"),
        (lambda Q, K: 3, "shape", "fewer axes"),
        (lambda Q, K: scores(Q, K)[None], "shape", "more axes"),
        (lambda Q, K: scores(Q, K)[..., :-1], "shape", "key"),
        (lambda Q, K: scores(Q, K)[..., :-1, :], "shape", "query"),
        (lambda Q, K: np.full((*Q.shape[:-1], K.shape[-2]), np.nan), "not-finite", "NaN"),
        (lambda Q, K: np.full((*Q.shape[:-1], K.shape[-2]), np.inf), "not-finite", "infinite"),
        (lambda Q, K: np.zeros((*Q.shape[:-1], K.shape[-2])), "all-zeros", "0"),
        (lambda Q, K: np.ones((*Q.shape[:-1], K.shape[-2])), "all-equal", "the same"),
        (lambda Q, K: -scores(Q, K), "sign", "sign"),
        (lambda Q, K: 3 * scores(Q, K), "constant-factor", "factor"),
        (lambda Q, K: scores(Q, K) + 3, "constant-offset", "amount"),
        (lambda Q, K: scores(Q, K)[..., ::-1], "reversed-order", "reversed"),
        (lambda Q, K: scores(Q, K).astype(int), "rounded", "rounded"),
        (lambda Q, K: np.random.default_rng().normal(size=scores(Q, K).shape), "not-deterministic", "another"),
        (lambda Q: Q, "signature", "takes (Q)"),
        (lambda Q, K, scale: Q, "signature", "scores(Q, K)"),
        (np.zeros((5, 7)), "not-a-function", "ndarray"),
        (7, "not-a-function", "an int"),
        (np, "not-a-function", "a module"),
    ],
)
def test_each_gets_its_own_sentence(answer, mistake_slug, words):
    verdict = judged(answer)
    assert (verdict.status, verdict.mistake) == ("wrong", mistake_slug)
    assert words in verdict.message


def test_a_named_mistake_that_raises_says_where():
    verdict = judged(lambda Q, K: Q @ K.T / np.sqrt(Q.shape[-1]))
    assert verdict.mistake == "transposed-all-axes"
    assert verdict.message.startswith("On a batch of sequences it stops with a ValueError. With a batch in front, .T")


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

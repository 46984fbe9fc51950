"""Sharing out, with every other way of making shares, and the sentences for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from qkvlib.check.spec import Mistake, mistake, switch


def soft(z: np.ndarray, axis: Any = -1) -> np.ndarray:
    """A stable softmax; a row with nothing to look at gives NaN, as a learner's would."""
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def one_hot(z: np.ndarray) -> np.ndarray:
    """1 where the last axis is largest, else 0."""
    return (z == z.max(axis=-1, keepdims=True)).astype(float)


def _cut_off(z: np.ndarray, low: float) -> np.ndarray:
    weights = soft(z)
    return np.where(weights < low, 0.0, weights)


def _shared_again(z: np.ndarray, low: float) -> np.ndarray:
    weights = _cut_off(z, low)
    return weights / weights.sum(axis=-1, keepdims=True)


NORMALISERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "keys": soft,
    "queries": lambda z: soft(z, -2),
    "all": lambda z: soft(z.reshape(*z.shape[:-2], -1)).reshape(z.shape),
    "argmax": one_hot,
    "no-exp": lambda z: z / z.sum(axis=-1, keepdims=True),
    "unnormalised": np.exp,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "none": lambda z: z,
    "twice": lambda z: soft(soft(z)),
    "minus": lambda z: soft(-z),
    "heads": lambda z: soft(z, -3) if z.ndim > 2 else z,
    "first": lambda z: soft(z, 0),
    "second": lambda z: soft(z, 1),
    "whole": lambda z: soft(z.ravel()).reshape(z.shape),
    "uniform": lambda z: np.full_like(z, 1 / z.shape[-1]),
    "relu": lambda z: np.maximum(z, 0) / np.maximum(z, 0).sum(-1, keepdims=True),
    "abs": lambda z: np.abs(z) / np.abs(z).sum(-1, keepdims=True),
    "square": lambda z: z**2 / (z**2).sum(-1, keepdims=True),
    "power-of-two": lambda z: soft(z * np.log(2)),
    "power-of-ten": lambda z: soft(z * np.log(10)),
    **{f"cut-{low}": partial(_cut_off, low=low) for low in (0.05, 0.1, 0.2)},
    **{f"shared-again-{low}": partial(_shared_again, low=low) for low in (0.05, 0.1, 0.2)},
    "no-keepdims-above": lambda z: np.exp(z - z.max(-1)) / np.exp(z - z.max(-1)).sum(-1, keepdims=True),
    "no-keepdims": lambda z: np.exp(z - z.max(-1, keepdims=True)) / np.exp(z - z.max(-1, keepdims=True)).sum(-1),
    "no-keepdims-twice": lambda z: np.exp(z - z.max(-1)) / np.exp(z - z.max(-1)).sum(-1),
    "no-keepdims-bare": lambda z: np.exp(z) / np.exp(z).sum(-1),
}


def softmax_mistakes() -> tuple[Mistake, ...]:
    """Weights that are not a softmax over the keys."""
    return (
        switch(
            "softmax-over-queries",
            "Your weights sum to 1 down the columns, so the softmax ran over the queries.",
            "Each query shares out its own attention: which axis counts the keys?",
            companion=True,
            normalise="queries",
        ),
        switch(
            "softmax-over-first-axis",
            "Your softmax runs over the first axis, whatever stands there: queries, or even the batch.",
            "Count axes from the end; which one counts the keys?",
            normalise="first",
        ),
        switch(
            "softmax-over-second-axis",
            "Your softmax runs over axis 1, which is another axis as soon as there is a batch.",
            "Count axes from the end; which one counts the keys?",
            normalise="second",
        ),
        switch(
            "softmax-over-everything",
            "All your weights together sum to 1, so every row has only a piece of it.",
            "Each query has a whole 1 to share out among the keys.",
            normalise="all",
        ),
        switch(
            "hard-argmax",
            "Each of your rows gives everything to one key and nothing to the others.",
            "Attention is soft: the runner-up still gets its share.",
            normalise="argmax",
        ),
        switch(
            "no-exp",
            "Your rows sum to 1, but negative scores stay negative as weights.",
            "Something must make every number positive before the sharing out.",
            normalise="no-exp",
        ),
        switch(
            "not-normalised",
            "Your weights are positive, but a row does not sum to 1.",
            "After the exponential, each row still has to be shared out of 1.",
            normalise="unnormalised",
        ),
        switch(
            "sigmoid",
            "Each of your weights lies between 0 and 1, but a row does not sum to 1.",
            "The keys compete for one query's attention; a sigmoid judges each of them alone.",
            normalise="sigmoid",
        ),
        switch(
            "no-softmax",
            "Raw scores are used as weights: some are negative, and rows do not sum to 1.",
            "One step stands between the scores and the blend.",
            normalise="none",
        ),
        switch(
            "softmax-twice",
            "Your weights are flatter than they should be, as if softmax had run twice.",
            "Does a helper that you call end with a softmax already?",
            normalise="twice",
        ),
        switch(
            "minus-sign",
            "The key that matches worst gets the most weight.",
            "Look at the sign in front of the scores.",
            normalise="minus",
        ),
    )


def softmax_slips(
    model: Callable, functions: Iterable[str] = ("relu", "abs", "square", "power-of-two", "power-of-ten")
) -> tuple[Mistake, ...]:
    """A sum that runs too far or loses its axis, or another function, inside attention; `model` is the exercise's."""
    return (
        mistake(
            "keepdims-forgotten",
            "A sum or a maximum in your softmax has lost its axis, so numpy pairs it with the wrong row or with none.",
            "Both have an argument that keeps the axis, with length 1.",
            *(
                lambda *a, how=how: model(*a, normalise=how)
                for how in ("no-keepdims", "no-keepdims-twice", "no-keepdims-bare", "no-keepdims-above")
            ),
        ),
        mistake(
            "softmax-over-the-batch",
            "All the weights of all sequences and heads together sum to 1: the sum ran over the whole array.",
            "Each query has a whole 1 to share out: along which axis should be summed?",
            lambda *a: model(*a, normalise="whole"),
        ),
        mistake(
            "another-function-for-exp",
            "Your scores become shares of 1, but it is no power of e that makes them positive.",
            "An exponential keeps the order of the scores and turns differences into factors.",
            *(lambda *a, how=how: model(*a, normalise=how) for how in functions),
        ),
    )

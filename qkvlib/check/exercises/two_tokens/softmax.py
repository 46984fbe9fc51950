"""Scores become shares, along any axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import ONE_AXIS, case, cases
from qkvlib.check.misconceptions.softmax import one_hot, soft
from qkvlib.check.spec import Exercise, mistake, switch


def _arguments(draw, shape, axis=None, apart=False, batch=()):
    z = draw.rows_apart(*shape) if apart else draw(*batch, *shape)
    return (z,) if axis is None else (z, axis)


def _shares(
    z: np.ndarray, axis: Any = -1, *, over: str = "axis", make: str = "exp", then: str = "share", stable: bool = True
) -> np.ndarray:
    axis = {"axis": axis, "last": -1, "first": 0, "queries": -2 if z.ndim > 1 else -1, "all": None}[over]
    shift = z.max(axis=axis, keepdims=True) if stable else 0.0
    raised = {
        "exp": lambda: np.exp(z - shift),
        "none": lambda: z,
        "minus": lambda: np.exp(-(z - (z.min(axis=axis, keepdims=True) if stable else 0.0))),
        "two": lambda: 2.0 ** (z - shift),
        "square": lambda: z * z,
        "abs": lambda: np.abs(z),
        "relu": lambda: np.maximum(z, 0),
    }[make]()
    total = {
        "share": lambda: raised.sum(axis=axis, keepdims=True),
        "nothing": lambda: 1.0,
        "norm": lambda: np.sqrt((raised * raised).sum(axis=axis, keepdims=True)),
        "mean": lambda: raised.mean(axis=axis, keepdims=True),
        "count": lambda: z.shape[axis] if axis is not None else z.size,
    }[then]()
    return raised / total


def _divided(z: np.ndarray, axis: Any, extra: float) -> np.ndarray:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / (e.sum(axis=axis, keepdims=True) + extra)


def _unexponentiated(z: np.ndarray, axis: Any) -> np.ndarray:
    z = z - z.max(axis=axis, keepdims=True)
    return z / z.sum(axis=axis, keepdims=True)


def _plainly(z: np.ndarray, axis: Any) -> np.ndarray:
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


def _clipped(z: np.ndarray, axis: Any, low: float, high: float) -> np.ndarray:
    z = np.clip(z, low, high)
    return z / z.sum(axis=axis, keepdims=True)


def _first_largest(z: np.ndarray, axis: Any) -> np.ndarray:
    """1 at the first of the largest, as argmax tells, where others may be as large."""
    out = np.zeros(z.shape)
    np.put_along_axis(out, np.argmax(z, axis=axis, keepdims=True), 1.0, axis)
    return out


EXERCISE = Exercise(
    name="softmax",
    reference=attention.softmax,
    model=_shares,
    inputs=cases(
        _arguments,
        case("a grid of scores", shape=(5, 7)),
        case("a square grid", shape=(5, 5)),
        case("axis=0", shape=(5, 7), axis=0),
        case("axis=1 of three", shape=(5, 7), axis=1, batch=ONE_AXIS),
        case("a single row", shape=(11,)),
        case("scores of very different size", shape=(5, 7), apart=True),
    ),
    mistakes=(
        switch(
            "softmax-over-everything",
            "All your numbers together sum to 1, so each row has only a piece of it.",
            "Sum along one axis and keep the others apart.",
            versions=(lambda z, axis=-1: np.exp(z) / np.sum(np.exp(z)),),
            over="all",
        ),
        switch(
            "axis-ignored",
            "Your shares always sum to 1 along the last axis, whatever axis is asked for.",
            "The argument axis should reach both the maximum and the sum.",
            versions=(lambda z, axis=-1: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),),
            over="last",
        ),
        switch(
            "softmax-over-queries",
            "Your columns sum to 1 where rows were asked for.",
            "Is the axis the one that was handed in?",
            companion=True,
            versions=(
                lambda z, axis=-1: soft(z, -2) if axis == -1 and z.ndim > 1 else soft(z, axis),
                lambda z, axis=-1: soft(z, 0) if axis == -1 else soft(z, axis),
                lambda z, axis=-1: np.exp(z) / np.exp(z).sum(axis=0),
            ),
            over="queries",
        ),
        switch(
            "softmax-over-first-axis",
            "Your shares sum to 1 along the first axis, whatever axis is asked for.",
            "The first axis may be a batch; use the axis that was handed in.",
            over="first",
        ),
        mistake(
            "keepdims-forgotten",
            "The sum has lost its axis, so numpy divides by the wrong row or cannot divide at all.",
            "There is an argument of sum that keeps the axis, with length 1.",
            lambda z, axis=-1: np.exp(z) / np.exp(z).sum(axis=axis),
            lambda z, axis=-1: np.exp(z - z.max()) / np.exp(z - z.max()).sum(axis=axis),
            lambda z, axis=-1: np.exp(z - z.max(axis=axis)) / np.exp(z - z.max(axis=axis)).sum(axis=axis),
            lambda z, axis=-1: (
                np.exp(z - z.max(axis=axis, keepdims=True)) / np.exp(z - z.max(axis=axis, keepdims=True)).sum(axis=axis)
            ),
        ),
        mistake(
            "subtracted-without-exp",
            "You subtract the largest number, or the smallest, and share out, but no exponential is taken.",
            "The subtraction only keeps the exponential small; the exponential still has to follow.",
            lambda z, axis=-1: _unexponentiated(z, axis),
            lambda z, axis=-1: _unexponentiated(-z, axis),
        ),
        switch(
            "no-exp",
            "Your rows sum to 1, but negative scores stay negative.",
            "Something must make every number positive before the sharing out.",
            make="none",
        ),
        switch(
            "not-normalised",
            "Everything is positive, but a row does not sum to 1.",
            "After the exponential, divide by the sum.",
            versions=(lambda z, axis=-1: np.exp(z),),
            then="nothing",
        ),
        switch(
            "divided-by-mean",
            "Your shares average to 1 instead of summing to 1.",
            "Divide by the sum.",
            then="mean",
        ),
        switch(
            "divided-by-count",
            "You divide by how many numbers there are.",
            "Divide by what they add up to.",
            versions=(lambda z, axis=-1: np.exp(z) / z.shape[axis],),
            then="count",
        ),
        switch(
            "unit-length",
            "Your rows have length 1, but do not sum to 1.",
            "Shares are divided by a plain sum, without squares and roots.",
            then="norm",
        ),
        switch(
            "minus-sign",
            "The smallest score gets the largest share.",
            "Look at the sign inside the exponential.",
            make="minus",
            versions=(lambda z, axis=-1: np.exp(-z) / np.exp(-z).sum(axis=axis, keepdims=True),),
        ),
        switch(
            "another-base",
            "Your shares are flatter than they should be: the base of the power is not e.",
            "numpy has a function for e to the power of.",
            versions=(lambda z, axis=-1: 2.0**z / (2.0**z).sum(axis=axis, keepdims=True),),
            make="two",
        ),
        switch(
            "squares-for-exp",
            "A score of -2 gets as much as a score of 2: the numbers were squared.",
            "A negative score means less than none; an exponential keeps the order.",
            make="square",
        ),
        switch(
            "absolute-for-exp",
            "A score of -2 gets as much as a score of 2: signs were dropped.",
            "A negative score means less than none; an exponential keeps the order.",
            make="abs",
        ),
        switch(
            "cut-at-zero",
            "Negative scores get exactly nothing.",
            "Even a poor match keeps a small share; an exponential never reaches 0.",
            make="relu",
        ),
        mistake(
            "clipped",
            "Scores were clipped into a range, so beyond its ends different scores get the same.",
            "Clipping forgets how far apart two scores are; an exponential keeps every difference.",
            *(lambda z, axis=-1, ends=ends: _clipped(z, axis, *ends) for ends in ((0, 1), (-1, 1), (1e-9, None))),
            *(lambda z, axis=-1, ends=ends: np.clip(z, *ends) for ends in ((0, 1), (-1, 1))),
            *(
                lambda z, axis=-1, ends=ends: soft(np.clip(z, *ends), axis)
                for ends in ((0, None), (0, 1), (-1, 1), (None, 0), (None, 1), (None, 10))
            ),
            *(lambda z, axis=-1, top=top: _plainly(np.clip(z, None, top), axis) for top in (0, 1, 10, 500, 700)),
            *(lambda z, axis=-1, top=top: _plainly(np.clip(z, -top, top), axis) for top in (100, 500, 700)),
        ),
        switch(
            "unstable",
            "It is right for small scores, but for scores near 1000 the exponential overflows and you get NaN.",
            "Softmax sees differences only: what could be subtracted from a row without changing its shares?",
            stable=False,
        ),
        mistake(
            "another-shift",
            "What you take off before the exponential is not the row's own largest number: far-off rows get NaN or 0.",
            "Along axis, the largest one becomes 0 and none is above it: whose largest is it?",
            lambda z, axis=-1: _plainly(z - z.max(), axis),
            lambda z, axis=-1: _plainly(z - z.min(), axis),
            lambda z, axis=-1: _plainly(z - z.min(axis=axis, keepdims=True), axis),
            lambda z, axis=-1: _plainly(z - z.mean(axis=axis, keepdims=True), axis),
            lambda z, axis=-1: _plainly(z - np.abs(z).max(axis=axis, keepdims=True), axis),
            lambda z, axis=-1: _plainly(z - np.abs(z).max(), axis),
            lambda z, axis=-1: _plainly(z - 1000, axis),
        ),
        mistake(
            "maximum-along-the-last-axis",
            "The maximum is taken along the last axis, whatever axis is asked for.",
            "All scores that share 1 must lose the same number: the argument axis belongs in max as well.",
            lambda z, axis=-1: _plainly(z - z.max(axis=-1, keepdims=True), axis),
        ),
        mistake(
            "kept-in-whole-numbers",
            "Of whole numbers your shares come out as whole numbers too: 0 nearly everywhere.",
            "np.zeros_like and astype keep the kind of z; shares need an array of floats.",
            lambda z, axis=-1: soft(z, axis).astype(z.dtype),
        ),
        mistake(
            "low-precision",
            "The scores are made float16 first, which keeps three digits and no number above 65,504.",
            "Leave the numbers in the precision in which they came.",
            lambda z, axis=-1: soft(z.astype(np.float16), axis),
            lambda z, axis=-1: _plainly(z.astype(np.float16), axis),
        ),
        mistake(
            "maximum-without-its-axis",
            "The maximum has lost its axis, so numpy subtracts it from the wrong scores or cannot subtract at all.",
            "max takes keepdims=True as well as sum.",
            lambda z, axis=-1: _plainly(z - z.max(axis=axis), axis),
        ),
        mistake(
            "scores-divided",
            "You divided the scores before the exponential, so the gaps between them shrank.",
            "Subtracting one number from a row keeps every gap; dividing does not.",
            lambda z, axis=-1: soft(z / z.max(axis=axis, keepdims=True), axis),
            lambda z, axis=-1: soft(z / z.max(), axis),
            *(lambda z, axis=-1, n=n: soft(z / n, axis) for n in (10, 100, 1000)),
        ),
        mistake(
            "something-added-to-sum",
            "Your rows sum to a little less than 1: something is added to the sum that you divide by.",
            "Once the largest number is subtracted, the sum is never 0. It needs no help.",
            *(lambda z, axis=-1, n=n: _divided(z, axis, n) for n in (1e-3, 1e-2, 1e-1, 1)),
        ),
        mistake(
            "hard-argmax",
            "Each row gives everything to its largest score.",
            "Soft means that the runner-up still gets a share.",
            lambda z, axis=-1: (z == z.max(axis=axis, keepdims=True)).astype(float),
            lambda z, axis=-1: one_hot(z),
            lambda z, axis=-1: _first_largest(z, axis),
        ),
        mistake(
            "position-of-largest",
            "You hand back where the largest score is.",
            "Every score gets a share; the shape stays as it was.",
            lambda z, axis=-1: np.argmax(z, axis=axis),
        ),
        mistake(
            "log-softmax",
            "All your numbers are negative: they are logarithms of shares.",
            "One exponential is still missing.",
            lambda z, axis=-1: np.log(soft(z, axis)),
        ),
        mistake(
            "sigmoid",
            "Each number lies between 0 and 1, but a row does not sum to 1.",
            "The scores of a row compete for one whole; a sigmoid judges each alone.",
            lambda z, axis=-1: 1 / (1 + np.exp(-z)),
        ),
        mistake(
            "softmax-twice",
            "Your shares are much flatter than they should be, as if softmax had run twice.",
            "Once is enough.",
            lambda z, axis=-1: soft(soft(z, axis), axis),
        ),
        mistake(
            "scaled",
            "Your shares are flatter than they should be: the scores were divided by something first.",
            "Scaling has its place in scores; softmax takes its input as it is.",
            lambda z, axis=-1: soft(z / np.sqrt(z.shape[-1]), axis),
            lambda z, axis=-1: soft(z / np.sqrt(z.shape[axis]), axis),
            lambda z, axis=-1: soft(z / z.shape[-1], axis),
        ),
        mistake(
            "min-max",
            "Your rows run from 0 to 1: they were stretched, not shared out.",
            "Take an exponential, then divide by the sum.",
            lambda z, axis=-1: (z - z.min(axis=axis, keepdims=True)) / np.ptp(z, axis=axis, keepdims=True),
            lambda z, axis=-1: (z - z.min()) / (z.max() - z.min()),
        ),
        mistake(
            "divided-before-exp",
            "The scores are divided by their sum first and only then go through the exponential.",
            "First the exponential, then the sharing out.",
            lambda z, axis=-1: np.exp(z / z.sum(axis=axis, keepdims=True)),
        ),
        mistake(
            "summed-before-exp",
            "You divide by the sum of the scores, or by e to that sum.",
            "Add up the exponentials, so that what lies above the line adds up to what lies below it.",
            lambda z, axis=-1: np.exp(z) / z.sum(axis=axis, keepdims=True),
            lambda z, axis=-1: np.exp(z) / np.exp(z.sum(axis=axis, keepdims=True)),
            lambda z, axis=-1: np.exp(z - z.max(axis=axis, keepdims=True)) / z.sum(axis=axis, keepdims=True),
            lambda z, axis=-1: np.exp(z - z.sum(axis=axis, keepdims=True)),
        ),
        mistake(
            "only-the-exponent-shifted",
            "The largest score is subtracted above the line but not below it, so the rows do not sum to 1.",
            "Compute the exponentials once, and use the same ones twice.",
            lambda z, axis=-1: np.exp(z - z.max(axis=axis, keepdims=True)) / np.exp(z).sum(axis=axis, keepdims=True),
        ),
        mistake(
            "log-sum-exp-unstable",
            "Your numbers are logarithms of shares, and for scores near 1000 they overflow.",
            "One exponential is still missing, and the largest score should be subtracted before all.",
            lambda z, axis=-1: z - np.log(np.exp(z).sum(axis=axis, keepdims=True)),
        ),
        mistake(
            "ten-for-e",
            "Your shares are sharper than they should be: the base of the power is 10.",
            "numpy has a function for e to the power of.",
            lambda z, axis=-1: 10.0**z / (10.0**z).sum(axis=axis, keepdims=True),
            lambda z, axis=-1: soft(z * np.log(10), axis),
        ),
        mistake(
            "negative-shares",
            "Some of your shares are negative.",
            "An exponential makes every number positive, before the sharing out.",
            last=True,
            recognise=lambda args, p: np.min(p) < 0,
        ),
        mistake(
            "shares-do-not-sum-to-one",
            "Along the axis that was asked for, your shares do not sum to 1.",
            "Whatever comes last, it should be the division by the sum along that axis.",
            last=True,
            recognise=lambda args, p: not np.allclose(np.sum(p, axis=args[1] if len(args) > 1 else -1), 1, atol=1e-3),
        ),
        mistake(
            "other-shares",
            "Your shares are positive and sum to 1, but they are not the right ones.",
            "The quotient of two shares should be e to the power of the difference of their scores.",
            last=True,
            recognise=lambda args, p: np.allclose(np.sum(p, axis=args[1] if len(args) > 1 else -1), 1, atol=1e-3),
        ),
    ),
    hints=(
        "Three steps: make every number positive, add up along the axis, divide.",
        "Give sum (and max) the axis, and keepdims=True so that the division finds its row again.",
        "Subtract the largest number along that axis first: the shares stay the same and nothing overflows.",
    ),
    praise="Right: positive shares that sum to 1 along the axis that was asked for, even for large scores.",
)

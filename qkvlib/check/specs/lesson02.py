"""Lesson 2: two tokens meet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qkvlib import attention as math
from qkvlib.check.spec import Exercise, mistake, switch
from qkvlib.check.specs.common import (
    T,
    calls,
    compare_all,
    head,
    letters,
    measure_mistakes,
    normal,
    one_hot,
    order_mistakes,
    role_mistakes,
    scale_mistakes,
    scale_slips,
    shares_by_hand,
    soft,
    softmax_mistakes,
    softmax_slips,
    value_mistakes,
    weights_left_out,
)

# -- scores -------------------------------------------------------------------------------------------------------


def _score_inputs(rng):
    return calls(
        ("one sequence", normal(rng, 5, 3), normal(rng, 7, 3)),
        ("as many tokens as features", normal(rng, 3, 3), normal(rng, 3, 3)),
        ("a batch of sequences", normal(rng, 2, 5, 3), normal(rng, 2, 7, 3)),
        ("a batch of heads", normal(rng, 2, 3, 5, 11), normal(rng, 2, 3, 5, 11)),
    )


def _after(then):
    return lambda Q, K: then(compare_all(Q, K))


def _standard(z, axis):
    return (z - z.mean(axis=axis, keepdims=True)) / z.std(axis=axis, keepdims=True)


scores = Exercise(
    name="scores",
    lesson=2,
    parameters=("Q", "K"),
    reference=math.scores,
    model=compare_all,
    inputs=_score_inputs,
    axes=("query", "key"),
    mistakes=(
        *measure_mistakes(),
        *role_mistakes(values=False),
        *scale_mistakes(queries=True),
        mistake(
            "scaled-by-one-query",
            "Your scale changes with the queries themselves.",
            "It should depend on one length only: how many features are summed over.",
            lambda Q, K: Q @ T(K) / np.linalg.norm(Q, axis=-1, keepdims=True),
            lambda Q, K: Q @ T(K) / np.linalg.norm(Q),
            lambda Q, K: Q @ T(K) / np.sqrt(np.abs(Q @ T(K))),
        ),
        mistake(
            "scaled-by-the-numbers",
            "Your scale is made from the numbers in Q, K or the scores, so it changes with every text.",
            "It is one fixed number, known before any score is.",
            lambda Q, K: Q @ T(K) / np.std(Q @ T(K)),
            lambda Q, K: Q @ T(K) / np.max(Q @ T(K)),
            lambda Q, K: Q @ T(K) / np.abs(Q @ T(K)).max(),
            lambda Q, K: Q @ T(K) / (np.linalg.norm(Q) * np.linalg.norm(K)),
        ),
        mistake(
            "cut-to-whole-numbers",
            "Q and K were cut to whole numbers before they met.",
            "Leave the digits in: astype(int) drops them.",
            lambda Q, K: compare_all(Q.astype(int), K.astype(int)),
        ),
        mistake(
            "scale-by-first-axis",
            "Your scale follows the first axis of Q, or of K, which may be the batch.",
            "len counts what stands there; which axis of Q is summed over in a dot product?",
            lambda Q, K: Q @ T(K) / np.sqrt(len(Q)),
            lambda Q, K: Q @ T(K) / len(Q),
            lambda Q, K: Q @ T(K) / np.sqrt(len(K)),
            lambda Q, K: Q @ T(K) / len(K),
        ),
        *scale_slips(compare_all),
        mistake(
            "root-cut-to-whole-number",
            "Your scores are divided by a root that was cut to a whole number.",
            "Let the root keep its digits: int and // drop them.",
            lambda Q, K: Q @ T(K) / int(np.sqrt(Q.shape[-1])),
            lambda Q, K: Q @ T(K) // np.sqrt(Q.shape[-1]),
        ),
        mistake(
            "dot-across-the-batch",
            "np.dot and np.inner pair every sequence of a batch with every other one.",
            "@ keeps each sequence to itself.",
            lambda Q, K: np.dot(Q, T(K)) / np.sqrt(Q.shape[-1]),
            lambda Q, K: np.inner(Q, K) / np.sqrt(Q.shape[-1]),
            lambda Q, K: np.dot(Q, T(K)),
            lambda Q, K: np.inner(Q, K),
        ),
        mistake(
            "reshaped-for-transposed",
            "K was reshaped where it should be turned round: the shape fits, and the numbers stand in other places.",
            "A reshape keeps the order of the numbers; swapping two axes changes it.",
            lambda Q, K: Q @ K.reshape(*K.shape[:-2], K.shape[-1], K.shape[-2]) / np.sqrt(Q.shape[-1]),
            lambda Q, K: Q @ K.reshape(*K.shape[:-2], K.shape[-1], K.shape[-2]),
        ),
        mistake(
            "features-left-out",
            "Some features take no part in your dot products.",
            "Check where your loop or slice over the last axis begins and stops.",
            lambda Q, K: compare_all(Q[..., :-1], K[..., :-1]),
            lambda Q, K: compare_all(Q[..., 1:], K[..., 1:]),
            lambda Q, K: compare_all(Q[..., :1], K[..., :1]),
            lambda Q, K: Q[..., :-1] @ T(K[..., :-1]) / np.sqrt(Q.shape[-1]),
            lambda Q, K: Q[..., 1:] @ T(K[..., 1:]) / np.sqrt(Q.shape[-1]),
        ),
        mistake(
            "standardised",
            "Your scores have been shifted and stretched to mean 0 and spread 1.",
            "The scale is one fixed number, known before any score is.",
            lambda Q, K: _standard(Q @ T(K), None),
            lambda Q, K: _standard(Q @ T(K), -1),
        ),
        mistake(
            "scale-by-size",
            "Your scale counts all the numbers in Q.",
            "Only the features of one token are summed over in a dot product.",
            lambda Q, K: Q @ T(K) / np.sqrt(Q.size),
            lambda Q, K: Q @ T(K) / Q.size,
        ),
        mistake(
            "softmax-already",
            "Your rows are positive and sum to 1: these are weights already.",
            "Scores are what goes into the softmax.",
            _after(soft),
            lambda Q, K: soft(Q @ T(K)),
            recognise=lambda args, z: np.min(z) >= 0 and np.allclose(np.sum(z, -1), 1),
        ),
        mistake(
            "softmax-already-over-queries",
            "Your columns are positive and sum to 1: a softmax ran, and over the queries at that.",
            "Scores are what goes into the softmax.",
            _after(lambda z: soft(z, -2)),
            lambda Q, K: soft(Q @ T(K), -2),
        ),
        mistake(
            "not-summed",
            "Queries and keys are multiplied entry by entry, and the products are not added up.",
            "A score is one number per query and key: a dot product.",
            lambda Q, K: Q[..., :, None, :] * K[..., None, :, :],
            lambda Q, K: Q * K,
            lambda Q, K: Q * K / np.sqrt(Q.shape[-1]),
            lambda Q, K: Q[..., :, None, :] * K[..., None, :, :] / np.sqrt(Q.shape[-1]),
        ),
        mistake(
            "same-token-only",
            "Each query meets only the key of its own place.",
            "Every query is compared with every key.",
            lambda Q, K: (Q * K).sum(-1),
            lambda Q, K: (Q * K).sum(-1) / np.sqrt(Q.shape[-1]),
        ),
        mistake(
            "features-compared",
            "Your grid compares features with features: the tokens have been summed away.",
            "Which of the two should stand turned round, so that the features are summed over?",
            lambda Q, K: T(Q) @ K / np.sqrt(Q.shape[-1]),
            lambda Q, K: T(Q) @ K,
            lambda Q, K: T(K) @ Q / np.sqrt(Q.shape[-1]),
        ),
        mistake(
            "root-in-the-wrong-place",
            "The square root was taken of the dot products instead of the width.",
            "Only the width goes under the root.",
            lambda Q, K: np.sqrt(Q @ T(K) / Q.shape[-1]),
            lambda Q, K: np.sqrt(Q @ T(K)),
            lambda Q, K: np.sqrt(np.abs(Q @ T(K)) / Q.shape[-1]),
        ),
        mistake(
            "squared-width",
            "Your scores are much too small: the width has been squared.",
            "A spread grows with the root of the width.",
            lambda Q, K: Q @ T(K) / Q.shape[-1] ** 2,
        ),
        mistake(
            "fixed-scale",
            "Your scale does not change with the width of the head.",
            "A number such as 2 or 8 fits one model only; read the width from Q.",
            *(lambda Q, K, d=d: Q @ T(K) / np.sqrt(d) for d in (2, 64, 128, 512)),
            *(lambda Q, K, d=d: Q @ T(K) / d for d in (2, 3, 4)),
        ),
        mistake(
            "absolute-values",
            "None of your scores is negative.",
            "A query and a key that point apart give a negative score, and it is meant.",
            _after(np.abs),
            _after(lambda z: np.maximum(z, 0)),
        ),
        mistake(
            "exponentiated",
            "All of your scores are positive: an exponential has been taken.",
            "That belongs to the softmax, the next step.",
            _after(np.exp),
        ),
        mistake(
            "masked-already",
            "Some of your scores are minus infinity: a mask has been used that nobody asked for.",
            "Here every query may look at every key.",
            lambda Q, K: np.where(np.tri(Q.shape[-2], K.shape[-2], dtype=bool), compare_all(Q, K), -np.inf),
            lambda Q, K: np.where(np.tri(Q.shape[-2], K.shape[-2], dtype=bool), Q @ T(K), -np.inf),
        ),
    ),
    hints=(
        "Score [i, j] is the dot product of query i with key j. How many rows and columns does the grid have?",
        "Q is [..., T, d_head]; for a matrix product K must offer [..., d_head, S]. np.swapaxes swaps two axes.",
        "Then divide by the square root of the last axis of Q.",
    ),
    praise="Right: every query has met every key, on a scale that does not depend on the width.",
)


# -- softmax ------------------------------------------------------------------------------------------------------


def _softmax_inputs(rng):
    return calls(
        ("a grid of scores", normal(rng, 5, 7)),
        ("a square grid", normal(rng, 5, 5)),
        ("a batch of grids", normal(rng, 2, 5, 7)),
        ("axis=0", normal(rng, 5, 7), 0),
        ("axis=1 of three", normal(rng, 2, 5, 7), 1),
        ("a single row", normal(rng, 11)),
        ("large scores", 1000 + normal(rng, 5, 7)),
    )


def _shares(z, axis=-1, *, over="axis", make="exp", then="share", stable=True):
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


def _divided(z, axis, extra):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / (e.sum(axis=axis, keepdims=True) + extra)


def _unexponentiated(z, axis):
    z = z - z.max(axis=axis, keepdims=True)
    return z / z.sum(axis=axis, keepdims=True)


def _clipped(z, axis, low, high):
    z = np.clip(z, low, high)
    return z / z.sum(axis=axis, keepdims=True)


softmax = Exercise(
    name="softmax",
    lesson=2,
    parameters=("z", "axis"),
    reference=math.softmax,
    model=_shares,
    inputs=_softmax_inputs,
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
        ),
        switch(
            "unstable",
            "It is right for small scores, but for scores near 1000 the exponential overflows and you get NaN.",
            "Softmax sees differences only: what could be subtracted from a row without changing its shares?",
            stable=False,
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
        "Subtract the largest number of each row first: the shares stay the same and nothing overflows.",
    ),
    praise="Right: positive shares that sum to 1 along the axis that was asked for, even for large scores.",
)


# -- blend --------------------------------------------------------------------------------------------------------


def _blend_inputs(rng):
    return calls(
        ("one sequence", soft(normal(rng, 5, 7)), normal(rng, 7, 3)),
        ("as many queries as keys", soft(normal(rng, 5, 5)), normal(rng, 5, 5)),
        ("a batch of sequences", soft(normal(rng, 2, 5, 7)), normal(rng, 2, 7, 3)),
        ("a batch of square grids", soft(normal(rng, 3, 5, 5)), normal(rng, 3, 5, 2)),
    )


def _overwritten(weights, V):
    out = np.zeros((weights.shape[0], V.shape[1]))
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            out[i] = weights[i, j] * V[j]
    return out


blend = Exercise(
    name="blend",
    lesson=2,
    parameters=("weights", "V"),
    reference=math.blend,
    inputs=_blend_inputs,
    axes=("query", "column of V"),
    mistakes=(
        mistake(
            "weights-transposed",
            "Your weights are turned round: values are shared out down the columns.",
            "Row i of the result should use row i of the weights.",
            lambda w, V: T(w) @ V,
            lambda w, V: w.T @ V,
            lambda w, V: T(T(V) @ w),
        ),
        mistake(
            "values-on-the-left",
            "The values stand to the left of the weights.",
            "Row i of the result is a mix of rows of V, with row i of the weights saying how much of each.",
            lambda w, V: V @ w,
            lambda w, V: T(V) @ w,
            lambda w, V: T(V) @ T(w),
            lambda w, V: V @ T(w),
        ),
        mistake(
            "values-transposed",
            "Your values are turned round: their columns meet the weights.",
            "There is one weight per row of V, so V can stay as it is.",
            lambda w, V: w @ T(V),
            lambda w, V: w @ V.T,
        ),
        mistake(
            "elementwise",
            "Weights and values are multiplied entry by entry.",
            "Each result row needs every row of V: a matrix product.",
            lambda w, V: w * V,
            lambda w, V: (w * V).sum(-1),
            lambda w, V: (w * V).sum(-2),
        ),
        mistake(
            "not-summed",
            "The weighted rows are all there, but have not been added up.",
            "Add over the keys.",
            lambda w, V: w[..., :, :, None] * V[..., None, :, :],
        ),
        mistake(
            "dot-across-the-batch",
            "np.dot pairs every sequence of a batch with every other one.",
            "@ keeps each sequence to itself.",
            lambda w, V: np.dot(w, V),
        ),
        mistake(
            "weights-ignored",
            "Every row of your result is the plain average, or the plain sum, of the values.",
            "The weights say how much of each row to take.",
            lambda w, V: np.broadcast_to(V.mean(-2, keepdims=True), (*w.shape[:-1], V.shape[-1])),
            lambda w, V: np.broadcast_to(V.sum(-2, keepdims=True), (*w.shape[:-1], V.shape[-1])),
            lambda w, V: np.ones_like(w) @ V,
            lambda w, V: V.mean(-2),
            lambda w, V: V.sum(-2),
        ),
        mistake(
            "last-row-wins",
            "Each turn of your loop writes over what the one before it found, so only the last value is left.",
            "Add to the row instead: +=.",
            _overwritten,
        ),
        mistake(
            "averaged-again",
            "Your rows are too small by the number of keys: a weighted sum was averaged once more.",
            "The weights sum to 1 already; nothing is left to divide.",
            lambda w, V: w @ V / w.shape[-1],
            lambda w, V: (w[..., :, :, None] * V[..., None, :, :]).mean(-2),
        ),
        mistake(
            "hard-choice",
            "Each row of your result is one row of V, the one with the largest weight.",
            "A blend takes a little of every row.",
            lambda w, V: one_hot(w) @ V,
            lambda w, V: V[np.argmax(w, axis=-1)],
        ),
        mistake(
            "softmax-again",
            "Your blend is too even, as if the weights had gone through softmax once more.",
            "These are weights already: use them as they come.",
            lambda w, V: soft(w) @ V,
        ),
        mistake(
            "softmax-of-values",
            "The values went through a softmax.",
            "Values are content; only scores become shares.",
            lambda w, V: w @ soft(V),
            lambda w, V: soft(w @ V),
        ),
        mistake(
            "values-unblended",
            "What comes back is V itself.",
            "Multiply the weights into it.",
            lambda w, V: V,
        ),
        mistake(
            "weights-returned",
            "What comes back is the weights.",
            "They say how much; multiply them into the values.",
            lambda w, V: w,
        ),
        mistake(
            "one-query-only",
            "Only one query got its blend.",
            "Every row of the weights makes a row of the result.",
            lambda w, V: w[0] @ V,
            lambda w, V: w[..., -1, :] @ V,
            lambda w, V: w[..., 0, :] @ V,
        ),
        mistake(
            "renormalised-over-queries",
            "The weights were shared out again, down the columns.",
            "Each row sums to 1 already, and that is what is wanted.",
            lambda w, V: (w / w.sum(-2, keepdims=True)) @ V,
        ),
        mistake(
            "scaled",
            "Your blend has been divided by the square root of a width.",
            "Scaling belongs to the scores.",
            lambda w, V: w @ V / np.sqrt(V.shape[-1]),
        ),
    ),
    hints=(
        "weights is [..., T, S], V is [..., S, d_v]. Which size do they share?",
        "Row i of the result is weights[i, 0] times row 0 of V, plus weights[i, 1] times row 1, and so on.",
        "That is a matrix product, with nothing turned round.",
    ),
    praise="Right: each row of the result is a mix of value rows.",
)


# -- attention ----------------------------------------------------------------------------------------------------


def _attention_inputs(rng):
    return calls(
        ("one sequence", normal(rng, 5, 3), normal(rng, 7, 3), normal(rng, 7, 2)),
        ("as many queries as keys", normal(rng, 5, 3), normal(rng, 5, 3), normal(rng, 5, 3)),
        ("a batch of sequences", normal(rng, 2, 5, 3), normal(rng, 2, 7, 3), normal(rng, 2, 7, 11)),
    )


attention = Exercise(
    name="attention",
    lesson=2,
    parameters=("Q", "K", "V"),
    parts=("out", "weights"),
    reference=math.attention,
    model=head,
    inputs=_attention_inputs,
    mistakes=(
        *measure_mistakes(),
        *role_mistakes(),
        *softmax_mistakes(),
        *value_mistakes(),
        *scale_mistakes("The scores behind your weights", queries=True),
        *scale_slips(head, "The scores behind your weights"),
        *softmax_slips(head),
        mistake(
            "scale-by-value-width",
            "The scores behind your weights are scaled by the width of the values.",
            "Values take no part in a score: whose features does a dot product add up?",
            lambda Q, K, V: _weighted(soft(compare_all(Q, K, scale="none") / np.sqrt(V.shape[-1])), V),
        ),
        mistake(
            "softmax-too-early",
            "The softmax ran on Q, or on K, before the two met.",
            "It is the scores that are shared out.",
            lambda Q, K, V: _weighted(soft(Q) @ T(K), V),
            lambda Q, K, V: _weighted(soft(Q) @ T(soft(K)), V),
            lambda Q, K, V: _weighted(soft(Q) @ T(K) / np.sqrt(Q.shape[-1]), V),
            lambda Q, K, V: _weighted(soft(Q) @ T(soft(K)) / np.sqrt(Q.shape[-1]), V),
        ),
        mistake(
            "elementwise-blend",
            "Weights and values are multiplied entry by entry.",
            "Each result row needs every row of V: a matrix product.",
            lambda Q, K, V: (head(Q, K, V)[1] * V, head(Q, K, V)[1]),
        ),
        mistake(
            "results-swapped",
            "You return the weights first and the output second.",
            "The function promises out, then weights.",
            lambda Q, K, V: head(Q, K, V)[::-1],
            lambda Q, K, V: head(Q, K, V, scale="none")[::-1],
        ),
        mistake(
            "output-only",
            "Your output is right, but the weights do not come back with it.",
            "The function promises two things: out, then weights.",
            lambda Q, K, V: head(Q, K, V)[0],
            lambda Q, K, V: (head(Q, K, V)[0],),
        ),
        mistake(
            "weights-only",
            "Your weights are right, but nothing was blended.",
            "One more product, with V, and then return both.",
            lambda Q, K, V: head(Q, K, V)[1],
            lambda Q, K, V: (head(Q, K, V)[1],) * 2,
        ),
        mistake(
            "scores-for-weights",
            "Your output is right, but what you return beside it are the scores.",
            "Return what came out of the softmax.",
            lambda Q, K, V: (head(Q, K, V)[0], compare_all(Q, K)),
            lambda Q, K, V: (head(Q, K, V)[0], compare_all(Q, K, scale="none")),
        ),
        mistake(
            "scores-blended",
            "Your weights are right, but it is the raw scores that you multiply into V.",
            "Which of the two variables belongs in the last product?",
            lambda Q, K, V: (compare_all(Q, K) @ V, head(Q, K, V)[1]),
            lambda Q, K, V: (compare_all(Q, K, scale="none") @ V, head(Q, K, V)[1]),
        ),
        mistake(
            "softmax-at-the-end",
            "The softmax ran on the output instead of on the scores.",
            "Share out first, then blend.",
            lambda Q, K, V: (soft(compare_all(Q, K) @ V), compare_all(Q, K)),
            lambda Q, K, V: (soft(head(Q, K, V)[0]), head(Q, K, V)[1]),
        ),
        mistake(
            "scaled-after-softmax",
            "The weights were scaled after the softmax, so a row no longer sums to 1.",
            "Scale the scores, before they are shared out.",
            lambda Q, K, V: _then_scale(Q, K, V, head(Q, K, V, scale="none")[1]),
            lambda Q, K, V: (head(Q, K, V, scale="none")[0] / np.sqrt(Q.shape[-1]), head(Q, K, V, scale="none")[1]),
        ),
        mistake(
            "values-averaged",
            "Every row of your output is the plain average of the values.",
            "The weights say how much of each value to take.",
            lambda Q, K, V: (
                np.broadcast_to(V.mean(-2, keepdims=True), (*Q.shape[:-1], V.shape[-1])),
                head(Q, K, V)[1],
            ),
        ),
        mistake(
            "softmax-axis-half-mended",
            "In your softmax the maximum and the sum run along different axes.",
            "Both belong to one row of scores: which axis counts the keys?",
            lambda Q, K, V: _weighted(_two_axes(compare_all(Q, K), -1, -2), V),
            lambda Q, K, V: _weighted(_two_axes(compare_all(Q, K), -2, -1), V),
        ),
        mistake(
            "causal-unasked",
            "Your tokens cannot look ahead: a causal mask has been used.",
            "There is no mask in this exercise; every query may look at every key.",
            lambda Q, K, V: head(Q, K, V, np.tri(Q.shape[-2], K.shape[-2], dtype=bool)),
        ),
        mistake(
            "residual-added",
            "The queries (or the values) have been added to the output.",
            "The residual connection comes later, outside attention.",
            lambda Q, K, V: (head(Q, K, V)[0] + Q, head(Q, K, V)[1]),
            lambda Q, K, V: (head(Q, K, V)[0] + V, head(Q, K, V)[1]),
        ),
    ),
    hints=(
        "Three functions that you have already written, one after another.",
        "scores, then softmax, then blend. What is the shape after each?",
        "Keep the weights in a variable: they are used once more, in the return.",
    ),
    praise="Right: softmax(Q Kᵀ / √d_head) V, and the weights to look at.",
)


def _weighted(weights, V):
    return weights @ V, weights


def _two_axes(z, largest, total):
    e = np.exp(z - z.max(axis=largest, keepdims=True))
    return e / e.sum(axis=total, keepdims=True)


def _then_scale(Q, K, V, weights):
    weights = weights / np.sqrt(Q.shape[-1])
    return weights @ V, weights


# -- order_attention (Parsons) ------------------------------------------------------------------------------------

order_attention = Exercise(
    name="order_attention",
    lesson=2,
    kind="value",
    parameters=("lines",),
    given={
        "lines": (
            "A  out = weights @ V",
            "B  Q, K, V = X @ W_Q, X @ W_K, X @ W_V",
            "C  weights = softmax(grid)",
            "D  grid = Q @ K.T / np.sqrt(d_head)",
            "E  weights = softmax(V)",
        )
    },
    reference=lambda lines: "BDCA",
    tidy=letters,
    mistakes=(
        mistake(
            "values-shared-out",
            "Line E is in your order: it turns the values into shares.",
            "One line is there to mislead. Which of Q, K and V never goes through a softmax?",
            recognise=lambda args, order: "E" in order,
        ),
        mistake(
            "softmax-before-scores",
            "The softmax comes before there is a grid to share out.",
            "Which line makes the variable that the softmax reads?",
            *(lambda lines, order=order: order for order in ("BCDA", "CBDA", "BCAD", "CDBA")),
        ),
        mistake(
            "blend-too-early",
            "The values are blended before the weights are there.",
            "Which line makes the variable that the blend reads?",
            *(lambda lines, order=order: order for order in ("BDAC", "BADC", "ABDC", "BACD")),
        ),
        mistake(
            "projection-not-first",
            "Something is compared before the tokens have their three roles.",
            "Project first.",
            *(lambda lines, order=order: order for order in ("DBCA", "DCBA", "DCAB", "CDAB")),
        ),
        *order_mistakes(
            ("line-missing", "Not every line that is needed is in your order exactly once."),
            "Four of the five letters belong in it.",
            "With this order one of the lines reads a variable that is not there yet.",
            "Go line by line: what does it read, and which line made that?",
        ),
    ),
    hints=("Each line reads variables that an earlier line made.", "Project, compare, share out, blend."),
    praise="Right: project, compare, share out, blend. Values never meet a softmax.",
)

# -- weights_of_two -----------------------------------------------------------------------------------------------


def _two(make):
    return lambda grid: np.asarray(make(np.asarray(grid, float)))


weights_of_two = Exercise(
    name="weights_of_two",
    lesson=2,
    kind="value",
    parameters=("scores",),
    given={"scores": np.array([15.0, 12.0])},
    reference=_two(soft),
    tolerance=0.003,
    mistakes=(
        mistake(
            "ratio-of-scores",
            "You shared out 1 in the ratio of the scores.",
            "Softmax takes an exponential first: it sees their difference, not their ratio.",
            _two(lambda s: s / s.sum()),
        ),
        mistake(
            "scaled-first",
            "You divided the scores by √2 first.",
            "Here they are taken as they stand.",
            _two(lambda s: soft(s / np.sqrt(2))),
        ),
        mistake(
            "places-swapped",
            "The two weights have changed places.",
            "The larger score gets the larger weight.",
            _two(lambda s: soft(s)[::-1]),
            _two(lambda s: (s / s.sum())[::-1]),
        ),
        mistake(
            "winner-takes-all",
            "You gave everything to the larger score.",
            "Soft means that the other one keeps a share, however small.",
            _two(lambda s: [1.0, 0.0]),
        ),
        mistake(
            "equal-shares",
            "You gave both the same.",
            "The scores differ; the exponential turns their gap into a factor.",
            _two(lambda s: [0.5, 0.5]),
        ),
        mistake(
            "another-base",
            "You used powers of 2, or of 10, instead of e.",
            "The 'exp' in softmax is e to the power of the score.",
            _two(lambda s: soft(s * np.log(2))),
            _two(lambda s: soft(s * np.log(10))),
        ),
        mistake(
            "divided-by-largest",
            "You divided by the larger of the two.",
            "The two shares should sum to 1.",
            _two(lambda s: s / s.max()),
            _two(lambda s: np.exp(s - s.max())),
        ),
        *shares_by_hand(2),
    ),
    hints=(
        "Subtract the smaller score from both: softmax does not notice, and the numbers get small.",
        "One exponential is then exp(0), which is 1. The other is exp of the gap.",
        "Divide each by their sum.",
    ),
    praise="Right: softmax sees the difference of two scores, and makes a factor of it.",
)


# -- fix_attention ------------------------------------------------------------------------------------------------

fix_attention = replace(
    attention,
    name="fix_attention",
    hints=(
        "Print weights.sum(axis=-1): what should it be?",
        "Then let K be all zeros but keep V: should the output be zero?",
        "Two lines are wrong: one axis, and one letter.",
    ),
    praise="Mended: each query shares out 1 among the keys, and what it collects are values.",
)


# -- cross_attention ----------------------------------------------------------------------------------------------


def _cross(X, Y, W_Q, W_K, W_V, *, q="X", k="Y", v="Y", **switches):
    by = {"X": X, "Y": Y}
    return head(by[q] @ W_Q, by[k] @ W_K, by[v] @ W_V, **switches)


cross_attention = Exercise(
    name="cross_attention",
    lesson=2,
    parameters=("X", "Y", "W_Q", "W_K", "W_V"),
    parts=("out", "weights"),
    reference=_cross,
    model=_cross,
    forms=(lambda r: r, weights_left_out),
    inputs=lambda rng: calls(
        ("two texts", normal(rng, 5, 11), normal(rng, 7, 11), *(normal(rng, 11, 3) / 3 for _ in range(3))),
        ("texts of one length", normal(rng, 5, 7), normal(rng, 5, 7), *(normal(rng, 7, 2) / 2 for _ in range(3))),
        ("a batch of texts", normal(rng, 2, 5, 7), normal(rng, 2, 3, 7), *(normal(rng, 7, 5) / 2 for _ in range(3))),
    ),
    mistakes=(
        switch(
            "texts-swapped",
            "In your result the tokens of Y ask and those of X answer.",
            "Rows of the result should belong to X.",
            versions=(lambda *a: _cross(*a, q="Y", k="X"),),
            q="Y",
            k="X",
            v="X",
        ),
        switch(
            "self-attention-of-x",
            "Your X attends to itself: Y plays no part.",
            "Who is asked, and whose content is handed over?",
            k="X",
            v="X",
        ),
        switch(
            "self-attention-of-y",
            "Your Y attends to itself: X plays no part.",
            "Who is asking?",
            q="Y",
        ),
        switch(
            "keys-from-x",
            "Your keys come from X, your values from Y.",
            "What is found and what is handed over belong to the same token.",
            k="X",
        ),
        switch(
            "values-from-x",
            "Your values come from X, your keys from Y.",
            "What is found and what is handed over belong to the same token.",
            v="X",
        ),
        mistake(
            "texts-joined",
            "You joined the two texts, and everybody attends to everybody.",
            "Only X asks, and only Y is asked.",
            lambda X, Y, W_Q, W_K, W_V: _cross(*(np.concatenate([X, Y], -2),) * 2, W_Q, W_K, W_V),
            lambda X, Y, W_Q, W_K, W_V: _cross(X, np.concatenate([X, Y], -2), W_Q, W_K, W_V),
        ),
        mistake(
            "texts-added",
            "You added the two texts, token by token, which only works for texts of one length.",
            "They stay apart: X asks and Y is asked.",
            lambda X, Y, W_Q, W_K, W_V: _cross(X + Y, X + Y, W_Q, W_K, W_V),
        ),
        mistake(
            "values-unprojected",
            "What you blend are the embeddings of Y: W_V is never used.",
            "What a token hands over is projected, too.",
            lambda X, Y, W_Q, W_K, W_V: head(X @ W_Q, Y @ W_K, Y),
        ),
        mistake(
            "causal-unasked",
            "Your tokens cannot see all of Y: a causal mask has been used.",
            "Y is another text; nothing in it is the future of X.",
            lambda X, Y, W_Q, W_K, W_V: _cross(X, Y, W_Q, W_K, W_V, mask=np.tri(X.shape[-2], Y.shape[-2], dtype=bool)),
        ),
        mistake(
            "nothing-projected",
            "The embeddings themselves are compared.",
            "Three matrices, three roles, as before.",
            lambda X, Y, W_Q, W_K, W_V: head(X, Y, Y),
            lambda X, Y, W_Q, W_K, W_V: head(X, Y, Y @ W_V),
        ),
        mistake(
            "keys-and-values-swapped",
            "W_K and W_V have changed places.",
            "Which of the two makes what a token hands over?",
            lambda X, Y, W_Q, W_K, W_V: _cross(X, Y, W_Q, W_V, W_K),
        ),
        mistake(
            "queries-and-keys-swapped",
            "W_Q and W_K have changed places.",
            "Which of the two makes what a token looks for?",
            lambda X, Y, W_Q, W_K, W_V: _cross(X, Y, W_K, W_Q, W_V),
        ),
        *measure_mistakes(),
        *softmax_mistakes(),
        *(m for m in value_mistakes() if m.slug != "queries-as-values"),
        *scale_mistakes("The scores behind your weights", queries=True),
        *scale_slips(_cross, "The scores behind your weights"),
        *softmax_slips(_cross),
        mistake(
            "weights-only",
            "What comes back are the weights.",
            "Blend the values with them.",
            lambda X, Y, W_Q, W_K, W_V: _cross(X, Y, W_Q, W_K, W_V)[1],
        ),
        mistake(
            "results-swapped",
            "You return the weights first and the output second.",
            "Output first, then the weights.",
            lambda X, Y, W_Q, W_K, W_V: _cross(X, Y, W_Q, W_K, W_V)[::-1],
        ),
    ),
    hints=(
        "Only the first line of self-attention changes: who is projected into queries, who into keys and values?",
        "Queries from X; keys and values from Y.",
        "Then call attention as you wrote it.",
    ),
    praise="Right: this is how a translator's output looks at its input. Nothing else had to change.",
)

EXERCISES = (
    weights_of_two,
    order_attention,
    scores,
    softmax,
    blend,
    attention,
    fix_attention,
    cross_attention,
)

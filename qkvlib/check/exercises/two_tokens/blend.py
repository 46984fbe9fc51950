"""Values blended by weights."""

from __future__ import annotations

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import ONE_AXIS, are_shares, case, cases, quarters, swap_last_axes
from qkvlib.check.misconceptions.softmax import one_hot, soft
from qkvlib.check.spec import Exercise, mistake


def _arguments(draw, T, S, d_v, batch=()):
    return draw.shares(*batch, T, S), draw(*batch, S, d_v)


def _overwritten(weights: np.ndarray, V: np.ndarray) -> np.ndarray:
    out = np.zeros((weights.shape[0], V.shape[1]))
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            out[i] = weights[i, j] * V[j]
    return out


def _into_an_array_like_V(weights: np.ndarray, V: np.ndarray) -> np.ndarray:
    out = np.zeros_like(V)
    for i in range(weights.shape[-2]):
        out[..., i, :] = (weights[..., i, :, None] * V).sum(axis=-2)
    return out


EXERCISE = Exercise(
    name="blend",
    reference=attention.blend,
    inputs=cases(
        _arguments,
        case("one sequence", T=5, S=7, d_v=3),
        case("as many queries as keys", T=5, S=5, d_v=5),
        case("a batch of sequences", T=5, S=7, d_v=3, batch=ONE_AXIS),
        case("a batch of square grids", T=5, S=5, d_v=2, batch=(3,)),
    ),
    promised=are_shares,
    fills={"weights": quarters},
    axes=("query", "column of V"),
    mistakes=(
        mistake(
            "weights-transposed",
            "Your weights are turned round: values are shared out down the columns.",
            "Row i of the result should use row i of the weights.",
            lambda w, V: swap_last_axes(w) @ V,
            lambda w, V: w.T @ V,
            lambda w, V: swap_last_axes(swap_last_axes(V) @ w),
        ),
        mistake(
            "values-on-the-left",
            "The values stand to the left of the weights.",
            "Row i of the result is a mix of rows of V, with row i of the weights saying how much of each.",
            lambda w, V: V @ w,
            lambda w, V: swap_last_axes(V) @ w,
            lambda w, V: swap_last_axes(V) @ swap_last_axes(w),
            lambda w, V: V @ swap_last_axes(w),
        ),
        mistake(
            "values-transposed",
            "Your values are turned round: their columns meet the weights.",
            "There is one weight per row of V, so V can stay as it is.",
            lambda w, V: w @ swap_last_axes(V),
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
            lambda w, V: w[..., -1:] * V[..., -1:, :],
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
            "queries-added",
            "The blends of all queries have been added up, or averaged, to one row.",
            "Each query keeps the blend that it asked for.",
            lambda w, V: (w @ V).sum(-2),
            lambda w, V: (w @ V).mean(-2),
        ),
        mistake(
            "as-many-rows-as-V",
            "Your result is an array like V, with a row for each key; there should be one for each query.",
            "Which axis of the weights counts the queries?",
            _into_an_array_like_V,
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

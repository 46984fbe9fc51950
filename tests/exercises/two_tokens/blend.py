"""Answers to `blend`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def matmul(weights, V):
    return weights @ V


@answers.right
def einsum(weights, V):
    return np.einsum("...ts,...sd->...td", weights, V)


@answers.right
def broadcast(w, V):
    return np.sum(w[..., None] * V[..., None, :, :], axis=-2)


@answers.right
def loops(weights, V):
    if V.ndim > 2:
        return [loops(w, v) for w, v in zip(weights, V, strict=True)]
    rows = []
    for w in weights:
        row = np.zeros(V.shape[1])
        for share, value in zip(w, V, strict=True):
            row += share * value
        rows.append(row)
    return rows


@answers.wrong("weights-transposed")
def turned(weights, V):
    return np.swapaxes(weights, -1, -2) @ V


@answers.wrong("values-on-the-left")
def values_first(weights, V):
    return V @ weights


@answers.wrong("elementwise")
def star(weights, V):
    return weights * V


@answers.wrong("weights-ignored")
def mean(weights, V):
    return np.broadcast_to(V.mean(axis=-2, keepdims=True), weights.shape[:-1] + V.shape[-1:])


@answers.wrong("hard-choice")
def strongest(weights, V):
    best = weights.argmax(axis=-1)
    return np.take_along_axis(V, best[..., None], axis=-2)


@answers.wrong("values-transposed")
def v_t(weights, V):
    return weights @ V.T


@answers.wrong("one-query-only")
def returns_inside_the_loop(weights, V):
    for row in weights:
        return row @ V


@answers.wrong("dot-across-the-batch")
def np_dot_batch(weights, V):
    return np.dot(weights, V)


@answers.wrong("not-summed")
def no_sum(weights, V):
    return weights[..., None] * V[..., None, :, :]


@answers.wrong("averaged-again")
def weighted_mean(weights, V):
    return (weights[..., None] * V[..., None, :, :]).mean(-2)


@answers.wrong("last-row-wins")
def int_out(weights, V):
    out = np.zeros((weights.shape[0], V.shape[1]))
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            out[i] = weights[i, j] * V[j]
    return out

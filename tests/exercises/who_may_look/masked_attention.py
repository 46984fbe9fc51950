"""Answers to `masked_attention`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import scores, softmax

answers = Answers()


@answers.right
def where(Q, K, V, mask):
    weights = softmax(np.where(mask, scores(Q, K), -np.inf))
    return weights @ V, weights


@answers.right
def large_negative(Q, K, V, mask):
    weights = softmax(np.where(mask, scores(Q, K), -1e9))
    return weights @ V, weights


@answers.wrong("output-only")
def out_alone(Q, K, V, mask):
    return large_negative(Q, K, V, mask)[0]


@answers.right
def additive(Q, K, V, mask):
    weights = softmax(scores(Q, K) + (1.0 - mask) * -1e9)
    return weights @ V, weights


@answers.right
def assignment(Q, K, V, mask):
    grid = scores(Q, K)
    grid[..., ~mask] = -np.inf
    weights = softmax(grid)
    return weights @ V, weights


@answers.wrong("hidden-score-in-the-sum")
def renormalised(Q, K, V, mask):
    e = np.exp(scores(Q, K)) * mask
    weights = e / e.sum(axis=-1, keepdims=True)
    return weights @ V, weights


@answers.wrong("hidden-score-in-the-sum")
def after_and_renormalised(Q, K, V, mask=None):
    weights = softmax(scores(Q, K))
    if mask is not None:
        weights = weights * mask
        weights /= weights.sum(-1, keepdims=True)
    return weights @ V, weights


@answers.right
def masked_array(Q, K, V, mask):
    grid = np.ma.masked_array(scores(Q, K), mask=np.broadcast_to(~mask, (*Q.shape[:-1], K.shape[-2])))
    weights = softmax(grid.filled(-np.inf))
    return weights @ V, weights


@answers.right
def loops(Q, K, V, mask):
    if Q.ndim > 2:
        pairs = [loops(*parts, mask) for parts in zip(Q, K, V, strict=True)]
        return np.stack([out for out, _ in pairs]), np.stack([weights for _, weights in pairs])
    weights = np.zeros((len(Q), len(K)))
    for i, q in enumerate(Q):
        allowed = [j for j in range(len(K)) if mask[i, j]]
        z = np.array([q @ K[j] for j in allowed]) / np.sqrt(len(q))
        weights[i, allowed] = softmax(z)
    return weights @ V, weights


@answers.right
def einsum(Q, K, V, mask):
    grid = np.einsum("...td,...sd->...ts", Q, K) / np.sqrt(Q.shape[-1])
    grid = np.where(mask, grid, -np.inf)
    e = np.exp(grid - grid.max(-1, keepdims=True))
    weights = e / e.sum(-1, keepdims=True)
    return np.einsum("...ts,...sv->...tv", weights, V), weights


@answers.wrong("mask-ignored")
def no_mask(Q, K, V, mask):
    w = softmax(scores(Q, K))
    return w @ V, w


@answers.wrong("mask-ignored")
def no_mask_no_scale(Q, K, V, mask):
    return softmax(Q @ K.swapaxes(-1, -2)) @ V


@answers.wrong("mask-inverted")
def inverted(Q, K, V, mask):
    grid = scores(Q, K)
    w = softmax(np.where(mask, -1e9, grid))
    return w @ V, w


@answers.wrong("mask-after-softmax")
def after(Q, K, V, mask):
    w = softmax(scores(Q, K)) * mask
    return w @ V, w


@answers.wrong("zeros-for-minus-infinity")
def zeros(Q, K, V, mask):
    w = softmax(scores(Q, K) * mask)
    return w @ V, w


@answers.wrong("tiny-for-huge")
def tiny(Q, K, V, mask):
    w = softmax(np.where(mask, scores(Q, K), -1e-9))
    return w @ V, w


@answers.wrong("excludes-self")
def diagonal(Q, K, V, mask):
    grid = np.where(mask, scores(Q, K), -np.inf)
    i = np.arange(min(grid.shape[-2:]))
    grid[..., i, i] = -np.inf
    w = softmax(grid)
    return w @ V, w


@answers.wrong("own-causal-mask")
def own(Q, K, V, mask):
    grid = np.where(np.tril(np.ones((Q.shape[-2], K.shape[-2]))) == 1, scores(Q, K), -np.inf)
    w = softmax(grid)
    return w @ V, w


@answers.wrong("infinity-gone-wrong")
def nan_mask(Q, K, V, mask):
    w = softmax(scores(Q, K) + (1 - mask) * -np.inf)
    return w @ V, w


@answers.wrong("no-scale")
def masked_bare(Q, K, V, mask):
    w = softmax(np.where(mask, Q @ K.swapaxes(-1, -2), -np.inf))
    return w @ V


@answers.wrong("softmax-over-queries")
def masked_axis(Q, K, V, mask):
    w = softmax(np.where(mask, scores(Q, K), -1e9), axis=-2)
    return w @ V, w


@answers.wrong("mask-added")
def adds_the_mask(Q, K, V, mask):
    w = softmax(scores(Q, K) + mask)
    return w @ V, w


@answers.wrong("renormalised-over-queries")
def shared_again_down_columns(Q, K, V, mask):
    w = softmax(scores(Q, K)) * mask
    w = w / w.sum(axis=-2, keepdims=True)
    return w @ V, w


@answers.wrong("keepdims-forgotten")
def masked_without_keepdims(Q, K, V, mask):
    e = np.exp(np.where(mask, scores(Q, K), -np.inf))
    weights = e / e.sum(axis=-1)
    return weights @ V, weights


@answers.wrong("mask-as-index")
def masked_array_index(Q, K, V, mask):
    grid = scores(Q, K)
    grid[~mask] = -np.inf
    w = softmax(grid)
    return w @ V, w


@answers.wrong("causal-as-well")
def tri_and_mask(Q, K, V, mask):
    g = scores(Q, K)
    w = softmax(np.where(mask & np.tri(*g.shape[-2:], dtype=bool), g, -1e9))
    return w @ V, w

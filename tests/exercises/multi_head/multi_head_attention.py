"""Answers to `multi_head_attention`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import cut, glue, look, merge_heads_swapaxes, scores, softmax, split_heads_swapaxes

answers = Answers()


@answers.right
def batched(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (split_heads_swapaxes(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    grid = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
    if mask is not None:
        grid = np.where(mask, grid, -np.inf)
    return merge_heads_swapaxes(softmax(grid) @ V) @ W_O


@answers.right
def head_by_head(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return blocks_of(W_Q.shape[-1] // n_heads, X, W_Q, W_K, W_V, W_O, n_heads, mask)


@answers.right
def einsum(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    q, k, v = (np.einsum("...td,dhe->...hte", X, W.reshape(len(W), n_heads, -1)) for W in (W_Q, W_K, W_V))
    grid = np.einsum("...te,...se->...ts", q, k) / np.sqrt(q.shape[-1])
    weights = softmax(grid if mask is None else np.where(mask, grid, -np.inf))
    found = np.einsum("...hts,...hse->...the", weights, v)
    return np.einsum("...he,hef->...f", found, W_O.reshape(n_heads, -1, W_O.shape[-1]))


@answers.right
def in_place_on_own_arrays(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (split_heads_swapaxes(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    weights = np.matmul(Q, K.swapaxes(-1, -2)) / np.sqrt(K.shape[-1])
    if mask is not None:
        weights[..., ~mask] = -np.inf
    weights -= weights.max(axis=-1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=-1, keepdims=True)
    return merge_heads_swapaxes(weights @ V) @ W_O


@answers.wrong("width-from-d-model")
def width_of_the_model(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return blocks_of(X.shape[-1] // n_heads, X, W_Q, W_K, W_V, W_O, n_heads, mask)


def blocks_of(d, X, W_Q, W_K, W_V, W_O, n_heads, mask):
    outs = []
    for h in range(n_heads):
        block = slice(h * d, (h + 1) * d)
        q, k, v = X @ W_Q[:, block], X @ W_K[:, block], X @ W_V[:, block]
        z = q @ np.swapaxes(k, -1, -2) / d**0.5
        if mask is not None:
            z = z + np.where(mask, 0, -1e9)
        outs.append(softmax(z) @ v)
    return np.concatenate(outs, axis=-1) @ W_O


@answers.right
def sum_of_heads(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return added_up(W_O.shape[0] // n_heads, X, W_Q, W_K, W_V, W_O, n_heads, mask)


@answers.wrong("width-from-d-model")
def sum_of_narrow_heads(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return added_up(X.shape[-1] // n_heads, X, W_Q, W_K, W_V, W_O, n_heads, mask)


@answers.wrong("width-from-d-model")
def narrow_reshape(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    d = X.shape[-1] // n_heads
    Q, K, V = ((X @ W).reshape(*X.shape[:-1], n_heads, d).swapaxes(-2, -3) for W in (W_Q, W_K, W_V))
    return glue(look(Q, K, V, mask)) @ W_O


def added_up(d, X, W_Q, W_K, W_V, W_O, n_heads, mask):
    total = 0
    for h in range(n_heads):
        b = slice(h * d, (h + 1) * d)
        z = np.einsum("...td,...sd->...ts", X @ W_Q[:, b], X @ W_K[:, b]) / np.sqrt(d)
        z = z if mask is None else np.where(mask, z, -np.inf)
        total = total + softmax(z) @ (X @ W_V[:, b]) @ W_O[b]
    return total


@answers.right
def float32(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    parts = (part.astype(np.float32) for part in (X, W_Q, W_K, W_V, W_O))
    return batched(*parts, n_heads, mask)


@answers.wrong("more-than-promised")
def weights_beside(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (split_heads_swapaxes(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    grid = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
    weights = softmax(grid if mask is None else np.where(mask, grid, -np.inf))
    return merge_heads_swapaxes(weights @ V) @ W_O, weights


@answers.wrong("output-matrix-left-out")
def no_output(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return glue(look(cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V, n_heads), mask))


@answers.wrong("output-matrix-transposed")
def output_turned(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return no_output(X, W_Q, W_K, W_V, W_O, n_heads, mask) @ W_O.T


@answers.wrong("one-head")
def single(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return look(X @ W_Q, X @ W_K, X @ W_V, mask) @ W_O


@answers.wrong("mask-ignored")
def unmasked(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return no_output(X, W_Q, W_K, W_V, W_O, n_heads) @ W_O


@answers.wrong("scale-by-sqrt-d-model")
def model_scale(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (cut(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    return glue(look(Q, K, V, mask, scale=1 / np.sqrt(X.shape[-1]))) @ W_O


@answers.wrong("bare-reshape-on-split")
def reshaped_heads(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    def bad(P):
        *batch, T, D = P.shape
        return P.reshape(*batch, n_heads, T, D // n_heads)

    return glue(look(bad(X @ W_Q), bad(X @ W_K), bad(X @ W_V), mask)) @ W_O


@answers.wrong("bare-reshape-on-split")
def reshaped_both_ways(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    def bad(P):
        *batch, T, D = P.shape
        return P.reshape(*batch, n_heads, T, D // n_heads)

    H = look(bad(X @ W_Q), bad(X @ W_K), bad(X @ W_V), mask)
    return H.reshape(X.shape) @ W_O


@answers.wrong("bare-reshape-on-merge")
def reshaped_merge(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    H = look(cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V, n_heads), mask)
    return H.reshape(X.shape) @ W_O


@answers.wrong("heads-among-tokens")
def never_swapped(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    def bad(P):
        return P.reshape(*P.shape[:-1], n_heads, -1)

    H = look(bad(X @ W_Q), bad(X @ W_K), bad(X @ W_V))
    return H.reshape(X.shape) @ W_O


@answers.wrong("queries-and-keys-swapped")
def keys_ask(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return glue(look(cut(X @ W_K, n_heads), cut(X @ W_Q, n_heads), cut(X @ W_V, n_heads), mask)) @ W_O


@answers.wrong("values-unprojected")
def raw_values(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return glue(look(cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X, n_heads), mask)) @ W_O


@answers.wrong("split-first")
def split_first(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Xh = cut(X, n_heads)
    return glue(look(Xh @ W_Q, Xh @ W_K, Xh @ W_V, mask)) @ W_O


@answers.wrong("no-batch-axes")
def only_sequences(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    T = len(X)
    Q, K, V = ((X @ W).reshape(T, n_heads, -1).transpose(1, 0, 2) for W in (W_Q, W_K, W_V))
    return look(Q, K, V, mask).transpose(1, 0, 2).reshape(T, -1) @ W_O


@answers.wrong("signature")
def mask_without_default(X, W_Q, W_K, W_V, W_O, n_heads, mask):
    return X


@answers.wrong("always-causal")
def always(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return no_output(X, W_Q, W_K, W_V, W_O, n_heads, np.tri(X.shape[-2], dtype=bool)) @ W_O


@answers.wrong("softmax-over-queries")
def wrong_axis(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (cut(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    return glue(look(Q, K, V, mask, axis=-2)) @ W_O


@answers.wrong("heads-unmerged")
def unmerged(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return look(cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V, n_heads), mask)


@answers.wrong("softmax-over-heads")
def across_heads(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (cut(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    return glue(look(Q, K, V, mask, axis=-3)) @ W_O


@answers.wrong("scale-by-sqrt-n-heads")
def heads_under_the_root(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (cut(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    return glue(look(Q, K, V, mask, scale=n_heads**-0.5)) @ W_O


@answers.wrong("causal-by-default")
def looks_back_unless_told(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    if mask is None:
        mask = np.tri(X.shape[-2], dtype=bool)
    return glue(look(*(cut(X @ W, n_heads) for W in (W_Q, W_K, W_V)), mask)) @ W_O


@answers.wrong("mask-as-index")
def indexes_with_the_mask(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (cut(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    grid = scores(Q, K)
    if mask is not None:
        grid[~mask] = -np.inf
    return glue(softmax(grid) @ V) @ W_O


@answers.wrong("always-a-batch")
def names_three_axes(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    B, T, D = X.shape
    Q, K, V = (np.reshape(X @ W, (B, T, n_heads, D // n_heads)).transpose(0, 2, 1, 3) for W in (W_Q, W_K, W_V))
    return glue(look(Q, K, V, mask)) @ W_O


@answers.wrong("first-head-only")
def same_head(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    d = W_Q.shape[-1] // n_heads
    out = []
    for _ in range(n_heads):
        Q, K, V = X @ W_Q[:, :d], X @ W_K[:, :d], X @ W_V[:, :d]
        out.append(look(Q, K, V, mask))
    return np.concatenate(out, -1) @ W_O


@answers.wrong("raised-truth-value")
def mask_if_truthy(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V, n_heads)
    if mask:
        return glue(look(Q, K, V, mask)) @ W_O
    return glue(look(Q, K, V)) @ W_O


@answers.wrong("output-matrix-too-early")
def wo_first(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V @ W_O, n_heads)
    return glue(look(Q, K, V, mask))


@answers.wrong("one-head-meets-all")
def sum_heads(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V, n_heads)
    return look(Q, K, V, mask).sum(-3) @ W_O


@answers.wrong("one-head-meets-all")
def last_head_only(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    d = W_Q.shape[-1] // n_heads
    for h in range(n_heads):
        out = look(*(X @ W[:, h * d : (h + 1) * d] for W in (W_Q, W_K, W_V)), mask)
    return out @ W_O


@answers.wrong("blocks-overlap")
def wrong_slices(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    d = X.shape[-1] // n_heads
    heads = [look(*(X @ W[:, h : h + d] for W in (W_Q, W_K, W_V)), mask) for h in range(n_heads)]
    return np.concatenate(heads, -1) @ W_O


@answers.wrong("n-heads-wide")
def d_head_is_n_heads(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    n = X.shape[-1] // n_heads
    Q, K, V = cut(X @ W_Q, n), cut(X @ W_K, n), cut(X @ W_V, n)
    return glue(look(Q, K, V, mask)) @ W_O

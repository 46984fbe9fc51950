"""Lesson 5: heads."""

import numpy as np

from wrong_answers import wrong
from wrong_answers.attending import good_softmax


def cut(X, n):
    return X.reshape(*X.shape[:-1], n, -1).swapaxes(-2, -3)


def glue(H):
    H = H.swapaxes(-2, -3)
    return H.reshape(*H.shape[:-2], -1)


def look(Q, K, V, mask=None, scale=None, axis=-1):
    grid = Q @ K.swapaxes(-1, -2) * (Q.shape[-1] ** -0.5 if scale is None else scale)
    if mask is not None:
        grid = np.where(mask, grid, -1e9)
    return good_softmax(grid, axis) @ V


@wrong("split_heads", "bare-reshape-on-split")
def reshaped(X, n_heads):
    *batch, T, D = X.shape
    return X.reshape(*batch, n_heads, T, D // n_heads)


@wrong("split_heads", "heads-among-tokens")
def not_swapped(X, n_heads):
    return X.reshape(*X.shape[:-1], n_heads, X.shape[-1] // n_heads)


@wrong("split_heads", "interleaved-columns")
def strided(X, n_heads):
    return np.stack([X[..., h::n_heads] for h in range(n_heads)], axis=-3)


@wrong("split_heads", "tokens-split")
def tokens(X, n_heads):
    return np.array_split(X, n_heads, axis=0)


@wrong("split_heads", "no-batch-axes")
def only_two_axes(X, n_heads):
    T, D = X.shape
    return X.reshape(T, n_heads, D // n_heads).transpose(1, 0, 2)


@wrong("split_heads", "heads-before-batch")
def list_of_heads(X, n_heads):
    return np.split(X, n_heads, axis=-1)


@wrong("split_heads", "head-transposed")
def turned(X, n_heads):
    return X.reshape(*X.shape[:-1], n_heads, -1).swapaxes(-1, -3).swapaxes(-2, -3)


@wrong("merge_heads", "bare-reshape-on-merge")
def straight(H):
    *batch, n, T, d = H.shape
    return H.reshape(*batch, T, n * d)


@wrong("merge_heads", "heads-averaged")
def averaged(H):
    return H.mean(axis=-3)


@wrong("merge_heads", "swapped-not-joined")
def not_joined(H):
    return H.swapaxes(-3, -2)


@wrong("merge_heads", "no-batch-axes")
def three_axes(H):
    n, T, d = H.shape
    return H.transpose(1, 0, 2).reshape(T, n * d)


@wrong("merge_heads", "heads-under-one-another")
def stacked(H):
    return np.concatenate([H[..., h, :, :] for h in range(H.shape[-3])], axis=-2)


@wrong("multi_head_attention", "output-matrix-left-out")
def no_output(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return glue(look(cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V, n_heads), mask))


@wrong("multi_head_attention", "output-matrix-transposed")
def output_turned(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return no_output(X, W_Q, W_K, W_V, W_O, n_heads, mask) @ W_O.T


@wrong("multi_head_attention", "one-head")
def single(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return look(X @ W_Q, X @ W_K, X @ W_V, mask) @ W_O


@wrong("multi_head_attention", "mask-ignored")
def unmasked(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return no_output(X, W_Q, W_K, W_V, W_O, n_heads) @ W_O


@wrong("multi_head_attention", "scale-by-sqrt-d-model")
def model_scale(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (cut(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    return glue(look(Q, K, V, mask, scale=1 / np.sqrt(X.shape[-1]))) @ W_O


@wrong("multi_head_attention", "bare-reshape-on-split")
def reshaped_heads(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    def bad(P):
        *batch, T, D = P.shape
        return P.reshape(*batch, n_heads, T, D // n_heads)

    return glue(look(bad(X @ W_Q), bad(X @ W_K), bad(X @ W_V), mask)) @ W_O


@wrong("multi_head_attention", "bare-reshape-on-split")
def reshaped_both_ways(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    def bad(P):
        *batch, T, D = P.shape
        return P.reshape(*batch, n_heads, T, D // n_heads)

    H = look(bad(X @ W_Q), bad(X @ W_K), bad(X @ W_V), mask)
    return H.reshape(X.shape) @ W_O


@wrong("multi_head_attention", "bare-reshape-on-merge")
def reshaped_merge(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    H = look(cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V, n_heads), mask)
    return H.reshape(X.shape) @ W_O


@wrong("multi_head_attention", "heads-among-tokens")
def never_swapped(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    def bad(P):
        return P.reshape(*P.shape[:-1], n_heads, -1)

    H = look(bad(X @ W_Q), bad(X @ W_K), bad(X @ W_V))
    return H.reshape(X.shape) @ W_O


@wrong("multi_head_attention", "queries-and-keys-swapped")
def keys_ask(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return glue(look(cut(X @ W_K, n_heads), cut(X @ W_Q, n_heads), cut(X @ W_V, n_heads), mask)) @ W_O


@wrong("multi_head_attention", "values-unprojected")
def raw_values(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return glue(look(cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X, n_heads), mask)) @ W_O


@wrong("multi_head_attention", "one-head-meets-all")
def split_first(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Xh = cut(X, n_heads)
    return glue(look(Xh @ W_Q, Xh @ W_K, Xh @ W_V, mask)) @ W_O


@wrong("multi_head_attention", "no-batch-axes")
def only_sequences(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    T, D = X.shape
    Q, K, V = ((X @ W).reshape(T, n_heads, -1).transpose(1, 0, 2) for W in (W_Q, W_K, W_V))
    return look(Q, K, V, mask).transpose(1, 0, 2).reshape(T, D) @ W_O


@wrong("multi_head_attention", "signature")
def mask_without_default(X, W_Q, W_K, W_V, W_O, n_heads, mask):
    return X


@wrong("multi_head_attention", "always-causal")
def always(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return no_output(X, W_Q, W_K, W_V, W_O, n_heads, np.tri(X.shape[-2], dtype=bool)) @ W_O


@wrong("multi_head_attention", "softmax-over-queries")
def wrong_axis(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (cut(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    return glue(look(Q, K, V, mask, axis=-2)) @ W_O


@wrong("multi_head_attention", "heads-unmerged")
def unmerged(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    return look(cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V, n_heads), mask)


@wrong("parameter_count", "kv-full-width")
def four_squares(d_model, n_heads, n_kv_heads):
    return 4 * d_model**2


@wrong("parameter_count", "output-matrix-left-out")
def three_matrices(d_model, n_heads, n_kv_heads):
    d_head = d_model // n_heads
    return d_model * (n_heads * d_head + 2 * n_kv_heads * d_head)


@wrong("parameter_count", "biases-counted")
def with_biases(d_model, n_heads, n_kv_heads):
    kv = d_model // n_heads * n_kv_heads
    return (d_model + 1) * d_model * 2 + (d_model + 1) * kv * 2


@wrong("parameter_count", "times-heads")
def per_head(d_model, n_heads, n_kv_heads):
    kv = d_model // n_heads * n_kv_heads
    return n_heads * (2 * d_model * d_model + 2 * d_model * kv)


@wrong("parameter_count", "bytes-counted")
def in_bytes(d_model, n_heads, n_kv_heads):
    return 2 * (2 * d_model**2 + 2 * d_model * (d_model // n_heads) * n_kv_heads)


@wrong("split_heads", "other-places")
def columns_first(X, n_heads):
    *batch, T, D = X.shape
    return X.swapaxes(-1, -2).reshape(*batch, n_heads, T, D // n_heads)


@wrong("multi_head_attention", "softmax-over-heads")
def across_heads(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (cut(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    return glue(look(Q, K, V, mask, axis=-3)) @ W_O


@wrong("multi_head_attention", "scale-by-sqrt-n-heads")
def heads_under_the_root(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (cut(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    return glue(look(Q, K, V, mask, scale=n_heads**-0.5)) @ W_O


@wrong("multi_head_attention", "causal-by-default")
def looks_back_unless_told(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    if mask is None:
        mask = np.tri(X.shape[-2], dtype=bool)
    return glue(look(*(cut(X @ W, n_heads) for W in (W_Q, W_K, W_V)), mask)) @ W_O

"""Lesson 5."""

import numpy as np

from right_answers.lesson02 import softmax__stable


def split_heads__swapaxes(X, n_heads):
    return X.reshape(*X.shape[:-1], n_heads, -1).swapaxes(-2, -3)


def split_heads__slices(X, n_heads):
    d = X.shape[-1] // n_heads
    return np.stack([X[..., h * d : (h + 1) * d] for h in range(n_heads)], axis=-3)


def split_heads__split(X, n_heads):
    return np.stack(np.split(X, n_heads, axis=-1), axis=-3)


def split_heads__einsum(X, n_heads):
    cut = X.reshape((*X.shape[:-1], n_heads, X.shape[-1] // n_heads))
    return np.einsum("...thd->...htd", cut)


def split_heads__moveaxis(X, n_heads, d_head=None):
    return np.moveaxis(X.reshape(*X.shape[:-1], n_heads, d_head or X.shape[-1] // n_heads), -2, -3)


def merge_heads__swapaxes(H):
    H = np.swapaxes(H, -2, -3)
    return H.reshape(*H.shape[:-2], H.shape[-2] * H.shape[-1])


def merge_heads__concatenate(H):
    return np.concatenate([H[..., h, :, :] for h in range(H.shape[-3])], axis=-1)


def merge_heads__moveaxis(H):
    moved = np.moveaxis(H, -3, -2)
    return moved.reshape((*moved.shape[:-2], -1))


def multi_head_attention__batched(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (split_heads__swapaxes(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    grid = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
    if mask is not None:
        grid = np.where(mask, grid, -np.inf)
    return merge_heads__swapaxes(softmax__stable(grid) @ V) @ W_O


def multi_head_attention__head_by_head(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    d = X.shape[-1] // n_heads
    outs = []
    for h in range(n_heads):
        block = slice(h * d, (h + 1) * d)
        q, k, v = X @ W_Q[:, block], X @ W_K[:, block], X @ W_V[:, block]
        z = q @ np.swapaxes(k, -1, -2) / d**0.5
        if mask is not None:
            z = z + np.where(mask, 0, -1e9)
        outs.append(softmax__stable(z) @ v)
    return np.concatenate(outs, axis=-1) @ W_O


def multi_head_attention__sum_of_heads(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    d = X.shape[-1] // n_heads
    total = 0
    for h in range(n_heads):
        b = slice(h * d, (h + 1) * d)
        z = np.einsum("...td,...sd->...ts", X @ W_Q[:, b], X @ W_K[:, b]) / np.sqrt(d)
        z = z if mask is None else np.where(mask, z, -np.inf)
        total = total + softmax__stable(z) @ (X @ W_V[:, b]) @ W_O[b]
    return total


def multi_head_attention__float32(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    parts = (part.astype(np.float32) for part in (X, W_Q, W_K, W_V, W_O))
    return multi_head_attention__batched(*parts, n_heads, mask)


def parameter_count__plain(d_model, n_heads, n_kv_heads):
    d_head = d_model // n_heads
    return 2 * d_model * d_model + 2 * d_model * n_kv_heads * d_head


def parameter_count__float(d_model, n_heads, n_kv_heads):
    return 2 * d_model**2 * (1 + n_kv_heads / n_heads)


def parameter_count__arrays(d_model, n_heads, n_kv_heads):
    d_kv = n_kv_heads * (d_model // n_heads)
    shapes = [(d_model, d_model), (d_model, d_kv), (d_model, d_kv), (d_model, d_model)]
    return sum(np.zeros(shape).size for shape in shapes)


def parameter_count__numpy_integer(d_model, n_heads, n_kv_heads):
    return np.int64(2 * d_model) * (d_model + d_model // n_heads * n_kv_heads)


def multi_head_attention__weights_beside(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (split_heads__swapaxes(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    grid = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
    weights = softmax__stable(grid if mask is None else np.where(mask, grid, -np.inf))
    return merge_heads__swapaxes(weights @ V) @ W_O, weights

"""Right parts that answers to several exercises are built from."""

import math

import numpy as np


def project_qkv_plain(X, W_Q, W_K, W_V):
    return X @ W_Q, X @ W_K, X @ W_V


def project_qkv_list(X, *matrices):
    return [X @ W for W in matrices]


def project_qkv_einsum(X, W_Q, W_K, W_V):
    return tuple(np.einsum("...td,dh->...th", X, W) for W in (W_Q, W_K, W_V))


def scores(Q, K):
    return Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])


def scores_einsum(Q, K):
    return np.einsum("...td,...sd->...ts", Q, K) / math.sqrt(K.shape[-1])


def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def attention_own_parts(Q, K, V):
    weights = softmax(scores(Q, K))
    return weights @ V, weights


def attention_inline(Q, K, V):
    z = np.einsum("...td,...sd->...ts", Q, K) / np.sqrt(Q.shape[-1])
    e = np.exp(z)
    weights = e / e.sum(-1, keepdims=True)
    return np.einsum("...ts,...sd->...td", weights, V), weights


def split_heads_swapaxes(X, n_heads):
    return X.reshape(*X.shape[:-1], n_heads, -1).swapaxes(-2, -3)


def split_heads_slices(X, n_heads):
    d = X.shape[-1] // n_heads
    return np.stack([X[..., h * d : (h + 1) * d] for h in range(n_heads)], axis=-3)


def split_heads_moveaxis(X, n_heads, d_head=None):
    return np.moveaxis(X.reshape(*X.shape[:-1], n_heads, d_head or X.shape[-1] // n_heads), -2, -3)


def merge_heads_swapaxes(H):
    H = np.swapaxes(H, -2, -3)
    return H.reshape(*H.shape[:-2], H.shape[-2] * H.shape[-1])


def repeat_kv_repeat(K, n_rep):
    return np.repeat(K, n_rep, axis=-3)


def repeat_kv_broadcast(K, n_rep):
    *batch, n, T, d = K.shape
    return np.broadcast_to(K[..., :, None, :, :], (*batch, n, n_rep, T, d)).reshape(*batch, n * n_rep, T, d)


def repeat_kv_list(K, n_rep):
    return np.stack([K[..., h, :, :] for h in range(K.shape[-3]) for _ in range(n_rep)], axis=-3)


def repeat_kv_index(K, n_rep):
    return K[..., np.arange(K.shape[-3] * n_rep) // n_rep, :, :]


def cut(X, n):
    return X.reshape(*X.shape[:-1], n, -1).swapaxes(-2, -3)


def glue(H):
    H = H.swapaxes(-2, -3)
    return H.reshape(*H.shape[:-2], -1)


def look(Q, K, V, mask=None, scale=None, axis=-1):
    grid = Q @ K.swapaxes(-1, -2) * (Q.shape[-1] ** -0.5 if scale is None else scale)
    if mask is not None:
        grid = np.where(mask, grid, -1e9)
    return softmax(grid, axis) @ V


def turn_halves(H, places, speeds):
    n = len(speeds)
    x, y = H[..., :n], H[..., n:]
    angle = np.outer(places, speeds)
    return np.concatenate([x * np.cos(angle) - y * np.sin(angle), y * np.cos(angle) + x * np.sin(angle)], axis=-1)


def turn_complex(H, places, speeds):
    n = len(speeds)
    z = (H[..., :n] + 1j * H[..., n:]) * np.exp(1j * np.asarray(places)[:, None] * speeds)
    return np.concatenate([z.real, z.imag], axis=-1)


def turn_blocks(H, places, speeds):
    """One matrix for every place, with a turn in each plane."""
    n, turned = len(speeds), np.empty(np.shape(H))
    for t, place in enumerate(places):
        R = np.zeros((2 * n, 2 * n))
        for i, speed in enumerate(speeds):
            cos, sin = math.cos(place * speed), math.sin(place * speed)
            R[[i, i, i + n, i + n], [i, i + n, i, i + n]] = cos, sin, -sin, cos
        turned[..., t, :] = H[..., t, :] @ R
    return turned

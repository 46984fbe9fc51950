"""Lesson 6."""

from typing import NamedTuple

import numpy as np

from right_answers.lesson02 import softmax__stable
from right_answers.lesson05 import merge_heads__swapaxes, split_heads__swapaxes


def repeat_kv__repeat(K, n_rep):
    return np.repeat(K, n_rep, axis=-3)


def repeat_kv__broadcast(K, n_rep):
    *batch, n, T, d = K.shape
    return np.broadcast_to(K[..., :, None, :, :], (*batch, n, n_rep, T, d)).reshape(*batch, n * n_rep, T, d)


def repeat_kv__list(K, n_rep):
    return np.stack([K[..., h, :, :] for h in range(K.shape[-3]) for _ in range(n_rep)], axis=-3)


def repeat_kv__index(K, n_rep):
    return K[..., np.arange(K.shape[-3] * n_rep) // n_rep, :, :]


def grouped_query_attention__repeat(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    Q = split_heads__swapaxes(X @ W_Q, n_heads)
    K = repeat_kv__repeat(split_heads__swapaxes(X @ W_K, n_kv_heads), n_heads // n_kv_heads)
    V = repeat_kv__repeat(split_heads__swapaxes(X @ W_V, n_kv_heads), n_heads // n_kv_heads)
    grid = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
    grid = grid if mask is None else np.where(mask, grid, -np.inf)
    return merge_heads__swapaxes(softmax__stable(grid) @ V) @ W_O


def grouped_query_attention__groups(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    d = W_Q.shape[1] // n_heads
    outs = []
    for h in range(n_heads):
        g = h // (n_heads // n_kv_heads)
        q = X @ W_Q[:, h * d : (h + 1) * d]
        k, v = X @ W_K[:, g * d : (g + 1) * d], X @ W_V[:, g * d : (g + 1) * d]
        z = q @ np.swapaxes(k, -1, -2) / d**0.5
        if mask is not None:
            z = np.where(mask, z, -1e30)
        outs.append(softmax__stable(z) @ v)
    return np.concatenate(outs, -1) @ W_O


def grouped_query_attention__widened_matrices(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    def widen(W):
        blocks = np.split(W, n_kv_heads, axis=1)
        return np.concatenate([b for b in blocks for _ in range(n_heads // n_kv_heads)], axis=1)

    return grouped_query_attention__repeat(X, W_Q, widen(W_K), widen(W_V), W_O, n_heads, n_heads, mask)


def kv_cache_bytes__plain(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * n_kv_heads * d_head * n_tokens * bytes_per_value * batch


def kv_cache_bytes__array(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return np.zeros((2, batch, n_layers, n_kv_heads, n_tokens, d_head), dtype=np.int8).nbytes * bytes_per_value


def kv_cache_bytes__float(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2.0, batch=1):
    total = 0.0
    for _ in range(n_layers):
        total += batch * n_tokens * (n_kv_heads * d_head + n_kv_heads * d_head) * bytes_per_value
    return total


def decode_step__vstack(x, cache, W_Q, W_K, W_V):
    K = np.vstack([cache[0], x @ W_K])
    V = np.vstack([cache[1], x @ W_V])
    weights = softmax__stable(K @ (x @ W_Q) / np.sqrt(K.shape[1]))
    return weights @ V, (K, V)


def decode_step__rows(x, cache, W_Q, W_K, W_V):
    K, V = cache
    q, k, v = (np.atleast_2d(x @ W) for W in (W_Q, W_K, W_V))
    K, V = np.concatenate([K, k], axis=0), np.concatenate([V, v], axis=0)
    return softmax__stable(q @ K.T / q.shape[-1] ** 0.5) @ V, (K, V)


def decode_step__list_cache(x, cache, W_Q, W_K, W_V):
    K, V = cache
    out, (K, V) = decode_step__vstack(x, (K, V), W_Q, W_K, W_V)
    return out, [K, V]


def decode_step__three_results(x, cache, W_Q, W_K, W_V):
    out, (K, V) = decode_step__vstack(x, cache, W_Q, W_K, W_V)
    return out, K, V


def decode_step__dict_cache(x, cache, W_Q, W_K, W_V):
    out, (K, V) = decode_step__vstack(x, cache, W_Q, W_K, W_V)
    return out, {"K": K, "V": V}


class Memory(NamedTuple):
    K: np.ndarray
    V: np.ndarray


def decode_step__namedtuple(x, cache, W_Q, W_K, W_V):
    out, pair = decode_step__vstack(x, cache, W_Q, W_K, W_V)
    return out, Memory(*pair)

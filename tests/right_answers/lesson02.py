"""Lesson 2."""

import math

import numpy as np


def scores__plain(Q, K):
    return Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])


def scores__einsum(Q, K):
    return np.einsum("...td,...sd->...ts", Q, K) / math.sqrt(K.shape[-1])


def scores__loops(Q, K):
    if Q.ndim > 2:
        return np.stack([scores__loops(q, k) for q, k in zip(Q, K, strict=True)])
    grid = np.empty((len(Q), len(K)))
    for i in range(len(Q)):
        for j in range(len(K)):
            grid[i, j] = sum(a * b for a, b in zip(Q[i], K[j], strict=True)) / len(Q[i]) ** 0.5
    return grid


def scores__power(queries, keys, scale=None):
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    return scale * np.matmul(queries, keys.swapaxes(-2, -1))


def scores__scaled_query(Q, K):
    Q = Q.copy()
    Q /= np.sqrt(Q.shape[-1])
    return np.matmul(Q, np.moveaxis(K, -1, -2))


def scores__float32(Q, K):
    Q, K = Q.astype(np.float32), K.astype(np.float32)
    return Q @ K.swapaxes(-1, -2) / np.float32(np.sqrt(Q.shape[-1]))


def scores__broadcast(Q, K):
    return (Q[..., :, None, :] * K[..., None, :, :]).sum(-1) / np.sqrt(Q.shape[-1])


def scores__lists(Q, K):
    return (Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])).tolist()


def softmax__stable(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def softmax__global_maximum(z, axis=-1):
    e = np.exp(z - np.max(z))
    return e / np.sum(e, axis=axis, keepdims=True)


def softmax__expand_dims(x, axis=-1):
    x = np.asarray(x, dtype=float)
    e = np.exp(x - np.expand_dims(np.max(x, axis), axis))
    return e / np.expand_dims(np.sum(e, axis), axis)


def softmax__logsumexp(z, axis=-1):
    peak = np.amax(z, axis=axis, keepdims=True)
    return np.exp(z - peak - np.log(np.sum(np.exp(z - peak), axis=axis, keepdims=True)))


def softmax__apply_along_axis(z, axis=-1):
    def one(row):
        e = np.exp(row - row.max())
        return e / e.sum()

    return np.apply_along_axis(one, axis, z)


def softmax__moveaxis(z, axis=-1):
    z = np.moveaxis(z, axis, 0)
    e = np.exp(z - z.max(0))
    return np.moveaxis(e / e.sum(0), 0, axis)


def softmax__longdouble(z, axis=-1):
    e = np.exp(z.astype(np.longdouble) - 1000 * (z.max() > 500))
    return (e / e.sum(axis=axis, keepdims=True)).astype(float)


def softmax__in_place(z, axis=-1, *, dtype=None):
    out = np.array(z, dtype=dtype or float)
    out -= out.max(axis=axis, keepdims=True)
    np.exp(out, out=out)
    out /= out.sum(axis=axis, keepdims=True)
    return out


def blend__matmul(weights, V):
    return weights @ V


def blend__einsum(weights, V):
    return np.einsum("...ts,...sd->...td", weights, V)


def blend__broadcast(w, V):
    return np.sum(w[..., None] * V[..., None, :, :], axis=-2)


def blend__loops(weights, V):
    if V.ndim > 2:
        return [blend__loops(w, v) for w, v in zip(weights, V, strict=True)]
    rows = []
    for w in weights:
        row = np.zeros(V.shape[1])
        for share, value in zip(w, V, strict=True):
            row += share * value
        rows.append(row)
    return rows


def attention__own_parts(Q, K, V):
    weights = softmax__stable(scores__plain(Q, K))
    return weights @ V, weights


def attention__inline(Q, K, V):
    z = np.einsum("...td,...sd->...ts", Q, K) / np.sqrt(Q.shape[-1])
    e = np.exp(z)
    weights = e / e.sum(-1, keepdims=True)
    return np.einsum("...ts,...sd->...td", weights, V), weights


def attention__list(Q, K, V):
    weights = softmax__stable(scores__einsum(Q, K))
    return [weights @ V, weights]


def attention__float32(Q, K, V):
    Q, K, V = (part.astype(np.float32) for part in (Q, K, V))
    weights = softmax__stable(Q @ K.swapaxes(-1, -2) / np.float32(Q.shape[-1] ** 0.5))
    return weights @ V, weights


def attention__dict(Q, K, V):
    weights = softmax__stable(scores__plain(Q, K))
    return {"out": weights @ V, "weights": weights}


def attention__loops(Q, K, V, dropout=0.0):
    if Q.ndim > 2:
        pairs = [attention__loops(*parts) for parts in zip(Q, K, V, strict=True)]
        return np.stack([out for out, _ in pairs]), np.stack([weights for _, weights in pairs])
    outs, rows = [], []
    for q in Q:
        grid = [float(q @ k) / math.sqrt(len(q)) for k in K]
        total = sum(math.exp(s) for s in grid)
        row = [math.exp(s) / total for s in grid]
        rows.append(row)
        outs.append(sum(share * v for share, v in zip(row, V, strict=True)))
    return np.array(outs), np.array(rows)


def attention__prints(Q, K, V):
    print("Q", Q.shape)
    return attention__own_parts(Q, K, V)


fix_attention__plain = attention__own_parts
fix_attention__einsum = attention__inline


def cross_attention__plain(X, Y, W_Q, W_K, W_V):
    return attention__own_parts(X @ W_Q, Y @ W_K, Y @ W_V)


def cross_attention__output_alone(X, Y, W_Q, W_K, W_V):
    return attention__inline(X @ W_Q, Y @ W_K, Y @ W_V)[0]


weights_of_two__list = [0.953, 0.047]
weights_of_two__array = np.array([0.9526, 0.0474])
weights_of_two__tuple = (1 / (1 + math.exp(-3)), 1 / (1 + math.exp(3)))

order_attention__word = "BDCA"
order_attention__list = ["b", "d", "c", "a"]

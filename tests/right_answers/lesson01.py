"""Lesson 1."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np


def project_token__matmul(x, W):
    return x @ W


def project_token__loops(x, W):
    result = []
    for j in range(W.shape[1]):
        total = 0
        for i in range(W.shape[0]):
            total += x[i] * W[i][j]
        result.append(total)
    return result


def project_token__einsum(token, matrix):
    return np.einsum("d,dh->h", token, matrix)


def project_token__float32(x, W):
    return (x.astype(np.float32) @ W.astype(np.float32)).astype(np.float32)


def project_token__transposed_twice(x, W):
    return W.T @ x


def project_token__rows(x, W):
    return sum(entry * row for entry, row in zip(x, W, strict=True))


def project_token__in_place_on_a_copy(x, W):
    W = W.copy()
    W *= x[:, None]
    return W.sum(axis=0)


def project_token__subclass(x, W):
    return np.ma.masked_array(x @ W)


def project_token__extra_argument(x, W, verbose=False):
    if verbose:
        print("projecting")
    return np.dot(x, W)


def project_token__generator_inside(x, W):
    return tuple(sum(a * b for a, b in zip(x, column, strict=True)) for column in W.T)


def project_token__prints(x, W):
    print("x is", x)
    return x @ W


project_token__partial = np.matmul
project_token__lambda = lambda x, W: x.dot(W)  # noqa: E731


def project_qkv__plain(X, W_Q, W_K, W_V):
    return X @ W_Q, X @ W_K, X @ W_V


def project_qkv__list(X, *matrices):
    return [X @ W for W in matrices]


def project_qkv__einsum(X, W_Q, W_K, W_V):
    return tuple(np.einsum("...td,dh->...th", X, W) for W in (W_Q, W_K, W_V))


def project_qkv__fused(X, W_Q, W_K, W_V):
    fused = X @ np.concatenate([W_Q, W_K, W_V], axis=1)
    cuts = np.cumsum([W_Q.shape[1], W_K.shape[1]])
    return np.split(fused, cuts, axis=-1)


def project_qkv__dict(X, W_Q, W_K, W_V):
    return {"Q": X @ W_Q, "K": X @ W_K, "V": X @ W_V}


def project_qkv__loops(X, W_Q, W_K, W_V):
    def project(W):
        flat = X.reshape(-1, X.shape[-1])
        out = np.zeros((len(flat), W.shape[1]))
        for t, token in enumerate(flat):
            for j in range(W.shape[1]):
                out[t, j] = sum(token[i] * W[i, j] for i in range(len(token)))
        return out.reshape(*X.shape[:-1], W.shape[1])

    return project(W_Q), project(W_K), project(W_V)


def project_qkv__float32(X, W_Q, W_K, W_V):
    X = X.astype("float32")
    return X @ W_Q.astype("float32"), X @ W_K.astype("float32"), X @ W_V.astype("float32")


class QKV(NamedTuple):
    Q: np.ndarray
    K: np.ndarray
    V: np.ndarray


def project_qkv__namedtuple(X, W_Q, W_K, W_V):
    return QKV(np.tensordot(X, W_Q, 1), np.tensordot(X, W_K, 1), np.tensordot(X, W_V, 1))


fix_projection__plain = project_qkv__plain
fix_projection__einsum = project_qkv__einsum
fix_projection__list = project_qkv__list

hand_projection__lists = {"q": [2, 3], "k": [3, 2], "v": [3, 2]}
hand_projection__arrays = {"q": np.array([2.0, 3]), "k": np.array([3, 2]), "v": np.array([3, 2])}
hand_projection__tuple = ([2, 3], [3, 2], [3, 2])
hand_projection__matrix = np.array([[2, 3], [3, 2], [3, 2]])
hand_projection__capitals_in_order = {"v": (3, 2), "k": (3, 2), "q": (2, 3)}

qkv_shapes__tuples = {"X": (2, 5, 7), "W_Q": (7, 3), "W_K": (7, 3), "W_V": (7, 3), "Q": (2, 5, 3)}
qkv_shapes__lists = {"X": [2, 5, 7], "W_Q": [7, 3], "W_K": [7, 3], "W_V": [7, 3], "Q": [2, 5, 3]}
qkv_shapes__in_order = ((2, 5, 7), (7, 3), (7, 3), (7, 3), (2, 5, 3))
qkv_shapes__from_arrays = {
    "X": np.zeros((2, 5, 7)).shape,
    **{name: np.zeros((7, 3)).shape for name in ("W_Q", "W_K", "W_V")},
    "Q": (np.zeros((2, 5, 7)) @ np.zeros((7, 3))).shape,
}

order_by_hand__word = "BDCA"
order_by_hand__spaces = "b d c a"
order_by_hand__list = ["B", "D", "C", "A"]
order_by_hand__commas = "B, D, C, A"


def smallest_matrix__outer(x, q):
    return np.outer(x, q) / (x @ x)


def smallest_matrix__pinv(x, q):
    return np.linalg.pinv(x[None, :]) @ q[None, :]


def smallest_matrix__lstsq(x, q):
    return np.linalg.lstsq(x[None], q[None], rcond=None)[0]


def smallest_matrix__loops(x, q):
    length = sum(value**2 for value in x)
    return [[a * b / length for b in q] for a in x]


def smallest_matrix__fractions(x, q):
    length = float(sum(Fraction(float(value)) ** 2 for value in x))
    return np.multiply.outer(x / length, q)

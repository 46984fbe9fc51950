"""Answers to `project_qkv`: right ones in several styles, wrong ones as a learner would type them."""

from typing import NamedTuple

import numpy as np

from exercises import Answers
from exercises.parts import project_qkv_einsum, project_qkv_list, project_qkv_plain

answers = Answers()

answers.right_value("plain", project_qkv_plain)
answers.right_value("list", project_qkv_list)
answers.right_value("einsum", project_qkv_einsum)


@answers.right
def fused(X, W_Q, W_K, W_V):
    fused = X @ np.concatenate([W_Q, W_K, W_V], axis=1)
    cuts = np.cumsum([W_Q.shape[1], W_K.shape[1]])
    return np.split(fused, cuts, axis=-1)


@answers.wrong("dictionary")
def as_dict(X, W_Q, W_K, W_V):
    return {"Q": X @ W_Q, "K": X @ W_K, "V": X @ W_V}


@answers.right
def loops(X, W_Q, W_K, W_V):
    def project(W):
        flat = X.reshape(-1, X.shape[-1])
        out = np.zeros((len(flat), W.shape[1]))
        for t, token in enumerate(flat):
            for j in range(W.shape[1]):
                out[t, j] = sum(token[i] * W[i, j] for i in range(len(token)))
        return out.reshape(*X.shape[:-1], W.shape[1])

    return project(W_Q), project(W_K), project(W_V)


@answers.right
def float32(X, W_Q, W_K, W_V):
    X = X.astype("float32")
    return X @ W_Q.astype("float32"), X @ W_K.astype("float32"), X @ W_V.astype("float32")


class QKV(NamedTuple):
    Q: np.ndarray
    K: np.ndarray
    V: np.ndarray


@answers.right
def namedtuple(X, W_Q, W_K, W_V):
    return QKV(np.tensordot(X, W_Q, 1), np.tensordot(X, W_K, 1), np.tensordot(X, W_V, 1))


@answers.wrong("one-matrix-for-all")
def copy_and_paste(X, W_Q, W_K, W_V):
    Q = X @ W_Q
    K = X @ W_Q
    V = X @ W_Q
    return Q, K, V


@answers.wrong("keys-from-query-matrix")
def one_letter(X, W_Q, W_K, W_V):
    Q = np.matmul(X, W_Q)
    K = np.matmul(X, W_Q)
    V = np.matmul(X, W_V)
    return Q, K, V


@answers.wrong("values-unprojected")
def values_raw(X, W_Q, W_K, W_V):
    return X @ W_Q, X @ W_K, X


@answers.wrong("queries-and-keys-swapped")
def return_order(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    return K, Q, V


@answers.wrong("matrix-on-the-left")
def left(X, W_Q, W_K, W_V):
    return W_Q @ X, W_K @ X, W_V @ X


@answers.wrong("matrices-transposed")
def turned(X, W_Q, W_K, W_V):
    return np.dot(X, W_Q.T), np.dot(X, W_K.T), np.dot(X, W_V.T)


@answers.wrong("joined")
def joined(X, W_Q, W_K, W_V):
    return np.concatenate((X @ W_Q, X @ W_K, X @ W_V), -1)


@answers.wrong("no-batch-axes")
def only_matrices(X, W_Q, W_K, W_V):
    _T, _D = X.shape
    return X @ W_Q, X @ W_K, X @ W_V


@answers.wrong("keys-from-query-matrix")
def two_at_once(X, W_Q, W_K, W_V):
    return X @ W_Q, X @ W_Q, X


@answers.wrong("low-precision")
def float16(X, W_Q, W_K, W_V):
    return tuple((X @ W).astype(np.float16) for W in (W_Q, W_K, W_V))


@answers.wrong("cut-at-zero")
def relu(X, W_Q, W_K, W_V):
    return tuple(np.maximum(X @ W, 0) for W in (W_Q, W_K, W_V))


@answers.wrong("chained")
def chain(X, W_Q, W_K, W_V):
    Q = X @ W_Q
    K = Q @ W_K
    V = K @ W_V
    return Q, K, V

"""Answers to `fix_shapes`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import cut, softmax, split_heads_slices

answers = Answers()


@answers.right
def own(X, W_Q, W_K, n_heads):
    Q, K = (split_heads_slices(X @ W, n_heads) for W in (W_Q, W_K))
    return softmax(np.einsum("...td,...sd->...ts", Q, K) / np.sqrt(W_Q.shape[-1] // n_heads))


@answers.right
def einsum(X, W_Q, W_K, n_heads):
    q, k = (np.einsum("...td,dhe->...hte", X, W.reshape(len(W), n_heads, -1)) for W in (W_Q, W_K))
    return softmax(np.einsum("...te,...se->...ts", q, k) * q.shape[-1] ** -0.5)


@answers.right
def head_after_head(X, W_Q, W_K, n_heads):
    found = []
    for part_q, part_k in zip(np.split(W_Q, n_heads, 1), np.split(W_K, n_heads, 1), strict=True):
        q, k = X @ part_q, X @ part_k
        found.append(softmax(q @ k.swapaxes(-1, -2) / np.sqrt(part_q.shape[1])))
    return np.stack(found, axis=-3)


@answers.wrong("width-from-d-model")
def share_of_the_model(X, W_Q, W_K, n_heads):
    Q, K = (split_heads_slices(X @ W, n_heads) for W in (W_Q, W_K))
    return softmax(Q @ K.swapaxes(-1, -2) / np.sqrt(X.shape[-1] / n_heads))


@answers.wrong("still-broken")
def shapes_same(X, W_Q, W_K, n_heads):
    Q, K = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads)
    return softmax(Q @ K.swapaxes(-1, -2) / np.sqrt(X.shape[-1]))


@answers.wrong("scale-by-d")
def shapes_no_root(X, W_Q, W_K, n_heads):
    Q, K = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads)
    return softmax(Q @ K.swapaxes(-1, -2) / Q.shape[-1])


@answers.wrong("scale-by-sqrt-n-heads")
def shapes_heads(X, W_Q, W_K, n_heads):
    Q, K = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads)
    return softmax(Q @ K.swapaxes(-1, -2) / np.sqrt(n_heads))


@answers.wrong("scale-by-sqrt-tokens")
def tokens_axis(X, W_Q, W_K, n_heads):
    Q, K = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads)
    return softmax(Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-2]))


@answers.wrong("root-in-the-wrong-place")
def d_kv(X, W_Q, W_K, n_heads):
    Q, K = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads)
    return softmax(Q @ K.swapaxes(-1, -2) / np.sqrt(X.shape[-1]) / n_heads)


@answers.wrong("root-in-the-wrong-place")
def d_sqrt_ratio(X, W_Q, W_K, n_heads):
    Q, K = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads)
    return softmax(Q @ K.swapaxes(-1, -2) / (np.sqrt(X.shape[-1]) / n_heads))

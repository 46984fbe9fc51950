"""Answers to `cross_attention_step`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import attention_own_parts, softmax

answers = Answers()


@answers.right
def one_row(x, kept, W_Q):
    K, V = kept
    return attention_own_parts((x @ W_Q)[..., None, :], K, V)[0][..., 0, :]


@answers.right
def einsum(x, kept, W_Q):
    z = np.einsum("...d,...sd->...s", x @ W_Q, kept[0]) / np.sqrt(W_Q.shape[1])
    return np.einsum("...s,...sv->...v", softmax(z), kept[1])


@answers.right
def sums(x, kept, W_Q):
    K, V = kept
    q = np.expand_dims(x @ W_Q, -2)
    e = np.exp((K * q).sum(-1) / q.shape[-1] ** 0.5)
    return (e[..., None] * V).sum(-2) / e.sum(-1)[..., None]


@answers.right
def in_pieces(x, kept, W_Q):
    if x.ndim > 1:
        return np.stack([in_pieces(row, (K, V), W_Q) for row, K, V in zip(x, *kept, strict=True)])
    q, out, total = x @ W_Q / np.sqrt(W_Q.shape[1]), 0.0, 0.0
    for k, v in zip(*kept, strict=True):
        e = np.exp(q @ k)
        out, total = out + e * v, total + e
    return out / total


@answers.wrong("extra-axis")
def a_matrix_of_one_row(x, kept, W_Q):
    return attention_own_parts((x @ W_Q)[..., None, :], *kept)[0]


@answers.wrong("halves-swapped")
def values_first(x, kept, W_Q):
    V, K = kept
    return attention_own_parts((x @ W_Q)[..., None, :], K, V)[0][..., 0, :]


@answers.wrong("query-unprojected")
def row_asks(x, kept, W_Q):
    return attention_own_parts(x[..., None, :], *kept)[0][..., 0, :]


@answers.wrong("source-grown")
def as_in_self_attention(x, kept, W_Q):
    q = (x @ W_Q)[..., None, :]
    K, V = (np.concatenate([part, q], axis=-2) for part in kept)
    return attention_own_parts(q, K, V)[0][..., 0, :]


@answers.wrong("source-projected-again")
def projects_the_keys(x, kept, W_Q):
    K, V = kept
    return attention_own_parts((x @ W_Q)[..., None, :], K @ W_Q, V)[0][..., 0, :]


@answers.wrong("more-than-promised")
def hands_back_the_source(x, kept, W_Q):
    return one_row(x, kept, W_Q), kept


@answers.wrong("keys-as-values")
def blends_keys(x, kept, W_Q):
    return one_row(x, (kept[0], kept[0]), W_Q)


@answers.wrong("no-scale")
def bare(x, kept, W_Q):
    return one_row(x * np.sqrt(W_Q.shape[1]), kept, W_Q)


@answers.wrong("weights-for-output")
def weights_alone(x, kept, W_Q):
    return attention_own_parts((x @ W_Q)[..., None, :], *kept)[1][..., 0, :]


@answers.wrong("last-source-row-unseen")
def all_but_the_last(x, kept, W_Q):
    return one_row(x, tuple(part[..., :-1, :] for part in kept), W_Q)


@answers.wrong("values-averaged")
def mean(x, kept, W_Q):
    return kept[1].mean(axis=-2)

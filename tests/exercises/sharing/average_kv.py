"""Answers to `average_kv`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def with_split(K, n_kv_heads):
    return np.stack([group.mean(axis=-3) for group in np.split(K, n_kv_heads, axis=-3)], axis=-3)


@answers.right
def with_a_matrix(K, n_kv_heads):
    n_rep = K.shape[-3] // n_kv_heads
    M = np.kron(np.eye(n_kv_heads), np.full((1, n_rep), 1 / n_rep))
    return np.einsum("gh,...htd->...gtd", M, K)


@answers.right
def with_a_loop(K, n_kv_heads):
    size = K.shape[-3] // n_kv_heads
    out = np.zeros((*K.shape[:-3], n_kv_heads, *K.shape[-2:]))
    for h in range(K.shape[-3]):
        out[..., h // size, :, :] += K[..., h, :, :] / size
    return out


@answers.right
def as_lists(K, n_kv_heads):
    return with_split(K, n_kv_heads).tolist()


@answers.wrong("dealt-like-cards")
def modulo(K, n_kv_heads):
    out = np.zeros((*K.shape[:-3], n_kv_heads, *K.shape[-2:]))
    for h in range(K.shape[-3]):
        out[..., h % n_kv_heads, :, :] += K[..., h, :, :] * n_kv_heads / K.shape[-3]
    return out


@answers.wrong("dealt-like-cards")
def reshaped_the_other_way(K, n_kv_heads):
    n_rep = K.shape[-3] // n_kv_heads
    return K.reshape(*K.shape[:-3], n_rep, n_kv_heads, *K.shape[-2:]).mean(axis=-4)


@answers.wrong("summed")
def added_up(K, n_kv_heads):
    return np.add.reduceat(K, range(0, K.shape[-3], K.shape[-3] // n_kv_heads), axis=-3)


@answers.wrong("first-of-each-group")
def picked_out(K, n_kv_heads):
    return np.take(K, np.arange(n_kv_heads) * (K.shape[-3] // n_kv_heads), axis=-3)


@answers.wrong("first-heads")
def cut_off(K, n_kv_heads):
    return np.split(K, [n_kv_heads], axis=-3)[0]


@answers.wrong("repeated-again")
def for_every_query_head(K, n_kv_heads):
    return with_split(K, n_kv_heads).repeat(K.shape[-3] // n_kv_heads, axis=-3)


@answers.wrong("one-mean-for-all")
def all_the_same(K, n_kv_heads):
    return np.broadcast_to(K.mean(axis=-3, keepdims=True), (*K.shape[:-3], n_kv_heads, *K.shape[-2:]))


@answers.wrong("batch-forgotten")
def first_axis(K, n_kv_heads):
    n_heads, T, d_head = K.shape[0], K.shape[1], K.shape[2]
    return K.reshape(n_kv_heads, n_heads // n_kv_heads, T, d_head).mean(axis=1)


@answers.wrong("transposed")
def turned_round(K, n_kv_heads):
    return with_split(K, n_kv_heads).swapaxes(-1, -2)

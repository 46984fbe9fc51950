"""Answers to `fix_split_before_projecting`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import cut, split_heads_moveaxis

answers = Answers()


@answers.right
def blocks(X, W_Q, n_heads):
    return np.stack([X @ block for block in np.split(W_Q, n_heads, axis=1)], axis=-3)


@answers.right
def split(X, W_Q, n_heads):
    return split_heads_moveaxis(X @ W_Q, n_heads)


@answers.right
def einsum(X, W_Q, n_heads):
    return np.einsum("...td,dhe->...hte", X, W_Q.reshape(len(W_Q), n_heads, -1))


@answers.wrong("bare-reshape-on-split")
def split_reshape(X, W_Q, n_heads):
    P = X @ W_Q
    return P.reshape(*P.shape[:-2], n_heads, P.shape[-2], -1)


@answers.wrong("not-split")
def split_gone(X, W_Q, n_heads):
    return X @ W_Q


@answers.wrong("still-broken")
def split_one_small_layer(X, W_Q, n_heads):
    H = cut(X, n_heads)
    return H @ W_Q[: H.shape[-1], : H.shape[-1]]


@answers.wrong("one-block-each")
def split_small_layers(X, W_Q, n_heads):
    H, d = cut(X, n_heads), X.shape[-1] // n_heads
    return np.stack([H[..., h, :, :] @ W_Q[h * d : (h + 1) * d, h * d : (h + 1) * d] for h in range(n_heads)], axis=-3)

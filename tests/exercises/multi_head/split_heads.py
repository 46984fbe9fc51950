"""Answers to `split_heads`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import split_heads_moveaxis, split_heads_slices, split_heads_swapaxes

answers = Answers()

answers.right_value("swapaxes", split_heads_swapaxes)
answers.right_value("slices", split_heads_slices)


@answers.right
def split(X, n_heads):
    return np.stack(np.split(X, n_heads, axis=-1), axis=-3)


@answers.right
def einsum(X, n_heads):
    cut = X.reshape((*X.shape[:-1], n_heads, X.shape[-1] // n_heads))
    return np.einsum("...thd->...htd", cut)


answers.right_value("moveaxis", split_heads_moveaxis)


@answers.wrong("bare-reshape-on-split")
def reshaped(X, n_heads):
    *batch, T, D = X.shape
    return X.reshape(*batch, n_heads, T, D // n_heads)


@answers.wrong("heads-among-tokens")
def not_swapped(X, n_heads):
    return X.reshape(*X.shape[:-1], n_heads, X.shape[-1] // n_heads)


@answers.wrong("interleaved-columns")
def strided(X, n_heads):
    return np.stack([X[..., h::n_heads] for h in range(n_heads)], axis=-3)


@answers.wrong("tokens-split")
def tokens(X, n_heads):
    return np.array_split(X, n_heads, axis=0)


@answers.wrong("no-batch-axes")
def only_two_axes(X, n_heads):
    T, D = X.shape
    return X.reshape(T, n_heads, D // n_heads).transpose(1, 0, 2)


@answers.wrong("heads-before-batch")
def list_of_heads(X, n_heads):
    return np.split(X, n_heads, axis=-1)


@answers.wrong("head-transposed")
def turned(X, n_heads):
    return X.reshape(*X.shape[:-1], n_heads, -1).swapaxes(-1, -3).swapaxes(-2, -3)


@answers.wrong("other-places")
def columns_first(X, n_heads):
    *batch, T, D = X.shape
    return X.swapaxes(-1, -2).reshape(*batch, n_heads, T, D // n_heads)


@answers.wrong("raised-float-for-integer")
def true_division(X, n_heads):
    return X.reshape(*X.shape[:-1], n_heads, X.shape[-1] / n_heads).swapaxes(-2, -3)


@answers.wrong("always-a-batch")
def transpose_fixed(X, n_heads):
    T, D = X.shape[-2:]
    return X.reshape(-1, T, n_heads, D // n_heads).transpose(0, 2, 1, 3)


@answers.wrong("raised-shape-for-size")
def dots_in_a_shape(X, n_heads):
    return X.reshape(..., n_heads, -1).swapaxes(-2, -3)


@answers.wrong("raised-shape-for-size")
def whole_shape_in_front(X, n_heads):
    return X.reshape(X.shape[:-1], n_heads, -1).swapaxes(-2, -3)


@answers.wrong("number-of-heads-written-in")
def always_two(X, n_heads):
    return X.reshape(*X.shape[:-1], 2, X.shape[-1] // 2).swapaxes(-2, -3)

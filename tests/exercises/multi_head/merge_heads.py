"""Answers to `merge_heads`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import merge_heads_swapaxes

answers = Answers()

answers.right_value("swapaxes", merge_heads_swapaxes)


@answers.right
def concatenate(H):
    return np.concatenate([H[..., h, :, :] for h in range(H.shape[-3])], axis=-1)


@answers.right
def moveaxis(H):
    moved = np.moveaxis(H, -3, -2)
    return moved.reshape((*moved.shape[:-2], -1))


@answers.wrong("bare-reshape-on-merge")
def straight(H):
    *batch, n, T, d = H.shape
    return H.reshape(*batch, T, n * d)


@answers.wrong("heads-averaged")
def averaged(H):
    return H.mean(axis=-3)


@answers.wrong("swapped-not-joined")
def not_joined(H):
    return H.swapaxes(-3, -2)


@answers.wrong("no-batch-axes")
def three_axes(H):
    n, T, d = H.shape
    return H.transpose(1, 0, 2).reshape(T, n * d)


@answers.wrong("heads-under-one-another")
def stacked(H):
    return np.concatenate([H[..., h, :, :] for h in range(H.shape[-3])], axis=-2)


@answers.wrong("always-a-batch")
def names_four_axes(H):
    B, n_heads, T, d = H.shape
    return H.transpose(0, 2, 1, 3).reshape(B, T, n_heads * d)

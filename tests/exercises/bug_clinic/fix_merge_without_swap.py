"""Answers to `fix_merge_without_swap`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import merge_heads_swapaxes

answers = Answers()

answers.right_value("swapaxes", merge_heads_swapaxes)


@answers.right
def side_by_side(H):
    return np.concatenate([H[..., h, :, :] for h in range(H.shape[-3])], axis=-1)


@answers.right
def einsum(H):
    n, T, d = H.shape[-3:]
    return np.einsum("...htd->...thd", H).reshape(*H.shape[:-3], T, n * d)


@answers.wrong("still-broken")
def only_reshaped(H):
    return np.reshape(H, (*H.shape[:-3], H.shape[-2], H.shape[-3] * H.shape[-1]))


@answers.wrong("features-swapped")
def last_two_swapped(H):
    return H.swapaxes(-1, -2).reshape(*H.shape[:-3], H.shape[-2], -1)


@answers.wrong("swapped-not-joined")
def never_joined(H):
    return np.moveaxis(H, -3, -2)

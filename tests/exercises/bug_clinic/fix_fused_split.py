"""Answers to `fix_fused_split`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import cut, split_heads_slices

answers = Answers()


@answers.right
def slices(X, W_QKV, n_heads):
    D = W_QKV.shape[1] // 3
    return [split_heads_slices(X @ W_QKV[:, k * D : (k + 1) * D], n_heads) for k in range(3)]


@answers.right
def reshape(X, W_QKV, n_heads):
    cut = (X @ W_QKV).reshape(*X.shape[:-1], 3, n_heads, -1)
    return tuple(np.swapaxes(cut[..., k, :, :], -2, -3) for k in range(3))


@answers.wrong("still-broken")
def fused_same(X, W_QKV, n_heads):
    H = cut(X @ W_QKV, n_heads)
    d = H.shape[-1] // 3
    return H[..., :d], H[..., d : 2 * d], H[..., 2 * d :]


@answers.wrong("heads-missing")
def fused_no_heads(X, W_QKV, n_heads):
    return np.split(X @ W_QKV, 3, axis=-1)


@answers.wrong("rows-of-the-weight-split")
def split_axis0(X, W_QKV, n_heads):
    return tuple(cut(X @ W, n_heads) for W in np.split(W_QKV, 3, axis=0))


@answers.wrong("heads-among-tokens")
def reshape3(X, W_QKV, n_heads):
    F = (X @ W_QKV).reshape(*X.shape[:-1], 3, n_heads, -1)
    return tuple(np.moveaxis(F, -3, 0))

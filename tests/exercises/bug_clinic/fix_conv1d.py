"""Answers to `fix_conv1d`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def plain(X, weight, bias):
    return X @ weight + bias


@answers.right
def einsum(X, weight, bias):
    return np.einsum("...i,io->...o", X, weight) + bias[None]


@answers.wrong("still-broken")
def conv_same(X, weight, bias):
    return np.matmul(X, np.transpose(weight)) + bias


@answers.wrong("bias-left-out")
def conv_no_bias(X, weight, bias):
    return X @ weight


@answers.wrong("turned-when-square")
def conditional(X, weight, bias):
    if weight.shape[0] != X.shape[-1]:
        weight = weight.T
    return X @ weight.T + bias if weight.shape[0] == weight.shape[1] else X @ weight + bias

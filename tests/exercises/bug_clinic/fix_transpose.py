"""Answers to `fix_transpose`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import scores, scores_einsum

answers = Answers()

answers.right_value("einsum", scores_einsum)
answers.right_value("plain", scores)


@answers.wrong("still-broken")
def transpose_same(Q, K):
    return np.matmul(Q, K) / np.sqrt(Q.shape[-1])


@answers.wrong("transposed-all-axes")
def transpose_t(Q, K):
    return Q @ K.T / np.sqrt(Q.shape[-1])


@answers.wrong("features-compared")
def transposed_q(Q, K):
    return Q.swapaxes(-1, -2) @ K / np.sqrt(Q.shape[-1])


@answers.wrong("reshaped-for-transposed")
def reshape_for_transpose(Q, K):
    return Q @ K.reshape(*K.shape[:-2], K.shape[-1], K.shape[-2]) / np.sqrt(Q.shape[-1])


@answers.wrong("no-batch-axes")
def transpose_012(Q, K):
    return Q @ K.transpose(1, 0) / np.sqrt(Q.shape[-1])

"""Answers to `qk_circuit`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def plain(W_Q, W_K):
    return W_Q @ np.swapaxes(W_K, -1, -2)


@answers.right
def einsum(W_Q, W_K):
    return np.einsum("...ih,...jh->...ij", W_Q, W_K)


@answers.right
def loops(W_Q, W_K):
    if W_Q.ndim > 2:
        return np.array([loops(q, k) for q, k in zip(W_Q, W_K, strict=True)])
    return [[float(np.dot(wanted, offered)) for offered in W_K] for wanted in W_Q]


@answers.wrong("inner-width-kept")
def inner(W_Q, W_K):
    return np.swapaxes(W_Q, -1, -2) @ W_K


@answers.wrong("circuit-transposed")
def other_way(W_Q, W_K):
    return W_K @ np.swapaxes(W_Q, -1, -2)


@answers.wrong("transposed-all-axes")
def plain_t(W_Q, W_K):
    return W_Q @ W_K.T


@answers.wrong("scaled")
def with_scale(W_Q, W_K):
    return W_Q @ np.swapaxes(W_K, -1, -2) / np.sqrt(W_K.shape[-1])


@answers.wrong("inverse-for-transpose")
def inverted(W_Q, W_K):
    return W_Q @ np.linalg.pinv(W_K)


@answers.wrong("symmetrised")
def symmetrised(W_Q, W_K):
    M = W_Q @ W_K.swapaxes(-1, -2)
    return (M + M.swapaxes(-1, -2)) / 2

"""Answers to `same_scores`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def inv(W_Q, W_K, A):
    return W_Q @ A, W_K @ np.linalg.inv(A).T


@answers.right
def solve(W_Q, W_K, A):
    return W_Q @ A, np.linalg.solve(A, W_K.T).T


@answers.right
def pinv(W_Q, W_K, A):
    return [W_Q @ A, W_K @ np.linalg.pinv(A.T)]


@answers.right
def float32(W_Q, W_K, A):
    return (W_Q @ A).astype(np.float32), (W_K @ np.linalg.inv(A.T)).astype(np.float32)


@answers.wrong("same-matrix-on-both")
def both_a(W_Q, W_K, A):
    return W_Q @ A, W_K @ A


@answers.wrong("inverse-not-transposed")
def plain_inverse(W_Q, W_K, A):
    return W_Q @ A, W_K @ np.linalg.inv(A)


@answers.wrong("scores-not-kept")
def made_up(W_Q, W_K, A):
    return W_Q @ A, W_K @ np.diag(1 / np.diag(A))


@answers.wrong("part-wrong")
def only_half(W_Q, W_K, A):
    return W_Q @ A @ A, W_K @ np.linalg.inv(A).T


@answers.wrong("elementwise-inverse")
def one_over(W_Q, W_K, A):
    return W_Q @ A, W_K @ (1 / A)


@answers.wrong("matrix-on-the-left")
def left(W_Q, W_K, A):
    return W_Q @ A, np.linalg.inv(A) @ W_K


@answers.wrong("transpose-for-inverse")
def transpose_only(W_Q, W_K, A):
    return W_Q @ A, W_K @ A.T


@answers.wrong("sides-exchanged")
def swap_inv(W_Q, W_K, A):
    return W_Q @ np.linalg.inv(A), W_K @ A

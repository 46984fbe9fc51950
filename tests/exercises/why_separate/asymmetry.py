"""Answers to `asymmetry`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def plain(X, W_Q, W_K):
    S = (X @ W_Q) @ (X @ W_K).T
    return np.abs(S - S.T).max()


@answers.right
def without_abs(X, W_Q, W_K):
    S = X @ W_Q @ W_K.T @ X.T
    return np.max(S - S.T)  # every gap is there twice, once with each sign


@answers.right
def looped(X, W_Q, W_K):
    Q, K = X @ W_Q, X @ W_K
    n = len(X)
    return max(abs(Q[i] @ K[j] - Q[j] @ K[i]) for i in range(n) for j in range(n))


@answers.wrong("after-softmax")
def of_weights(X, W_Q, W_K):
    S = (X @ W_Q) @ (X @ W_K).T
    e = np.exp(S)
    A = e / e.sum(1, keepdims=True)
    return np.abs(A - A.T).max()


@answers.wrong("scaled")
def divided(X, W_Q, W_K):
    S = (X @ W_Q) @ (X @ W_K).T / np.sqrt(W_Q.shape[-1])
    return np.abs(S - S.T).max()


@answers.wrong("circuit-alone")
def matrices_only(X, W_Q, W_K):
    M = W_Q @ W_K.T
    return abs(M - M.T).max()


@answers.wrong("averaged")
def mean(X, W_Q, W_K):
    S = (X @ W_Q) @ (X @ W_K).T
    return np.mean(np.abs(S - S.T))


@answers.wrong("yes-or-no")
def boolean(X, W_Q, W_K):
    S = (X @ W_Q) @ (X @ W_K).T
    return np.allclose(S, S.T)

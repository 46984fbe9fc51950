"""Answers to `causal_mask`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def tri(n):
    return np.tri(n, dtype=bool)


@answers.right
def tril(n):
    return np.tril(np.ones((n, n))).astype(bool)


@answers.right
def comparison(n):
    return np.arange(n)[:, None] >= np.arange(n)


@answers.right
def loops(n):
    return [[j <= i for j in range(n)] for i in range(n)]


@answers.wrong("numbers-for-booleans")
def numbers(n):
    return np.tril(np.ones((n, n)))


@answers.right
def not_triu(n):
    return ~np.triu(np.ones((n, n), dtype=bool), k=1)


@answers.right
def n_keys(n, n_keys=None):
    n_keys = n_keys or n
    return np.tri(n, n_keys, n_keys - n, dtype=bool)


@answers.wrong("mask-transposed")
def upper(n):
    return np.triu(np.ones((n, n), dtype=bool))


@answers.wrong("mask-inverted")
def torch_style(n):
    return np.triu(np.ones((n, n)), k=1).astype(bool)


@answers.wrong("excludes-self")
def strict(n):
    return np.arange(n)[:, None] > np.arange(n)[None, :]


@answers.wrong("additive-mask")
def additive(n):
    mask = np.zeros((n, n))
    mask[np.triu_indices(n, 1)] = -np.inf
    return mask


@answers.wrong("everything-allowed")
def ones(n):
    return np.ones((n, n), dtype=bool)


@answers.wrong("one-row-only")
def vector(n):
    return np.array([True] * n)


@answers.wrong("places-for-mask")
def indices(n):
    return np.tril_indices(n)


@answers.wrong("only-the-token-before")
def only_previous(n):
    return np.eye(n, k=-1, dtype=bool)


@answers.wrong("additive-mask")
def ints(n):
    return np.tril(np.ones((n, n))) * -np.inf

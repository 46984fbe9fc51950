"""Answers to `blur`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def counted(mask):
    return mask / mask.sum(axis=-1, keepdims=True)


@answers.right
def softmax_of_equal_scores(mask):
    grid = np.where(mask, 0.0, -np.inf)
    e = np.exp(grid)
    return e / e.sum(-1, keepdims=True)


@answers.right
def row_by_row(mask):
    return [[float(seen) / sum(row) for seen in row] for row in mask]


@answers.wrong("mask-ignored")
def everywhere(mask):
    n = mask.shape[1]
    return np.ones(mask.shape) / n


@answers.wrong("divided-by-all")
def of_all(mask):
    return mask * (1 / mask.shape[1])


@answers.wrong("not-shares")
def ones(mask):
    return mask.astype(float)


@answers.wrong("silenced")
def nothing(mask):
    return np.zeros_like(mask, dtype=float)


@answers.wrong("softmax-of-the-mask")
def zero_for_hidden(mask):
    e = np.exp(mask.astype(float))
    return e / e.sum(axis=1, keepdims=True)

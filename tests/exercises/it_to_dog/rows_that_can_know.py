"""Answers to `rows_that_can_know`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def compared(n_tokens, place):
    return np.arange(n_tokens) >= place


@answers.right
def column_of_the_mask(n_tokens, place):
    return np.tril(np.ones((n_tokens, n_tokens), dtype=bool))[:, place]


@answers.right
def listed(n_tokens, place):
    return [row >= place for row in range(n_tokens)]


@answers.wrong("excludes-self")
def strictly_after(n_tokens, place):
    return [row > place for row in range(n_tokens)]


@answers.wrong("looks-ahead")
def row_of_the_mask(n_tokens, place):
    return np.tril(np.ones((n_tokens, n_tokens), dtype=bool))[place]


@answers.wrong("whole-mask")
def mask(n_tokens, place):
    return np.tril(np.ones((n_tokens, n_tokens))) == 1


@answers.wrong("places-for-answers")
def places(n_tokens, place):
    return list(range(place, n_tokens))


@answers.wrong("everyone")
def all_rows(n_tokens, place):
    return [True] * n_tokens


@answers.wrong("one-row-only")
def last(n_tokens, place):
    return [row == n_tokens - 1 for row in range(n_tokens)]

"""Answers to `smallest_matrix`: right ones in several styles, wrong ones as a learner would type them."""

from fractions import Fraction

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def outer(x, q):
    return np.outer(x, q) / (x @ x)


@answers.right
def pinv(x, q):
    return np.linalg.pinv(x[None, :]) @ q[None, :]


@answers.right
def lstsq(x, q):
    return np.linalg.lstsq(x[None], q[None], rcond=None)[0]


@answers.right
def loops(x, q):
    length = sum(value**2 for value in x)
    return [[a * b / length for b in q] for a in x]


@answers.right
def fractions(x, q):
    length = float(sum(Fraction(float(value)) ** 2 for value in x))
    return np.multiply.outer(x / length, q)


@answers.wrong("not-divided")
def outer_only(x, q):
    return np.outer(x, q)


@answers.wrong("divided-by-length")
def by_norm(x, q):
    return np.outer(x, q) / np.linalg.norm(x)


@answers.wrong("transposed")
def turned_round(x, q):
    return np.outer(q, x) / np.dot(x, x)


@answers.wrong("one-row-only")
def first_row(x, q):
    W = np.zeros((x.size, q.size))
    W[0, :] = q / x[0]
    return W


@answers.wrong("not-the-smallest")
def any_matrix(x, q):
    W = np.outer(x, q) / (x @ x)
    side = np.zeros_like(x)
    side[0], side[1] = x[1], -x[0]
    return W + np.outer(side, np.ones_like(q))


@answers.wrong("divided-by-count")
def by_how_many(x, q):
    return np.outer(x, q) / len(x)


@answers.wrong("elementwise-quotient")
def diag_only(x, q):
    n = min(len(x), len(q))
    W = np.zeros((len(x), len(q)))
    for i in range(n):
        W[i, i] = q[i] / x[i]
    return W


@answers.wrong("divided-by-sum")
def divide_l1(x, q):
    return np.outer(x, q) / np.abs(x).sum()

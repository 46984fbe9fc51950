"""Answers to `score_spread`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def by_formula(d_head, var_q, var_k):
    return np.sqrt(d_head * var_q * var_k), np.sqrt(var_q * var_k)


@answers.right
def in_steps(d_head, var_q, var_k):
    one_product = var_q * var_k
    bare = (d_head * one_product) ** 0.5
    return [bare, bare / d_head**0.5]


@answers.right
def added_up(d_head, var_q, var_k):
    variance = sum(var_q * var_k for _ in range(d_head))
    return np.sqrt([variance, variance / d_head])


@answers.wrong("variance-for-spread")
def not_rooted(d_head, var_q, var_k):
    variance = d_head * var_q * var_k
    return variance, variance / np.sqrt(d_head)


@answers.wrong("variances-ignored")
def of_width_alone(d_head, var_q, var_k):
    return np.sqrt(d_head), 1


@answers.wrong("divided-by-d")
def by_d(d_head, var_q, var_k):
    bare = np.sqrt(d_head * var_q * var_k)
    return bare, bare / d_head


@answers.wrong("variance-as-deviation")
def as_deviation(d_head, var_q, var_k):
    return np.sqrt(d_head) * var_q * var_k, var_q * var_k


@answers.wrong("variances-added")
def plus(d_head, var_q, var_k):
    return np.sqrt(d_head * (var_q + var_k)), np.sqrt(var_q + var_k)

"""Answers to `meeting_share`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def with_sort(weights):
    two = np.sort(np.asarray(weights)[..., [0, 2]], axis=-1)
    return two[..., 0] / two[..., 1]


@answers.right
def with_where(weights):
    alpha, beta = weights[..., 0], weights[..., 2]
    return np.where(alpha >= beta, beta / alpha, alpha / beta)


@answers.right
def with_logs(weights):
    return np.exp(-np.abs(np.log(weights[..., 0]) - np.log(weights[..., 2])))


@answers.wrong("only-for-place-1")
def beta_over_alpha(weights):
    alpha, _, beta = np.moveaxis(weights, -1, 0)
    return beta / alpha


@answers.wrong("only-for-place-3")
def first_over_last(weights):
    return weights[..., 0] * weights[..., 2] ** -1


@answers.wrong("larger-over-smaller")
def upside_down(weights):
    two = weights[..., [0, 2]]
    return two.max(-1) / two.min(-1)


@answers.wrong("the-second-sentence")
def rest(weights):
    alpha, beta = weights[..., 0], weights[..., 2]
    return np.abs(alpha - beta) / np.maximum(alpha, beta)


@answers.wrong("share-of-both")
def normalised(weights):
    two = weights[..., [0, 2]]
    return (two / two.sum(-1, keepdims=True)).min(-1)


@answers.wrong("the-weight-itself")
def weaker(weights):
    return weights[..., [0, 2]].min(-1)


@answers.wrong("the-verb-takes-part")
def neighbours(weights):
    return weights[..., 1] / weights[..., 0]

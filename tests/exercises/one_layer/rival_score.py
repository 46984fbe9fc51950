"""Answers to `rival_score`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def with_log(noun_score, share):
    return noun_score + np.log((1 - share) / share)


@answers.right
def two_logs(noun_score, share):
    return noun_score + np.log(1 - share) - np.log(share)


@answers.right
def by_halving(noun_score, share):
    low, high = noun_score - 50, noun_score + 50
    for _ in range(80):
        rival = (low + high) / 2
        left = 1 / (1 + np.exp(rival - noun_score))
        low, high = (rival, high) if left > share else (low, rival)
    return rival


@answers.wrong("gap-alone")
def gap(noun_score, share):
    return np.log((1 - share) / share)


@answers.wrong("ratio-of-scores")
def proportion(noun_score, share):
    return noun_score * (1 - share) / share


@answers.wrong("another-logarithm")
def ten(noun_score, share):
    return noun_score + np.log10((1 - share) / share)


@answers.wrong("share-for-odds")
def one_over(noun_score, share):
    return noun_score + np.log(1 / share)


@answers.wrong("rival-too-low")
def turned(noun_score, share):
    return noun_score + np.log(share / (1 - share))

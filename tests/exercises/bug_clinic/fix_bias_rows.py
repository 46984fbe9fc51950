"""Answers to `fix_bias_rows`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import scores, softmax

answers = Answers()


def seen(T, S):
    return np.tril(np.ones((T, S), bool), S - T)


@answers.right
def last_rows(Q, K, slope):
    T, S = Q.shape[-2], K.shape[-2]
    back = np.tril(np.arange(S)[:, None] - np.arange(S))[-T:]
    return softmax(np.where(seen(T, S), scores(Q, K) - slope * back, -np.inf))


@answers.right
def by_the_place_of_the_key(Q, K, slope):
    """A row of scores may be shifted as a whole: a key's own place does as well as its distance."""
    T, S = Q.shape[-2], K.shape[-2]
    return softmax(np.where(seen(T, S), scores(Q, K) + slope * np.arange(S), -np.inf))


@answers.right
def from_the_newest(Q, K, slope):
    T, S = Q.shape[-2], K.shape[-2]
    back = np.arange(S - 1, -1, -1)
    return softmax(np.where(seen(T, S), scores(Q, K) - slope * back, -np.inf))


@answers.wrong("still-broken")
def first_rows(Q, K, slope):
    T, S = Q.shape[-2], K.shape[-2]
    back = np.tril(np.arange(S)[:, None] - np.arange(S))[:T]
    return softmax(np.where(seen(T, S), scores(Q, K) - slope * back, -np.inf))


@answers.wrong("distance-rewarded")
def plus(Q, K, slope):
    T, S = Q.shape[-2], K.shape[-2]
    back = np.tril(np.arange(S)[:, None] - np.arange(S))[S - T :]
    return softmax(np.where(seen(T, S), scores(Q, K) + slope * back, -np.inf))


@answers.wrong("future-seen")
def no_mask(Q, K, slope):
    T, S = Q.shape[-2], K.shape[-2]
    back = np.tril(np.arange(S)[:, None] - np.arange(S))[S - T :]
    return softmax(scores(Q, K) - slope * back)

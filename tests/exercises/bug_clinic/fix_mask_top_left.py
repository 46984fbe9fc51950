"""Answers to `fix_mask_top_left`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import look

answers = Answers()


@answers.right
def shifted(Q, K, V):
    T, S = Q.shape[-2], K.shape[-2]
    return look(Q, K, V, np.tril(np.ones((T, S), bool), S - T))


@answers.right
def by_places(Q, K, V):
    T, S = Q.shape[-2], K.shape[-2]
    return look(Q, K, V, np.arange(S)[None] <= np.arange(S - T, S)[:, None])


@answers.right
def last_rows_of_the_square(Q, K, V):
    T, S = Q.shape[-2], K.shape[-2]
    return look(Q, K, V, np.tril(np.ones((S, S), bool))[S - T :])


@answers.wrong("still-broken")
def first_rows_of_the_square(Q, K, V):
    S = K.shape[-2]
    return look(Q, K, V, np.tril(np.ones((S, S), bool))[: Q.shape[-2]])


@answers.wrong("no-mask")
def everything_seen(Q, K, V):
    return look(Q, K, V)


@answers.wrong("one-too-far")
def off_by_one(Q, K, V):
    T, S = Q.shape[-2], K.shape[-2]
    return look(Q, K, V, np.tril(np.ones((T, S), bool), S - T + 1))

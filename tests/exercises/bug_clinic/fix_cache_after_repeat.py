"""Answers to `fix_cache_after_repeat`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import repeat_kv_list

answers = Answers()


@answers.right
def plain(K, n_rep):
    return K, np.repeat(K, n_rep, axis=-3)


@answers.right
def grown(K, n_rep):
    cache = K[..., :0, :]
    for t in range(K.shape[-2]):
        cache = np.concatenate([cache, K[..., t : t + 1, :]], axis=-2)
    return [cache, repeat_kv_list(cache, n_rep)]


@answers.wrong("still-broken")
def cache_same(K, n_rep):
    big = np.repeat(K, n_rep, axis=-3)
    return big, big


@answers.wrong("never-repeated")
def cache_small(K, n_rep):
    return K, K


@answers.wrong("wrong-axis")
def repeat_first_axis(K, n_rep):
    return K, np.repeat(K, n_rep, axis=0)

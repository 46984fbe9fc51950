"""Answers to `repeat_kv`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import repeat_kv_broadcast, repeat_kv_index, repeat_kv_list, repeat_kv_repeat

answers = Answers()

answers.right_value("repeat", repeat_kv_repeat)
answers.right_value("broadcast", repeat_kv_broadcast)
answers.right_value("list", repeat_kv_list)
answers.right_value("index", repeat_kv_index)


@answers.wrong("tiled")
def tiled(K, n_rep):
    return np.concatenate([K for _ in range(n_rep)], axis=-3)


@answers.wrong("tiled")
def np_tile(K, n_rep):
    return np.tile(K, (n_rep, 1, 1))


@answers.wrong("tokens-repeated")
def tokens(K, n_rep):
    return K.repeat(n_rep, axis=-2)


@answers.wrong("batch-repeated")
def axis_zero(K, n_rep):
    return np.repeat(K, n_rep, axis=0)


@answers.wrong("flattened")
def no_axis(K, n_rep):
    return np.repeat(K, n_rep)


@answers.wrong("multiplied")
def star(K, n_rep):
    return n_rep * K


@answers.wrong("new-axis")
def stacked(K, n_rep):
    return np.stack([K] * n_rep, axis=-3)


@answers.wrong("copies-mixed-with-tokens")
def broadcast_last(K, n_rep):
    return np.broadcast_to(K[..., None], (*K.shape, n_rep)).reshape(*K.shape[:-3], -1, *K.shape[-2:])


@answers.wrong("batch-repeated")
def index_first_axis_6(K, n_rep):
    return K[np.arange(K.shape[-3] * n_rep) // n_rep]

"""Answers to `fix_tiled_heads`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import repeat_kv_broadcast, repeat_kv_index

answers = Answers()

answers.right_value("index", repeat_kv_index)
answers.right_value("broadcast", repeat_kv_broadcast)


@answers.wrong("still-broken")
def tiled_same(K, n_rep):
    return np.concatenate([K] * n_rep, -3)


@answers.wrong("batch-repeated")
def tiled_axis(K, n_rep):
    return np.repeat(K, n_rep, axis=0)


@answers.wrong("still-broken")
def index_modulo_rep(K, n_rep):
    return K[..., np.arange(K.shape[-3] * n_rep) % n_rep, :, :]


@answers.wrong("features-repeated")
def index_features_by_heads(K, n_rep):
    return K[..., np.arange(K.shape[-3] * n_rep) // n_rep]


@answers.wrong("tokens-repeated")
def index_tokens_by_heads(K, n_rep):
    return K[..., np.arange(K.shape[-3] * n_rep) // n_rep, :]


@answers.wrong("tokens-repeated")
def index_tokens(K, n_rep):
    return K[..., np.arange(K.shape[-2] * n_rep) // n_rep, :]


@answers.wrong("batch-repeated")
def index_first_axis_heads(K, n_rep):
    return K[np.arange(K.shape[-3] * n_rep) // n_rep]

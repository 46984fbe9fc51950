"""Answers to `fix_rotary_offset`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import scores, softmax, turn_blocks, turn_complex, turn_halves

answers = Answers()


def weights_of(Q, K):
    T, S = Q.shape[-2], K.shape[-2]
    return softmax(np.where(np.tril(np.ones((T, S)), S - T) > 0, scores(Q, K), -np.inf))


@answers.right
def counted_on(Q, K, cached, speeds):
    places = cached.shape[-2] + np.arange(Q.shape[-2])
    keys = np.concatenate([cached, turn_halves(K, places, speeds)], axis=-2)
    return weights_of(turn_halves(Q, places, speeds), keys)


@answers.right
def last_of_all(Q, K, cached, speeds):
    places = np.arange(cached.shape[-2] + K.shape[-2])[-K.shape[-2] :]
    keys = np.concatenate([cached, turn_complex(K, places, speeds)], axis=-2)
    return weights_of(turn_complex(Q, places, speeds), keys)


@answers.right
def cache_turned_back(Q, K, cached, speeds):
    """The offsets are the same when the whole text is moved, so that the new tokens stand at 0, 1, ..."""
    S, T = cached.shape[-2], K.shape[-2]
    old = turn_blocks(cached, np.full(S, -S), speeds)
    keys = np.concatenate([old, turn_blocks(K, np.arange(T), speeds)], axis=-2)
    return weights_of(turn_blocks(Q, np.arange(T), speeds), keys)


@answers.wrong("still-broken")
def from_the_start(Q, K, cached, speeds):
    places = np.arange(len(Q)) if Q.ndim == 2 else np.arange(Q.shape[-2])
    keys = np.concatenate([cached, turn_halves(K, places, speeds)], axis=-2)
    return weights_of(turn_halves(Q, places, speeds), keys)


@answers.wrong("keys-still-at-0")
def queries_moved(Q, K, cached, speeds):
    T, S = Q.shape[-2], cached.shape[-2]
    keys = np.concatenate([cached, turn_halves(K, np.arange(T), speeds)], axis=-2)
    return weights_of(turn_halves(Q, np.arange(S, S + T), speeds), keys)


@answers.wrong("one-place-off")
def one_more(Q, K, cached, speeds):
    T, S = Q.shape[-2], cached.shape[-2]
    places = np.arange(S + 1, S + T + 1)
    keys = np.concatenate([cached, turn_halves(K, places, speeds)], axis=-2)
    return weights_of(turn_halves(Q, places, speeds), keys)


@answers.wrong("cache-turned-again")
def everything_turned(Q, K, cached, speeds):
    T, S = Q.shape[-2], cached.shape[-2]
    keys = turn_halves(np.concatenate([cached, K], axis=-2), np.arange(S + T), speeds)
    return weights_of(turn_halves(Q, np.arange(S, S + T), speeds), keys)


@answers.wrong("future-seen")
def no_mask(Q, K, cached, speeds):
    places = cached.shape[-2] + np.arange(Q.shape[-2])
    keys = np.concatenate([cached, turn_halves(K, places, speeds)], axis=-2)
    return softmax(scores(turn_halves(Q, places, speeds), keys))


@answers.wrong("mask-top-left")
def mask_from_the_first_key(Q, K, cached, speeds):
    T, S = Q.shape[-2], cached.shape[-2]
    places = S + np.arange(T)
    keys = np.concatenate([cached, turn_halves(K, places, speeds)], axis=-2)
    grid = scores(turn_halves(Q, places, speeds), keys)
    return softmax(np.where(np.tri(T, S + T) > 0, grid, -np.inf))


@answers.wrong("not-finite")
def masked_scores(Q, K, cached, speeds):
    T, S = Q.shape[-2], cached.shape[-2]
    places = S + np.arange(T)
    keys = np.concatenate([cached, turn_halves(K, places, speeds)], axis=-2)
    return np.where(np.tri(T, S + T, S) > 0, scores(turn_halves(Q, places, speeds), keys), -np.inf)

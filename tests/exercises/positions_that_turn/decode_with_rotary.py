"""Answers to `decode_with_rotary`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import scores, softmax, turn_blocks, turn_complex, turn_halves

answers = Answers()


def look(q, K, V):
    return (softmax(scores(q, K)) @ V)[..., 0, :]


def longer(part, row):
    return np.concatenate([part, row], axis=-2)


@answers.right
def counted_first(x, cache, W_Q, W_K, W_V, speeds):
    q, k, v = (x[..., None, :] @ W for W in (W_Q, W_K, W_V))
    here = [cache[0].shape[-2]]
    K, V = longer(cache[0], turn_halves(k, here, speeds)), longer(cache[1], v)
    return look(turn_halves(q, here, speeds), K, V), (K, V)


@answers.right
def last_index(x, cache, W_Q, W_K, W_V, speeds):
    x = np.expand_dims(x, -2)
    V = longer(cache[1], x @ W_V)
    here = np.array([V.shape[-2] - 1])
    K = longer(cache[0], turn_complex(x @ W_K, here, speeds))
    return look(turn_complex(x @ W_Q, here, speeds), K, V), [K, V]


@answers.right
def the_cache_moved_back(x, cache, W_Q, W_K, W_V, speeds):
    """For the scores the new token may stand at 0 and the others before it; what is kept stands at its place."""
    q, k, v = (x[..., None, :] @ W for W in (W_Q, W_K, W_V))
    n = cache[0].shape[-2]
    keys = longer(turn_blocks(cache[0], [-n] * n, speeds), k)
    V = longer(cache[1], v)
    return look(q, keys, V), (longer(cache[0], turn_blocks(k, [n], speeds)), V)


@answers.wrong("position-0")
def forgot_the_offset(x, cache, W_Q, W_K, W_V, speeds):
    q, k, v = (x[..., None, :] @ W for W in (W_Q, W_K, W_V))
    places = np.arange(q.shape[-2])
    K, V = longer(cache[0], turn_halves(k, places, speeds)), longer(cache[1], v)
    return look(turn_halves(q, places, speeds), K, V), (K, V)


@answers.wrong("one-place-too-far")
def counted_after(x, cache, W_Q, W_K, W_V, speeds):
    q, k, v = (x[..., None, :] @ W for W in (W_Q, W_K, W_V))
    V = longer(cache[1], v)
    here = [V.shape[-2]]
    K = longer(cache[0], turn_halves(k, here, speeds))
    return look(turn_halves(q, here, speeds), K, V), (K, V)


@answers.wrong("cache-turned-again")
def all_keys_turned(x, cache, W_Q, W_K, W_V, speeds):
    q, k, v = (x[..., None, :] @ W for W in (W_Q, W_K, W_V))
    K, V = longer(cache[0], k), longer(cache[1], v)
    n = K.shape[-2]
    return look(turn_halves(q, [n - 1], speeds), turn_halves(K, np.arange(n), speeds), V), (K, V)


@answers.wrong("new-key-not-turned")
def query_alone(x, cache, W_Q, W_K, W_V, speeds):
    q, k, v = (x[..., None, :] @ W for W in (W_Q, W_K, W_V))
    K, V = longer(cache[0], k), longer(cache[1], v)
    return look(turn_halves(q, [cache[0].shape[-2]], speeds), K, V), (K, V)


@answers.wrong("values-turned")
def everything_turned(x, cache, W_Q, W_K, W_V, speeds):
    here = [cache[0].shape[-2]]
    q, k, v = (turn_halves(x[..., None, :] @ W, here, speeds) for W in (W_Q, W_K, W_V))
    K, V = longer(cache[0], k), longer(cache[1], v)
    return look(q, K, V), (K, V)


@answers.wrong("sees-only-the-past")
def too_late(x, cache, W_Q, W_K, W_V, speeds):
    out, (K, V) = counted_first(x, cache, W_Q, W_K, W_V, speeds)
    if not cache[0].shape[-2]:
        return np.zeros_like(out), (K, V)
    return look(turn_halves(x[..., None, :] @ W_Q, [cache[0].shape[-2]], speeds), *cache), (K, V)


@answers.wrong("cache-turned-again")
def all_keys_turned_and_kept(x, cache, W_Q, W_K, W_V, speeds):
    q, k, v = (x[..., None, :] @ W for W in (W_Q, W_K, W_V))
    n = cache[0].shape[-2]
    K, V = turn_halves(longer(cache[0], k), np.arange(n + 1), speeds), longer(cache[1], v)
    return look(turn_halves(q, [n], speeds), K, V), (K, V)


@answers.wrong("one-place-too-far")
def counted_from_one(x, cache, W_Q, W_K, W_V, speeds):
    q, k, v = (x[..., None, :] @ W for W in (W_Q, W_K, W_V))
    here = [cache[0].shape[-2] + 1]
    K, V = longer(cache[0], turn_halves(k, here, speeds)), longer(cache[1], v)
    return look(turn_halves(q, here, speeds), K, V), (K, V)


@answers.wrong("position-0")
def nothing_turned(x, cache, W_Q, W_K, W_V, speeds):
    q, k, v = (x[..., None, :] @ W for W in (W_Q, W_K, W_V))
    K, V = longer(cache[0], k), longer(cache[1], v)
    return look(q, K, V), (K, V)


@answers.wrong("row-axis-missing")
def value_without_a_row(x, cache, W_Q, W_K, W_V, speeds):
    q, k = x[..., None, :] @ W_Q, x[..., None, :] @ W_K
    here = [cache[0].shape[-2]]
    K, V = longer(cache[0], turn_halves(k, here, speeds)), longer(cache[1], x @ W_V)
    return look(turn_halves(q, here, speeds), K, V), (K, V)

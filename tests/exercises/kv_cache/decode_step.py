"""Answers to `decode_step`: right ones in several styles, wrong ones as a learner would type them."""

from typing import NamedTuple

import numpy as np

from exercises import Answers
from exercises.parts import softmax

answers = Answers()


def attend_one(q, K, V):
    z = K @ q / np.sqrt(len(q))
    e = np.exp(z - z.max()) if len(z) else z
    return e / e.sum() @ V


def grown(x, cache, W_K, W_V):
    """Keys and values with those of x under them, whatever stands in front."""
    return tuple(np.concatenate([c, (x @ W)[..., None, :]], -2) for c, W in zip(cache, (W_K, W_V), strict=True))


@answers.right
def one_row(x, cache, W_Q, W_K, W_V):
    K, V = grown(x, cache, W_K, W_V)
    weights = softmax((x @ W_Q)[..., None, :] @ K.swapaxes(-1, -2) / np.sqrt(K.shape[-1]))
    return (weights @ V)[..., 0, :], (K, V)


@answers.right
def einsum(x, cache, W_Q, W_K, W_V):
    K, V = grown(x, cache, W_K, W_V)
    z = np.einsum("...d,...td->...t", x @ W_Q, K) / np.sqrt(W_Q.shape[1])
    return np.einsum("...t,...td->...d", softmax(z), V), (K, V)


@answers.right
def sums(x, cache, W_Q, W_K, W_V):
    q, k, v = x @ W_Q, x @ W_K, x @ W_V
    K = np.concatenate((cache[0], np.expand_dims(k, -2)), axis=-2)
    V = np.concatenate((cache[1], np.expand_dims(v, -2)), axis=-2)
    weights = softmax((K * q[..., None, :]).sum(-1) / q.shape[-1] ** 0.5)
    return (weights[..., None] * V).sum(axis=-2), (K, V)


@answers.right
def prepared(x, cache, W_Q, W_K, W_V):
    K, V = (np.empty((*c.shape[:-2], c.shape[-2] + 1, c.shape[-1])) for c in cache)
    K[..., :-1, :], V[..., :-1, :] = cache
    K[..., -1, :], V[..., -1, :] = x @ W_K, x @ W_V
    weights = softmax(np.matmul(K, (x @ W_Q)[..., None])[..., 0] * W_Q.shape[1] ** -0.5)
    return np.matmul(weights[..., None, :], V)[..., 0, :], (K, V)


@answers.right
def text_by_text(x, cache, W_Q, W_K, W_V):
    if x.ndim > 1:
        done = [text_by_text(one, (K, V), W_Q, W_K, W_V) for one, K, V in zip(x, *cache, strict=True)]
        halves = zip(*(pair for _, pair in done), strict=True)
        return np.stack([out for out, _ in done]), tuple(np.stack(half) for half in halves)
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return attend_one(x @ W_Q, K, V), (K, V)


@answers.right
def list_cache(x, cache, W_Q, W_K, W_V):
    out, (K, V) = one_row(x, cache, W_Q, W_K, W_V)
    return out, [K, V]


@answers.wrong("no-batch-axes")
def vstack(x, cache, W_Q, W_K, W_V):
    K = np.vstack([cache[0], x @ W_K])
    V = np.vstack([cache[1], x @ W_V])
    weights = softmax(K @ (x @ W_Q) / np.sqrt(K.shape[1]))
    return weights @ V, (K, V)


@answers.wrong("extra-axis")
def rows(x, cache, W_Q, W_K, W_V):
    K, V = grown(x, cache, W_K, W_V)
    q = (x @ W_Q)[..., None, :]
    return softmax(q @ K.swapaxes(-1, -2) / q.shape[-1] ** 0.5) @ V, (K, V)


@answers.wrong("results-flat")
def three_results(x, cache, W_Q, W_K, W_V):
    out, (K, V) = one_row(x, cache, W_Q, W_K, W_V)
    return out, K, V


@answers.wrong("dictionary")
def dict_cache(x, cache, W_Q, W_K, W_V):
    out, (K, V) = one_row(x, cache, W_Q, W_K, W_V)
    return out, {"K": K, "V": V}


class Memory(NamedTuple):
    K: np.ndarray
    V: np.ndarray


@answers.right
def namedtuple(x, cache, W_Q, W_K, W_V):
    out, pair = one_row(x, cache, W_Q, W_K, W_V)
    return out, Memory(*pair)


@answers.wrong("sees-only-the-past")
def attends_first(x, cache, W_Q, W_K, W_V):
    K, V = cache
    out = attend_one(x @ W_Q, K, V)
    return out, (np.vstack([K, x @ W_K]), np.vstack([V, x @ W_V]))


@answers.wrong("cache-not-grown")
def returns_the_old_cache(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return attend_one(x @ W_Q, K, V), cache


@answers.wrong("output-only")
def no_cache(x, cache, W_Q, W_K, W_V):
    return one_row(x, cache, W_Q, W_K, W_V)[0]


@answers.wrong("results-swapped")
def cache_first(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return (K, V), attend_one(x @ W_Q, K, V)


@answers.wrong("cache-unused")
def forgets_the_past(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return attend_one(x @ W_Q, K[-1:], V[-1:]), (K, V)


@answers.wrong("added-at-the-front")
def front(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([x @ W_K, cache[0]]), np.vstack([x @ W_V, cache[1]])
    return attend_one(x @ W_Q, K, V), (K, V)


@answers.wrong("no-scale")
def decode_bare(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return attend_one(x @ W_Q * np.sqrt(W_Q.shape[1]), K, V), (K, V)


@answers.wrong("values-from-key-matrix")
def value_letter(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_K])
    return attend_one(x @ W_Q, K, V), (K, V)


@answers.wrong("values-averaged")
def cache_tokens_mean(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return V.mean(0), (K, V)


@answers.wrong("residual-added")
def residual(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return x + attend_one(x @ W_Q, K, V), (K, V)


@answers.wrong("keys-and-values-swapped")
def stacked(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_V]), np.vstack([cache[1], x @ W_K])
    return attend_one(x @ W_Q, K, V), (K, V)


@answers.wrong("array-has-no-append")
def list_append(x, cache, W_Q, W_K, W_V):
    cache[0].append(x @ W_K)
    cache[1].append(x @ W_V)
    return attend_one(x @ W_Q, *cache), cache


@answers.wrong("row-axis-missing")
def concat_vector(x, cache, W_Q, W_K, W_V):
    K, V = np.concatenate([cache[0], x @ W_K]), np.concatenate([cache[1], x @ W_V])
    return attend_one(x @ W_Q, K, V), (K, V)


@answers.wrong("row-axis-missing")
def hstacked(x, cache, W_Q, W_K, W_V):
    K, V = np.hstack([cache[0], x @ W_K]), np.hstack([cache[1], x @ W_V])
    return attend_one(x @ W_Q, K, V), (K, V)


@answers.wrong("cache-is-a-pair")
def tuple_assign(x, cache, W_Q, W_K, W_V):
    cache[0] = np.concatenate([cache[0], (x @ W_K)[..., None, :]], axis=-2)
    cache[1] = np.concatenate([cache[1], (x @ W_V)[..., None, :]], axis=-2)
    return softmax(cache[0] @ (x @ W_Q)) @ cache[1], cache


@answers.wrong("cache-projected-again")
def all_tokens_reproject(x, cache, W_Q, W_K, W_V):
    X = np.vstack([cache[0], x])
    K, V = X @ W_K, X @ W_V
    return attend_one(x @ W_Q, K, V), (K, V)


@answers.wrong("weights-too")
def weights_too(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    w = softmax(K @ (x @ W_Q) / np.sqrt(K.shape[1]))
    return w @ V, w, (K, V)


@answers.wrong("scale-by-sqrt-d-model")
def d_model_scale(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    w = softmax(K @ (x @ W_Q) / np.sqrt(len(x)))
    return w @ V, (K, V)


@answers.wrong("oldest-dropped")
def sliding(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0][1:], x @ W_K]), np.vstack([cache[1][1:], x @ W_V])
    return attend_one(x @ W_Q, K, V), (K, V)


@answers.wrong("no-batch-axes")
def first_of_the_rows(x, cache, W_Q, W_K, W_V):
    x = x[..., None, :]
    K, V = (np.concatenate([old, x @ W], axis=-2) for old, W in zip(cache, (W_K, W_V), strict=True))
    q = x @ W_Q
    weights = np.exp(q @ np.swapaxes(K, -1, -2) / np.sqrt(q.shape[-1]))
    return (weights / weights.sum(-1, keepdims=True) @ V)[0], (K, V)

"""Answers to `capstone_many`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import softmax

answers = Answers()


def full(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, *, places=None, hide=None, group=np.repeat):
    """The whole, with three places where it can go wrong: rows of P, what is hidden, how heads are shared out."""
    n, T, d = len(X), cache[0].shape[1], cache[0].shape[2]
    x = X + (P[T : T + n] if places is None else places(P, T, n))
    q, k, v = ((x @ W).reshape(n, -1, d).transpose(1, 0, 2) for W in (W_Q, W_K, W_V))
    K, V = np.concatenate((cache[0], k), 1), np.concatenate((cache[1], v), 1)
    hidden = np.triu(np.ones((n, T + n), bool), T + 1) if hide is None else hide(n, T)
    n_rep = n_heads // n_kv_heads
    scores = q @ group(K, n_rep, 0).transpose(0, 2, 1) / d**0.5
    scores[:, hidden] = -np.inf
    out = softmax(scores) @ group(V, n_rep, 0)
    return out.transpose(1, 0, 2).reshape(n, -1) @ W_O, (K, V)


@answers.right
def vectorised(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)


@answers.right
def token_by_token(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    rows = []
    for x in X:
        T, d = cache[0].shape[1:]
        x = x + P[T]
        K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
        V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
        q = (x @ W_Q).reshape(n_heads, d)
        heads = [
            softmax(K[h * n_kv_heads // n_heads] @ q[h] / np.sqrt(d)) @ V[h * n_kv_heads // n_heads]
            for h in range(n_heads)
        ]
        rows.append(np.concatenate(heads) @ W_O)
        cache = K, V
    return np.array(rows), cache


@answers.wrong("results-flat")
def three_results(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    out, (K, V) = full(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)
    return out, K, V


@answers.wrong("positions-from-zero")
def as_if_first(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, places=lambda P, T, n: P[:n])


@answers.wrong("positions-left-out")
def without_places(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, places=lambda P, T, n: 0)


@answers.wrong("positions-one-late")
def counted_from_one(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    later = lambda P, T, n: P[np.arange(n) + T + 1]  # noqa: E731
    return full(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, places=later)


@answers.wrong("mask-missing")
def no_mask(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    nothing = lambda n, T: np.zeros((n, T + n), bool)  # noqa: E731
    return full(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, hide=nothing)


@answers.wrong("mask-top-left")
def triangle(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    top_left = lambda n, T: ~np.tri(n, T + n, dtype=bool)  # noqa: E731
    return full(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, hide=top_left)


@answers.wrong("cached-after-repeating")
def big_cache(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    out, pair = full(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)
    return out, tuple(np.repeat(part, n_heads // n_kv_heads, 0) for part in pair)


@answers.wrong("tiled")
def dealt(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    tile = lambda A, n, axis: np.concatenate([A] * n, axis)  # noqa: E731
    return full(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, group=tile)


@answers.wrong("only-the-new-rows-kept")
def the_rest_is_lost(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    out, pair = full(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)
    return out, tuple(part[:, cache[0].shape[1] :] for part in pair)


@answers.wrong("output-matrix-left-out")
def unmixed(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full(X, cache, P, W_Q, W_K, W_V, np.eye(len(W_O)), n_heads, n_kv_heads)

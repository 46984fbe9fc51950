"""Answers to `capstone`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import look, softmax

answers = Answers()


def full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, keep=lambda A, n: A, share=None, **how):
    d = W_Q.shape[1] // n_heads
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(n_heads, 1, d)
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
    share = share or (lambda A, n: np.repeat(A, n, axis=0))
    H = look(q, share(K, n), share(V, n), **how)
    return H.reshape(-1) @ W_O, (keep(K, n), keep(V, n))


@answers.right
def heads(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    q, k, v = (x @ W_Q).reshape(n_heads, 1, d), (x @ W_K).reshape(n_kv_heads, 1, d), (x @ W_V).reshape(n_kv_heads, 1, d)
    K, V = np.concatenate([cache[0], k], axis=1), np.concatenate([cache[1], v], axis=1)
    n_rep = n_heads // n_kv_heads
    grid = q @ np.repeat(K, n_rep, axis=0).swapaxes(1, 2) / np.sqrt(d)
    out = softmax(grid) @ np.repeat(V, n_rep, axis=0)
    return out.reshape(-1) @ W_O, (K, V)


@answers.right
def loops(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    q, k, v = x @ W_Q, x @ W_K, x @ W_V
    K = [np.vstack([cache[0][g], k[g * d : (g + 1) * d]]) for g in range(n_kv_heads)]
    V = [np.vstack([cache[1][g], v[g * d : (g + 1) * d]]) for g in range(n_kv_heads)]
    heads = []
    for h in range(n_heads):
        g = h * n_kv_heads // n_heads
        heads.append(softmax(K[g] @ q[h * d : (h + 1) * d] / d**0.5) @ V[g])
    return np.concatenate(heads) @ W_O, (np.array(K), np.array(V))


@answers.wrong("extra-axis")
def row(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    out, pair = heads(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)
    return out[None], list(pair)


@answers.wrong("cached-after-repeating")
def big_cache(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    keep = lambda A, n: np.repeat(A, n, axis=0)  # noqa: E731
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, keep)


@answers.wrong("tiled")
def capstone_tiled(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    tile = lambda A, n: np.tile(A, (n, 1, 1))  # noqa: E731
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, share=tile)


@answers.wrong("output-only")
def capstone_output(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)[0]


@answers.wrong("output-matrix-left-out")
def capstone_no_output(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, np.eye(len(W_O)), n_heads, n_kv_heads)


@answers.wrong("cache-not-grown")
def capstone_old_cache(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)[0], cache


@answers.wrong("softmax-over-heads")
def one_sum_for_all(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, axis=None)


@answers.wrong("row-axis-missing")
def one_axis_short(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, d)], axis=1)
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(n_heads, 1, d)
    return look(q, np.repeat(K, n, 0), np.repeat(V, n, 0)).reshape(-1) @ W_O, (K, V)


@answers.wrong("residual-added")
def residual_cap(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    out, c = full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)
    return x + out, c


@answers.wrong("scale-by-sqrt-d-model")
def model_scale(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, scale=len(x) ** -0.5)


@answers.wrong("repeated-before-appending")
def concat_repeated(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(n_heads, 1, d)
    K, V = np.repeat(cache[0], n, 0), np.repeat(cache[1], n, 0)
    K = np.concatenate([K, (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
    V = np.concatenate([V, (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
    return look(q, K, V).reshape(-1) @ W_O, (K, V)


@answers.wrong("values-not-repeated")
def only_k_repeated(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(n_heads, 1, d)
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
    return look(q, np.repeat(K, n, 0), V).reshape(-1) @ W_O, (K, V)


@answers.wrong("joined-along-another-axis")
def concat_axis0(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=0)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=0)
    return (x @ W_O), (K, V)


@answers.wrong("interleaved-columns")
def heads_reshaped_wrong(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(d, n_heads).T[:, None]
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
    return look(q, np.repeat(K, n, 0), np.repeat(V, n, 0)).reshape(-1) @ W_O, (K, V)


@answers.wrong("no-scale")
def heads_share_unscaled(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, axis=0, scale=1)


@answers.wrong("softmax-over-heads")
def heads_share(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, axis=0)


@answers.wrong("cache-is-a-pair")
def tuple_assign9(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    cache[0] = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, -1)], 1)
    return x, cache


@answers.wrong("joined-along-another-axis")
def reshape_no_head_axis(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    K = np.concatenate([cache[0], (x @ W_K).reshape(1, n_kv_heads, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(1, n_kv_heads, d)], axis=1)
    return x @ W_O, (K, V)


@answers.wrong("kv-split-into-query-heads")
def kv_as_many_heads(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    q, k, v = ((x @ W).reshape(n_heads, 1, d) for W in (W_Q, W_K, W_V))
    K, V = np.concatenate([cache[0], k], axis=1), np.concatenate([cache[1], v], axis=1)
    return look(q, K, V).reshape(-1) @ W_O, (K, V)


@answers.wrong("queries-averaged")
def group_average(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    q = (x @ W_Q).reshape(n_kv_heads, -1, d).mean(1, keepdims=True)
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
    H = np.repeat(look(q, K, V), n_heads // n_kv_heads, 0)
    return H.reshape(-1) @ W_O, (K, V)

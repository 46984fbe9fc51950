"""Lessons 6 and 9: shared heads and the cache."""

import numpy as np

from wrong_answers import wrong
from wrong_answers.heads import cut, glue, look


@wrong("repeat_kv", "tiled")
def tiled(K, n_rep):
    return np.concatenate([K for _ in range(n_rep)], axis=-3)


@wrong("repeat_kv", "tiled")
def np_tile(K, n_rep):
    return np.tile(K, (n_rep, 1, 1))


@wrong("repeat_kv", "tokens-repeated")
def tokens(K, n_rep):
    return K.repeat(n_rep, axis=-2)


@wrong("repeat_kv", "batch-repeated")
def axis_zero(K, n_rep):
    return np.repeat(K, n_rep, axis=0)


@wrong("repeat_kv", "flattened")
def no_axis(K, n_rep):
    return np.repeat(K, n_rep)


@wrong("repeat_kv", "multiplied")
def star(K, n_rep):
    return n_rep * K


@wrong("repeat_kv", "new-axis")
def stacked(K, n_rep):
    return np.stack([K] * n_rep, axis=-3)


def gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None, k=None, v=None, scale=None):
    n = n_heads // n_kv_heads
    repeat = lambda A: np.repeat(A, n, axis=-3)  # noqa: E731
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_kv_heads), cut(X @ W_V, n_kv_heads)
    return glue(look(Q, (k or repeat)(K), (v or repeat)(V), mask, scale)) @ W_O


@wrong("grouped_query_attention", "tiled")
def both_tiled(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    tile = lambda A: np.concatenate([A] * (n_heads // n_kv_heads), axis=-3)  # noqa: E731
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, tile, tile)


@wrong("grouped_query_attention", "values-tiled")
def one_tiled(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    tile = lambda A: np.concatenate([A] * (n_heads // n_kv_heads), axis=-3)  # noqa: E731
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, None, tile)


@wrong("grouped_query_attention", "not-repeated")
def nothing_repeated(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    same = lambda A: A  # noqa: E731
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, same, same)


@wrong("grouped_query_attention", "no-scale")
def gqa_bare(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, scale=1.0)


@wrong("grouped_query_attention", "tiled")
def tiled_and_bare(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    tile = lambda A: np.concatenate([A] * (n_heads // n_kv_heads), axis=-3)  # noqa: E731
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, tile, tile, scale=1.0)


@wrong("grouped_query_attention", "mask-ignored")
def gqa_unmasked(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)


@wrong("grouped_query_attention", "output-matrix-left-out")
def gqa_no_output(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(X, W_Q, W_K, W_V, np.eye(len(W_O)), n_heads, n_kv_heads, mask)


@wrong("grouped_query_attention", "kv-split-into-query-heads")
def all_split_alike(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V, n_heads)
    return glue(look(Q, K, V, mask)) @ W_O


@wrong("grouped_query_attention", "repeated-kv-times")
def wrong_count(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    rep = lambda A: np.repeat(A, n_kv_heads, axis=-3)  # noqa: E731
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, rep, rep)


@wrong("kv_cache_bytes", "only-one-of-k-and-v")
def no_two(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return n_layers * n_kv_heads * d_head * n_tokens * bytes_per_value * batch


@wrong("kv_cache_bytes", "queries-cached")
def three(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 3 * n_layers * n_kv_heads * d_head * n_tokens * bytes_per_value * batch


@wrong("kv_cache_bytes", "elements-for-bytes")
def elements(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * n_kv_heads * d_head * n_tokens * batch


@wrong("kv_cache_bytes", "one-layer")
def layer(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_kv_heads * d_head * n_tokens * bytes_per_value * batch


@wrong("kv_cache_bytes", "quadratic")
def squared(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * n_kv_heads * d_head * n_tokens**2 * bytes_per_value * batch


@wrong("kv_cache_bytes", "kilobytes")
def in_kib(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * n_kv_heads * d_head * n_tokens * bytes_per_value * batch / 1024


@wrong("kv_cache_bytes", "batch-ignored")
def one_sequence(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * n_kv_heads * d_head * n_tokens * bytes_per_value


@wrong("kv_cache_bytes", "only-one-of-k-and-v")
def layer_and_no_two(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return n_kv_heads * d_head * n_tokens * bytes_per_value * batch


def attend_one(q, K, V):
    z = K @ q / np.sqrt(len(q))
    e = np.exp(z - z.max()) if len(z) else z
    return e / e.sum() @ V


@wrong("decode_step", "sees-only-the-past")
def attends_first(x, cache, W_Q, W_K, W_V):
    K, V = cache
    out = attend_one(x @ W_Q, K, V)
    return out, (np.vstack([K, x @ W_K]), np.vstack([V, x @ W_V]))


@wrong("decode_step", "cache-not-grown")
def returns_the_old_cache(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return attend_one(x @ W_Q, K, V), cache


@wrong("decode_step", "output-only")
def no_cache(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return attend_one(x @ W_Q, K, V)


@wrong("decode_step", "results-swapped")
def cache_first(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return (K, V), attend_one(x @ W_Q, K, V)


@wrong("decode_step", "cache-unused")
def forgets_the_past(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return attend_one(x @ W_Q, K[-1:], V[-1:]), (K, V)


@wrong("decode_step", "added-at-the-front")
def front(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([x @ W_K, cache[0]]), np.vstack([x @ W_V, cache[1]])
    return attend_one(x @ W_Q, K, V), (K, V)


@wrong("decode_step", "no-scale")
def decode_bare(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return attend_one(x @ W_Q * np.sqrt(W_Q.shape[1]), K, V), (K, V)


@wrong("decode_step", "values-from-key-matrix")
def value_letter(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_K])
    return attend_one(x @ W_Q, K, V), (K, V)


def full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, keep=lambda A, n: A, share=None, **how):
    d = W_Q.shape[1] // n_heads
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(n_heads, 1, d)
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
    share = share or (lambda A, n: np.repeat(A, n, axis=0))
    H = look(q, share(K, n), share(V, n), **how)
    return H.reshape(-1) @ W_O, (keep(K, n), keep(V, n))


@wrong("capstone", "cached-after-repeating")
def big_cache(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    keep = lambda A, n: np.repeat(A, n, axis=0)  # noqa: E731
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, keep)


@wrong("capstone", "tiled")
def capstone_tiled(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    tile = lambda A, n: np.tile(A, (n, 1, 1))  # noqa: E731
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, share=tile)


@wrong("capstone", "output-only")
def capstone_output(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)[0]


@wrong("capstone", "output-matrix-left-out")
def capstone_no_output(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, np.eye(len(W_O)), n_heads, n_kv_heads)


@wrong("capstone", "cache-not-grown")
def capstone_old_cache(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)[0], cache


@wrong("split_c_attn", "fixed-width")
def as_in_the_printed_file(weight, bias):
    return [(weight[:, a : a + 8], bias[a : a + 8]) for a in (0, 8, 16)]

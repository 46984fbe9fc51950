"""Answers to `kv_cache_bytes`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def plain(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * n_kv_heads * d_head * n_tokens * bytes_per_value * batch


@answers.right
def array(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return np.zeros((2, batch, n_layers, n_kv_heads, n_tokens, d_head), dtype=np.int8).nbytes * bytes_per_value


@answers.right
def as_float(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2.0, batch=1):
    total = 0.0
    for _ in range(n_layers):
        total += batch * n_tokens * (n_kv_heads * d_head + n_kv_heads * d_head) * bytes_per_value
    return total


@answers.wrong("only-one-of-k-and-v")
def no_two(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return n_layers * n_kv_heads * d_head * n_tokens * bytes_per_value * batch


@answers.wrong("queries-cached")
def three(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 3 * n_layers * n_kv_heads * d_head * n_tokens * bytes_per_value * batch


@answers.wrong("elements-for-bytes")
def elements(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * n_kv_heads * d_head * n_tokens * batch


@answers.wrong("one-layer")
def layer(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_kv_heads * d_head * n_tokens * bytes_per_value * batch


@answers.wrong("quadratic")
def squared(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * n_kv_heads * d_head * n_tokens**2 * bytes_per_value * batch


@answers.wrong("kilobytes")
def in_kib(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * n_kv_heads * d_head * n_tokens * bytes_per_value * batch / 1024


@answers.wrong("batch-ignored")
def one_sequence(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * n_kv_heads * d_head * n_tokens * bytes_per_value


@answers.wrong("only-one-of-k-and-v")
def layer_and_no_two(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return n_kv_heads * d_head * n_tokens * bytes_per_value * batch


@answers.wrong("matrices-for-cache")
def n_heads_sq(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * (n_kv_heads * d_head) ** 2 * bytes_per_value * batch


@answers.wrong("added-not-multiplied")
def plus_batch(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * n_kv_heads * d_head * (n_tokens + batch) * bytes_per_value


@answers.wrong("two-as-a-power")
def kv_power(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return n_layers * n_kv_heads * d_head * n_tokens * bytes_per_value**2 * batch

"""Answers to `step_multiplications`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def by_heads(d_model, n_heads, n_tokens):
    d_head = d_model // n_heads
    kv = 4 * d_model**2 + n_heads * (n_tokens * d_head + n_tokens * d_head)
    x = 2 * d_model**2 + n_heads * (d_head * d_model + 2 * n_tokens * d_model + d_model * d_head)
    return kv, x


@answers.right
def as_array(d_model, n_heads, n_tokens):
    return np.array([4 * d_model + 2 * n_tokens, 4 * d_model + 2 * n_tokens * n_heads]) * d_model


@answers.wrong("dictionary")
def as_dict(d_model, n_heads, n_tokens):
    kv, x = by_heads(d_model, n_heads, n_tokens)
    return {"with_kv": kv, "with_x": x}


@answers.right
def as_list_of_floats(d_model, n_heads, n_tokens):
    return [float(count) for count in by_heads(d_model, n_heads, n_tokens)]


@answers.wrong("x-as-narrow-as-a-head")
def same_work(d_model, n_heads, n_tokens):
    return (4 * d_model**2 + 2 * n_tokens * d_model,) * 2


@answers.wrong("projected-again")
def all_rows_again(d_model, n_heads, n_tokens):
    kv = 4 * d_model**2 + 2 * n_tokens * d_model
    return kv, kv + 2 * (n_tokens - 1) * d_model**2


@answers.wrong("blends-left-out")
def scores_alone(d_model, n_heads, n_tokens):
    return 4 * d_model**2 + n_tokens * d_model, 4 * d_model**2 + n_heads * n_tokens * d_model


@answers.wrong("output-matrix-left-out")
def without_output(d_model, n_heads, n_tokens):
    kv, x = by_heads(d_model, n_heads, n_tokens)
    return kv - d_model * d_model, x - d_model * d_model


@answers.wrong("query-left-out")
def not_carried(d_model, n_heads, n_tokens):
    kv, x = by_heads(d_model, n_heads, n_tokens)
    return kv, x - d_model * d_model


@answers.wrong("additions-counted")
def operations(d_model, n_heads, n_tokens):
    kv, x = by_heads(d_model, n_heads, n_tokens)
    return 2 * kv, 2 * x


@answers.wrong("order")
def the_other_way(d_model, n_heads, n_tokens):
    kv, x = by_heads(d_model, n_heads, n_tokens)
    return x, kv

"""Answers to `latent_multiplications`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def head_by_head(d_model, n_heads, d_head, rank, n_tokens):
    anew = carried = d_model * rank
    for _ in range(n_heads):
        shared = d_model * d_head + d_head * d_model
        anew += shared + n_tokens * (rank * d_head + rank * d_head + d_head + d_head)
        carried += shared + d_head * rank + n_tokens * rank + n_tokens * rank + rank * d_head
    return anew, carried


@answers.right
def list_of_matrices(d_model, n_heads, d_head, rank, n_tokens):
    width = n_heads * d_head
    once = [(d_model, width), (d_model, rank), (width, d_model)]
    anew = once + [(rank, width)] * 2 * n_tokens + [(n_tokens, width)] * 2
    carried = once + [(rank, width)] * 2 + [(n_tokens, n_heads * rank)] * 2
    return [sum(a * b for a, b in products) for products in (anew, carried)]


@answers.right
def in_floats(d_model, n_heads, d_head, rank, n_tokens):
    w = n_heads * d_head
    common = d_model * (2 * w + rank)
    return np.array([common + 2.0 * n_tokens * w * (rank + 1), common + 2.0 * rank * (w + n_heads * n_tokens)])


def both(d_model, n_heads, d_head, rank, n_tokens):
    return tuple(head_by_head(d_model, n_heads, d_head, rank, n_tokens))


@answers.wrong("compared-in-a-head's-width")
def same_scores_cost(d_model, n_heads, d_head, rank, n_tokens):
    anew, carried = both(d_model, n_heads, d_head, rank, n_tokens)
    return anew, carried - 2 * n_heads * n_tokens * (rank - d_head)


@answers.wrong("one-head-compares")
def one_row_for_all(d_model, n_heads, d_head, rank, n_tokens):
    w = n_heads * d_head
    common = 2 * d_model * w + d_model * rank
    return common + 2 * n_tokens * w * (rank + 1), common + 2 * rank * w + 2 * n_tokens * rank


@answers.wrong("only-the-new-row-made")
def as_with_a_cache(d_model, n_heads, d_head, rank, n_tokens):
    anew, carried = both(d_model, n_heads, d_head, rank, n_tokens)
    return anew - (n_tokens - 1) * 2 * rank * n_heads * d_head, carried


@answers.wrong("new-row-not-made")
def old_rows_only(d_model, n_heads, d_head, rank, n_tokens):
    anew, carried = both(d_model, n_heads, d_head, rank, n_tokens)
    return anew - 2 * rank * n_heads * d_head, carried


@answers.wrong("values-not-made")
def keys_alone(d_model, n_heads, d_head, rank, n_tokens):
    anew, carried = both(d_model, n_heads, d_head, rank, n_tokens)
    return anew - n_tokens * rank * n_heads * d_head, carried


@answers.wrong("one-end-missing")
def w_uv_forgotten(d_model, n_heads, d_head, rank, n_tokens):
    anew, carried = both(d_model, n_heads, d_head, rank, n_tokens)
    return anew, carried - n_heads * rank * d_head


@answers.wrong("ends-missing")
def carrying_is_free(d_model, n_heads, d_head, rank, n_tokens):
    w = n_heads * d_head
    common = 2 * d_model * w + d_model * rank
    return common + 2 * n_tokens * w * (rank + 1), common + 2 * n_heads * n_tokens * rank


@answers.wrong("latent-row-not-made")
def c_is_there(d_model, n_heads, d_head, rank, n_tokens):
    return tuple(count - d_model * rank for count in both(d_model, n_heads, d_head, rank, n_tokens))


@answers.wrong("output-matrix-left-out")
def without_w_o(d_model, n_heads, d_head, rank, n_tokens):
    return tuple(count - d_model * n_heads * d_head for count in both(d_model, n_heads, d_head, rank, n_tokens))


@answers.wrong("blends-left-out")
def scores_alone(d_model, n_heads, d_head, rank, n_tokens):
    anew, carried = both(d_model, n_heads, d_head, rank, n_tokens)
    return anew - n_tokens * n_heads * d_head, carried - n_tokens * n_heads * rank


@answers.wrong("additions-counted")
def operations(d_model, n_heads, d_head, rank, n_tokens):
    return tuple(2 * count for count in both(d_model, n_heads, d_head, rank, n_tokens))


@answers.wrong("order")
def the_other_order(d_model, n_heads, d_head, rank, n_tokens):
    return both(d_model, n_heads, d_head, rank, n_tokens)[::-1]


@answers.wrong("dictionary")
def named(d_model, n_heads, d_head, rank, n_tokens):
    anew, carried = both(d_model, n_heads, d_head, rank, n_tokens)
    return {"anew": anew, "carried": carried}

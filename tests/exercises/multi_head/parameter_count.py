"""Answers to `parameter_count`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def plain(d_model, n_heads, n_kv_heads):
    d_head = d_model // n_heads
    return 2 * d_model * d_model + 2 * d_model * n_kv_heads * d_head


@answers.right
def as_float(d_model, n_heads, n_kv_heads):
    return 2 * d_model**2 * (1 + n_kv_heads / n_heads)


@answers.right
def arrays(d_model, n_heads, n_kv_heads):
    d_kv = n_kv_heads * (d_model // n_heads)
    shapes = [(d_model, d_model), (d_model, d_kv), (d_model, d_kv), (d_model, d_model)]
    return sum(np.zeros(shape).size for shape in shapes)


@answers.right
def numpy_integer(d_model, n_heads, n_kv_heads):
    return np.int64(2 * d_model) * (d_model + d_model // n_heads * n_kv_heads)


@answers.wrong("kv-full-width")
def four_squares(d_model, n_heads, n_kv_heads):
    return 4 * d_model**2


@answers.wrong("output-matrix-left-out")
def three_matrices(d_model, n_heads, n_kv_heads):
    d_head = d_model // n_heads
    return d_model * (n_heads * d_head + 2 * n_kv_heads * d_head)


@answers.wrong("biases-counted")
def with_biases(d_model, n_heads, n_kv_heads):
    kv = d_model // n_heads * n_kv_heads
    return (d_model + 1) * d_model * 2 + (d_model + 1) * kv * 2


@answers.wrong("times-heads")
def per_head(d_model, n_heads, n_kv_heads):
    kv = d_model // n_heads * n_kv_heads
    return n_heads * (2 * d_model * d_model + 2 * d_model * kv)


@answers.wrong("bytes-counted")
def in_bytes(d_model, n_heads, n_kv_heads):
    return 2 * (2 * d_model**2 + 2 * d_model * (d_model // n_heads) * n_kv_heads)


@answers.wrong("everything-shrinks")
def floats_count(d_model, n_heads, n_kv_heads):
    return 4 * d_model**2 * n_kv_heads / n_heads


@answers.wrong("kv-square")
def d_head_sq(d_model, n_heads, n_kv_heads):
    return 2 * d_model**2 + 2 * (d_model // n_heads * n_kv_heads) ** 2

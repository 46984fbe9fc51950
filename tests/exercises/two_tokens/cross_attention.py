"""Answers to `cross_attention`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import attention_inline, attention_own_parts, scores, softmax

answers = Answers()


@answers.right
def plain(X, Y, W_Q, W_K, W_V):
    return attention_own_parts(X @ W_Q, Y @ W_K, Y @ W_V)


@answers.wrong("output-only")
def output_alone(X, Y, W_Q, W_K, W_V):
    return attention_inline(X @ W_Q, Y @ W_K, Y @ W_V)[0]


@answers.wrong("self-attention-of-x")
def self_attention(X, Y, W_Q, W_K, W_V):
    w = softmax(scores(X @ W_Q, X @ W_K))
    return w @ (X @ W_V), w


@answers.wrong("texts-swapped")
def swapped(X, Y, W_Q, W_K, W_V):
    w = softmax(scores(Y @ W_Q, X @ W_K))
    return w @ (X @ W_V), w


@answers.wrong("no-scale")
def cross_bare(X, Y, W_Q, W_K, W_V):
    w = softmax(X @ W_Q @ (Y @ W_K).swapaxes(-1, -2))
    return w @ (Y @ W_V), w


@answers.wrong("values-from-x")
def values_from_x(X, Y, W_Q, W_K, W_V):
    w = softmax(scores(X @ W_Q, Y @ W_K))
    return w @ (X @ W_V), w


@answers.wrong("values-unprojected")
def values_unprojected(X, Y, W_Q, W_K, W_V):
    w = softmax(scores(X @ W_Q, Y @ W_K))
    return w @ Y, w


@answers.wrong("causal-unasked")
def causal_cross(X, Y, W_Q, W_K, W_V):
    g = scores(X @ W_Q, Y @ W_K)
    g = np.where(np.tri(*g.shape[-2:], dtype=bool), g, -np.inf)
    w = softmax(g)
    return w @ (Y @ W_V), w


@answers.wrong("texts-added")
def added_texts(X, Y, W_Q, W_K, W_V):
    Z = X + Y
    Q, K, V = Z @ W_Q, Z @ W_K, Z @ W_V
    w = softmax(scores(Q, K))
    return w @ V, w


@answers.wrong("texts-swapped")
def y_queries_x_values(X, Y, W_Q, W_K, W_V):
    Q, K, V = Y @ W_Q, X @ W_K, Y @ W_V
    w = softmax(scores(Q, K))
    return w @ V, w

"""Answers to `fix_attention`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import attention_inline, attention_own_parts, scores, softmax

answers = Answers()

answers.right_value("plain", attention_own_parts)
answers.right_value("einsum", attention_inline)


@answers.wrong("softmax-over-queries")
def fix_attention_unmended(Q, K, V):
    w = softmax(scores(Q, K), axis=-2)
    return w @ K, w


@answers.wrong("keys-as-values")
def fix_attention_half(Q, K, V):
    w = softmax(scores(Q, K))
    return w @ K, w


@answers.wrong("softmax-axis-half-mended")
def only_the_maximum_mended(Q, K, V):
    grid = scores(Q, K)
    e = np.exp(grid - grid.max(axis=-1, keepdims=True))
    weights = e / e.sum(axis=-2, keepdims=True)
    return weights @ V, weights


@answers.wrong("softmax-axis-half-mended")
def only_the_sum_mended(Q, K, V):
    grid = scores(Q, K)
    e = np.exp(grid - grid.max(axis=-2, keepdims=True))
    weights = e / e.sum(axis=-1, keepdims=True)
    return weights @ V, weights

"""Answers to `fix_softmax_axis`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import attention_inline, scores, softmax

answers = Answers()


@answers.right
def output(Q, K, V):
    return attention_inline(Q, K, V)[0]


@answers.right
def transposed_grid(Q, K, V):
    weights = softmax(K @ np.swapaxes(Q, -1, -2) / np.sqrt(Q.shape[-1]), axis=-2)
    return np.swapaxes(weights, -1, -2) @ V


@answers.wrong("still-broken")
def axis_same(Q, K, V):
    return softmax(scores(Q, K), axis=-2) @ V


@answers.wrong("second-axis")
def axis_one(Q, K, V):
    return softmax(scores(Q, K), axis=1) @ V


@answers.wrong("second-softmax")
def softmax_twice(Q, K, V):
    return softmax(softmax(scores(Q, K), axis=-2)) @ V

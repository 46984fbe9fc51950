"""Answers to `fix_values_in_scores`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import attention_own_parts, scores, softmax

answers = Answers()


@answers.right
def output(Q, K, V):
    return attention_own_parts(Q, K, V)[0]


@answers.wrong("more-than-promised")
def both(Q, K, V):
    return attention_own_parts(Q, K, V)


@answers.wrong("still-broken")
def values_same(Q, K, V):
    return np.matmul(softmax(scores(Q, V)), K)


@answers.wrong("values-in-scores")
def values_added(Q, K, V):
    return softmax(scores(Q, V + K)) @ V


@answers.wrong("values-as-keys")
def values_for_keys(Q, K, V):
    return softmax(scores(Q, V)) @ V


@answers.wrong("keys-in-the-blend")
def values_moved(Q, K, V):
    return softmax(scores(Q, K)) @ (K + V)

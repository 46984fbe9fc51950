"""Answers to `fix_shared_matrix`: right ones in several styles, wrong ones as a learner would type them."""

from exercises import Answers
from exercises.parts import attention_inline, scores, softmax

answers = Answers()


@answers.right
def output(X, W_Q, W_K, W_V):
    return attention_inline(X @ W_Q, X @ W_K, X @ W_V)[0]


@answers.wrong("more-than-promised")
def both(X, W_Q, W_K, W_V):
    return attention_inline(X @ W_Q, X @ W_K, X @ W_V)


@answers.wrong("still-broken")
def shared_same(X, W_Q, W_K, W_V):
    P = X @ W_Q
    return softmax(scores(P, P)) @ P


@answers.wrong("values-from-query-matrix")
def shared_half(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_Q
    return softmax(scores(Q, K)) @ V

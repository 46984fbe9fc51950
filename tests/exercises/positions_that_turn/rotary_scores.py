"""Answers to `rotary_scores`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import scores, scores_einsum, softmax, turn_blocks, turn_complex, turn_halves

answers = Answers()


@answers.right
def last_places(Q, K, speeds):
    T, S = Q.shape[-2], K.shape[-2]
    return scores(turn_halves(Q, np.arange(S - T, S), speeds), turn_halves(K, np.arange(S), speeds))


@answers.right
def counted_from_the_newest(Q, K, speeds):
    """Only offsets count: the newest token may stand at 0 and all others before it."""
    T, S = Q.shape[-2], K.shape[-2]
    return scores_einsum(turn_blocks(Q, np.arange(1 - T, 1), speeds), turn_blocks(K, np.arange(1 - S, 1), speeds))


@answers.right
def by_the_offset(Q, K, speeds):
    """No turn of Q or K alone: each product of a plane is turned by the offset."""
    T, S, n = Q.shape[-2], K.shape[-2], len(speeds)
    q, k = Q[..., :n] + 1j * Q[..., n:], K[..., :n] + 1j * K[..., n:]
    offset = np.arange(S - T, S)[:, None] - np.arange(S)
    turn = np.exp(1j * offset[..., None] * speeds)
    products = q[..., :, None, :] * k.conj()[..., None, :, :] * turn
    return products.sum(-1).real / np.sqrt(2 * n)


@answers.wrong("queries-from-0")
def both_from_the_start(Q, K, speeds):
    return scores(turn_halves(Q, np.arange(Q.shape[-2]), speeds), turn_halves(K, np.arange(K.shape[-2]), speeds))


@answers.wrong("keys-not-turned")
def query_alone(Q, K, speeds):
    T, S = Q.shape[-2], K.shape[-2]
    return scores(turn_complex(Q, np.arange(S - T, S), speeds), K)


@answers.wrong("queries-behind-the-keys")
def after_the_last(Q, K, speeds):
    T, S = Q.shape[-2], K.shape[-2]
    return scores(turn_halves(Q, S + np.arange(T), speeds), turn_halves(K, np.arange(S), speeds))


@answers.wrong("turned-against-each-other")
def sum_of_places(Q, K, speeds):
    T, S = Q.shape[-2], K.shape[-2]
    return scores(turn_halves(Q, np.arange(S - T, S), speeds), turn_halves(K, -np.arange(S), speeds))


@answers.wrong("no-scale")
def bare(Q, K, speeds):
    return last_places(Q, K, speeds) * np.sqrt(Q.shape[-1])


@answers.wrong("offset-with-the-wrong-sign")
def backwards(Q, K, speeds):
    return last_places(Q, K, -speeds)


@answers.wrong("softmaxed")
def shared_out(Q, K, speeds):
    return softmax(last_places(Q, K, speeds))


@answers.wrong("masked")
def causal(Q, K, speeds):
    T, S = Q.shape[-2], K.shape[-2]
    return np.where(np.arange(S) > np.arange(S - T, S)[:, None], -np.inf, last_places(Q, K, speeds))


@answers.wrong("sign-of-the-offset-lost")
def by_the_distance(Q, K, speeds):
    T, S, n = Q.shape[-2], K.shape[-2], len(speeds)
    q, k = Q[..., :n] + 1j * Q[..., n:], K[..., :n] + 1j * K[..., n:]
    distance = np.abs(np.arange(S - T, S)[:, None] - np.arange(S))
    products = q[..., :, None, :] * k.conj()[..., None, :, :] * np.exp(1j * distance[..., None] * speeds)
    return products.sum(-1).real / np.sqrt(2 * n)

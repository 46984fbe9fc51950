"""Answers to `padded_source`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import scores, softmax

answers = Answers()


def real_places(K, lengths):
    return np.arange(K.shape[-2]) < np.asarray(lengths)[..., None]


@answers.right
def where(Q, K, V, lengths):
    grid = scores(Q, K)
    weights = softmax(np.where(real_places(K, lengths)[..., None, :], grid, -np.inf))
    return weights @ V, weights


@answers.right
def large_penalty(Q, K, V, lengths):
    padding = ~real_places(K, lengths)
    weights = softmax(scores(Q, K) - 1e9 * padding[..., None, :])
    return weights @ V, weights


@answers.right
def source_by_source(Q, K, V, lengths):
    if Q.ndim > 2:
        pairs = [source_by_source(q, k, v, n) for q, k, v, n in zip(Q, K, V, lengths, strict=True)]
        return tuple(np.stack(part) for part in zip(*pairs, strict=True))
    n = int(lengths)
    weights = np.zeros((len(Q), len(K)))
    weights[:, :n] = softmax(Q @ K[:n].T / np.sqrt(Q.shape[-1]))
    return weights @ V, weights


@answers.right
def einsum(Q, K, V, lengths):
    e = np.exp(np.einsum("...td,...sd->...ts", Q, K) / Q.shape[-1] ** 0.5)
    e = e * real_places(K, lengths)[..., None, :]
    weights = e / e.sum(axis=-1, keepdims=True)
    return np.einsum("...ts,...sv->...tv", weights, V), weights


@answers.wrong("mask-ignored")
def no_mask(Q, K, V, lengths):
    weights = softmax(scores(Q, K))
    return weights @ V, weights


@answers.wrong("one-too-many")
def up_to_and_with(Q, K, V, lengths):
    real = np.arange(K.shape[-2]) <= np.asarray(lengths)[..., None]
    weights = softmax(np.where(real[..., None, :], scores(Q, K), -np.inf))
    return weights @ V, weights


@answers.wrong("mask-inverted")
def hides_the_words(Q, K, V, lengths):
    weights = softmax(np.where(real_places(K, lengths)[..., None, :], -np.inf, scores(Q, K)))
    return weights @ V, weights


@answers.wrong("mask-after-softmax")
def zeroed_weights(Q, K, V, lengths):
    weights = softmax(scores(Q, K)) * real_places(K, lengths)[..., None, :]
    return weights @ V, weights


@answers.wrong("mask-on-values")
def zeroed_values(Q, K, V, lengths):
    weights = softmax(scores(Q, K))
    return weights @ (V * real_places(K, lengths)[..., None]), weights


@answers.wrong("zeros-for-minus-infinity")
def zero_scores(Q, K, V, lengths):
    weights = softmax(np.where(real_places(K, lengths)[..., None, :], scores(Q, K), 0))
    return weights @ V, weights


@answers.wrong("padding-zeroed")
def zero_keys_and_values(Q, K, V, lengths):
    real = real_places(K, lengths)[..., None]
    weights = softmax(scores(Q, K * real))
    return weights @ (V * real), weights


@answers.wrong("longest-for-all")
def longest(Q, K, V, lengths):
    real = np.arange(K.shape[-2]) < np.max(lengths)
    weights = softmax(np.where(real, scores(Q, K), -np.inf))
    return weights @ V, weights


@answers.wrong("causal-instead")
def causal(Q, K, V, lengths):
    seen = np.tri(Q.shape[-2], K.shape[-2], dtype=bool)
    weights = softmax(np.where(seen, scores(Q, K), -np.inf))
    return weights @ V, weights


@answers.wrong("no-scale")
def bare(Q, K, V, lengths):
    grid = Q @ K.swapaxes(-1, -2)
    weights = softmax(np.where(real_places(K, lengths)[..., None, :], grid, -np.inf))
    return weights @ V, weights


@answers.wrong("output-only")
def out_alone(Q, K, V, lengths):
    return where(Q, K, V, lengths)[0]

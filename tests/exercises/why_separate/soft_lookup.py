"""Answers to `soft_lookup`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import softmax

answers = Answers()


@answers.right
def plain(query, keys, values, temperature):
    z = keys @ query / temperature
    e = np.exp(z - z.max())
    return e / e.sum() @ values


@answers.right
def default(query, keys, values, temperature=1.0):
    weights = np.exp(query @ keys.T / temperature)
    return (weights / weights.sum())[None, :].dot(values)[0]


@answers.right
def loops(query, keys, values, temperature):
    shares = [np.exp(sum(a * b for a, b in zip(query, key, strict=True)) / temperature) for key in keys]
    return [sum(s * v[j] for s, v in zip(shares, values, strict=True)) / sum(shares) for j in range(values.shape[1])]


@answers.wrong("more-than-promised")
def weights_beside(query, keys, values, temperature):
    weights = np.exp(keys @ query / temperature)
    weights /= weights.sum()
    return weights @ values, weights


@answers.wrong("temperature-multiplied")
def times(query, keys, values, temperature):
    e = np.exp(keys @ query * temperature)
    return e / e.sum() @ values


@answers.wrong("hard-lookup")
def hard(query, keys, values, temperature):
    return values[np.argmax(keys @ query / temperature)]


@answers.wrong("temperature-ignored")
def ignored(query, keys, values, temperature):
    e = np.exp(keys @ query)
    return values.T @ (e / e.sum())


@answers.wrong("weights-returned")
def weights(query, keys, values, temperature):
    e = np.exp(keys @ query / temperature)
    return e / e.sum()


@answers.wrong("not-normalised")
def shares(query, keys, values, temperature):
    return np.exp(keys @ query / temperature) @ values


@answers.wrong("temperature-in-one-place")
def temp_in_exp_only(query, keys, values, temperature):
    e = np.exp(keys @ query / temperature)
    return e / np.exp(keys @ query).sum() @ values


@answers.wrong("scaled-as-well")
def also_scaled(query, keys, values, temperature):
    w = softmax(keys @ query / temperature / np.sqrt(len(query)))
    return w @ values


@answers.wrong("temperature-after-softmax")
def temp_after(query, keys, values, temperature):
    w = softmax(keys @ query) / temperature
    return w @ values


@answers.wrong("temperature-in-one-place")
def power(query, keys, values, temperature):
    w = softmax(keys @ query) ** (1 / temperature)
    return w @ values

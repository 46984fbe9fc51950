"""Answers to `split_c_attn`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def split(weight, bias):
    return tuple(zip(np.split(weight, 3, axis=1), np.split(bias, 3), strict=True))


@answers.right
def slices(weight, bias):
    d = weight.shape[0]
    return [(weight[:, k * d : (k + 1) * d], bias[k * d : (k + 1) * d]) for k in range(3)]


@answers.wrong("dictionary")
def as_dict(weight, bias):
    pairs = slices(weight, bias)
    return dict(zip("QKV", pairs, strict=True))


@answers.wrong("results-flat")
def six_results(weight, bias):
    (W_Q, b_Q), (W_K, b_K), (W_V, b_V) = slices(weight, bias)
    return W_Q, b_Q, W_K, b_K, W_V, b_V


@answers.wrong("fixed-width")
def as_in_the_printed_file(weight, bias):
    return [(weight[:, a : a + 8], bias[a : a + 8]) for a in (0, 8, 16)]


@answers.wrong("split-by-rows")
def rows(weight, bias):
    W = np.array_split(weight, 3)
    b = np.array_split(bias, 3)
    return [(W[0], b[0]), (W[1], b[1]), (W[2], b[2])]


@answers.wrong("every-third-column")
def strided(weight, bias):
    return [(weight[:, i::3], bias[i::3]) for i in range(3)]


@answers.wrong("pieces-transposed")
def as_linear(weight, bias):
    return [(W.T, b) for W, b in zip(np.split(weight, 3, axis=1), np.split(bias, 3), strict=True)]


@answers.wrong("biases-left-out")
def no_bias(weight, bias):
    return np.split(weight, 3, axis=1)


@answers.wrong("roles-reordered")
def kqv(weight, bias):
    (Q, K, V), (q, k, v) = np.split(weight, 3, axis=1), np.split(bias, 3)
    return (K, k), (Q, q), (V, v)


@answers.wrong("reshaped-into-three")
def reshape_weight(weight, bias):
    W = weight.reshape(3, weight.shape[0], -1)
    return [(W[k], bias.reshape(3, -1)[k]) for k in range(3)]


@answers.wrong("fixed-width")
def open_slice(weight, bias):
    return (weight[:, :8], bias[:8]), (weight[:, 8:16], bias[8:16]), (weight[:, 16:], bias[16:])


@answers.wrong("extra-axis")
def bias_2d(weight, bias):
    return tuple(zip(np.split(weight, 3, -1), np.split(bias[None], 3, -1), strict=True))

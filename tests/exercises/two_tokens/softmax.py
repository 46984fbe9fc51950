"""Answers to `softmax`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import softmax

answers = Answers()

answers.right_value("stable", softmax)


@answers.wrong("another-shift")
def global_maximum(z, axis=-1):
    e = np.exp(z - np.max(z))
    return e / np.sum(e, axis=axis, keepdims=True)


@answers.right
def expand_dims(x, axis=-1):
    x = np.asarray(x, dtype=float)
    e = np.exp(x - np.expand_dims(np.max(x, axis), axis))
    return e / np.expand_dims(np.sum(e, axis), axis)


@answers.right
def logsumexp(z, axis=-1):
    peak = np.amax(z, axis=axis, keepdims=True)
    return np.exp(z - peak - np.log(np.sum(np.exp(z - peak), axis=axis, keepdims=True)))


@answers.right
def apply_along_axis(z, axis=-1):
    def one(row):
        e = np.exp(row - row.max())
        return e / e.sum()

    return np.apply_along_axis(one, axis, z)


@answers.right
def moveaxis(z, axis=-1):
    z = np.moveaxis(z, axis, 0)
    e = np.exp(z - z.max(0))
    return np.moveaxis(e / e.sum(0), 0, axis)


@answers.right
def longdouble(z, axis=-1):
    e = np.exp(z.astype(np.longdouble) - 1000 * (z.max() > 500))
    return (e / e.sum(axis=axis, keepdims=True)).astype(float)


@answers.right
def in_place(z, axis=-1, *, dtype=None):
    out = np.array(z, dtype=dtype or float)
    out -= out.max(axis=axis, keepdims=True)
    np.exp(out, out=out)
    out /= out.sum(axis=axis, keepdims=True)
    return out


@answers.wrong("unstable")
def textbook(z, axis=-1):
    return np.exp(z) / np.sum(np.exp(z), axis=axis, keepdims=True)


@answers.wrong("softmax-over-everything")
def whole(z, axis=-1):
    e = np.exp(z - z.max())
    return e / e.sum()


@answers.wrong("softmax-over-everything")
def whole_and_unstable(z, axis=-1):
    return np.exp(z) / np.exp(z).sum()


@answers.wrong("axis-ignored")
def always_last(z, axis=-1):
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


@answers.wrong("signature")
def no_axis(z):
    return softmax(z)


@answers.wrong("keepdims-forgotten")
def lost_axis(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis)


@answers.wrong("keepdims-forgotten")
def lost_axis_textbook(z, axis=-1):
    return np.exp(z) / np.sum(np.exp(z), axis=axis)


@answers.wrong("no-exp")
def plain_shares(z, axis=-1):
    return z / z.sum(axis=axis, keepdims=True)


@answers.wrong("hard-argmax")
def hard(z, axis=-1):
    out = np.zeros_like(z)
    np.put_along_axis(out, np.expand_dims(z.argmax(axis), axis), 1.0, axis)
    return out


@answers.wrong("not-normalised")
def only_exp(z, axis=-1):
    return np.exp(z - z.max(axis=axis, keepdims=True))


@answers.wrong("minus-sign")
def minus(z, axis=-1):
    e = np.exp(-z)
    return e / e.sum(axis=axis, keepdims=True)


@answers.wrong("sigmoid")
def logistic(z, axis=-1):
    return 1 / (1 + np.exp(-z))


@answers.wrong("log-softmax")
def logarithm(z, axis=-1):
    return np.log(softmax(z, axis))


@answers.wrong("softmax-over-first-axis")
def columns(z, axis=-1):
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


@answers.wrong("rounded")
def rounded(z, axis=-1):
    return np.round(softmax(z, axis), 3)


@answers.wrong("softmax-over-queries")
def default_axis(z, axis=0):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@answers.wrong("axis-ignored")
def last_and_unstable(z, axis=-1):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


@answers.wrong("scores-divided")
def gaps_shrunk(z, axis=-1):
    e = np.exp(z / 100)
    return e / e.sum(axis=axis, keepdims=True)


@answers.wrong("scores-divided")
def divided_by_the_largest(z, axis=-1):
    e = np.exp(z / z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@answers.wrong("something-added-to-sum")
def afraid_of_zero(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / (e.sum(axis=axis, keepdims=True) + 1e-3)


@answers.wrong("subtracted-without-exp")
def stops_after_subtracting(z, axis=-1):
    z = z - z.max(axis=axis, keepdims=True)
    return z / z.sum(axis=axis, keepdims=True)


@answers.wrong("min-max")
def min_max(z, axis=-1):
    lo, hi = z.min(axis=axis, keepdims=True), z.max(axis=axis, keepdims=True)
    return (z - lo) / (hi - lo)


@answers.wrong("subtracted-without-exp")
def shift_min(z, axis=-1):
    z = z - z.min(axis=axis, keepdims=True)
    return z / z.sum(axis=axis, keepdims=True)


@answers.wrong("squares-for-exp")
def squares(z, axis=-1):
    return z**2 / (z**2).sum(axis=axis, keepdims=True)


@answers.wrong("absolute-for-exp")
def abs_instead(z, axis=-1):
    return np.abs(z) / np.abs(z).sum(axis=axis, keepdims=True)


@answers.wrong("changed-input")
def in_place_too(z, axis=-1):
    z -= z.max(axis=axis, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=axis, keepdims=True)
    return z


@answers.wrong("another-base")
def exp2(z, axis=-1):
    e = np.exp2(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@answers.wrong("divided-before-exp")
def exp_after(z, axis=-1):
    return np.exp(z / z.sum(axis=axis, keepdims=True))


@answers.wrong("summed-before-exp")
def exp_of_sum(z, axis=-1):
    return np.exp(z) / np.exp(z.sum(axis=axis, keepdims=True))


@answers.wrong("summed-before-exp")
def sum_of_z(z, axis=-1):
    return np.exp(z) / z.sum(axis=axis, keepdims=True)


@answers.wrong("clipped")
def clip_exp(z, axis=-1):
    e = np.exp(np.clip(z, None, 1))
    return e / e.sum(axis=axis, keepdims=True)


@answers.wrong("clipped")
def clip_eps(z, axis=-1):
    z = np.maximum(z, 1e-9)
    return z / z.sum(axis=axis, keepdims=True)


@answers.wrong("clipped")
def clip_only(z, axis=-1):
    return np.clip(z, 0, 1)


@answers.wrong("clipped")
def clip_both(z, axis=-1):
    z = np.clip(z, 0, 1)
    return z / z.sum(axis=axis, keepdims=True)


@answers.wrong("cut-at-zero")
def clip_from_below(z, axis=-1):
    z = np.clip(z, 0, None)
    return z / z.sum(axis=axis, keepdims=True)


@answers.wrong("maximum-without-its-axis")
def only_the_sum_keeps_its_axis(z, axis=-1):
    e = np.exp(z - z.max(axis))
    return e / e.sum(axis, keepdims=True)


@answers.wrong("maximum-along-the-last-axis")
def largest_of_each_row(z, axis=-1):
    e = np.exp(z - np.max(z, -1, keepdims=True))
    return e / np.sum(e, axis, keepdims=True)


@answers.wrong("kept-in-whole-numbers")
def filled_in(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    shares = np.empty_like(z)
    shares[:] = e / e.sum(axis=axis, keepdims=True)
    return shares

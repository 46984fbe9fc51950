"""Answers to `job_measures`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def diagonals(weights, period):
    second = weights[..., period : 2 * period - 1, :]
    induction = np.diagonal(second[..., 1:period], axis1=-2, axis2=-1).mean(-1)
    previous = np.diagonal(second[..., period - 1 : 2 * period - 2], axis1=-2, axis2=-1).mean(-1)
    return induction, previous, second[..., 0].mean(-1)


@answers.right
def looped(weights, period):
    induction = previous = first = 0
    for t in range(period, 2 * period - 1):
        induction = induction + weights[..., t, t - period + 1] / (period - 1)
        previous = previous + weights[..., t, t - 1] / (period - 1)
        first = first + weights[..., t, 0] / (period - 1)
    return induction, previous, first


@answers.right
def listed(weights, period):
    rows = range(period, 2 * period - 1)
    return [
        np.mean([weights[..., t, t - period + 1] for t in rows], axis=0),
        np.mean([weights[..., t, t - 1] for t in rows], axis=0),
        np.mean([weights[..., t, 0] for t in rows], axis=0),
    ]


@answers.wrong("copy-itself")
def earlier_copy(weights, period):
    rows = np.arange(period, 2 * period - 1)
    return tuple(weights[..., rows, c].mean(-1) for c in (rows - period, rows - 1, np.zeros_like(rows)))


@answers.wrong("last-row-too")
def whole_second_reading(weights, period):
    rows = np.arange(period, 2 * period)
    return tuple(weights[..., rows, c].mean(-1) for c in (rows - period + 1, rows - 1, np.zeros_like(rows)))


@answers.wrong("first-reading-too")
def first_of_all_rows(weights, period):
    rows = np.arange(period, 2 * period - 1)
    pair = [weights[..., rows, c].mean(-1) for c in (rows - period + 1, rows - 1)]
    return *pair, weights[..., 1:, 0].mean(-1)


@answers.wrong("columns-for-rows")
def turned(weights, period):
    rows = np.arange(period, 2 * period - 1)
    return tuple(weights[..., c, rows].mean(-1) for c in (rows - period + 1, rows - 1, np.zeros_like(rows)))


@answers.wrong("sum-for-mean")
def summed(weights, period):
    rows = np.arange(period, 2 * period - 1)
    return tuple(weights[..., rows, c].sum(-1) for c in (rows - period + 1, rows - 1, np.zeros_like(rows)))


@answers.wrong("heads-averaged")
def mean_of_everything(weights, period):
    rows = np.arange(period, 2 * period - 1)
    return tuple(weights[..., rows, c].mean() for c in (rows - period + 1, rows - 1, np.zeros_like(rows)))


@answers.wrong("part-wrong")
def two_of_the_first_reading(weights, period):
    rows, early = np.arange(period, 2 * period - 1), np.arange(1, period)
    first = weights[..., early, 0].mean(-1)
    return weights[..., rows, rows - period + 1].mean(-1), weights[..., early, early - 1].mean(-1), first

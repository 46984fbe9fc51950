"""Answers to `diagnose`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def one_by_one(level, flat, out, doubled, cached):
    if np.abs(doubled - 2 * out).max() > 1e-6:
        return "swapped"
    if np.abs(flat - level).max() > 1e-6:
        return "axis"
    if np.abs(cached - out[-1]).max() > 1e-6:
        return "mask"
    return "right"


@answers.right
def by_a_table(level, flat, out, doubled, cached):
    table = {(True, True, True): "right", (True, True, False): "mask", (False, True, False): "axis"}
    kept = np.allclose(flat, level), np.allclose(doubled, out + out), np.allclose(cached, out[-1])
    return table.get(kept, "swapped")


@answers.right
def flat_first_with_care(level, flat, out, doubled, cached):
    if np.allclose(flat, level):
        return "right" if np.allclose(cached, out[-1]) else "mask"
    return "axis" if np.allclose(doubled, 2 * out) else "swapped"


@answers.wrong("flat-asked-first")
def hasty(level, flat, out, doubled, cached):
    if not np.allclose(flat, level):
        return "axis"
    if not np.allclose(doubled, 2 * out):
        return "swapped"
    return "right" if np.allclose(cached, out[-1]) else "mask"


@answers.wrong("cache-asked-first")
def cache_first(level, flat, out, doubled, cached):
    if not np.allclose(cached, out[-1]):
        return "mask"
    if not np.allclose(doubled, 2 * out):
        return "swapped"
    return "right" if np.allclose(flat, level) else "axis"


@answers.wrong("one-name-for-all")
def always_right(level, flat, out, doubled, cached):
    return "right"

"""Answers to `diagnose`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def one_by_one(ones, out, doubled, cached):
    if np.abs(doubled - 2 * out).max() > 1e-6:
        return "swapped"
    if np.abs(ones - 1).max() > 1e-6:
        return "axis"
    if np.abs(cached - out[-1]).max() > 1e-6:
        return "mask"
    return "right"


@answers.right
def by_a_table(ones, out, doubled, cached):
    table = {(True, True, True): "right", (True, True, False): "mask", (False, True, False): "axis"}
    kept = np.allclose(ones, 1), np.allclose(doubled, out + out), np.allclose(cached, out[-1])
    return table.get(kept, "swapped")


@answers.right
def ones_first_with_care(ones, out, doubled, cached):
    if np.allclose(ones, 1):
        return "right" if np.allclose(cached, out[-1]) else "mask"
    return "axis" if np.allclose(doubled, 2 * out) else "swapped"


@answers.wrong("ones-asked-first")
def hasty(ones, out, doubled, cached):
    if not np.allclose(ones, 1):
        return "axis"
    if not np.allclose(doubled, 2 * out):
        return "swapped"
    return "right" if np.allclose(cached, out[-1]) else "mask"


@answers.wrong("cache-asked-first")
def cache_first(ones, out, doubled, cached):
    if not np.allclose(cached, out[-1]):
        return "mask"
    if not np.allclose(doubled, 2 * out):
        return "swapped"
    return "right" if np.allclose(ones, 1) else "axis"


@answers.wrong("one-name-for-all")
def always_right(ones, out, doubled, cached):
    return "right"

"""Answers to `share_of_flip`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def both_from_own(own, patched, other):
    return (own - patched) / (own - other)


@answers.right
def interpolated(own, patched, other):
    return 1 - (other - np.array(patched)) / (other - own)


@answers.right
def scaled(own, patched, other):
    way = other - own
    return patched / way - own / way


@answers.wrong("what-is-left")
def from_the_other_end(own, patched, other):
    return (other - patched) / (other - own)


@answers.wrong("sign-turned")
def mixed_ends(own, patched, other):
    return (own - patched) / (other - own)


@answers.wrong("lead-for-share")
def fall(own, patched, other):
    return own - patched


@answers.wrong("cut-to-0-and-1")
def clipped(own, patched, other):
    return np.clip((patched - own) / (other - own), 0.0, 1.0)


@answers.wrong("divided-by-own")
def of_own(own, patched, other):
    return (own - patched) / own


@answers.wrong("booleans-for-numbers")
def turned_or_not(own, patched, other):
    return np.asarray(patched) * other > 0

"""Answers to `share_turned`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def arrays(own, patched, other):
    own, patched, other = np.array(own), np.array(patched), np.array(other)
    could = own != other
    return (patched[could] == other[could]).mean()


@answers.right
def looped(own, patched, other):
    turned = could = 0
    for a, p, b in zip(own, patched, other, strict=True):
        if a != b:
            could += 1
            turned += p == b
    return turned / could


@answers.right
def listed(own, patched, other):
    told = [p == b for a, p, b in zip(own, patched, other, strict=True) if a != b]
    return sum(told) / len(told)


@answers.wrong("all-pairs-counted")
def all_of_them(own, patched, other):
    return np.mean(np.array(patched) == np.array(other))


@answers.wrong("any-change-of-all-counted")
def changed(own, patched, other):
    return np.mean([p != a for a, p in zip(own, patched, strict=True)])


@answers.wrong("any-change-counted")
def changed_of_those_that_could(own, patched, other):
    return np.mean([p != a for a, p, b in zip(own, patched, other, strict=True) if a != b])


@answers.wrong("count-for-share")
def how_many(own, patched, other):
    return sum(p == b and a != b for a, p, b in zip(own, patched, other, strict=True))


@answers.wrong("percent")
def in_percent(own, patched, other):
    told = [p == b for a, p, b in zip(own, patched, other, strict=True) if a != b]
    return 100 * sum(told) / len(told)


@answers.wrong("unturned-counted")
def stayed(own, patched, other):
    told = [p == a for a, p, b in zip(own, patched, other, strict=True) if a != b]
    return sum(told) / len(told)

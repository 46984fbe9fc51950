"""Answers to `softmax_in_pieces`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@answers.right
def put_together(pieces):
    scores = np.concatenate([s for s, _ in pieces], axis=-1)
    values = np.concatenate([v for _, v in pieces], axis=-2)
    return softmax(scores) @ values


@answers.right
def two_passes(pieces):
    largest = np.max([s.max(axis=-1, keepdims=True) for s, _ in pieces], axis=0)
    total = sum(np.exp(s - largest).sum(axis=-1, keepdims=True) for s, _ in pieces)
    return sum(np.exp(s - largest) @ v for s, v in pieces) / total


@answers.right
def divided_on_the_way(pieces):
    (s, v), *rest = pieces
    largest = s.max(axis=-1, keepdims=True)
    total, out = np.exp(s - largest).sum(axis=-1, keepdims=True), softmax(s) @ v
    for s, v in rest:
        new = np.maximum(largest, s.max(axis=-1, keepdims=True))
        e = np.exp(s - new)
        before = total * np.exp(largest - new)
        total = before + e.sum(axis=-1, keepdims=True)
        out = (out * before + e @ v) / total
        largest = new
    return out


@answers.wrong("pieces-averaged")
def mean_of_blends(pieces):
    return sum(softmax(s) @ v for s, v in pieces) / len(pieces)


@answers.wrong("pieces-added")
def sum_of_blends(pieces):
    out = 0
    for s, v in pieces:
        out = out + softmax(s) @ v
    return out


@answers.wrong("last-piece-alone")
def overwritten(pieces):
    for s, v in pieces:
        out = softmax(s) @ v
    return out


@answers.wrong("overflow")
def plain_exp(pieces):
    total = out = 0
    with np.errstate(all="ignore"):
        for s, v in pieces:
            e = np.exp(s)
            total = total + e.sum(axis=-1, keepdims=True)
            out = out + e @ v
        return out / total


@answers.wrong("each-piece-its-own-largest")
def shifted_by_piece(pieces):
    total = out = 0
    for s, v in pieces:
        e = np.exp(s - s.max(axis=-1, keepdims=True))
        total = total + e.sum(axis=-1, keepdims=True)
        out = out + e @ v
    return out / total


@answers.wrong("not-divided")
def without_the_sum(pieces):
    largest = np.max([s.max(axis=-1, keepdims=True) for s, _ in pieces], axis=0)
    return sum(np.exp(s - largest) @ v for s, v in pieces)


@answers.wrong("begun-at-0")
def largest_from_0(pieces):
    largest, total, out = 0, 0, 0
    for s, v in pieces:
        new = np.maximum(largest, s.max(axis=-1, keepdims=True))
        e = np.exp(s - new)
        total = total * np.exp(largest - new) + e.sum(axis=-1, keepdims=True)
        out = out * np.exp(largest - new) + e @ v
        largest = new
    return out / total


@answers.wrong("one-largest-for-all-rows")
def largest_of_the_table(pieces):
    largest = max(s.max() for s, _ in pieces)
    total, out = 0, 0
    for s, v in pieces:
        e = np.exp(s - largest)
        total = total + e.sum(axis=-1, keepdims=True)
        out = out + e @ v
    return out / total

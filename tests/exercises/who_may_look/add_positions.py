"""Answers to `add_positions`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def sliced(X, P):
    return X + P[: X.shape[-2]]


@answers.right
def by_places(X, P):
    places = np.arange(X.shape[-2])
    return X + P[places]


@answers.right
def token_by_token(X, P):
    placed = np.array(X, dtype=float)
    for t in range(placed.shape[-2]):
        placed[..., t, :] += P[t]
    return placed


@answers.wrong("whole-table")
def all_of_it(X, P):
    return X + P


@answers.wrong("same-place-for-all")
def first_row(X, P):
    return X + P[0]


@answers.wrong("axis-of-the-batch")
def length(X, P):
    return X + P[: len(X)]


@answers.wrong("places-counted-from-1")
def from_one(X, P):
    T = X.shape[-2]
    return X + P[1 : T + 1]


@answers.wrong("put-beside")
def beside(X, P):
    T = X.shape[-2]
    return np.concatenate([X, P[:T] + np.zeros_like(X)], -1)


@answers.wrong("multiplied")
def times(X, P):
    return X * P[: X.shape[-2], :]


@answers.wrong("place-as-number")
def numbers(X, P):
    T = X.shape[-2]
    return X + np.arange(T).reshape(T, 1)

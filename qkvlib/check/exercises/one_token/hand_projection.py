"""q, k and v of one token, on paper."""

from __future__ import annotations

import numpy as np

from qkvlib import examples
from qkvlib.check.misconceptions.by_hand import extra_axis, in_quotes
from qkvlib.check.spec import Exercise, mistake


def _by_hand(x: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray, W_V: np.ndarray) -> dict[str, np.ndarray]:
    return {"q": x @ W_Q, "k": x @ W_K, "v": x @ W_V}


def _without_last(x: np.ndarray) -> np.ndarray:
    """x with 0 in place of the last entry that is not 0."""
    return np.where(np.arange(len(x)) == np.flatnonzero(x)[-1], 0, x)


EXERCISE = Exercise(
    name="hand_projection",
    parts=("q", "k", "v"),
    given={"x": examples.x_by_hand, "W_Q": examples.W_Q, "W_K": examples.W_K, "W_V": examples.W_V},
    reference=_by_hand,
    mistakes=(
        mistake(
            "another-token",
            "These are the numbers of a token from the lesson, not of the x of this exercise.",
            "Start from this x, and write its four entries beside the four rows of each matrix.",
            lambda x, W_Q, W_K, W_V: _by_hand(examples.x1, W_Q, W_K, W_V),
            lambda x, W_Q, W_K, W_V: _by_hand(examples.x2, W_Q, W_K, W_V),
        ),
        mistake(
            "queries-and-keys-swapped",
            "What you call q is the key, and what you call k is the query.",
            "Check which matrix each of them went through.",
            lambda x, W_Q, W_K, W_V: _by_hand(x, W_K, W_Q, W_V),
        ),
        mistake(
            "keys-and-values-swapped",
            "What you call k is the value, and what you call v is the key.",
            "Check which matrix each of them went through.",
            lambda x, W_Q, W_K, W_V: _by_hand(x, W_Q, W_V, W_K),
        ),
        mistake(
            "one-matrix-for-all",
            "q, k and v all come from one matrix.",
            "Each role has a matrix of its own.",
            lambda x, W_Q, W_K, W_V: _by_hand(x, W_Q, W_Q, W_Q),
        ),
        mistake(
            "x-ignored",
            "You have added up the rows of each matrix without weighting them by x.",
            "Multiply each row by its entry of x first, then add.",
            lambda x, W_Q, W_K, W_V: {"q": W_Q.sum(0), "k": W_K.sum(0), "v": W_V.sum(0)},
        ),
        mistake(
            "switched-on-not-weighted",
            "Rows take part whenever their entry of x is not 0, but always once.",
            "An entry of 2 takes its row twice.",
            lambda x, W_Q, W_K, W_V: _by_hand((x != 0).astype(float), W_Q, W_K, W_V),
        ),
        mistake(
            "last-row-left-out",
            "The last row that counts is missing from your sums.",
            "x has four entries: which of them are not 0, and is the row beside each of those in your sum?",
            lambda x, W_Q, W_K, W_V: _by_hand(_without_last(x), W_Q, W_K, W_V),
        ),
        mistake(
            "minus-lost",
            "A minus in one of the matrices was read as a plus.",
            "Look for the entries below 0, and for the rows that they stand in.",
            lambda x, W_Q, W_K, W_V: _by_hand(x, np.abs(W_Q), np.abs(W_K), np.abs(W_V)),
        ),
        mistake(
            "entries-swapped",
            "Each of your pairs has its two entries the wrong way round.",
            "The first entry belongs to the first column of the matrix.",
            lambda x, W_Q, W_K, W_V: {name: value[::-1] for name, value in _by_hand(x, W_Q, W_K, W_V).items()},
        ),
        mistake(
            "rows-not-added",
            "Your pairs are the weighted rows before they are added up.",
            "Add the rows, column by column.",
            lambda x, W_Q, W_K, W_V: {"q": x[:, None] * W_Q, "k": x[:, None] * W_K, "v": x[:, None] * W_V},
        ),
        extra_axis(
            "Your q, k and v are columns, or matrices.",
            "Each of them is one plain row of two numbers.",
        ),
        in_quotes("Your numbers stand in quotes, so they are text.", "Leave the quotes out."),
        mistake(
            "another-width",
            "Your q, k and v do not have one number for each column of the matrices.",
            "Write the shapes first: [4] times [4, 2] gives what?",
            recognise=lambda args, answer: all(np.size(answer[name]) != 2 for name in "qkv"),
        ),
    ),
    hints=(
        "Write x as a row and each matrix under it: entry 1 of x belongs to row 1, and so on.",
        "Take each row as many times as its entry of x says, then add the columns. A 0 drops its row.",
        "The shapes: [4] times [4, 2] gives [2], three times over.",
    ),
    praise="Right: one token by hand, in three roles. (If two of them agree, that is an accident of small numbers.)",
)

"""Which rows of a causal model may depend on a word."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import calls
from qkvlib.check.spec import Exercise, mistake

EXERCISE = Exercise(
    name="rows_that_can_know",
    reference=lambda n_tokens, place: np.arange(n_tokens) >= place,
    inputs=lambda rng: calls(
        ("five tokens, the fourth", 5, 3),
        ("nine tokens, the last", 9, 8),
        ("seven tokens, the first", 7, 0),
        ("eleven tokens, the seventh", 11, 6),
        ("one token", 1, 0),
    ),
    promised=lambda n_tokens, place: 0 <= place < n_tokens,
    axes=("row",),
    mistakes=(
        mistake(
            "looks-ahead",
            "Your answer is yes for the rows up to the word.",
            "Those come before it or are the word itself; who comes after it?",
            lambda n, place: np.arange(n) <= place,
        ),
        mistake(
            "rows-before",
            "Your answer is yes for the rows before the word: exactly those that cannot know it.",
            "Under a causal mask a row sees what came before it, not after.",
            lambda n, place: np.arange(n) < place,
        ),
        mistake(
            "excludes-self",
            "By your answer the word's own row does not know the word.",
            "May a row look at itself?",
            lambda n, place: np.arange(n) > place,
        ),
        mistake(
            "one-row-only",
            "Your answer is yes for a single row.",
            "Which other rows may look at this word?",
            lambda n, place: np.arange(n) == place,
            lambda n, place: np.arange(n) == n - 1,
            lambda n, place: np.arange(n) == place + 1,
        ),
        mistake(
            "next-row-only",
            "Your answer is yes for the word's own row and the next one, and no further.",
            "Who else comes after the word?",
            lambda n, place: (np.arange(n) == place) | (np.arange(n) == place + 1),
        ),
        mistake(
            "one-too-early",
            "Your answer starts one row too early.",
            "Python counts from 0: row `place` is the word's own.",
            lambda n, place: np.arange(n) >= place - 1,
        ),
        mistake(
            "everyone",
            "Your answer is yes for every row.",
            "Can a row before the word have seen it, with a causal mask in every layer?",
            lambda n, place: np.ones(n, bool),
        ),
        mistake(
            "nobody",
            "Your answer is no for every row.",
            "Start with the word's own row.",
            lambda n, place: np.zeros(n, bool),
        ),
        mistake(
            "whole-mask",
            "What comes back has a row and a column for each token: that is the whole mask.",
            "One answer for each row is asked for. Which column of the mask is it?",
            lambda n, place: np.tri(n, dtype=bool),
        ),
        mistake(
            "places-for-answers",
            "What comes back lists the places of rows.",
            "Give one True or False for each row, n_tokens of them.",
            lambda n, place: np.arange(place, n),
            lambda n, place: np.arange(place + 1, n),
            lambda n, place: np.arange(place),
            lambda n, place: np.arange(place + 1),
        ),
    ),
    hints=(
        "Write down the causal mask for five tokens. Which column belongs to the word at `place`?",
        "Row t may look at the word when the word stands at or before t.",
    ),
    praise="Right: from its own row on, and never before it, in any layer.",
)

"""Who may look at whom."""

from __future__ import annotations

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import calls
from qkvlib.check.spec import Exercise, mistake

EXERCISE = Exercise(
    name="causal_mask",
    parameters=("n",),
    reference=attention.causal_mask,
    inputs=lambda rng: calls(("five tokens", 5), ("seven tokens", 7), ("two tokens", 2)),
    axes=("token that asks", "token that is asked"),
    mistakes=(
        mistake(
            "mask-transposed",
            "In your mask tokens look ahead and never back: the True triangle lies above the diagonal.",
            "Rows ask, columns are asked: which columns may row 0 see?",
            lambda n: np.triu(np.ones((n, n), bool)),
        ),
        mistake(
            "mask-inverted",
            "Your mask is True exactly where a token may not look.",
            "Here True means may look; some libraries use the opposite sense.",
            lambda n: np.triu(np.ones((n, n), bool), 1),
        ),
        mistake(
            "excludes-self",
            "In your mask no token may look at itself, so the first one has nowhere to look.",
            "What about the diagonal?",
            lambda n: np.tril(np.ones((n, n), bool), -1),
        ),
        mistake(
            "one-ahead",
            "Your mask lets each token see one step into the future.",
            "Which comparison is it: smaller than, or smaller than or equal to?",
            lambda n: np.tril(np.ones((n, n), bool), 1),
            lambda n: np.tril(np.ones((n, n), bool), 2),
        ),
        mistake(
            "everything-allowed",
            "In your mask everybody may look everywhere.",
            "Which half of the grid is the future?",
            lambda n: np.ones((n, n), bool),
        ),
        mistake(
            "nothing-allowed",
            "In your mask nobody may look anywhere.",
            "Start from the diagonal: a token may look at itself.",
            lambda n: np.zeros((n, n), bool),
        ),
        mistake(
            "only-self",
            "In your mask each token sees itself alone.",
            "What came before it is allowed as well.",
            lambda n: np.eye(n, dtype=bool),
        ),
        mistake(
            "only-the-token-before",
            "In your mask each token sees only its nearest past.",
            "Causal means everything up to here.",
            lambda n: np.eye(n, k=-1, dtype=bool),
            lambda n: np.eye(n, dtype=bool) | np.eye(n, k=-1, dtype=bool),
        ),
        mistake(
            "all-but-self",
            "In your mask everything is allowed but the token itself.",
            "The dividing line runs along the diagonal: past and present on one side, future on the other.",
            lambda n: ~np.eye(n, dtype=bool),
        ),
        mistake(
            "additive-mask",
            "Your mask holds what should be added to the scores, 0 and a huge negative number.",
            "Here a mask answers one question per entry, may look or may not: True or False.",
            *(
                lambda n, big=big: np.where(np.tri(n, dtype=bool), 0.0, big)
                for big in (-np.inf, -1e9, -1e10, -1e4, -1e30, np.finfo(np.float64).min, np.finfo(np.float32).min)
            ),
            lambda n: np.triu(np.ones((n, n)), 1) * -np.inf,
            lambda n: (1 - np.tri(n)) * -np.inf,
            lambda n: np.tri(n) * -np.inf,
        ),
        mistake(
            "additive-mask-inverted",
            "Your mask holds what should be added to the scores, and it forbids the past.",
            "Here a mask answers may look or may not: True or False, with the past allowed.",
            *(lambda n, big=big: np.where(np.triu(np.ones((n, n), bool), 1), 0.0, big) for big in (-np.inf, -1e9)),
            *(lambda n, big=big: np.where(np.triu(np.ones((n, n), bool)), 0.0, big) for big in (-np.inf, -1e9)),
            *(lambda n, big=big: np.where(np.tri(n, dtype=bool), big, 0.0) for big in (-np.inf, -1e9)),
        ),
        mistake(
            "places-for-mask",
            "What comes back lists places, not an answer for each place.",
            "A mask has n rows and n columns, each entry True or False.",
            lambda n: np.tril_indices(n),
            lambda n: np.argwhere(np.tri(n)),
            lambda n: np.triu_indices(n, 1),
        ),
        mistake(
            "averages",
            "The rows of your mask sum to 1: these are weights already.",
            "A mask only says where looking is allowed; how much comes later.",
            lambda n: np.tri(n) / np.tri(n).sum(1, keepdims=True),
        ),
        mistake(
            "one-row-only",
            "What comes back is a single row.",
            "Each token has a row of its own: n rows, n columns.",
            lambda n: np.arange(n) <= n - 1,
            lambda n: np.arange(n),
            lambda n: np.ones(n, bool),
        ),
        mistake(
            "extra-axis",
            "The triangle is there, but the mask has more than two axes.",
            "Rows and columns are enough; numpy adds leading axes when it needs them.",
            lambda n: np.tri(n, dtype=bool)[None],
            lambda n: np.tri(n, dtype=bool)[None, None],
        ),
        mistake(
            "wrong-size",
            "Your mask has one row and column too many, or too few.",
            "For n tokens it is n by n.",
            lambda n: np.tri(n + 1, dtype=bool),
            lambda n: np.tri(n - 1, dtype=bool),
            lambda n: np.tri(n, n + 1, dtype=bool),
        ),
        mistake(
            "anti-diagonal",
            "The dividing line in your mask runs from the bottom left to the top right.",
            "Row i may see columns 0 to i: draw the first three rows.",
            lambda n: np.fliplr(np.tri(n, dtype=bool)),
            lambda n: np.flipud(np.tri(n, dtype=bool)),
        ),
    ),
    hints=(
        "Draw it for three tokens: what may token 0 look at, and token 2?",
        "Entry [i, j] answers: may token i look at token j? Compare i with j.",
        "np.tril keeps a lower triangle of what you give it: what should that be, so that booleans come out?",
    ),
    praise="Right: everyone sees themselves and what came before.",
)

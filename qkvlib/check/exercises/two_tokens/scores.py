"""Every query against every key."""

from __future__ import annotations

from qkvlib import attention
from qkvlib.check.misconceptions.score_grid import score_inputs, score_mistakes
from qkvlib.check.misconceptions.scores import compare_all
from qkvlib.check.spec import Exercise

EXERCISE = Exercise(
    name="scores",
    parameters=("Q", "K"),
    reference=attention.scores,
    model=compare_all,
    inputs=score_inputs,
    axes=("query", "key"),
    mistakes=score_mistakes(),
    hints=(
        "Score [i, j] is the dot product of query i with key j. How many rows and columns does the grid have?",
        "Q is [..., T, d_head]; for a matrix product K must offer [..., d_head, S]. np.swapaxes swaps two axes.",
        "Then divide by the square root of the last axis of Q.",
    ),
    praise="Right: every query has met every key, on a scale that does not depend on the width.",
)

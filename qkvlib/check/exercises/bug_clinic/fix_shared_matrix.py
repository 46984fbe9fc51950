"""The clinic: one matrix for three roles."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, case, cases
from qkvlib.check.misconceptions.everywhere import WHOLE_NUMBERS, everywhere
from qkvlib.check.misconceptions.fixes import still_broken, weights_only
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.misconceptions.projection import projection_switches
from qkvlib.check.misconceptions.scores import scale_mistakes
from qkvlib.check.misconceptions.softmax import softmax_mistakes
from qkvlib.check.spec import Exercise, mistake, switch, without


def _one_head(
    X: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    *,
    q: str = "Q",
    k: str = "K",
    v: str = "V",
    **switches: Any,
) -> np.ndarray:
    by = {"Q": W_Q, "K": W_K, "V": W_V}
    Q, K, V = (X if name == "X" else X @ by[name] for name in (q, k, v))
    return head(Q, K, V, d_model=X.shape[-1], **switches)[0]


def _arguments(draw, T, d_model, d_head, batch=()):
    return draw(*batch, T, d_model), *(draw.weight(d_model, d_head) for _ in "QKV")


EXERCISE = Exercise(
    name="fix_shared_matrix",
    parameters=("X", "W_Q", "W_K", "W_V"),
    reference=_one_head,
    model=_one_head,
    inputs=cases(
        _arguments,
        case("one sequence", T=5, d_model=7, d_head=3),
        case("square matrices", T=5, d_model=5, d_head=5),
        case("a batch of sequences", T=7, d_model=5, d_head=3, batch=ONE_AXIS),
    ),
    mistakes=(
        still_broken("fix_shared_matrix", "Three roles, three matrices."),
        *without(projection_switches(), "one-matrix-for-all"),
        mistake(
            "one-matrix-for-all",
            "All three roles come from one matrix, another one than before.",
            "Each role has a matrix of its own.",
            lambda X, W_Q, W_K, W_V: _one_head(X, W_K, W_K, W_K),
            lambda X, W_Q, W_K, W_V: _one_head(X, W_V, W_V, W_V),
        ),
        *without(
            scale_mistakes("The scores behind your result", model=True), "scale-by-n-heads", "scale-by-sqrt-n-heads"
        ),
        *softmax_mistakes(),
        switch(
            "weights-transposed",
            "The weights are turned round in the blend.",
            "Only the line with the three projections was wrong.",
            values="weights-T",
        ),
        weights_only(_one_head),
        *everywhere(
            _one_head,
            "The scores behind your result",
            but=("weights-transposed", "scale-by-sqrt-d-model", "weights-go-on", WHOLE_NUMBERS),
            wide=True,
        ),
    ),
    hints=(
        "Change W_K by hand and run the broken code again: what happens to the result?",
        "Only one line is wrong.",
        "Each of Q, K and V needs its own letter on the right-hand side.",
    ),
    praise="Fixed: three matrices, three roles, and scores that need not be symmetric.",
)

"""Keys and values change places: the values decide the matching, the keys are handed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.attention import scores, softmax
from qkvlib.clinic.bug import Bug, draw, issue, pull
from qkvlib.clinic.sheets import attend, inputs, side_by_side

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> np.ndarray:
    """One head of attention, [T, d_head]."""
    weights = softmax(scores(Q, V))
    return weights @ K


def fixed(Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> np.ndarray:
    """One head of attention, [T, d_head]."""
    weights = softmax(scores(Q, K))
    return weights @ V


def test(head: Callable) -> bool:
    Q, K, V = example()
    return np.allclose(head(Q, K, 2 * V), 2 * head(Q, K, V))


def example() -> tuple:
    """Three queries, four keys and four values of width 2."""
    return draw(5, (3, 2), (4, 2), (4, 2))


def sheet(s: Sheet, Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> None:
    """Weights and output with K and V swapped, and as they should be."""
    q, k, v = inputs(s, Q=Q, K=K, V=V)
    attend(s, "broken", q, v, k)
    attend(s, "right", q, k, v)
    s.lay(
        ["Q", "K", "V"],
        side_by_side(s, "weights", "broken_weights", "right_weights", max=1),
        side_by_side(s, "out", "broken_out", "right_out"),
    )


BUG = Bug(
    name="fix_values_in_scores",
    title="keys and values swapped",
    fingerprint="change V and the weights change; doubling V does not double the output",
    demand="2 V gives twice the output",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="Drag a number of V: the broken weights move. Matching must not depend on what is handed over.",
    threads=(issue("jsbaan/transformer-from-scratch", 1), pull("huggingface/transformers", 40257)),
)

"""Softmax over the queries (axis -2) where it should run over the keys (axis -1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.attention import scores, softmax
from qkvlib.clinic.bug import Bug, draw, issue
from qkvlib.clinic.sheets import attend, inputs

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> np.ndarray:
    """One head of attention, [T, d_head]."""
    weights = softmax(scores(Q, K), axis=-2)
    return weights @ V


def fixed(Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> np.ndarray:
    """One head of attention, [T, d_head]."""
    weights = softmax(scores(Q, K), axis=-1)
    return weights @ V


def test(head: Callable) -> bool:
    Q, K, V = example()
    return np.allclose(head(Q, K, np.ones_like(V)), 1)


def example() -> tuple:
    """Three queries, keys and values of width 2."""
    return draw(6, (3, 2), (3, 2), (3, 2))


def sheet(s: Sheet, Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> None:
    """Weights with the sums of their rows and columns, and the outputs."""
    q, k, v = inputs(s, Q=Q, K=K, V=V)
    for prefix, over in (("broken", "queries"), ("right", "keys")):
        _, weights, _ = attend(s, prefix, q, k, v, over)
        s.total(f"{prefix}_rows", weights, over="columns", about="each row added up")
        s.total(f"{prefix}_columns", weights, over="rows", about="each column added up")
    s.lay(["Q", "K", "V"])
    for prefix, other in (("broken", "right_weights"), ("right", None)):
        s.lay(
            [
                s.panel(f"{prefix}_weights", title=f"{prefix} weights", max=1, diff=other),
                s.panel(f"{prefix}_rows", title="row sums"),
                s.panel(f"{prefix}_columns", title="column sums"),
                s.panel(f"{prefix}_out", title=f"{prefix} out"),
            ]
        )


BUG = Bug(
    name="fix_softmax_axis",
    title="softmax over the wrong axis",
    fingerprint="columns sum to 1, rows do not; a single query with a cache gives every key the weight 1",
    demand="values of 1 give outputs of 1",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="Look at the sums: along the rows, and down the columns.",
    threads=(
        issue("labmlai/annotated_deep_learning_paper_implementations", 146),
        issue("labmlai/annotated_deep_learning_paper_implementations", 282),
    ),
)

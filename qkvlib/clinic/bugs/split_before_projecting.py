"""Heads are cut out of the embedding first, and one small linear layer serves them all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.attention import split_heads
from qkvlib.clinic.bug import Bug, draw, issue, pull
from qkvlib.clinic.sheets import inputs, side_by_side

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(X: np.ndarray, W_Q: np.ndarray, n_heads: int) -> np.ndarray:
    """Queries of every head, [n_heads, T, d_head]. All that its Linear(d_head, d_head) holds is one block of W_Q."""
    d_head = X.shape[-1] // n_heads
    linear = W_Q[:d_head, :d_head]
    return split_heads(X, n_heads) @ linear


def fixed(X: np.ndarray, W_Q: np.ndarray, n_heads: int) -> np.ndarray:
    """Queries of every head, [n_heads, T, d_head]."""
    return split_heads(X @ W_Q, n_heads)


def test(heads: Callable) -> bool:
    X, W_Q, n_heads = example()
    nudged = X + np.eye(X.shape[-1])[-1]
    before, after = heads(X, W_Q, n_heads), heads(nudged, W_Q, n_heads)
    return not np.allclose(before[0], after[0])


def example() -> tuple:
    """X [3, 4], W_Q [4, 4], two heads."""
    return *draw(4, (3, 4), (4, 4)), 2


def sheet(s: Sheet, X: np.ndarray, W_Q: np.ndarray, n_heads: int) -> None:
    """The queries of every head; the block of W_Q that the broken layer has."""
    d_head = len(W_Q) // n_heads
    x, w_q = inputs(s, X=X, W_Q=W_Q)
    block = s.columns("block", s.rows("top", w_q, stop=d_head), stop=d_head, about="Linear(d_head, d_head)")
    s.matmul("broken", s.split_heads("X_heads", x, n_heads), block)
    s.split_heads("right", s.matmul("right_Q", x, w_q), n_heads)
    s.lay(
        ["X", "W_Q", s.panel("block", title="all that the broken layer has of it")],
        side_by_side(s, "queries"),
    )


BUG = Bug(
    name="fix_split_before_projecting",
    title="split first, one small layer for all heads",
    fingerprint="each head is blind to the features outside its own slice; equal slices give equal heads",
    demand="nudging the last feature moves head 0",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="Drag the last column of X. Head 0 of the broken queries stays where it is.",
    threads=(
        pull("MarcoMeter/episodic-transformer-memory-ppo", 22),
        issue("pbloem/former", 13),
        issue("aladdinpersson/Machine-Learning-Collection", 3),
    ),
)

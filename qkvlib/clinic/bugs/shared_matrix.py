"""One matrix serves as W_Q, W_K and W_V."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.attention import attention
from qkvlib.clinic.bug import Bug, draw, pull
from qkvlib.clinic.sheets import attend, inputs, side_by_side

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(X: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray, W_V: np.ndarray) -> np.ndarray:
    """One head of attention, [T, d_head]."""
    Q, K, V = X @ W_Q, X @ W_Q, X @ W_Q
    return attention(Q, K, V)[0]


def fixed(X: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray, W_V: np.ndarray) -> np.ndarray:
    """One head of attention, [T, d_head]."""
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    return attention(Q, K, V)[0]


def test(head: Callable) -> bool:
    X, W_Q, W_K, W_V = example()
    before = head(X, W_Q, W_K, W_V)
    others = head(X, W_Q, -W_K, W_V), head(X, W_Q, W_K, -W_V)
    return not any(np.allclose(before, other) for other in others)


def example() -> tuple:
    """X [3, 4] and three matrices [4, 2]."""
    return draw(3, (3, 4), (4, 2), (4, 2), (4, 2))


def sheet(s: Sheet, X: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray, W_V: np.ndarray) -> None:
    """Scores and output with one matrix and with three."""
    x, w_q, w_k, w_v = inputs(s, X=X, W_Q=W_Q, W_K=W_K, W_V=W_V)
    Q, K, V = (s.matmul(letter, x, W) for letter, W in (("Q", w_q), ("K", w_k), ("V", w_v)))
    for prefix, keys, values in (("broken", Q, Q), ("right", K, V)):
        grid, _, _ = attend(s, prefix, Q, keys, values)
        s.norm(f"{prefix}_lean", s.subtract(f"{prefix}_gap", grid, s.transpose(f"{prefix}_flipped", grid)))
    s.lay(
        ["X", "W_Q", "W_K", "W_V"],
        side_by_side(s, "scores", "broken_scores", "right_scores"),
        side_by_side(s, "out", "broken_out", "right_out"),
        [s.say("How far the scores are from symmetric: broken {broken_lean}, right {right_lean}.")],
    )


BUG = Bug(
    name="fix_shared_matrix",
    title="one matrix for three roles",
    fingerprint="the score grid is symmetric, and W_K and W_V change nothing",
    demand="another W_K, or another W_V, changes the output",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="Drag W_K or W_V: the broken side does not notice.",
    threads=(pull("stevezheng23/reading_comprehension_tf", 284),),
)

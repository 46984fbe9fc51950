"""Q K where Q Kᵀ belongs: the features of a query meet a column of K instead of a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.clinic.bug import Bug, draw
from qkvlib.clinic.sheets import inputs, side_by_side

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(Q: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Scores [T, T]. Runs only where the number of keys equals d_head."""
    return Q @ K / np.sqrt(Q.shape[-1])


def fixed(Q: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Scores [T, S]."""
    return Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])


def test(scores: Callable) -> bool:
    Q, K = np.arange(6.0).reshape(2, 3), np.arange(15.0).reshape(5, 3)
    return np.isclose(scores(Q, K)[1, 3], Q[1] @ K[3] / np.sqrt(3))


def example() -> tuple:
    """Q and K [3, 3]: as many tokens as features."""
    return draw(2, (3, 3), (3, 3))


def sheet(s: Sheet, Q: np.ndarray, K: np.ndarray) -> None:
    """Q K beside Q Kᵀ."""
    q, k = inputs(s, Q=Q, K=K)
    s.scale("broken", s.matmul("product", q, k), like=q, about="query i with COLUMN j of K")
    s.scale("right", s.scores("dots", q, k), like=q, about="query i with key j")
    s.lay(["Q", "K"], side_by_side(s, "scores"))


BUG = Bug(
    name="fix_transpose",
    title="the forgotten transpose",
    fingerprint="crashes unless there are as many keys as features; then the right shape with the wrong numbers",
    demand="with 5 keys of width 3, one score is the dot product of its query and its key",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="Change one number of K: one column of the right scores moves; on the left another one does, or more.",
)

"""What several of the clinic's worksheets share. A bug lays its own symptom out; the sheet is handed in, so that
nothing here needs the widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet
    from qkvlib.widgets.sheet import Node

TOKENS = ("dog", "ball", "it", "was", "round")


def inputs(s: Sheet, **arrays: np.ndarray) -> list[Node]:
    """The arrays as inputs, in order; matrices that start with a token axis get token names."""
    return [
        s.input(name, array, rows=TOKENS[: array.shape[-2]] if name in ("X", "Q", "K", "V") else None)
        for name, array in arrays.items()
    ]


def attend(s: Sheet, prefix: str, Q: Node, K: Node, V: Node, over: str = "keys") -> tuple[Node, Node, Node]:
    """scores, weights and output of one head as nodes whose names start with `prefix`."""
    grid = s.scale(f"{prefix}_scores", s.scores(f"{prefix}_raw", Q, K), like=Q)
    weights = s.softmax(f"{prefix}_weights", grid, over=over)
    return grid, weights, s.matmul(f"{prefix}_out", weights, V)


def side_by_side(s: Sheet, what: str, broken: str = "broken", right: str = "right", max: float | None = None) -> list:
    """A line of a sheet: the broken numbers, those that differ ringed, and the right ones beside them."""
    return [
        s.panel(broken, title=f"broken {what}", diff=right, max=max),
        s.panel(right, title=f"right {what}", max=max),
    ]

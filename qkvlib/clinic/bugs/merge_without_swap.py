"""Heads are merged by a reshape alone: rows of one head are laid side by side as if they were heads of one token."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.clinic.bug import Bug, draw, issue, pull
from qkvlib.clinic.sheets import TOKENS, side_by_side

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(H: np.ndarray) -> np.ndarray:
    """[n_heads, T, d_head] -> [T, n_heads·d_head]."""
    n_heads, T, d_head = H.shape[-3:]
    return H.reshape(*H.shape[:-3], T, n_heads * d_head)


def fixed(H: np.ndarray) -> np.ndarray:
    """[n_heads, T, d_head] -> [T, n_heads·d_head]."""
    n_heads, T, d_head = H.shape[-3:]
    return np.swapaxes(H, -2, -3).reshape(*H.shape[:-3], T, n_heads * d_head)


def test(merge: Callable) -> bool:
    H = np.arange(30.0).reshape(2, 5, 3)
    return np.array_equal(merge(H)[1], [*H[0, 1], *H[1, 1]])


def example() -> tuple:
    """Two heads, three tokens, d_head 2."""
    return draw(12, (2, 3, 2))


def sheet(s: Sheet, H: np.ndarray) -> None:
    """The heads as they are, and merged in both ways."""
    n_heads, T, _ = H.shape
    stack = s.input("H", H, rows=TOKENS[:T], heads=[f"head {h}" for h in range(n_heads)])
    heads = [s.select(f"head_{h}", stack, h) for h in range(n_heads)]
    rows = [s.rows(f"row_{h}_{t}", head, t, t + 1) for h, head in enumerate(heads) for t in range(T)]
    lines = [s.concat(f"line_{t}", *rows[t * n_heads : (t + 1) * n_heads]) for t in range(T)]
    s.concat("broken", *lines, axis="rows")
    s.merge_heads("right", stack)
    s.lay(["H"], side_by_side(s, "rows"))


BUG = Bug(
    name="fix_merge_without_swap",
    title="merged without swapping back",
    fingerprint="every shape is right; a token's row holds several tokens of one head",
    demand="row 1 of the result is row 1 of every head, side by side",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="Change a number of token 2: a row of another token moves on the left.",
    threads=(
        pull("jsbaan/transformer-from-scratch", 6),
        issue("jadore801120/attention-is-all-you-need-pytorch", 7),
        issue("reczoo/FuxiCTR", 30),
    ),
)

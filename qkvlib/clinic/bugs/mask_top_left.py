"""A causal mask whose corner sits at the first key, while the queries are the last tokens of a longer cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.attention import masked_attention
from qkvlib.clinic.bug import Bug, draw, issue, pull
from qkvlib.clinic.sheets import TOKENS, side_by_side

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> np.ndarray:
    """Causal attention of the last T of S tokens, [T, d_head]; K and V of all S come from a cache."""
    T, S = Q.shape[-2], K.shape[-2]
    allowed = np.tril(np.ones((T, S), bool))
    return masked_attention(Q, K, V, allowed)[0]


def fixed(Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> np.ndarray:
    """Causal attention of the last T of S tokens, [T, d_head]; K and V of all S come from a cache."""
    T, S = Q.shape[-2], K.shape[-2]
    allowed = np.tril(np.ones((T, S), bool), k=S - T)
    return masked_attention(Q, K, V, allowed)[0]


def test(attend: Callable) -> bool:
    Q, K, V = draw(11, (5, 3), (5, 3), (5, 3))
    return np.allclose(attend(Q[3:], K, V), attend(Q, K, V)[3:])


def example() -> tuple:
    """Two new queries, five keys and values of width 2."""
    return draw(11, (2, 2), (5, 2), (5, 2))


def sheet(s: Sheet, Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> None:
    """The same two queries under both masks."""
    T, S = len(Q), len(K)
    queries = s.input("Q", Q, rows=TOKENS[S - T : S])
    keys, values = (s.input(name, array, rows=TOKENS[:S]) for name, array in (("K", K), ("V", V)))
    grid = s.scale("scores", s.scores("raw", queries, keys), like=queries)
    for prefix, corner in (("broken", 0), ("right", S - T)):
        allowed = s.input(f"{prefix}_mask", np.tril(np.ones((T, S)), k=corner), editable=False, about="1: may look")
        weights = s.softmax(f"{prefix}_weights", s.mask(f"{prefix}_scores", grid, allowed, causal=False))
        s.matmul(f"{prefix}_out", weights, values)
    s.lay(
        ["Q", "K", "V"],
        side_by_side(s, "weights", "broken_weights", "right_weights", max=1),
        side_by_side(s, "out", "broken_out", "right_out"),
    )


BUG = Bug(
    name="fix_mask_top_left",
    title="a causal mask from the wrong corner",
    fingerprint="a full pass is right; with a cache new tokens see the first keys alone",
    demand="the last two queries, asked alone, get what they got in the full pass",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="The queries are tokens 4 and 5. Count what each may look at, on the left and on the right.",
    threads=(
        issue("pytorch/pytorch", 103082),
        issue("pytorch/pytorch", 108108),
        issue("pytorch/pytorch", 144858),
        pull("onnx/onnx", 8068),
    ),
)

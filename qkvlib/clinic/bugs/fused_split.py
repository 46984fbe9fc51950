"""A fused [Q | K | V] cut into heads first and into roles afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.attention import merge_heads, split_heads
from qkvlib.clinic.bug import Bug, draw, pull
from qkvlib.clinic.sheets import inputs, side_by_side

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(X: np.ndarray, W_QKV: np.ndarray, n_heads: int) -> tuple:
    """Queries, keys and values of every head from the fused [Q | K | V], each [n_heads, T, d_head]."""
    heads = split_heads(X @ W_QKV, n_heads)
    Q, K, V = np.split(heads, 3, axis=-1)
    return Q, K, V


def fixed(X: np.ndarray, W_QKV: np.ndarray, n_heads: int) -> tuple:
    """Queries, keys and values of every head from the fused [Q | K | V], each [n_heads, T, d_head]."""
    Q, K, V = np.split(X @ W_QKV, 3, axis=-1)
    return tuple(split_heads(part, n_heads) for part in (Q, K, V))


def test(split: Callable) -> bool:
    X, W_QKV, n_heads = example()
    third = W_QKV.shape[1] // 3
    Q = merge_heads(split(X, W_QKV, n_heads)[0])
    return np.allclose(Q, X @ W_QKV[:, :third])


def example() -> tuple:
    """X [3, 4], W_QKV [4, 12], two heads."""
    return *draw(8, (3, 4), (4, 12)), 2


def sheet(s: Sheet, X: np.ndarray, W_QKV: np.ndarray, n_heads: int) -> None:
    """The fused product, and what either order of cutting makes of it."""
    width = W_QKV.shape[1] // 3
    d_head = width // n_heads
    x, w_qkv = inputs(s, X=X, W_QKV=W_QKV)
    fused = s.matmul("fused", x, w_qkv)
    dealt = s.split_heads("dealt", fused, n_heads, about="heads first: each head gets neighbouring columns")
    for i, letter in enumerate("QKV"):
        third = s.columns(f"{letter}_third", fused, i * width, (i + 1) * width)
        s.split_heads(f"right_{letter}", third, n_heads)
        s.columns(f"broken_{letter}", dealt, i * d_head, (i + 1) * d_head)
    s.lay(["X", "W_QKV"], [s.panel("fused", title="X · W_QKV, laid out Q | K | V")])
    queries, keys, values = (side_by_side(s, role, f"broken_{role}", f"right_{role}") for role in "QKV")
    s.lay(keys)
    s.lay(queries, values, fold="queries and values as well")


BUG = Bug(
    name="fix_fused_split",
    title="fused QKV, split after the heads",
    fingerprint="every shape is right; the first head's key is a piece of the query; with one head nothing shows",
    demand="the merged queries are X times the first third",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="The columns of X · W_QKV lie as Q | K | V. Drag its third column, a query: broken K moves.",
    threads=(pull("NVIDIA-NeMo/RL", 2802), pull("deepspeedai/DeepSpeed", 3844)),
)

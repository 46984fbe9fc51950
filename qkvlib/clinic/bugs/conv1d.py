"""A weight stored [d_in, d_out] (GPT-2's Conv1D) used as if it were stored [d_out, d_in] (a Linear)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.clinic.bug import Bug, draw, issue, pull
from qkvlib.clinic.sheets import inputs, side_by_side

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(X: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """GPT-2's projection: X [T, d_in] through a Conv1D's weight, which is stored [d_in, d_out]."""
    return X @ weight.T + bias


def fixed(X: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """GPT-2's projection: X [T, d_in] through a Conv1D's weight, which is stored [d_in, d_out]."""
    return X @ weight + bias


def test(project: Callable) -> bool:
    x, weight, bias = np.eye(3)[:1], np.arange(9.0).reshape(3, 3), np.zeros(3)
    return np.array_equal(project(x, weight, bias), weight[:1])


def example() -> tuple:
    """X [3, 4], a square weight [4, 4], a bias [4]."""
    return draw(10, (3, 4), (4, 4), (4,))


def sheet(s: Sheet, X: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> None:
    """X through the weight, one way round and the other."""
    x, w, b = inputs(s, X=X, weight=weight, bias=bias)
    as_linear = s.matmul("as_linear", x, s.transpose("flipped", w))
    s.add("broken", as_linear, b, about="X · weightᵀ, as a Linear would")
    s.add("right", s.matmul("as_conv1d", x, w), b, about="X · weight: Conv1D stores the input axis first")
    s.lay(
        ["X", s.panel("weight", title="weight [d_in, d_out]"), "bias"],
        side_by_side(s, "output"),
    )


BUG = Bug(
    name="fix_conv1d",
    title="a Conv1D weight in a Linear",
    fingerprint="crashes where the weight is not square (c_attn); silent where it is (c_proj)",
    demand="the input [1, 0, 0] gives the first row of the weight",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="Drag a number of the weight: one column of the right output moves, another one of the broken output.",
    threads=(pull("AutoGPTQ/AutoGPTQ", 140), issue("huggingface/transformers", 311)),
)

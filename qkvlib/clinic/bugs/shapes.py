"""Scores divided by √d_model where √d_head belongs (Vaswani et al. 2017, eq. 1: d_k is the width of one head)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.attention import softmax, split_heads
from qkvlib.clinic.bug import Bug, draw, issue, pull
from qkvlib.clinic.sheets import inputs, side_by_side

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(X: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray, n_heads: int) -> np.ndarray:
    """Weights of every head, [n_heads, T, T]."""
    Q, K = split_heads(X @ W_Q, n_heads), split_heads(X @ W_K, n_heads)
    width = X.shape[-1]
    return softmax(Q @ np.swapaxes(K, -1, -2) / np.sqrt(width))


def fixed(X: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray, n_heads: int) -> np.ndarray:
    """Weights of every head, [n_heads, T, T]."""
    Q, K = split_heads(X @ W_Q, n_heads), split_heads(X @ W_K, n_heads)
    width = Q.shape[-1]
    return softmax(Q @ np.swapaxes(K, -1, -2) / np.sqrt(width))


def test(weights: Callable) -> bool:
    X, W_Q, W_K, n_heads = example()
    d_head = W_Q.shape[1] // n_heads
    q, K = (X @ W_Q)[1, :d_head], (X @ W_K)[:, :d_head]
    row = softmax(K @ q / np.sqrt(d_head))
    return np.allclose(weights(X, W_Q, W_K, n_heads)[0, 1], row)


def example() -> tuple:
    """X [3, 4], W_Q and W_K [4, 4], two heads."""
    return *draw(1, (3, 4), (4, 4), (4, 4)), 2


def sheet(s: Sheet, X: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray, heads: int) -> None:
    """The weights of every head, divided by the one width and by the other."""
    x, w_q, w_k = inputs(s, X=X, W_Q=W_Q, W_K=W_K)
    n_heads = s.choice("n_heads", (heads, 1, 4), label="heads")
    Q = s.split_heads("Q", s.matmul("all_Q", x, w_q), n_heads)
    K = s.split_heads("K", s.matmul("all_K", x, w_k), n_heads)
    grid = s.scores("scores", Q, K)
    s.softmax("broken", s.scale("broken_scores", grid, like=x, about="divided by √d_model"))
    s.softmax("right", s.scale("right_scores", grid, like=Q, about="divided by √d_head"))
    s.lay(
        ["X", "W_Q", "W_K"],
        side_by_side(s, "weights", max=1),
    )


BUG = Bug(
    name="fix_shapes",
    title="d_model where d_head belongs",
    fingerprint="every row is too flat: scores are too small by a factor of √n_heads",
    demand="one row of weights, recomputed by hand",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="With one head both agree. With more, every broken row is flatter.",
    threads=(
        pull("karpathy/ng-video-lecture", 6),
        pull("FareedKhan-dev/train-llm-from-scratch", 3),
        issue("chelsea0x3b/dfdx", 171),
    ),
)

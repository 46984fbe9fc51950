"""The clinic: one small layer after the split."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, case, cases
from qkvlib.check.misconceptions import heads
from qkvlib.check.misconceptions.fixes import still_broken
from qkvlib.check.spec import Exercise, mistake, switch
from qkvlib.clinic import BUGS


def _split_query(
    X: np.ndarray, W_Q: np.ndarray, n_heads: int, *, cut: str = "proper", side: str = "right"
) -> np.ndarray:
    return heads.split(X @ (W_Q.T if side == "turned" else W_Q), n_heads, cut)


def _diagonal_blocks(W_Q: np.ndarray, n_heads: int, width: int) -> np.ndarray:
    d = len(W_Q) // n_heads
    return np.stack([W_Q[h * d : (h + 1) * d, h * width : (h + 1) * width] for h in range(n_heads)])


def _arguments(draw, T, d_model, n_heads, d_head, batch=()):
    return draw(*batch, T, d_model), draw(d_model, n_heads * d_head), n_heads


EXERCISE = Exercise(
    name="fix_split_before_projecting",
    reference=BUGS["fix_split_before_projecting"].fixed,
    model=_split_query,
    inputs=cases(
        _arguments,
        case("one sequence", T=5, d_model=6, n_heads=2, d_head=3),
        case("as many tokens as heads", T=3, d_model=15, n_heads=3, d_head=5),
        case("heads that are wider together than the model", T=5, d_model=6, n_heads=2, d_head=5),
        case("a batch of sequences", T=7, d_model=6, n_heads=3, d_head=2, batch=ONE_AXIS),
    ),
    axes=("head", "token", "feature of a head"),
    mistakes=(
        still_broken(
            "fix_split_before_projecting",
            "Let the whole embedding go through the whole matrix first.",
        ),
        *(m for m in heads.head_switches() if "cut" in m.switches),
        switch(
            "matrices-transposed",
            "The matrix is turned round.",
            "Only the cutting was wrong.",
            side="turned",
        ),
        mistake(
            "not-split",
            "The projection is right, but the heads are gone.",
            "Split what comes out of the projection.",
            lambda X, W_Q, n: X @ W_Q,
        ),
        mistake(
            "not-projected",
            "The heads are there, but nothing has been projected.",
            "W_Q comes first.",
            lambda X, W_Q, n: heads.split(X, n),
        ),
        mistake(
            "matrix-split-by-rows",
            "Each head uses a block of rows of W_Q, so it still sees only its slice of the embedding.",
            "Heads are blocks of columns.",
            lambda X, W_Q, n: np.stack(
                [x @ w for x, w in zip(np.split(X, n, -1), np.split(W_Q, n, 0), strict=True)], axis=-3
            ),
            lambda X, W_Q, n: heads.split(X, n) @ W_Q,
        ),
        mistake(
            "one-block-each",
            "Each head now has a block of its own, yet it still reads only its slice of the embedding.",
            "A head needs every row of W_Q: project before anything is cut.",
            lambda X, W_Q, n: heads.split(X, n) @ _diagonal_blocks(W_Q, n, W_Q.shape[-1] // n),
            lambda X, W_Q, n: heads.split(X, n) @ _diagonal_blocks(W_Q, n, len(W_Q) // n),
        ),
        mistake(
            "first-columns-for-all",
            "All heads use the same columns of W_Q.",
            "Head h has the h-th block.",
            lambda X, W_Q, n: np.stack([X @ W_Q[:, : W_Q.shape[-1] // n]] * n, axis=-3),
            lambda X, W_Q, n: np.stack([X @ W_Q[:, : X.shape[-1] // n]] * n, axis=-3),
        ),
        mistake(
            "merged-again",
            "The heads have been merged again.",
            "The function promises [..., n_heads, T, d_head].",
            lambda X, W_Q, n: np.swapaxes(heads.split(X @ W_Q, n), -2, -3).reshape(X.shape[0], -1),
        ),
    ),
    hints=(
        "Change the last entry of a token: should head 0 notice?",
        "One small matrix serves all heads, and each head meets it with its slice alone.",
        "First all of X meets all of W_Q; the heads are cut from what comes out.",
    ),
    praise="Fixed: every head reads the whole embedding.",
)

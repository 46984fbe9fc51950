"""A position bias (ALiBi, Press et al. 2021) whose first rows are used, while the queries are the last tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.attention import causal_mask, scores, softmax
from qkvlib.clinic.bug import Bug, draw, issue, pull
from qkvlib.clinic.sheets import TOKENS, side_by_side

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(Q: np.ndarray, K: np.ndarray, slope: float) -> np.ndarray:
    """Causal weights [T, S] of the last T of S tokens; a key loses `slope` for every token it lies back."""
    T, S = Q.shape[-2], K.shape[-2]
    back = np.tril(np.arange(S)[:, None] - np.arange(S))
    grid = scores(Q, K) - slope * back[:T]
    return softmax(np.where(causal_mask(T, S), grid, -np.inf))


def fixed(Q: np.ndarray, K: np.ndarray, slope: float) -> np.ndarray:
    """Causal weights [T, S] of the last T of S tokens; a key loses `slope` for every token it lies back."""
    T, S = Q.shape[-2], K.shape[-2]
    back = np.tril(np.arange(S)[:, None] - np.arange(S))
    grid = scores(Q, K) - slope * back[S - T :]
    return softmax(np.where(causal_mask(T, S), grid, -np.inf))


def test(weights: Callable) -> bool:
    Q, K = draw(13, (5, 3), (5, 3))
    return np.allclose(weights(Q[3:], K, 1.0), weights(Q, K, 1.0)[3:])


def example() -> tuple:
    """Two new queries, five keys of width 2, slope 0.5."""
    return *draw(13, (2, 2), (5, 2)), 0.5


def sheet(s: Sheet, Q: np.ndarray, K: np.ndarray, slope: float) -> None:
    """The rows of the bias that are used, and the weights that follow."""
    T, S = len(Q), len(K)
    back = np.tril(np.arange(S)[:, None] - np.arange(S)).astype(float)
    steep = s.slider("slope", slope, min=0.0, max=2.0, step=0.1, label="lost for each token back")
    queries, keys = s.input("Q", Q, rows=TOKENS[S - T : S]), s.input("K", K, rows=TOKENS[:S])
    grid = s.scale("scores", s.scores("raw", queries, keys), like=queries)
    allowed = s.input("allowed", np.tril(np.ones((T, S)), k=S - T), editable=False)
    for prefix, first in (("broken", 0), ("right", S - T)):
        rows = s.input(
            f"{prefix}_back", back[first : first + T], rows=TOKENS[S - T : S], editable=False, about="tokens back"
        )
        lost = s.multiply(f"{prefix}_lost", rows, s.number(f"{prefix}_slope", steep))
        biased = s.subtract(f"{prefix}_biased", grid, lost)
        s.softmax(f"{prefix}_weights", s.mask(f"{prefix}_scores", biased, allowed, causal=False))
    s.lay(
        ["Q", "K"],
        side_by_side(s, "tokens back", "broken_back", "right_back"),
        side_by_side(s, "weights", "broken_weights", "right_weights", max=1),
    )


BUG = Bug(
    name="fix_bias_rows",
    title="position rows of the wrong tokens",
    fingerprint="a full pass is right; with a cache distance stops counting, though every key is seen",
    demand="the last two queries, asked alone, get the weights they got in the full pass",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="The queries are tokens 4 and 5. How far back does each side believe the first key to be?",
    threads=(
        issue("TransformerLensOrg/TransformerLens", 776),
        pull("TransformerLensOrg/TransformerLens", 777),
        pull("keras-team/keras-hub", 2862),
    ),
)

"""New tokens are rotated as if the text began with them, while the keys in the cache stand at their places."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.attention import causal_mask, rotate, scores, softmax
from qkvlib.clinic.bug import Bug, draw, issue, pull
from qkvlib.clinic.sheets import TOKENS, side_by_side
from qkvlib.rotary import rotary_speeds

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(Q: np.ndarray, K: np.ndarray, cached: np.ndarray, speeds: np.ndarray) -> np.ndarray:
    """Causal weights [T, S + T] of T new tokens; `cached` [S, d_head] are the rotated keys of the S tokens before."""
    T, S = Q.shape[-2], cached.shape[-2]
    places = np.arange(T)
    keys = np.concatenate([cached, rotate(K, places, speeds)], axis=-2)
    grid = scores(rotate(Q, places, speeds), keys)
    return softmax(np.where(causal_mask(T, S + T), grid, -np.inf))


def fixed(Q: np.ndarray, K: np.ndarray, cached: np.ndarray, speeds: np.ndarray) -> np.ndarray:
    """Causal weights [T, S + T] of T new tokens; `cached` [S, d_head] are the rotated keys of the S tokens before."""
    T, S = Q.shape[-2], cached.shape[-2]
    places = np.arange(S, S + T)
    keys = np.concatenate([cached, rotate(K, places, speeds)], axis=-2)
    grid = scores(rotate(Q, places, speeds), keys)
    return softmax(np.where(causal_mask(T, S + T), grid, -np.inf))


def test(weights: Callable) -> bool:
    Q, K = draw(17, (5, 4), (5, 4))
    speeds, nothing = rotary_speeds(4), np.zeros((0, 4))
    full = weights(Q, K, nothing, speeds)
    return np.allclose(weights(Q[3:], K[3:], rotate(K[:3], np.arange(3), speeds), speeds), full[3:])


def example() -> tuple:
    """Two new tokens of width 4, three keys in the cache, two planes."""
    Q, K, old = draw(17, (2, 4), (2, 4), (3, 4))
    speeds = rotary_speeds(4)
    return Q, K, rotate(old, np.arange(3), speeds), speeds


def sheet(s: Sheet, Q: np.ndarray, K: np.ndarray, cached: np.ndarray, speeds: np.ndarray) -> None:
    """The new tokens turned by each side, and the weights that follow."""
    T, S = len(Q), len(cached)
    names = TOKENS[S : S + T]
    queries, keys = s.input("Q", Q, rows=names), s.input("K", K, rows=names)
    old = s.input("cached", cached, rows=TOKENS[:S], about="rotated when they came, and kept")
    half = len(speeds)
    for prefix, first in (("broken", 0), ("right", S)):
        angles = np.arange(first, first + T)[:, None] * speeds
        cos = s.input(f"{prefix}_cos", np.tile(np.cos(angles), 2), rows=names, editable=False)
        sin = s.input(f"{prefix}_sin", np.hstack([-np.sin(angles), np.sin(angles)]), rows=names, editable=False)
        turned = []
        for letter, rows in (("Q", queries), ("K", keys)):
            crossed = s.concat(
                f"{prefix}_{letter}_crossed",
                s.columns(f"{prefix}_{letter}_y", rows, half),
                s.columns(f"{prefix}_{letter}_x", rows, 0, half),
            )
            straight = s.multiply(f"{prefix}_{letter}_straight", rows, cos)
            across = s.multiply(f"{prefix}_{letter}_across", crossed, sin)
            turned.append(s.add(f"{prefix}_{letter}", straight, across, about="each plane turned by its angle"))
        shelf = s.concat(f"{prefix}_keys", old, turned[1], axis="rows")
        grid = s.scale(f"{prefix}_scaled", s.scores(f"{prefix}_raw", turned[0], shelf), like=queries)
        s.softmax(f"{prefix}_weights", s.mask(f"{prefix}_scores", grid))
    s.lay(
        ["Q", "K", "cached"],
        side_by_side(s, "rotated keys", "broken_keys", "right_keys"),
        side_by_side(s, "weights", "broken_weights", "right_weights", max=1),
    )


BUG = Bug(
    name="fix_rotary_offset",
    title="new tokens rotated as the first",
    fingerprint="a full pass is right; with a cache the new tokens are rotated as if the text began with them",
    demand="the last two tokens, asked with a cache, get the weights they got in the full pass",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="The new tokens are tokens 4 and 5. At which places does each side believe them to be?",
    threads=(
        issue("Blaizzy/mlx-vlm", 1983),
        issue("fla-org/flash-linear-attention", 766),
        pull("skyzh/tiny-llm", 46),
    ),
)

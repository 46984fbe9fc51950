"""Shared K/V heads laid out 0 1 0 1 where query heads expect 0 0 1 1 (Ainslie et al. 2023)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.clinic.bug import Bug, draw, pull
from qkvlib.clinic.sheets import TOKENS, side_by_side

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(K: np.ndarray, n_rep: int) -> np.ndarray:
    """[n_kv_heads, T, d_head] -> [n_heads, T, d_head], one key head for every query head."""
    return np.tile(K, (n_rep, 1, 1))


def fixed(K: np.ndarray, n_rep: int) -> np.ndarray:
    """[n_kv_heads, T, d_head] -> [n_heads, T, d_head], one key head for every query head."""
    return np.repeat(K, n_rep, axis=-3)


def test(repeat: Callable) -> bool:
    K = np.arange(2.0 * 5 * 3).reshape(2, 5, 3)
    return np.array_equal(repeat(K, 2)[1], K[0])


def example() -> tuple:
    """Two key heads of three tokens, d_head 2, each for two query heads."""
    return *draw(7, (2, 3, 2)), 2


def sheet(s: Sheet, K: np.ndarray, n_rep: int) -> None:
    """Which key head reaches which query head."""
    K = s.input("K", K, rows=TOKENS[: K.shape[-2]], heads=[f"kv {i}" for i in range(len(K))])
    copies = s.choice("n_rep", (n_rep, 1, 3), label="query heads for each K/V head")
    s.tile_kv("broken", K, copies, about="0 1 0 1")
    s.repeat_kv("right", K, copies, about="0 0 1 1")
    s.lay(["K"], side_by_side(s, "keys of the query heads"))


BUG = Bug(
    name="fix_tiled_heads",
    title="tiled instead of repeated",
    fingerprint="neighbouring query heads read different K/V heads; with one K/V head, or n_rep = 1, nothing shows",
    demand="head 1 of the repeated keys is head 0 of the keys",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="Drag a number of K, head 0, and watch which query heads receive it. With 1 copy each both agree.",
    threads=(pull("onnx/onnx", 7274), pull("ekzhang/jax-js", 180)),
)

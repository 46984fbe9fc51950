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
    """Which key head reaches which query head, as wires and as numbers."""
    n_kv = len(K)
    sharing = (n_rep, 1, 3)
    copies = s.choice("n_rep", sharing, label="query heads for each K/V head")
    wires = []
    for name, spread in (("tiled", _tiled), ("repeated", _repeated)):
        drawn = [
            s.input(
                f"{name}_{n}", spread(n_kv, n), rows=_heads("head", n * n_kv), cols=_heads("kv", n_kv), editable=False
            )
            for n in sharing
        ]
        reads = s.choose(name, copies, *drawn, about="1: this query head reads this K/V head")
        wires.append(s.wires(reads, names=["K/V heads", name]))
    s.lay(wires)
    keys = s.input("K", K, rows=TOKENS[: K.shape[-2]], heads=_heads("kv", n_kv))
    s.tile_kv("broken", keys, copies, about="0 1 0 1")
    s.repeat_kv("right", keys, copies, about="0 0 1 1")
    broken, right = side_by_side(s, "keys of the query heads")
    s.lay([keys, broken], [right])


def _heads(word: str, count: int) -> list[str]:
    return [f"{word} {i}" for i in range(count)]


def _tiled(n_kv: int, n_rep: int) -> np.ndarray:
    """Who reads whom, [n_heads, n_kv_heads], when all K/V heads are laid out n_rep times."""
    return np.tile(np.eye(n_kv), (n_rep, 1))


def _repeated(n_kv: int, n_rep: int) -> np.ndarray:
    """Who reads whom, [n_heads, n_kv_heads], when each K/V head is repeated n_rep times."""
    return np.repeat(np.eye(n_kv), n_rep, axis=0)


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
    symptom="Neighbours should read the same head: follow query head 1, or drag K. With 1 copy each both agree.",
    threads=(pull("onnx/onnx", 7274), pull("ekzhang/jax-js", 180)),
)

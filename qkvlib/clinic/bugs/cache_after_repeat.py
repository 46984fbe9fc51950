"""Keys are repeated for every query head before they enter the cache: right numbers, n_rep times the memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.attention import repeat_kv
from qkvlib.clinic.bug import Bug, draw, issue, pull
from qkvlib.clinic.sheets import TOKENS

if TYPE_CHECKING:
    from qkvlib.widgets import Sheet


def broken(K: np.ndarray, n_rep: int) -> tuple[np.ndarray, np.ndarray]:
    """Keys K [n_kv_heads, T, d_head] arrive token by token: the cache, and the keys the query heads read."""
    kept = []
    for t in range(K.shape[-2]):
        kept.append(repeat_kv(K[..., t : t + 1, :], n_rep))
    cache = np.concatenate(kept, axis=-2)
    return cache, cache


def fixed(K: np.ndarray, n_rep: int) -> tuple[np.ndarray, np.ndarray]:
    """Keys K [n_kv_heads, T, d_head] arrive token by token: the cache, and the keys the query heads read."""
    kept = []
    for t in range(K.shape[-2]):
        kept.append(K[..., t : t + 1, :])
    cache = np.concatenate(kept, axis=-2)
    return cache, repeat_kv(cache, n_rep)


def test(decode: Callable) -> bool:
    K, n_rep = example()
    return decode(K, n_rep)[0].nbytes == K.nbytes


def example() -> tuple:
    """Two key heads, five tokens, d_head 2, each head for three query heads."""
    return *draw(9, (2, 5, 2)), 3


def sheet(s: Sheet, K: np.ndarray, n_rep: int) -> None:
    """The two shelves as they fill, and the keys that are read."""
    n_kv, T, d_head = K.shape
    step = s.slider("step", 3, min=1, max=T, step=1, label="tokens so far")
    keys = s.input("K", K, rows=TOKENS[:T], heads=[f"kv {i}" for i in range(n_kv)])
    right = s.rows("right", keys, stop=step, about="stored as they come, one for each K/V head")
    broken = s.repeat_kv("broken", right, n_rep, about="repeated first, then stored")
    read = s.repeat_kv("read", right, n_rep, about="repeated for the queries, after reading")
    s.norm("difference", s.subtract("gap", broken, read))
    size = s.multiply("right_bytes", s.number("per_token", n_kv * d_head * 8), s.number("t", step))
    s.multiply("broken_bytes", size, s.number("n_rep", n_rep))
    s.lay(
        [s.panel("right", title="right cache")],
        [s.panel("broken", title="broken cache")],
        [s.say("Right cache {right_bytes:int} bytes, broken cache {broken_bytes:int} bytes (float64).")],
        [s.say("Difference between the keys that the query heads read: {difference}.")],
    )


BUG = Bug(
    name="fix_cache_after_repeat",
    title="cached after repeating",
    fingerprint="every number is right; the cache is n_rep times too big",
    demand="the cache has as many bytes as the keys",
    broken=broken,
    fixed=fixed,
    test=test,
    example=example,
    sheet=sheet,
    symptom="Move the step. The keys that are read agree; the shelves do not.",
    threads=(issue("meta-pytorch/torchtune", 38), pull("meta-pytorch/torchtune", 1961)),
)

"""Rotary positions beside `attention.rotate`: how fast each plane turns, and which two columns make a plane.

Sources: Su et al. 2021, "RoFormer" (the speeds); the two ways to pair columns are those of GPT-J and of GPT-NeoX.
"""

from __future__ import annotations

import numpy as np

from qkvlib.shapes import ShapeError


def rotary_speeds(d_head: int, base: float = 10_000.0) -> np.ndarray:
    """Radians a place turns each plane, [d_head/2]: base^(-2i/d_head), from 1 downwards (Su et al. 2021, 3.2.2)."""
    _require_pairs(d_head)
    return base ** (-np.arange(0, d_head, 2) / d_head)


def halves_from_neighbours(d_head: int) -> np.ndarray:
    """[d_head], the order 0 2 4 ... 1 3 5 ...: in H[..., order] planes of neighbouring columns lie as half-split pairs.

    GPT-J, and LLaMA in GGUF files, turn columns 2i and 2i + 1 together; GPT-NeoX, LLaMA in `transformers` and
    `attention.rotate` turn columns i and i + d_head/2. `np.argsort(order)` leads back.
    """
    _require_pairs(d_head)
    return np.r_[0:d_head:2, 1:d_head:2]


def _require_pairs(d_head: int) -> None:
    if d_head % 2:
        raise ShapeError(f"d_head is {d_head}: columns are turned in pairs, so it must be even")

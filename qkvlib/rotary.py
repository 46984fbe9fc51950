"""Rotary positions beside `attention.rotate`: how fast each plane turns, and which two columns make a plane.

Sources: Su et al. 2021, "RoFormer" (the speeds); the two ways to pair columns are those of GPT-J and of GPT-NeoX.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qkvlib.shapes import ShapeError

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from numpy import ndarray as Array


def rotary_speeds(d_head: int, base: float = 10_000.0) -> Float[Array, " pairs"]:
    """Radians a place turns each of the d_head/2 planes: base^(-2i/d_head), from 1 downwards (Su et al. 2021, 3.2.2)."""
    if d_head % 2:
        raise ShapeError(f"d_head is {d_head}: columns are turned in pairs, so it must be even")
    return base ** (-np.arange(0, d_head, 2) / d_head)


def halves_from_neighbours(d_head: int) -> Int[Array, " d_head"]:
    """The order 0 2 4 ... 1 3 5 ... of columns: H[..., order] lays planes of neighbouring columns as half-split pairs.

    GPT-J, and LLaMA in GGUF files, turn columns 2i and 2i + 1 together; GPT-NeoX, LLaMA in `transformers` and
    `attention.rotate` turn columns i and i + d_head/2. `np.argsort(order)` leads back.
    """
    if d_head % 2:
        raise ShapeError(f"d_head is {d_head}: columns are turned in pairs, so it must be even")
    return np.r_[0:d_head:2, 1:d_head:2]

"""Positions that turn: queries and keys rotated by their places, so that a score knows how far apart they are.

The columns of a head are taken in pairs, each pair a plane with a speed of its own, in radians a place. Sources: Su et
al. 2021, "RoFormer" (section 3.4: the rotation, and the speeds); the two ways to pair columns are those of GPT-J and
GPT-NeoX.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qkvlib.shapes import ShapeError, shape_of

if TYPE_CHECKING:
    from jaxtyping import Float, Int, Num
    from numpy import ndarray as Array


def rotary_speeds(d_head: int, base: float = 10_000.0) -> Float[Array, " pairs"]:
    """Radians a place turns each of the d_head/2 planes: base^(-2i/d_head), from 1 downwards (Su et al. 2021, 3.2.2)."""
    if d_head % 2:
        raise ShapeError(f"d_head is {d_head}: columns are turned in pairs, so it must be even")
    return base ** (-np.arange(0, d_head, 2) / d_head)


def rotate(
    H: Num[Array, "*b T d_head"],
    places: Num[Array, " T"],
    speeds: Num[Array, " pairs"],
    neighbours: bool = False,
) -> Float[Array, "*b T d_head"]:
    """Turn row t of H [..., T, d_head] by places[t] · speeds, each plane by its own angle (Su et al. 2021, eq. 34).

    Column i and column i + d_head/2 are a plane, as in GPT-NeoX and the LLaMA of `transformers`; with `neighbours`,
    columns 2i and 2i + 1 are, as in GPT-J and in GGUF files of LLaMA. float32 stays float32.
    """
    places, speeds = np.asarray(places), np.asarray(speeds)
    if H.shape[-1] != 2 * len(speeds):
        raise ShapeError(f"H is {shape_of(H)} and there are {len(speeds)} speeds: every plane takes two columns")
    if places.shape != H.shape[-2:-1]:
        raise ShapeError(f"H is {shape_of(H)} and there are {places.size} places: every row needs one")
    dtype = H.dtype if np.issubdtype(H.dtype, np.inexact) else np.float64
    angles = places[:, None] * speeds
    cos, sin = np.cos(angles).astype(dtype), np.sin(angles).astype(dtype)
    first, second = planes(len(speeds), neighbours)
    x, y = H[..., first], H[..., second]
    turned = np.empty(H.shape, dtype)
    turned[..., first], turned[..., second] = x * cos - y * sin, x * sin + y * cos
    return turned


def planes(pairs: int, neighbours: bool = False) -> tuple[Int[Array, " pairs"], Int[Array, " pairs"]]:
    """The first and the second column of each plane: (0, 1, ...) and (pairs, pairs + 1, ...), or (0, 2, ...) and
    (1, 3, ...) with `neighbours`."""
    if neighbours:
        return np.arange(0, 2 * pairs, 2), np.arange(1, 2 * pairs, 2)
    return np.arange(pairs), np.arange(pairs, 2 * pairs)

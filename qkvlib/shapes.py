"""Shapes: how the course writes them, and what is said when two of them cannot work together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class ShapeError(ValueError):
    """Shapes that cannot work together; the message names the argument, the shapes and the likely cause."""


def shape_of(array: ArrayLike) -> str:
    """The shape of an array as the course writes shapes everywhere: "[3, 4]"."""
    return str(list(np.shape(array)))


def require_groups(n_heads: int, n_kv_heads: int) -> None:
    """Raise ShapeError unless `n_kv_heads` key/value heads can serve `n_heads` query heads, equally many each."""
    if n_kv_heads < 1 or n_heads % n_kv_heads:
        raise ShapeError(
            f"n_heads is {n_heads} and n_kv_heads is {n_kv_heads}: n_heads must be a multiple of n_kv_heads, "
            "so that every K/V head serves equally many query heads"
        )


def require_fit(name_x: str, x: ArrayLike, name: str, W: ArrayLike) -> None:
    """Raise ShapeError unless x [..., d_in] W [d_in, d_out] can be computed; the names go into the message."""
    cause = f"the width of {name_x} must equal the rows of {name}"
    likely = f"(is {name} transposed, or d_head mixed up with d_model?)"
    require_equal_axes(name_x, x, -1, name, W, 0, f"{cause} {likely}")


def require_equal_axes(
    name_a: str, a: ArrayLike, axis_a: int, name_b: str, b: ArrayLike, axis_b: int, cause: str
) -> None:
    """Raise ShapeError unless axis `axis_a` of `a` is as long as axis `axis_b` of the matrix (or stack) `b`."""
    if np.ndim(a) < 1 or np.ndim(b) < 2 or np.shape(a)[axis_a] != np.shape(b)[axis_b]:
        raise ShapeError(f"{name_a} is {shape_of(a)} and {name_b} is {shape_of(b)}: {cause}")


def require_planes(H: ArrayLike, places: ArrayLike, speeds: ArrayLike) -> None:
    """Raise ShapeError unless H [..., T, 2·pairs] has a place for every row and a speed for every two columns."""
    if np.shape(H)[-2:] != (np.size(places), 2 * np.size(speeds)) or np.ndim(places) != 1 or np.ndim(speeds) != 1:
        raise ShapeError(
            f"H is {shape_of(H)}, places {shape_of(places)} and speeds {shape_of(speeds)}: every row needs a place, "
            "and every plane, which is two columns, a speed"
        )

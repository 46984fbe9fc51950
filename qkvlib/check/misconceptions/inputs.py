"""Inputs: numbers that no accident makes symmetric, masks, and calls with what is special about each."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib.check.spec import Call, Tag


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers that do not saturate a softmax and that no accident makes symmetric."""
    return rng.normal(0, 1, shape)


def random_mask(rng: np.random.Generator, n_queries: int, n_keys: int) -> np.ndarray:
    """Every row allows at least two places (not only itself) and forbids at least one; no column is empty."""
    mask = rng.random((n_queries, n_keys)) < 0.5
    for t in range(n_queries):
        places = np.array([s for s in range(n_keys) if s != t])
        allowed, forbidden = rng.choice(places, 2, replace=False)
        mask[t, allowed], mask[t, forbidden] = True, False
        if t < n_keys:
            mask[t, t] = True
    mask[0, ~mask.any(axis=0)] = True
    return mask


def swap_last_axes(array: np.ndarray) -> np.ndarray:
    """The last two axes swapped."""
    return np.swapaxes(array, -1, -2)


def calls(*described: tuple | Call) -> list[Call]:
    """Calls from (about, *args)."""
    return [one if isinstance(one, Call) else Call(tuple(one[1:]), one[0]) for one in described]


def batch(about: str, *args: Any) -> Call:
    """A call with something in front of the tokens: sequences, heads, or both."""
    return Call(args, about, tag=Tag.BATCH)


def shares(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Rows of quarters that sum to 1, for small examples."""
    rows = [
        np.bincount(rng.integers(0, shape[-1], 4), minlength=shape[-1]) / 4 for _ in range(int(np.prod(shape[:-1])))
    ]
    return np.reshape(rows, shape)


def whole(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Small whole numbers but 0, for small examples."""
    return rng.choice([1.0, 2.0, -1.0, 3.0, -2.0], shape)


def are_shares(weights: np.ndarray, *_: Any) -> bool:
    """Whether each row is shares of 1."""
    return bool((weights >= 0).all() and np.allclose(weights.sum(-1), 1))


def leaves_someone(mask: Any) -> bool:
    """Whether every row of a mask, if there is one, leaves somebody to look at."""
    return mask is None or bool(np.any(mask, axis=-1).all())

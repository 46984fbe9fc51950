"""Which K/V head a query head reads."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, Draw, case, cases
from qkvlib.check.spec import Mistake, mistake, switch

# (n_heads, n_kv_heads, d_head, new tokens) of small layers, the smallest first: where a counter-example is looked for.
FEW_HEADS = (
    *((1, 1, 1, 1), (1, 1, 1, 2), (2, 1, 1, 1), (2, 2, 1, 1), (1, 1, 2, 1), (2, 1, 1, 2), (2, 2, 1, 2), (1, 1, 2, 2)),
    *((2, 1, 2, 2), (2, 2, 2, 1), (2, 2, 2, 2), (4, 2, 1, 1), (4, 2, 1, 2), (4, 2, 1, 3), (6, 2, 1, 2), (4, 2, 2, 3)),
)


def share(K: np.ndarray, n_rep: int, how: str = "repeat") -> np.ndarray:
    """[..., n_kv, T, d] -> [..., n_kv·n_rep, T, d], in one wrong way or another."""
    if how == "repeat":
        return np.repeat(K, n_rep, axis=-3)
    if how == "tile":
        return np.concatenate([K] * n_rep, axis=-3)
    if how == "first":
        return np.repeat(K[..., :1, :, :], n_rep * K.shape[-3], axis=-3)
    if how == "mean":
        return np.repeat(K.mean(-3, keepdims=True), n_rep * K.shape[-3], axis=-3)
    if how == "reversed":
        return np.repeat(K[..., ::-1, :, :], n_rep, axis=-3)
    if how == "tokens":
        return np.repeat(K, n_rep, axis=-2)
    if how == "none":
        return K
    raise ValueError(how)


def sharing_switches() -> tuple[Mistake, ...]:
    """Which K/V head a query head reads."""
    return (
        switch(
            "tiled",
            "Neighbouring query heads read different K/V heads: the heads were tiled, 0 1 0 1.",
            "A group of neighbours shares one: 0 0 1 1.",
            companion=True,
            share_k="tile",
            share_v="tile",
        ),
        switch(
            "values-tiled",
            "Your keys are repeated, but your values are tiled, so a head finds with one and reads another.",
            "K and V must be shared out in the same way.",
            share_v="tile",
        ),
        switch(
            "keys-tiled",
            "Your values are repeated, but your keys are tiled, so a head finds with one and reads another.",
            "K and V must be shared out in the same way.",
            share_k="tile",
        ),
        switch(
            "first-kv-head-only",
            "All your query heads read the first K/V head.",
            "Each group of query heads has its own.",
            share_k="first",
            share_v="first",
        ),
        switch(
            "kv-heads-averaged",
            "Your K/V heads have been averaged into one.",
            "Each group of query heads has its own.",
            share_k="mean",
            share_v="mean",
        ),
        switch(
            "kv-heads-reversed",
            "Your groups read the K/V heads in reversed order.",
            "The first group reads the first.",
            share_k="reversed",
            share_v="reversed",
        ),
    )


def _shared_arguments(
    draw: Draw, n_kv_heads: int, T: int, d_head: int, n_rep: int, batch: tuple[int, ...] = ()
) -> tuple:
    """(K, n_rep), with every kind of axis of a size of its own."""
    return draw(*batch, n_kv_heads, T, d_head), n_rep


shared_inputs = cases(
    _shared_arguments,
    case("two K/V heads", n_kv_heads=2, T=5, d_head=3, n_rep=3),
    case("as many heads as tokens", n_kv_heads=3, T=3, d_head=3, n_rep=2),
    case("a batch of sequences", n_kv_heads=3, T=7, d_head=5, n_rep=2, batch=ONE_AXIS),
    case("nothing to repeat", n_kv_heads=3, T=5, d_head=2, n_rep=1),
)


def repeat_mistakes() -> tuple[Mistake, ...]:
    return (
        mistake(
            "tiled",
            "Your heads come in the order 0 1 0 1: neighbours read different K/V heads.",
            "A group of neighbouring query heads shares one: 0 0 1 1.",
            lambda K, n: share(K, n, "tile"),
            lambda K, n: np.tile(K, (n, 1, 1)),
            lambda K, n: np.concatenate([K] * n),
            lambda K, n: np.concatenate([K] * n, axis=1),
            lambda K, n: K[..., np.arange(K.shape[-3] * n) % n, :, :],
        ),
        mistake(
            "groups-miscounted",
            "The place of a query head is divided by the number of K/V heads, where the size of a group belongs.",
            "How many neighbours share a head: n_rep, or n_kv_heads?",
            lambda K, n: K[..., np.arange(K.shape[-3] * n) // K.shape[-3], :, :],
        ),
        mistake(
            "tokens-repeated",
            "Your tokens have been repeated, not your heads.",
            "The head axis stands before the tokens: which number has it, counted from the end?",
            lambda K, n: np.repeat(K, n, axis=-2),
            lambda K, n: np.concatenate([K] * n, axis=-2),
            lambda K, n: K[..., np.arange(K.shape[-3] * n) // n, :],
        ),
        mistake(
            "features-repeated",
            "Your features have been repeated, so every head grew wider.",
            "The head axis is the third from the end.",
            lambda K, n: np.repeat(K, n, axis=-1),
            lambda K, n: np.concatenate([K] * n, axis=-1),
            lambda K, n: K[..., np.arange(K.shape[-3] * n) // n],
        ),
        mistake(
            "batch-repeated",
            "With a batch in front, the sequences are repeated instead of the heads.",
            "Count from the end: the head axis is -3.",
            lambda K, n: np.repeat(K, n, axis=0),
            lambda K, n: K[np.arange(K.shape[-3] * n) // n],
        ),
        mistake(
            "second-axis-repeated",
            "You repeat along axis 1, which is the heads only when there is exactly one axis in front.",
            "Count from the end: the head axis is -3.",
            lambda K, n: np.repeat(K, n, axis=1),
        ),
        mistake(
            "new-axis",
            "The copies stand on an axis of their own.",
            "Head and copy belong on one axis: n_kv_heads times n_rep heads.",
            lambda K, n: np.repeat(K[..., None, :, :], n, axis=-3),
            lambda K, n: np.stack([K] * n),
            lambda K, n: np.stack([K] * n, axis=-3),
            lambda K, n: np.broadcast_to(K[..., None, :, :], (*K.shape[:-2], n, *K.shape[-2:])),
        ),
        mistake(
            "flattened",
            "Everything lies in one long row.",
            "Tell repeat along which axis.",
            lambda K, n: np.repeat(K, n),
        ),
        mistake(
            "not-repeated",
            "The heads come back as they were.",
            "There should be n_rep times as many.",
            lambda K, n: K,
        ),
        mistake(
            "multiplied",
            "The numbers were multiplied; the heads are as many as before.",
            "Copies are asked for: list * n repeats, array * n multiplies.",
            lambda K, n: K * n,
        ),
        mistake(
            "one-copy-too-many",
            "There is one copy of each head too many, or too few.",
            "n_rep counts the original as well.",
            lambda K, n: np.repeat(K, n + 1, axis=-3),
            lambda K, n: np.repeat(K, max(n - 1, 1), axis=-3),
        ),
        mistake(
            "heads-reversed",
            "Your groups come in reversed order.",
            "The first group reads the first head.",
            lambda K, n: np.repeat(K[..., ::-1, :, :], n, axis=-3),
        ),
        mistake(
            "averaged",
            "Your heads have been averaged.",
            "Copies keep the numbers as they are.",
            lambda K, n: share(K, n, "mean"),
            lambda K, n: np.repeat(K, n, axis=-3) / n,
        ),
        mistake(
            "first-head-only",
            "All your copies are copies of the first head.",
            "Each head is copied n_rep times.",
            lambda K, n: share(K, n, "first"),
        ),
        mistake(
            "padded-with-zeros",
            "The new heads are all zeros.",
            "They are copies of the head before them.",
            lambda K, n: np.concatenate([K, np.zeros_like(K).repeat(n - 1, axis=-3)], axis=-3),
        ),
        mistake(
            "copies-mixed-with-tokens",
            "The shape is right, but your heads mix tokens: the copies were reshaped along the wrong axis.",
            "Make the copies next to the head they come from, then join those two axes.",
            lambda K, n: np.repeat(K, n, axis=-2).reshape(*K.shape[:-3], -1, *K.shape[-2:]),
            lambda K, n: np.repeat(K, n, axis=-1).reshape(*K.shape[:-3], -1, *K.shape[-2:]),
            lambda K, n: np.repeat(K, n).reshape(*K.shape[:-3], -1, *K.shape[-2:]),
        ),
    )

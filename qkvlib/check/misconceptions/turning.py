"""Turning queries and keys by their places, with switches for what goes wrong, and the sentences for each."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib.check.inputs import Draw
from qkvlib.check.spec import Mistake, switch


def planes_of(draw: Draw, pairs: int) -> np.ndarray:
    """Speeds [pairs], all different, from the fastest to the slowest; none of them 1."""
    return np.sort(draw.rng.uniform(0.2, 0.9, pairs))[::-1] + np.linspace(0.4, 0, pairs)


def turned(H: np.ndarray, places: np.ndarray, speeds: np.ndarray, how: str = "halves", cut: bool = False) -> np.ndarray:
    """Rows of H [..., T, 2·pairs] turned by places · speeds, in one wrong way or another.

    `cut`: every result is put into an array of the kind of H, so that whole numbers stay whole.
    """
    H = np.asarray(H)
    return _turned(H, places, speeds, how, H.dtype).astype(H.dtype) if cut else _turned(H, places, speeds, how)


def _turned(H: np.ndarray, places: np.ndarray, speeds: np.ndarray, how: str, kind: Any = np.float64) -> np.ndarray:
    """`kind` is that of the array in which the first number of a plane waits for the second."""
    pairs = len(speeds)
    angles = np.multiply.outer(places, speeds)
    if how == "still":
        return H
    if how == "back":
        angles = -angles
    if how == "speeds-reversed":
        angles = np.multiply.outer(places, speeds[::-1])
    if how == "one-speed":
        angles = np.repeat(angles[..., :1], pairs, axis=-1)
    if how == "no-speed":
        angles = np.repeat(np.asarray(places)[..., None], pairs, axis=-1)
    if how == "degrees":
        angles = np.deg2rad(angles)
    cos, sin = np.cos(angles), np.sin(angles)
    if how == "neighbours":
        x, y = H[..., ::2], H[..., 1::2]
        return np.stack([x * cos - y * sin, x * sin + y * cos], axis=-1).reshape(H.shape)
    x, y = (H[..., ::2], H[..., 1::2]) if how == "unzipped" else (H[..., :pairs], H[..., pairs:])
    if how == "zipped":
        return np.stack([x * cos - y * sin, x * sin + y * cos], axis=-1).reshape(H.shape)
    if how == "overwritten":
        x = (x * cos - y * sin).astype(kind)
        return np.concatenate([x, x * sin + y * cos], axis=-1)
    if how == "angles-repeated":
        cos, sin = np.repeat(cos, 2, axis=-1), np.repeat(sin, 2, axis=-1)
        return H * cos + np.concatenate([-y, x], axis=-1) * sin
    first, second = {
        "two-signs": (x * cos - y * sin, x * sin - y * cos),
        "no-sign": (x * cos + y * sin, x * sin + y * cos),
        "shrunk": (x * cos, y * cos),
        "crossed": (x * cos, y * sin),
        "sin-for-cos": (x * sin - y * cos, x * cos + y * sin),
    }.get(how, (x * cos - y * sin, x * sin + y * cos))
    return np.concatenate([first, second], axis=-1)


def pairing_mistakes() -> tuple[Mistake, ...]:
    """Other columns are taken for a plane."""
    return (
        switch(
            "neighbours-paired",
            "You turn neighbouring columns together.",
            "Here column i and column i + d_head/2 are a plane. GPT-J does it your way; both work, but not mixed.",
            how="neighbours",
        ),
        switch(
            "pairs-laid-elsewhere",
            "The columns of a plane are read in one order and written back in another.",
            "What comes from columns i and i + d_head/2 goes back there.",
            how="unzipped",
        ),
        switch(
            "pairs-written-as-neighbours",
            "The two numbers of a plane come back side by side.",
            "They belong half a row apart, where they came from.",
            how="zipped",
        ),
    )


def turn_mistakes() -> tuple[Mistake, ...]:
    """The right columns, turned wrongly."""
    return (
        switch(
            "turned-backwards",
            "Every plane turns the other way.",
            "Anticlockwise: x cos − y sin first, then x sin + y cos.",
            how="back",
        ),
        switch(
            "one-speed-for-all",
            "All planes turn at the speed of the first.",
            "Each plane has a speed of its own.",
            how="one-speed",
        ),
        switch(
            "speeds-left-out",
            "Every plane turns by the place itself, one radian each.",
            "The angle is place times speed.",
            how="no-speed",
        ),
        switch(
            "speeds-reversed",
            "The fast planes turn slowly and the slow ones fast.",
            "speeds[i] belongs to plane i.",
            how="speeds-reversed",
        ),
        switch(
            "minus-missing",
            "Vectors change their length: this is no rotation.",
            "One of the two sums has a minus.",
            how="no-sign",
        ),
        switch(
            "minus-in-both",
            "Both sums have a minus, so vectors change their length: this is no rotation.",
            "x cos − y sin has one; x sin + y cos has none.",
            how="two-signs",
        ),
        switch(
            "angles-repeated",
            "The two columns of a plane are turned by different angles.",
            "Column i and column i + d_head/2 are a plane and share one: np.repeat lays angles out for neighbours, "
            "np.tile for halves.",
            how="angles-repeated",
        ),
        switch(
            "nothing-crosses",
            "Each column is only made smaller; x and y of a plane never meet.",
            "A turn carries a part of x over to y, and of y over to x.",
            how="shrunk",
        ),
        switch(
            "half-a-turn",
            "x keeps its cosine part and y its sine part; the other halves of both sums are missing.",
            "Each of the two new numbers is made from both old ones.",
            how="crossed",
        ),
        switch(
            "sine-and-cosine-swapped",
            "Sine and cosine have changed places.",
            "At place 0 nothing turns: which of the two is 1 there?",
            how="sin-for-cos",
        ),
        switch(
            "first-half-overwritten",
            "The second number of a plane is made from the first one after it was turned.",
            "Keep the old x until y is done.",
            how="overwritten",
        ),
        switch(
            "degrees",
            "The angles are taken for degrees.",
            "np.cos and np.sin want radians, and that is what place · speed is.",
            how="degrees",
        ),
    )

"""Every row turned by its place."""

from __future__ import annotations

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import case, cases
from qkvlib.check.misconceptions.turning import pairing_mistakes, planes_of, turn_mistakes, turned
from qkvlib.check.spec import Exercise, mistake, switch


def _arguments(draw, T, pairs, first, batch=()):
    return draw(*batch, T, 2 * pairs), first + np.arange(T), planes_of(draw, pairs)


EXERCISE = Exercise(
    name="rotate",
    reference=attention.rotate,
    model=turned,
    inputs=cases(
        _arguments,
        case("three tokens of a text", T=3, pairs=2, first=4),
        case("a text from its start", T=7, pairs=3, first=0),
        case("one plane", T=5, pairs=1, first=2),
        case("many planes", T=2, pairs=5, first=11),
    ),
    axes=("token", "feature"),
    mistakes=(
        *pairing_mistakes(),
        *turn_mistakes(),
        mistake(
            "counted-from-0",
            "You count the places yourself, from 0.",
            "The rows need not be the first of their text: places says where each stands.",
            lambda H, places, speeds: turned(H, np.arange(H.shape[-2]), speeds),
        ),
        mistake(
            "counted-from-1",
            "Every row is turned by one place too many.",
            "The angle is place times speed, as they are given.",
            lambda H, places, speeds: turned(H, places + 1, speeds),
        ),
        mistake(
            "not-turned",
            "Nothing turns: your result is H.",
            "Each plane of row t turns by places[t] times its speed.",
            lambda H, places, speeds: H,
        ),
        mistake(
            "angle-added",
            "The angles are added to the numbers.",
            "A turn multiplies by cosines and sines.",
            lambda H, places, speeds: H + np.tile(np.multiply.outer(places, speeds), 2),
            lambda H, places, speeds: H * np.tile(np.multiply.outer(places, speeds), 2),
        ),
        switch(
            "whole-numbers-cut",
            "Whole numbers come out whole: what stands behind the point is cut off.",
            "An array made like H takes over its dtype; make one of floats.",
            cut=True,
        ),
        mistake(
            "speed-added",
            "Places and speeds are added up.",
            "The angle is place times speed.",
            lambda H, places, speeds: _by_angles(H, np.add.outer(places, speeds)),
        ),
        mistake(
            "speed-to-the-power",
            "Speeds are raised to the power of the place.",
            "An angle grows by the same step at every place: place times speed.",
            lambda H, places, speeds: _by_angles(H, speeds ** np.asarray(places)[:, None]),
        ),
        mistake(
            "angles-only",
            "What comes back are the angles, or their sines and cosines.",
            "H has to be turned by them.",
            lambda H, places, speeds: np.multiply.outer(places, speeds),
            lambda H, places, speeds: np.cos(np.multiply.outer(places, speeds)),
            lambda H, places, speeds: np.sin(np.multiply.outer(places, speeds)),
        ),
    ),
    hints=(
        "An angle for every row and plane first, [T, pairs]: each place times each speed.",
        "x = H[..., :pairs] and y = H[..., pairs:] are the two numbers of every plane at once.",
        "x cos − y sin, and x sin + y cos, side by side again: np.concatenate along the last axis.",
    ),
    praise="Right: every plane of every row at its own angle, and no length has changed.",
)


def _by_angles(H: np.ndarray, angles: np.ndarray) -> np.ndarray:
    x, y = np.split(H, 2, axis=-1)
    return np.concatenate([x * np.cos(angles) - y * np.sin(angles), x * np.sin(angles) + y * np.cos(angles)], axis=-1)

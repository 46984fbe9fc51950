"""Rows kept as whole numbers of eight bits, each with a scale of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qkvlib.check.inputs import case, cases
from qkvlib.check.spec import Exercise, mistake, switch

_ROUNDED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "nearest": np.rint,
    "down": np.floor,
    "up": np.ceil,
    "cut": np.trunc,
    "not": np.asarray,
}


def _quantised(
    K: np.ndarray,
    *,
    over: int | tuple[int, ...] | None = -1,
    size: str = "largest",
    steps: float = 127,
    to: str = "nearest",
    hand: str = "scale",
    wrap: bool = False,
    empty: str = "zero",
) -> tuple[np.ndarray, np.ndarray]:
    """(codes, scales) with switches: what one scale serves, how it is found, how codes are rounded, what comes back."""
    most = _size(K, over, size)
    scales = most / steps
    if empty == "one":
        scales = np.where(scales == 0, 1.0, scales)
    with np.errstate(all="ignore"):
        codes = K / scales
        inverse = 1 / scales
    if empty == "zero":
        codes = np.where(scales == 0, 0.0, codes)
    codes = _ROUNDED[to](codes)
    if wrap:
        codes = (codes + 128) % 256 - 128
    return codes, {"scale": scales, "inverse": inverse, "most": most}[hand]


def _size(K: np.ndarray, over: int | tuple[int, ...] | None, size: str) -> np.ndarray:
    """What the scale follows from, for all entries along `over`."""
    if size == "length":
        return np.linalg.norm(K, axis=over, keepdims=True)
    if size == "mean":
        return np.abs(K).mean(axis=over, keepdims=True)
    return (K if size == "signed" else np.abs(K)).max(axis=over, keepdims=True)


def _shared(K: np.ndarray, over: int | tuple[int, ...] | None) -> tuple[np.ndarray, np.ndarray]:
    """As `_quantised`, with the scale written out for each row."""
    codes, scales = _quantised(K, over=over)
    return codes, np.broadcast_to(scales, (*K.shape[:-1], 1))


def _arguments(draw, T, d_head, zeros=False, batch=()):
    K = draw(*batch, T, d_head)
    if zeros:
        K[..., T // 2, :] = 0
    return (K,)


def _promised(K: np.ndarray) -> bool:
    """No number half-way between two codes, where rounding is a matter of taste."""
    most = np.abs(K).max(axis=-1, keepdims=True)
    steps = 127 * np.abs(K) / np.where(most == 0, 1, most)
    return bool((np.abs(steps % 1 - 0.5) > 1e-6).all())


EXERCISE = Exercise(
    name="quantised_cache",
    reference=lambda K: _quantised(K),
    model=_quantised,
    parts=("codes", "scales"),
    promised=_promised,
    inputs=cases(
        _arguments,
        case("one head", T=7, d_head=5),
        case("a token of zeros", T=3, d_head=5, zeros=True),
        case("several heads", T=5, d_head=3, batch=(2,)),
    ),
    mistakes=(
        mistake(
            "one-scale-for-all",
            "One scale serves the whole cache.",
            "Each token of each head gets its own: along which axis is the largest entry looked for?",
            lambda K: _quantised(K, over=None),
            lambda K: _shared(K, None),
            lambda K: (_quantised(K, over=None)[0], np.abs(K).max() / 127),
        ),
        mistake(
            "scale-across-tokens",
            "A scale serves all tokens of a head.",
            "Each token of each head gets its own: along which axis is the largest entry looked for?",
            lambda K: _quantised(K, over=(-2, -1)),
            lambda K: _shared(K, (-2, -1)),
        ),
        mistake(
            "scale-across-heads",
            "A scale serves a token in all heads together.",
            "Each token of each head gets its own: along which axis is the largest entry looked for?",
            lambda K: _quantised(K, over=(-3, -1) if K.ndim > 2 else -1),
            lambda K: _shared(K, (-3, -1) if K.ndim > 2 else -1),
        ),
        switch(
            "scale-a-column",
            "A scale serves a column: the largest entry was looked for down the tokens.",
            "Here a scale belongs to a row; along the last axis lie the numbers of one token.",
            over=-2,
        ),
        switch(
            "sign-forgotten",
            "The scale follows from the largest entry, but a large negative one counts as small.",
            "Largest by size: what has to be done before the maximum is taken?",
            size="signed",
        ),
        switch(
            "scale-from-mean",
            "The scale follows from the mean size of a row, so that large entries do not fit.",
            "The largest one has to fit into the codes.",
            size="mean",
        ),
        switch(
            "scale-from-length",
            "The scale follows from the length of a row as a vector.",
            "It is the largest entry that should become 127.",
            size="length",
        ),
        switch(
            "steps-128",
            "The largest entry becomes 128, which eight bits with a sign do not hold.",
            "They reach from −128 to 127.",
            steps=128,
            versions=(lambda K: _quantised(K, steps=128, wrap=True),),
        ),
        switch(
            "steps-255",
            "The largest entry becomes 255: the sign has been forgotten in counting.",
            "256 codes are there for both signs together.",
            steps=255,
            versions=(lambda K: _quantised(K, steps=255, wrap=True), lambda K: _quantised(K, steps=256)),
        ),
        switch(
            "steps-127-5",
            "The largest entry becomes 127.5.",
            "Codes are whole, and the largest is 127.",
            steps=127.5,
        ),
        switch(
            "cut-off",
            "Codes are cut off towards 0 where they should be rounded.",
            "An array turned to int8 loses what stands behind the point: round it first.",
            to="cut",
        ),
        switch("rounded-down", "Codes are rounded down.", "To the nearest whole number.", to="down"),
        switch("rounded-up", "Codes are rounded up.", "To the nearest whole number.", to="up"),
        switch(
            "not-rounded",
            "Codes are not whole numbers.",
            "A byte holds whole numbers: round to the nearest.",
            to="not",
        ),
        switch(
            "scale-upside-down",
            "The codes are right, but what you hand back as scales is one over them.",
            "A number comes back as code · scale.",
            hand="inverse",
        ),
        switch(
            "largest-for-scale",
            "The codes are right, but what you hand back as scales are the largest entries.",
            "A number comes back as code · scale, and the largest code is 127.",
            hand="most",
        ),
        mistake(
            "numbers-for-codes",
            "What comes back as codes are the numbers that they stand for.",
            "The cache keeps the whole numbers; they are multiplied by their scale when they are read.",
            lambda K: (_quantised(K)[0] * _quantised(K)[1], _quantised(K)[1]),
            lambda K: (K, _quantised(K)[1]),
        ),
        mistake(
            "zeros-divided",
            "A token of zeros has a scale of 0, and dividing by it gives no number.",
            "0 / 0 is not a number: what should its codes be?",
            lambda K: _quantised(K, empty="divide"),
        ),
        mistake(
            "zeros-given-a-scale",
            "Right, but for a token of zeros: its scale is 0, and something else comes back.",
            "Keep what you divide by apart from what you hand back.",
            lambda K: _quantised(K, empty="one"),
        ),
        mistake(
            "from-least-to-most",
            "The codes reach from the least to the most entry of a row.",
            "Here 0 stays 0: one scale, no offset, and the largest entry by size becomes 127.",
            lambda K: _least_to_most(K, 255, 0),
            lambda K: _least_to_most(K, 255, 128),
            lambda K: _least_to_most(K, 254, 127),
        ),
        mistake(
            "scale-without-its-axis",
            "The scales lack their last axis, of length 1.",
            "With it, codes · scales works for any number of axes in front: keepdims=True keeps it.",
            lambda K: (_quantised(K)[0], _quantised(K)[1][..., 0]),
        ),
        mistake(
            "results-swapped",
            "The scales come first and the codes second.",
            "Codes, then scales.",
            lambda K: _quantised(K)[::-1],
        ),
    ),
    hints=(
        "What is the largest number a code can be, and which entry of a row should become that?",
        "The largest entry by size, along the last axis, over 127; keepdims=True lets it meet the row again.",
        "Round before anything becomes a whole number. And where a row is all zeros, what else could you divide by?",
    ),
    praise="Right: every number comes back within half a step of its row.",
)


def _least_to_most(K: np.ndarray, steps: int, shift: int) -> tuple[np.ndarray, np.ndarray]:
    least = K.min(axis=-1, keepdims=True)
    scales = (K.max(axis=-1, keepdims=True) - least) / steps
    with np.errstate(all="ignore"):
        return np.nan_to_num(np.rint((K - least) / scales)) - shift, scales

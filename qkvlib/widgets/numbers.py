"""How the course writes a number: the same few digits in Python (pictures, reprs) and in the browser (numbers.js)."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

import numpy as np


def short(value: float) -> str:
    """At most four digits, no trailing zeros: 15 -> "15", 10.6066 -> "10.6", 0.8933 -> "0.893", 1.23e9 -> "1.23e9".

    Rounds half away from zero, as JavaScript's toFixed does, so that picture and page never differ in the last digit.
    """
    value = float(value)
    if math.isnan(value):
        return "NaN"
    sign = "−" if value < 0 else ""
    size = abs(value)
    if math.isinf(size):
        return sign + "∞"
    if size == 0:
        return "0"
    if size >= 1e7 or size < 1e-3:
        return sign + _exponent(size)
    text = _fixed(size, 3 if size < 1 else 2 if size < 10 else 1 if size < 1000 else 0)
    return sign + (text.rstrip("0").rstrip(".") if "." in text else text)


def places(array: np.ndarray) -> int | None:
    """How many decimals every cell of one matrix is written with; None where only powers of ten tell."""
    numbers = array[np.isfinite(array)]
    peak = float(np.abs(numbers).max(initial=0))
    if peak >= 1e7 or 0 < peak < 0.01:
        return None
    most = 3 if peak < 2 else 2 if peak < 10 else 1 if peak < 1000 else 0
    for k in range(most):
        tens = numbers * 10.0**k
        if np.all(np.abs(tens - np.round(tens)) <= 1e-9 * 10.0**k):
            return k
    return most


def in_cell(value: float, decimals: int | None, noise: float = 1e-14) -> str:
    """What a cell says in a matrix written with `decimals`: 0.8933 with 3 -> "0.893", 15 with 1 -> "15.0".

    "≈0" and "≈1" are not quite 0 and 1; what is below `noise` is rounding, and 0. The sentence about a cell
    and `repr` always give the number itself.
    """
    size = abs(float(value))
    if decimals is None or not math.isfinite(value) or size >= 1e7:
        return short(value)
    sign = "−" if value < 0 else ""
    text = _fixed(size, decimals)
    told = float(text)
    if told == 0:
        return "0" if size <= noise else "≈0"
    if told == 1 and decimals in (0, 3):
        return ("" if abs(size - 1) < 1e-14 else "≈") + sign + "1"
    return sign + text


def written(value: float, form: str = "") -> str:
    """A number in a sentence; `form` is none, "%", "int" or "bytes" (KiB, MiB, GiB, TiB)."""
    value = float(value)
    if math.isnan(value):
        return "no number"
    if form == "%":
        if 0 < value < 0.0005:
            return "<0.1%"
        if 0.9995 <= value < 1:
            return ">99.9%"
        tenths = value * 1000
        return f"{short(math.floor(tenths + 0.5) / 10 if math.isfinite(tenths) else tenths)}%"
    if form == "int":
        return f"{math.floor(value + 0.5):,}".replace("-", "−") if math.isfinite(value) else short(value)
    if form != "bytes":
        return "≈0" if 0 < abs(value) < 1e-9 else short(value)
    units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
    step = 0
    while value >= 1024 and step < 4:
        value, step = value / 1024, step + 1
    return f"{short(value)} {units[step]}"


def _fixed(size: float, decimals: int) -> str:
    """As toFixed. Python rounds the same exact value half to even, so only a true half needs Decimal."""
    scaled = size * 2 * 10.0**decimals
    if scaled != math.floor(scaled):
        return f"{size:.{decimals}f}"
    return str(Decimal(size).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def _exponent(size: float) -> str:
    exact = Decimal(size)
    power = exact.adjusted()
    digits = Decimal("0.1") if size < 1 else Decimal("0.01")
    lead = exact.scaleb(-power).quantize(digits, ROUND_HALF_UP)
    if lead >= 10:
        lead, power = Decimal(1), power + 1
    text = str(lead)
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}e{power}"


def nice_ceiling(size: float) -> float:
    """The smallest of 1, 2, 5, 10, ... times a power of ten that is at least `size`: the end of a colour scale."""
    if not 1e-300 < size < math.inf:
        return 1.0
    power = float(f"1e{math.floor(math.log10(size))}")
    return next(step * power for step in (1, 2, 5, 10, 20) if step * power >= size * (1 - 1e-12))

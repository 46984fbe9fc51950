"""How the course writes a number: the same few digits in Python (pictures, reprs) and in the browser (engine.js)."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal


def short(value: float) -> str:
    """At most four digits, no trailing zeros: 15 -> "15", 10.6066 -> "10.6", 0.8933 -> "0.893", 1e300 -> "1e300".

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
    if size >= 1e5 or size < 1e-3:
        text = _exponent(size)
    else:
        places = 3 if size < 1 else 2 if size < 10 else 1 if size < 1000 else 0
        text = _fixed(size, places)
    return sign + text


def in_cell(value: float, end: float) -> str:
    """What a cell of a matrix says whose colours end at ±`end`: `short`, but never smaller than three decimals tell.

    0.00085 -> "0.001", 7.2e-28 -> "≈0": not zero, and nothing beside the other cells. On a scale that ends below 1,
    "≈0" begins below a two-thousandth of its end. The sentence about a cell and `repr` always give the number itself.
    """
    size = abs(float(value))
    if 0 < size < 0.0005 * min(1, end):
        return "≈0"
    if end >= 1 and 0.0005 <= size < 0.001:
        return "−0.001" if value < 0 else "0.001"
    return short(value)


def _fixed(size: float, places: int) -> str:
    text = str(Decimal(size).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
    return text.rstrip("0").rstrip(".") if "." in text else text


def _exponent(size: float) -> str:
    exact = Decimal(size)
    power = exact.adjusted()
    lead = exact.scaleb(-power).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if lead >= 10:
        lead, power = Decimal(1), power + 1
    return f"{str(lead).removesuffix('.0')}e{power}"


def nice_ceiling(size: float) -> float:
    """The smallest of 1, 2, 5, 10, ... times a power of ten that is at least `size`: the end of a colour scale."""
    if not 1e-300 < size < math.inf:
        return 1.0
    power = float(f"1e{math.floor(math.log10(size))}")
    return next(step * power for step in (1, 2, 5, 10, 20) if step * power >= size * (1 - 1e-12))

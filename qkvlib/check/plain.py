"""Answers as plain values: what is left of a result once no foreign code can speak for it.

A plain value is None, a bool, int, float or str, a numpy array of numbers or booleans that is exactly an ndarray, or a
tuple or dict (with string keys) of plain values. Everything else becomes `Unusable`, which keeps only a name. Comparing
plain values never calls a method of the answer, so an object whose comparisons lie has nothing to lie with.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_ITEMS = 300_000
MAX_DEPTH = 8
_LARGEST = 10**308
_SINGLE = 4e-6


@dataclass(frozen=True)
class Unusable:
    """Something that cannot be judged: `what` names its type in words."""

    what: str


@dataclass(frozen=True)
class AnyOf:
    """A reference with more than one right value, the usual one first. Never part of an answer."""

    options: tuple


class Todo(Exception):
    """The answer still has a blank in it."""


def plain(value: Any, unpacked: tuple[str, ...] = ()) -> Any:
    """`value` as a plain value. Raises Todo when an Ellipsis is found in it.

    An object that has all the attributes named in `unpacked` counts as the tuple of what they hold.
    """
    return _plain(value, unpacked, 0, [0])


def _plain(value: Any, unpacked: tuple[str, ...], depth: int, count: list[int]) -> Any:
    kind = type(value)
    count[0] += 1
    if value is Ellipsis:
        raise Todo
    if value is None or kind in (bool, int, float, str):
        return value
    if depth > MAX_DEPTH or count[0] > MAX_ITEMS:
        return Unusable("a structure that is too deep or too long to judge")
    if issubclass(kind, np.ndarray):
        return _array(value)
    if issubclass(kind, np.generic):
        scalar = _array(np.asarray(value))
        return scalar[()] if type(scalar) is np.ndarray else scalar
    if issubclass(kind, tuple | list):
        items = tuple.__iter__(value) if issubclass(kind, tuple) else list.__iter__(value)
        return tuple(_plain(item, unpacked, depth + 1, count) for item in items)
    if issubclass(kind, dict):
        return {str(key): _plain(item, unpacked, depth + 1, count) for key, item in dict.items(value)}
    if issubclass(kind, types.GeneratorType):
        return Unusable("a generator")
    if issubclass(kind, types.CoroutineType):
        return Unusable("a coroutine")
    if callable(value):
        return Unusable(
            "a function" if isinstance(value, types.FunctionType | types.BuiltinFunctionType) else _name(kind)
        )
    if hasattr(kind, "__array__"):  # tensors and tables of other libraries
        try:
            return _array(np.asarray(value))
        except Exception:
            return Unusable(_name(kind))
    if unpacked and all(hasattr(value, part) for part in unpacked):
        return tuple(_plain(getattr(value, part), unpacked, depth + 1, count) for part in unpacked)
    return Unusable(_name(kind))


def _array(value: Any) -> Any:
    base = np.array(np.ndarray.view(value, np.ndarray), copy=True, subok=False)
    if base.dtype == object:
        if any(item is Ellipsis for item in base.flat):
            raise Todo
        return Unusable("an array of Python objects, not of numbers")
    if base.dtype.kind in "US" and base.ndim == 0:
        return str(base)
    if base.dtype.kind not in "biuf":
        return Unusable("an array of complex numbers" if base.dtype.kind == "c" else f"an array of {base.dtype.name}")
    return base


def _name(kind: type) -> str:
    name = getattr(kind, "__name__", "object")
    article = "an" if name[:1].lower() in "aeiou" else "a"
    return f"{article} {name}"


def expected(value: Any) -> tuple:
    """A reference result as plain values: every value that is right, the usual one first."""
    return tuple(plain(option) for option in value.options) if isinstance(value, AnyOf) else (plain(value),)


def as_array(value: Any) -> np.ndarray | None:
    """A plain value as one array of numbers, or None where it is not one (ragged, text, Unusable, ...)."""
    if type(value) is np.ndarray:
        return value
    if isinstance(value, bool | int | float | np.generic):
        return _numbers(value)
    if isinstance(value, tuple):
        parts = [as_array(item) for item in value]
        arrays = [part for part in parts if part is not None]
        if len(arrays) < len(parts) or len({array.shape for array in arrays}) > 1:
            return None
        return np.stack(arrays) if arrays else np.zeros(0)
    return None


def _numbers(value: Any) -> np.ndarray | None:
    array = np.asarray(value)
    if array.dtype == object:  # a Python integer too large for numpy's
        return np.asarray(float(value) if abs(value) < _LARGEST else np.inf)
    return array if array.dtype.kind in "biuf" else None


def alike(answer: Any, expected: Any, tolerance: float) -> bool:
    """Whether two plain values agree: same structure, same shapes, numbers within the tolerance, NaN only where NaN."""
    if isinstance(expected, dict):
        return (
            isinstance(answer, dict)
            and set(answer) == set(expected)
            and all(alike(answer[key], expected[key], tolerance) for key in expected)
        )
    if isinstance(expected, tuple):
        parts = in_parts(answer, len(expected))
        return parts is not None and all(
            alike(part, wanted, tolerance) for part, wanted in zip(parts, expected, strict=True)
        )
    if isinstance(expected, str):
        return isinstance(answer, str) and answer.strip().casefold() == expected.strip().casefold()
    if expected is None or isinstance(expected, Unusable):
        return type(answer) is type(expected) and answer == expected
    array, wanted = as_array(answer), as_array(expected)
    if array is None or wanted is None:
        return False
    if wanted.ndim == 0 and array.size == 1:
        array = array.reshape(())
    return array.shape == wanted.shape and close(array, wanted, tolerance)


def close(array: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    """Whether two arrays of one shape agree within tolerance * (1 + |wanted|), infinities and NaN included.

    What is wanted in single precision is known to six digits, and no finer tolerance than that is meant.
    """
    if array.dtype == wanted.dtype and array.tobytes() == wanted.tobytes():
        return True  # to the last bit, as most right answers are
    if wanted.dtype == np.float32:
        tolerance = max(tolerance, _SINGLE)
    if array.size and abs(float(array.flat[0]) - float(wanted.flat[0])) > tolerance * (1 + abs(float(wanted.flat[0]))):
        return False  # most comparisons end here, which keeps a check fast (NaN and infinities go on)
    array, wanted = array.astype(np.float64), wanted.astype(np.float64)
    finite = np.isfinite(wanted)
    if not finite.all():
        if not np.array_equal(array[~finite], wanted[~finite], equal_nan=True):
            return False
        array, wanted = array[finite], wanted[finite]
    return bool((np.abs(array - wanted) <= tolerance * (1 + np.abs(wanted))).all())  # NaN is never at most anything


def in_parts(answer: Any, n: int) -> tuple | None:
    """The `n` parts of an answer that should have several, or None."""
    if isinstance(answer, dict):
        answer = tuple(answer.values())
    if type(answer) is np.ndarray and answer.ndim and len(answer) == n:
        return tuple(answer)
    return answer if isinstance(answer, tuple) and len(answer) == n else None

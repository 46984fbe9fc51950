"""Shapes and kinds of values in words, shared by everything that writes a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qkvlib.check.plain import Unusable
from qkvlib.check.spec import Call, Exercise

COUNT = {1: "one thing", 2: "two things", 3: "three things", 4: "four things"}


def describe_inputs(call: Call, exercise: Exercise) -> str:
    """ "For Q [5, 3] and K [7, 3], ": the shapes that the call had."""
    named = [
        f"{name} {shape(value)}"
        for name, value in zip(exercise.parameters, call.args, strict=False)
        if type(value) is np.ndarray
    ]
    if not named:
        return ""
    return f"For {listed(named)}, "


def shape(array: Any) -> str:
    return "[" + ", ".join(map(str, np.shape(array))) + "]"


def in_words(value: Any) -> str:
    if isinstance(value, Unusable):
        return value.what
    if type(value) is np.ndarray:
        return f"one array of shape {shape(value)}"
    if isinstance(value, tuple):
        return COUNT.get(len(value), f"{len(value)} things") if len(value) else "an empty list"
    if isinstance(value, dict):
        return "a dict"
    if isinstance(value, str):
        return "a piece of text"
    if isinstance(value, bool):
        return "True or False"
    return "a single number"


def listed(names: Sequence[str]) -> str:
    """ "Q, K and V"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def differ_in_one(a: Call, b: Call) -> bool:
    """Whether the arguments of two calls differ in one respect at most: one length, one number, axes in front."""
    respects: set = set() if len(a.args) == len(b.args) else {"given"}
    for place, (x, y) in enumerate(zip(a.args, b.args, strict=False)):
        respects |= _respects(x, y, place)
    return len(respects) <= 1


def _respects(x: Any, y: Any, place: int) -> set:
    if isinstance(x, tuple | list) and isinstance(y, tuple | list) and len(x) == len(y):
        return set().union(*(_respects(p, q, place) for p, q in zip(x, y, strict=True)))
    if type(x) is np.ndarray and type(y) is np.ndarray:
        lengths = {(n, m) for n, m in zip(x.shape[::-1], y.shape[::-1], strict=False) if n != m}
        more = {"axes in front"} if x.ndim != y.ndim else set()
        return lengths | more | ({"kind of numbers"} if x.dtype != y.dtype else set())
    return set() if type(x) is type(y) and x == y else {place}

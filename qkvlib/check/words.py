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

"""The inputs of one exercise for one student, drawn from a seed."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from qkvlib.check.registry import exercises
from qkvlib.check.spec import Call
from qkvlib.grading.assignment import Item


def draw_calls(item: Item, seed: int, given: dict) -> list[Call]:
    """The inputs of one exercise for one student."""
    exercise = exercises()[item.name]
    values = {
        name: _like(exercise.given[name], _given(text, given))
        for name, text in item.given.items()
        if name in exercise.given and (text in given or _is_literal(text))
    }
    return exercise.calls(np.random.default_rng(seed), **values)


def _is_literal(expression: str) -> bool:
    try:
        ast.literal_eval(expression)
    except ValueError:
        return False
    return True


def _given(expression: str, parameters: dict) -> Any:
    """A keyword of the check cell: the student's parameter of that name, or a literal."""
    return parameters[expression] if expression in parameters else ast.literal_eval(expression)


def _like(original: Any, value: Any) -> Any:
    """Parameters are plain lists; an exercise that is given an array gets an array."""
    return np.asarray(value, dtype=original.dtype) if isinstance(original, np.ndarray) else value

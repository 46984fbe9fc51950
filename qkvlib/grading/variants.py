"""Each student's own numbers: a hand-out's parameters, redrawn from the course secret and the student id.

What can vary is what the exercise notebook's `parameters` cell assigns. Every value keeps its kind and shape: whole
numbers stay whole and small enough for work by hand, and a sentence stays one that the course's tiny model reads.
"""

from __future__ import annotations

import ast
import io
from contextlib import redirect_stderr, redirect_stdout
from functools import lru_cache
from random import Random
from typing import Any

import numpy as np

from qkvlib.grading.assignment import Assignment, AssignmentError
from qkvlib.grading.secret import seed_for

_TRIES = 200


def values_for(assignment: Assignment, secret: bytes, student: str) -> dict:
    """{parameter: this student's value}, as plain lists, numbers and strings. The same for the same arguments."""
    values = {}
    for name, original in defaults(assignment).items():
        rng = np.random.default_rng(seed_for(secret, assignment.slug, student, "parameter", name))
        values[name] = vary(name, original, rng)
    return values


def defaults(assignment: Assignment) -> dict:
    """What the parameters cell assigns as it stands, arrays as lists; {} without such a cell."""
    return dict(_defaults(assignment.parameters, assignment.provided))


@lru_cache(maxsize=32)
def _defaults(source: str, provided: tuple[str, ...]) -> tuple:
    if not source:
        return ()
    space: dict = {}
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            for cell in provided[: provided.index(source) + 1]:  # the hand-out's own cells: the teacher's code
                exec(compile(cell, "the parameters cell", "exec"), space)
    except Exception as error:
        raise AssignmentError(f"The hand-out's parameters cell cannot be run: {error}.") from error
    names = [
        target.id
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    return tuple((name, _plain(space[name])) for name in names)


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def vary(name: str, original: Any, rng: np.random.Generator) -> Any:
    """Another value of the same kind as `original`; the original itself where there is nothing to vary."""
    if isinstance(original, str):
        return _sentence(rng) if name == "sentence" else original
    if isinstance(original, bool) or not isinstance(original, int | float | list):
        return original
    if isinstance(original, list):
        return _array(original, rng)
    if isinstance(original, int):
        return int(rng.integers(max(2, original - 1), original + 4)) if original > 1 else original
    return round(float(original * rng.uniform(0.6, 1.6)), 1)


def _array(original: list, rng: np.random.Generator) -> list:
    try:
        array = np.array(original, dtype=float)
    except (ValueError, TypeError):
        return original
    whole = bool(np.all(array == np.round(array)))
    low, high = float(array.min(initial=0)), float(array.max(initial=0))
    for _ in range(_TRIES):
        if whole:
            new = rng.integers(int(low), int(high) + 2, array.shape).astype(float)
        else:
            new = np.round(rng.uniform(low, high, array.shape), 1)
        if _is_telling(new) and not np.array_equal(new, array):
            keep_ints = all(isinstance(item, int) for item in np.array(original, dtype=object).flat)
            return new.astype(int).tolist() if whole and keep_ints else new.tolist()
    return original


def _is_telling(array: np.ndarray) -> bool:
    """Not so simple that a wrong method gives the right numbers: varied entries, no empty row or column."""
    if array.size < 2:
        return bool(np.all(array != 0))
    if len(np.unique(array)) < 2 or np.count_nonzero(array) < 2:
        return False
    if array.ndim == 2 and min(array.shape) > 1:
        return (
            all(np.any(row) for row in array)
            and all(np.any(column) for column in array.T)
            and np.linalg.matrix_rank(array) == min(array.shape)
        )
    return True


def _sentence(rng: np.random.Generator) -> str:
    from qkvlib.grammar import TWO_CLASSES

    tokens = TWO_CLASSES.sample(Random(int(rng.integers(2**62))), alone=False).tokens
    text = " ".join(tokens)
    return f"{text[0].upper()}{text[1:]}."

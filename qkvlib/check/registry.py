"""Every exercise of the course by name, in the order of the lessons."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import MappingProxyType

from qkvlib.check.spec import Exercise

LESSONS = tuple(range(1, 10))


@cache
def exercises() -> MappingProxyType[str, Exercise]:
    """{name: Exercise}. Loaded on first use, so that `from qkvlib import check` costs nothing."""
    found = {}
    for lesson in LESSONS:
        for exercise in import_module(f"qkvlib.check.specs.lesson{lesson:02d}").EXERCISES:
            if exercise.name in found:
                raise ValueError(f"two exercises are called {exercise.name}")
            found[exercise.name] = exercise
    return MappingProxyType(found)


def exercise(name: str) -> Exercise:
    """One exercise by name."""
    try:
        return exercises()[name]
    except KeyError:
        raise KeyError(f"there is no exercise called {name}: {', '.join(exercises())}") from None

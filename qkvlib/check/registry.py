"""Every exercise of the course by name. In which lesson it stands, and where, `qkvlib.course.outline` knows."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from qkvlib.check.spec import Exercise

_ROOMS = Path(__file__).parent / "exercises"


@cache
def exercises() -> MappingProxyType[str, Exercise]:
    """{name: Exercise}. Loaded on first use, so that `from qkvlib import check` costs nothing."""
    found: dict[str, Exercise] = {}
    for path in sorted(_ROOMS.glob("*/[!_]*.py")):
        module = import_module(f"{__package__}.exercises.{path.parent.name}.{path.stem}")
        exercise: Exercise = module.EXERCISE
        if exercise.name != path.stem:
            raise ValueError(f"{path.parent.name}/{path.name} holds an exercise called {exercise.name}")
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

"""What learners call: `check.scores(scores)` -> Verdict; `check.scores.hint()`; `check.scores.solution()`.

An exercise is data (`spec.py`), one module of `exercises/` each, with what several share in `misconceptions/`;
`attempt.py` runs an answer and `judge.py`, apart from it, compares.
"""

from difflib import get_close_matches
from functools import cache

from qkvlib.check import registry
from qkvlib.check.checker import Checker, CheckFailed
from qkvlib.check.registry import exercise
from qkvlib.check.verdict import Verdict

__all__ = ["CheckFailed", "Verdict", "exercise"]


@cache
def _checker(name: str) -> Checker:
    return Checker(exercise(name))


def __getattr__(name: str) -> Checker:
    if not name.startswith("_") and name in registry.exercises():
        return _checker(name)
    near = get_close_matches(name, registry.exercises(), 1)
    raise AttributeError(f"there is no check called {name}" + (f"; did you mean check.{near[0]}?" if near else ""))


def __dir__() -> list[str]:
    return sorted([*__all__, *registry.exercises()])

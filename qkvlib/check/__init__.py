"""What learners call: `check.scores(scores)` -> Verdict; `check.scores.hint()`; `check.scores.solution()`.

An exercise is data (`spec.py`, `specs/`); `judge.py` runs an answer and, apart from that, compares it.
"""

from functools import cache

from qkvlib.check.checker import Checker, CheckFailed
from qkvlib.check.registry import exercise, exercises
from qkvlib.check.verdict import Verdict

__all__ = ["CheckFailed", "Verdict", "exercise", "exercises"]


@cache
def _checker(name):
    return Checker(exercise(name))


def __getattr__(name):
    if not name.startswith("_") and name in exercises():
        return _checker(name)
    from difflib import get_close_matches

    near = get_close_matches(name, exercises(), 1)
    raise AttributeError(f"there is no check called {name}" + (f"; did you mean check.{near[0]}?" if near else ""))


def __dir__():
    return sorted([*__all__, *exercises()])

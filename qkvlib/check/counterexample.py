"""The smallest input for which an answer differs: searched among small whole numbers, then shrunk.

What is found fails in a way in which the answer failed its check (numbers, shape, error), so that no accident of tiny
sizes is shown in place of the mistake. Nothing is random, and nothing is timed: the same answer gives the same example.
It runs the learner's code, so it belongs to the learner's own kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qkvlib.check import attempt, judge, stages
from qkvlib.check.attempt import Outcome
from qkvlib.check.candidates import is_promised, small_calls
from qkvlib.check.naming import in_form
from qkvlib.check.plain import alike, as_array, expected, in_parts
from qkvlib.check.spec import Call, Exercise

_SHRINKS = 200  # tries with simpler numbers
_SIMPLER = (0.0, 1.0, 2.0, -1.0)  # in this order


@dataclass(frozen=True)
class CounterExample:
    """A small call that the answer does not get right, and what it gave. The right value is computed when asked for.

    `place` is where the first result differs first: the part of a result of several, or None, and an index, () for a
    result that is one thing; None where nothing can be pointed at (an error, another shape).
    """

    exercise: Exercise
    call: Call
    outcome: Outcome
    place: tuple[int | None, tuple[int, ...]] | None = None

    @property
    def right(self) -> Any:
        """The right result, as a plain value. Never shown in graded work."""
        return right_value(self.exercise, self.call)


def find(
    exercise: Exercise, answer: Any, calls: Sequence[Call], outcomes: Sequence[Outcome], graded: bool = False
) -> CounterExample | None:
    """The smallest input on which `answer` fails as it did on `calls`; None where none is found, or nothing runs."""
    if exercise.kind != "function":
        return None
    failures = {
        how_it_fails(exercise, call, outcome)
        for call, outcome in zip(calls, outcomes, strict=True)
        if call.reading == calls[0].reading
    } - {""}
    if not failures or failures & {"todo", "not-callable", "signature"}:
        return None

    def fails(call: Call) -> bool:
        return how_it_fails(exercise, call, _outcome(exercise, answer, call)) in failures

    first = next(filter(fails, small_calls(exercise, calls)), None)
    if first is None:
        return None
    call = _shrunk(exercise, first, fails)
    found = CounterExample(exercise, call, _outcome(exercise, answer, call))
    return replace(found, place=place_of(found, graded))


def place_of(example: CounterExample, graded: bool) -> tuple[int | None, tuple[int, ...]] | None:
    """Where an example is wrong first. In graded work nowhere for booleans, which would give the right one away."""
    place = first_wrong(example.exercise, example.call, example.outcome)
    if not graded or place is None:
        return place
    parts = in_parts(example.right, len(example.right)) if place[0] is not None else None
    array = as_array(example.right if place[0] is None or parts is None else parts[place[0]])
    return None if array is None or array.dtype == bool else place


def how_it_fails(exercise: Exercise, call: Call, outcome: Outcome) -> str:
    """In which way an outcome is not right, "" where it is: an error's name, what is wrong with its form, "values"."""
    if judge.left_open(call, outcome) or judge.passes(exercise, [call], [outcome]):
        return ""
    if outcome.kind != "returned":
        return outcome.error or outcome.kind
    want = right_value(exercise, call)
    fitted, amiss = in_form(exercise, replace(outcome, value=exercise.tidy(outcome.value)), want)
    return stages.form(exercise, call, fitted, want) or amiss or "values"


def right_value(exercise: Exercise, call: Call) -> Any:
    """What the call should have given."""
    with np.errstate(all="ignore"):
        return expected(exercise.reference(*call.args))[0]


def _outcome(exercise: Exercise, answer: Any, call: Call) -> Outcome:
    return attempt.run(exercise, answer, [call])[0]


def first_wrong(exercise: Exercise, call: Call, outcome: Outcome) -> tuple[int | None, tuple[int, ...]] | None:
    """Where the result differs first, see `CounterExample.place`."""
    if outcome.kind != "returned":
        return None
    want = right_value(exercise, call)
    value = in_form(exercise, replace(outcome, value=exercise.tidy(outcome.value)), want)[0].value
    if isinstance(want, tuple) and (exercise.parts or as_array(want) is None):
        parts = in_parts(value, len(want))
        for k, (part, wanted) in enumerate(zip(parts or (), want, strict=parts is not None)):
            if not alike(part, wanted, exercise.tolerance):
                place = _first_entry(part, wanted, exercise.tolerance)
                return None if place is None else (k, place)
        return None
    place = _first_entry(value, want, exercise.tolerance)
    return None if place is None else (None, place)


def _first_entry(value: Any, want: Any, tolerance: float) -> tuple[int, ...] | None:
    array, wanted = as_array(value), as_array(want)
    if array is None or wanted is None or array.shape != wanted.shape:
        return None
    for place in np.ndindex(array.shape):
        if not alike(array[place], wanted[place], tolerance):
            return tuple(map(int, place))
    return None


# -- simpler numbers --------------------------------------------------------------------------------------------------


def _shrunk(exercise: Exercise, call: Call, fails: Callable[[Call], bool]) -> Call:
    """The call with as many of its numbers as can be made simpler, one after the other."""
    left, changed = _SHRINKS, True
    while changed and left:
        changed = False
        for path, now in _entries(call.args):
            for number in _SIMPLER:
                if number == now or not left:
                    break
                simpler = replace(call, args=_with(call.args, path, number))
                if is_promised(exercise, simpler):
                    left -= 1
                    if fails(simpler):
                        call, changed = simpler, True
                        break
    return call


def _entries(value: Any, path: tuple = ()) -> Iterator[tuple[tuple, float]]:
    """(path, number) of every number in an array or a list that may become simpler."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "fiu":
            for place in np.ndindex(value.shape):
                yield (*path, place), float(value[place])
    elif isinstance(value, tuple | list | dict):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if path and type(item) is int and isinstance(value, list):
                yield (*path, key), item
            else:
                yield from _entries(item, (*path, key))


def _with(value: Any, path: tuple, number: float) -> Any:
    """A copy of `value` with one number replaced."""
    if not path:
        return type(value)(number)
    if isinstance(value, np.ndarray):
        changed = value.copy()
        changed[path[0]] = number
        return changed
    if isinstance(value, dict):
        return {**value, path[0]: _with(value[path[0]], path[1:], number)}
    return type(value)(_with(item, path[1:], number) if k == path[0] else item for k, item in enumerate(value))

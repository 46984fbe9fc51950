"""Small inputs of an exercise, the fewest numbers first: where a counter-example is looked for.

The check's own calls say what arguments look like. Each is cut to smaller sizes, axes of one length together, and
filled with small whole numbers; what the reference refuses, or answers with no finite number, is no input that was
promised. An exercise whose inputs promise more says so in `promised`, and how to fill a parameter in `fills`; where
cutting makes no sense at all it gives its own in `small`.
"""

from __future__ import annotations

import heapq
import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from qkvlib.check.plain import as_array, expected
from qkvlib.check.spec import Call, Exercise

_LENGTHS = (1, 2, 3, 4, 6)  # 4 and 6 are there to be cut into heads
_FRACTIONS = (1.0, 2.0, 0.5)
_WHOLE = (1.0, 2.0, -1.0, 3.0, -2.0)
_ODD = (0.125, 0.7, 2000.0, -2000.0)  # for what whole numbers do not show: rounding, overflow, and its opposite
_MOST = 1_000  # forms that are looked at in one pass, most of which the reference refuses at once


@dataclass(frozen=True)
class _Pass:
    """One way to look: the least length of an axis that may be longer, the numbers, and how many calls to try."""

    least: int
    numbers: tuple[float, ...]
    tries: int


_PASSES = (_Pass(1, _WHOLE, 160), _Pass(2, _WHOLE, 60), _Pass(1, _ODD, 150))


def small_calls(exercise: Exercise, calls: Sequence[Call]) -> Iterator[Call]:
    """Calls with few and small numbers that the exercise promises, the smallest first. The same in every run."""
    rng = np.random.default_rng(0)
    if exercise.small is not None:
        yield from (replace(calls[0], args=args, about="") for args in exercise.small(rng))
        return
    for one in _PASSES:
        made = _cut(exercise, calls, one, rng)
        yield from islice((call for call in made if is_promised(exercise, call)), one.tries)


def is_promised(exercise: Exercise, call: Call) -> bool:
    """Whether the statement promises arguments like these."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return exercise.promised(*call.args) and _finite(expected(exercise.reference(*call.args))[0])
    except Exception:  # whatever a reference says of arguments that do not fit: they are none
        return False


def _finite(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_finite, value))
    array = as_array(value)
    return array is None or bool(np.isfinite(array).all())


# -- cutting ----------------------------------------------------------------------------------------------------------


def _cut(exercise: Exercise, calls: Sequence[Call], how: _Pass, rng: np.random.Generator) -> Iterator[Call]:
    """The calls of the check, cut to every size, the smallest first, each filled twice."""
    forms = [_Form(exercise, call, how) for call in calls if call.reading == calls[0].reading]
    waiting = [(form.count(form.first), n, form.first) for n, form in enumerate(forms)]
    seen = {(n, form.first) for n, form in enumerate(forms)}
    made: set[str] = set()
    heapq.heapify(waiting)
    for _ in range(_MOST):
        if not waiting:
            return
        _, n, places = heapq.heappop(waiting)
        form = forms[n]
        if (shapes := form.shapes(places)) not in made:  # two calls may come to the same
            made.add(shapes)
            for _ in range(2):
                yield replace(form.call, args=form.filled(places, rng), about="")
        for k, choices in enumerate(form.choices.values()):
            further = (*places[:k], places[k] + 1, *places[k + 1 :])
            if further[k] < len(choices) and (n, further) not in seen:
                seen.add((n, further))
                heapq.heappush(waiting, (form.count(further), n, further))


class _Form:
    """The arguments of one call with its sizes left open.

    `choices` holds what is open: an axis by its length, a number by its place, and what each may be. `places` says
    which of its choices each of them takes.
    """

    def __init__(self, exercise: Exercise, call: Call, how: _Pass) -> None:
        self.exercise, self.call, self.how = exercise, call, how
        self.choices: dict[tuple, tuple] = {}
        self._look(call.args, ())
        self.first = (0,) * len(self.choices)

    def _look(self, value: Any, place: tuple) -> None:
        if isinstance(value, np.ndarray):
            for n in value.shape:
                self.choices["axis", n] = self._lengths(n)
        elif _is_row(value):
            self.choices["axis", len(value)] = self._lengths(len(value))
        elif isinstance(value, tuple | list | dict):
            for key, item in _items(value):
                self._look(item, (*place, key))
        elif type(value) is int:
            self.choices["number", place] = tuple(int(math.copysign(n, value)) for n in self._lengths(abs(value)))
        elif type(value) is float:
            self.choices["number", place] = (*(f for f in _FRACTIONS if f != value), value)

    def _lengths(self, n: int) -> tuple[int, ...]:
        return tuple(m for m in _LENGTHS if min(n, self.how.least) <= m <= n) or (n,)

    def _chosen(self, places: tuple) -> dict[tuple, Any]:
        return {key: choices[k] for (key, choices), k in zip(self.choices.items(), places, strict=True)}

    def filled(self, places: tuple, rng: np.random.Generator) -> tuple:
        """The arguments at these sizes."""
        sizes = self._chosen(places)

        def make(value: Any, place: tuple) -> Any:
            if isinstance(value, np.ndarray):
                return self._numbers(place[0], value.dtype.kind, tuple(sizes["axis", n] for n in value.shape), rng)
            if _is_row(value):
                return self._numbers(place[0], "i", (sizes["axis", len(value)],), rng).tolist()
            if isinstance(value, dict):
                return {key: make(item, (*place, key)) for key, item in value.items()}
            if isinstance(value, tuple | list):
                return type(value)(make(item, (*place, k)) for k, item in enumerate(value))
            return sizes.get(("number", place), value)

        return make(self.call.args, ())

    def shapes(self, places: tuple) -> str:
        """What is the same for arguments that differ in the numbers of their arrays alone."""
        sizes = self._chosen(places)

        def shape(value: Any, place: tuple) -> Any:
            if isinstance(value, np.ndarray):
                return value.dtype.kind, [sizes["axis", n] for n in value.shape]
            if _is_row(value):
                return [sizes["axis", len(value)]]
            if isinstance(value, tuple | list | dict):
                return [(key, shape(item, (*place, key))) for key, item in _items(value)]
            return sizes.get(("number", place), value)

        return repr(shape(self.call.args, ()))

    def count(self, places: tuple) -> int:
        """How large it is: numbers, axes, and how far each number is from the simplest."""
        sizes = self._chosen(places)

        def numbers(value: Any) -> int:
            if isinstance(value, np.ndarray):
                return math.prod(sizes["axis", n] for n in value.shape) + value.ndim
            if _is_row(value):
                return sizes["axis", len(value)]
            return sum(numbers(item) for _, item in _items(value)) if isinstance(value, tuple | list | dict) else 1

        return numbers(self.call.args) + sum(places)

    def _numbers(self, parameter: int, kind: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        fill = self.exercise.fills.get(self.exercise.parameters[parameter])
        if fill is not None:
            return fill(rng, shape)
        if kind == "b":
            return rng.random(shape) < 0.5
        return rng.integers(0, 3, shape) if kind in "iu" else rng.choice(self.how.numbers, shape)


def _is_row(value: Any) -> bool:
    """A list of numbers, which is cut as an array is."""
    return isinstance(value, list) and len(value) > 0 and all(type(item) in (int, float) for item in value)


def _items(value: Any) -> Iterator[tuple[Any, Any]]:
    return iter(value.items() if isinstance(value, dict) else enumerate(value))

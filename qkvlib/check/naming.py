"""Which mistake is it? Runs the misconceptions of an exercise on the same inputs and looks for the same outcome.

A mistake explains an answer when it gives the same results on every call, errors included: an answer that works on one
sequence and breaks on a batch is explained by a mistake that does the same. Most mistakes are ruled out by the first
call alone, which keeps a check fast.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from qkvlib.check import forms
from qkvlib.check.attempt import Outcome
from qkvlib.check.plain import alike, in_parts
from qkvlib.check.spec import Call, Exercise, Mistake


def is_right(exercise: Exercise, outcomes: Sequence[Outcome], accepted: Sequence[tuple]) -> bool:
    """Whether every outcome, put into the form that was promised, is an accepted value.

    `accepted` holds a tuple of right values for each call, the usual one first.
    """
    return all(
        outcome.kind == "returned" and any(agrees(outcome.value, want, exercise.tolerance) for want in wants)
        for outcome, wants in zip(outcomes, accepted, strict=True)
    )


def name(
    exercise: Exercise, calls: Sequence[Call], outcomes: Sequence[Outcome], accepted: Sequence[tuple], try_out: Callable
) -> Mistake | None:
    """The mistake that explains all outcomes, or None. `try_out(version, args)` is the outcome of a misconception."""
    candidates = [(m, version) for m in exercise.mistakes for version in versions(exercise, m)]
    candidates += list(_pairs(exercise))
    # The same to the last digits is a better explanation than the same within the tolerance (-1e-9 is not quite 0), and
    # that is a better one than the same in every part that is not right.
    strict = replace(exercise, tolerance=min(exercise.tolerance, 1e-12))
    grades = [(_same_outcome, strict), (_same_outcome, exercise), (_same_in_every_wrong_part, exercise)]
    if any(
        outcome.kind == "returned" and not is_right(exercise, [outcome], [wants])
        for outcome, wants in zip(outcomes, accepted, strict=True)
    ):
        grades.append((_same_where_it_returns, exercise))
    best: list[Mistake | None] = [None] * len(grades)

    def fitted(version: Callable, k: int) -> Outcome:
        return in_form(exercise, try_out(version, calls[k].args), accepted[k][0])[0]

    for candidate, version in candidates:
        theirs = [fitted(version, 0)]
        if not any(explains(judged, outcomes[0], theirs[0], accepted[0][0]) for explains, judged in grades[1:]):
            continue
        theirs += [fitted(version, k) for k in range(1, len(calls))]
        for place, (explains, judged) in enumerate(grades):
            if best[place] is None and all(
                explains(judged, outcome, their, wants[0])
                for outcome, their, wants in zip(outcomes, theirs, accepted, strict=True)
            ):
                best[place] = candidate
        if best[0] is not None:
            break
    return next((found for found in best if found is not None), None) or by_property(exercise, calls, outcomes)


def by_property(
    exercise: Exercise, calls: Sequence[Call], outcomes: Sequence[Outcome], last: bool = False
) -> Mistake | None:
    """The first mistake whose property every outcome has."""
    for found in exercise.mistakes:
        if found.last == last and all(_recognised(found, c, o) for c, o in zip(calls, outcomes, strict=True)):
            return found
    return None


def versions(exercise: Exercise, mistake: Mistake) -> list[Callable]:
    """Everything that a learner with this misconception might have written, as functions."""
    made = list(mistake.versions)
    if mistake.switches:
        made.append(exercise.switched(mistake.switches))
    return made


def _pairs(exercise: Exercise) -> Iterator[tuple[Mistake, Callable]]:
    """Two switched mistakes at once; the one that stands first in the exercise is the more fundamental."""
    switched = [m for m in exercise.mistakes if m.switches]
    few = len(switched) <= 36  # in larger exercises only the mistakes that come along with others, to stay fast
    for first, second in combinations(switched, 2):
        together = few or first.companion or second.companion
        if together and not set(first.switches) & set(second.switches):
            yield first, exercise.switched({**first.switches, **second.switches})


def agrees(value: Any, want: Any, tolerance: float) -> bool:
    """Whether a value in the promised form is this one; of several results the first may stand alone."""
    alone = isinstance(value, tuple) and len(value) == 1 and isinstance(want, tuple)
    return alike(value, want[:1] if alone else want, tolerance)


def in_form(exercise: Exercise, outcome: Outcome, want: Any) -> tuple[Outcome, str]:
    """An outcome with its value in the promised form, and what was amiss with the form it had."""
    if outcome.kind != "returned":
        return outcome, ""
    value, amiss = forms.promised(exercise, outcome.value, want)
    return (outcome if value is outcome.value else replace(outcome, value=value)), amiss


def _same_outcome(exercise: Exercise, outcome: Outcome, theirs: Outcome, _want: Any) -> bool:
    if outcome.kind != theirs.kind:
        return False
    if outcome.kind == "raised":
        return why(outcome) == why(theirs)
    if outcome.kind == "returned":
        return agrees(outcome.value, theirs.value, exercise.tolerance)
    return outcome.detail == theirs.detail


def _same_where_it_returns(exercise: Exercise, outcome: Outcome, theirs: Outcome, want: Any) -> bool:
    """An error is a fault of its own, and is told beside the mistake."""
    return outcome.kind == "raised" or _same_outcome(exercise, outcome, theirs, want)


def _same_in_every_wrong_part(exercise: Exercise, outcome: Outcome, theirs: Outcome, want: Any) -> bool:
    """For results of several parts: each part is either right or just what the mistake gives."""
    if not isinstance(want, tuple) or outcome.kind != "returned" or theirs.kind != "returned":
        return False
    parts, other = in_parts(outcome.value, len(want)), in_parts(theirs.value, len(want))
    if parts is None or other is None:
        return False
    return all(
        alike(part, right, exercise.tolerance) or alike(part, wrong, exercise.tolerance)
        for part, right, wrong in zip(parts, want, other, strict=True)
    )


def _recognised(mistake: Mistake, call: Call, outcome: Outcome) -> bool:
    if outcome.kind != "returned" or mistake.recognise is None:
        return False
    try:
        return bool(mistake.recognise(call.args, outcome.value))
    except Exception:  # a property that cannot even be asked of this answer does not hold
        return False


CLASHES = (  # how matmul and dot say which two sizes should have been equal
    re.compile(r"size (\d+) is different from (\d+)"),
    re.compile(r"(\d+) \(dim -?\d+\) != (\d+) \(dim -?\d+\)"),
)
_SHAPES = re.compile(r"\((\d+(?:,\s*\d+)*,?)\)")


def why(outcome: Outcome) -> tuple:
    """An error, reduced to what stays the same however the line was written: the sizes that did not fit."""
    for pattern in CLASHES:
        if found := pattern.search(outcome.detail):
            return "sizes", frozenset(found.groups())
    if "broadcast" in outcome.detail and (shapes := _SHAPES.findall(outcome.detail)):
        return "broadcast", frozenset(re.sub(r"\s", "", shape) for shape in shapes)
    return outcome.error, outcome.detail

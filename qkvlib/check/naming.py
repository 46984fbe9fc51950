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

from qkvlib.check.attempt import Outcome
from qkvlib.check.plain import alike, as_array
from qkvlib.check.spec import Call, Exercise, Mistake


def is_right(exercise: Exercise, outcomes: Sequence[Outcome], accepted: Sequence[tuple]) -> bool:
    """Whether every outcome is an accepted value, in one of the forms in which it may be handed back.

    `accepted` holds a tuple of right values for each call, the usual one first.
    """
    return all(
        outcome.kind == "returned" and any(_matches(exercise, outcome.value, want) for want in wants)
        for outcome, wants in zip(outcomes, accepted, strict=True)
    )


def name(exercise: Exercise, calls: Sequence[Call], outcomes: Sequence[Outcome], try_out: Callable) -> Mistake | None:
    """The mistake that explains all outcomes, or None. `try_out(version, args)` is the outcome of a misconception."""
    candidates = [(m, version) for m in exercise.mistakes for version in versions(exercise, m)]
    candidates += list(_pairs(exercise))
    # The same to the last digits is a better explanation than the same within the tolerance (-1e-9 is not quite 0).
    strict = replace(exercise, tolerance=min(exercise.tolerance, 1e-12))
    best: dict[bool, Mistake] = {}  # whether it is the same to the last digits -> the first such mistake
    for candidate, version in candidates:
        theirs = [try_out(version, calls[0].args)]
        if not _same_outcome(exercise, outcomes[0], theirs[0]):
            continue
        theirs += [try_out(version, call.args) for call in calls[1:]]
        for exact, judged in ((True, strict), (False, exercise)):
            if all(_same_outcome(judged, outcome, their) for outcome, their in zip(outcomes, theirs, strict=True)):
                best.setdefault(exact, candidate)
        if True in best:
            break
    return best.get(True) or best.get(False) or by_property(exercise, calls, outcomes)


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


def _matches(exercise: Exercise, value: Any, want: Any) -> bool:
    return any(alike(value, shaped, exercise.tolerance) for shaped in _forms(exercise, want))


def _forms(exercise: Exercise, value: Any) -> Iterator[Any]:
    for form in exercise.forms:
        try:
            yield form(value)
        except (TypeError, IndexError, KeyError, ValueError):  # a mistake may return something of another structure
            continue


def closest_form(exercise: Exercise, value: Any, want: Any) -> Any:
    """The accepted form of a right value whose structure is that of `value`; the usual one when none is."""
    forms = list(_forms(exercise, want))
    several = isinstance(value, tuple | dict) and as_array(value) is None
    for form in forms:
        if several and isinstance(form, tuple | dict) and len(form) == len(value):
            return form
        if not several and not isinstance(form, tuple | dict):
            return form
    return forms[0]


def _same_outcome(exercise: Exercise, outcome: Outcome, theirs: Outcome) -> bool:
    if outcome.kind != theirs.kind:
        return False
    if outcome.kind == "raised":
        return why(outcome) == why(theirs)
    if outcome.kind == "returned":
        return _matches(exercise, outcome.value, theirs.value)
    return outcome.detail == theirs.detail


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

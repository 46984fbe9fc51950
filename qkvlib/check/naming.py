"""Which mistake is it? Runs the misconceptions of an exercise on the same inputs and looks for the same outcome.

A mistake explains an answer when it gives the same results on every call, errors included: an answer that works on one
sequence and breaks on a batch is explained by a mistake that does the same. Most mistakes are ruled out by the first
call alone, which keeps a check fast.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from qkvlib.check import forms
from qkvlib.check.attempt import Outcome
from qkvlib.check.plain import alike
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
    # The same to the last digits is a better explanation than the same within the tolerance (-1e-9 is not quite 0).
    strict = replace(exercise, tolerance=min(exercise.tolerance, 1e-12))
    graded = [(_same_outcome, strict), (_same_outcome, exercise)]
    if any(
        outcome.kind == "returned" and not is_right(exercise, [outcome], [wants])
        for outcome, wants in zip(outcomes, accepted, strict=True)
    ):
        graded.append((_same_where_it_returns, exercise))
    best: dict[int, Mistake] = {}  # how well it explains, 0 being best -> the first such mistake

    def fitted(version: Callable, k: int) -> Outcome:
        return in_form(exercise, try_out(version, calls[k].args), accepted[k][0])[0]

    for candidate, version in candidates:
        theirs = [fitted(version, 0)]
        if not graded[-1][0](exercise, outcomes[0], theirs[0]):
            continue
        theirs += [fitted(version, k) for k in range(1, len(calls))]
        for grade, (explains, judged) in enumerate(graded):
            if all(explains(judged, outcome, their) for outcome, their in zip(outcomes, theirs, strict=True)) and (
                explains is _same_outcome or _gets_one_wrong(exercise, outcomes, theirs, accepted)
            ):
                best.setdefault(grade, candidate)
        if 0 in best:
            break
    return best[min(best)] if best else by_property(exercise, calls, outcomes)


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
    few = len(switched) <= 33  # in larger exercises only the mistakes that come along with others, to stay fast
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


def _same_outcome(exercise: Exercise, outcome: Outcome, theirs: Outcome) -> bool:
    if outcome.kind != theirs.kind:
        return False
    if outcome.kind == "raised":
        return why(outcome) == why(theirs)
    if outcome.kind == "returned":
        return agrees(outcome.value, theirs.value, exercise.tolerance)
    return outcome.detail == theirs.detail


def _same_where_it_returns(exercise: Exercise, outcome: Outcome, theirs: Outcome) -> bool:
    """An error is a fault of its own, and is told beside the mistake."""
    return outcome.kind == "raised" or _same_outcome(exercise, outcome, theirs)


def _gets_one_wrong(
    exercise: Exercise, outcomes: Sequence[Outcome], theirs: Sequence[Outcome], accepted: Sequence[tuple]
) -> bool:
    """Whether a mistake is one where the answer returns at all: one that is right there explains nothing."""
    return any(
        outcome.kind == "returned" and not is_right(exercise, [their], [wants])
        for outcome, their, wants in zip(outcomes, theirs, accepted, strict=True)
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
_UNCUT = re.compile(r"cannot reshape array of size (\d+)")
_UNSPLIT = re.compile(r"X is \[([\d, ]+)\]: the width \d+ does not divide into")


def why(outcome: Outcome) -> tuple:
    """An error, reduced to what stays the same however the line was written: the sizes that did not fit,
    or how many numbers could not be cut into the pieces that were asked for."""
    for pattern in CLASHES:
        if found := pattern.search(outcome.detail):
            return "sizes", frozenset(found.groups())
    if found := _UNCUT.search(outcome.detail):
        return "cut", int(found[1])
    if found := _UNSPLIT.search(outcome.detail):
        return "cut", math.prod(map(int, found[1].split(",")))
    if "broadcast" in outcome.detail and (shapes := _SHAPES.findall(outcome.detail)):
        return "broadcast", frozenset(re.sub(r"\s", "", shape) for shape in shapes)
    return outcome.error, outcome.detail

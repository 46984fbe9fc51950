"""The judge: compares what came of an answer with what should have come.

    calls    = exercise.calls(rng)                       trusted
    outcomes = attempt.run(exercise, answer, calls)      runs the learner's code; may happen in a sandboxed child
    verdict  = judge.compare(exercise, calls, outcomes)  trusted; sees plain values only (qkvlib.check.plain)

`attempt` never sees a reference value, and `compare` never calls anything that the learner wrote.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from qkvlib.check import naming, stages
from qkvlib.check.attempt import MAX_DETAIL, Outcome, run
from qkvlib.check.plain import expected as expected_values
from qkvlib.check.plain import plain
from qkvlib.check.spec import Call, Exercise, Tag, whole
from qkvlib.check.verdict import Kind, Verdict


def default_seed(exercise: Exercise) -> int:
    """The seed of the learner's own cell: always the same, so that a verdict can be repeated."""
    return zlib.crc32(exercise.name.encode())


def check(exercise: Exercise, answer: Any, rng: np.random.Generator | None = None, **given: Any) -> Verdict:
    """Both halves in one process: what a learner's cell does."""
    rng = np.random.default_rng(default_seed(exercise)) if rng is None else rng
    calls = exercise.calls(rng, **given)
    return compare(exercise, calls, run(exercise, answer, calls))


def compare(exercise: Exercise, calls: Sequence[Call], outcomes: Sequence[Outcome]) -> Verdict:
    """The verdict on `outcomes`, one per call. Trusted: looks at plain values only."""
    verdicts, meant = [], []
    for calls_of_one, outcomes_of_one in _readings(exercise, calls, outcomes):
        verdicts.append(_compare_one_reading(exercise, calls_of_one, outcomes_of_one))
        if verdicts[-1]:
            return verdicts[-1]
        if any(outcome.kind != "raised" for outcome in outcomes_of_one):
            meant.append(verdicts[-1])
    # A reading in which the answer never runs is not how it was meant; what it says there is no clue.
    return min(meant or verdicts[:1], key=lambda v: (v.kind is Kind.RAISED, v.mistake == ""))


def passes(exercise: Exercise, calls: Sequence[Call], outcomes: Sequence[Outcome]) -> bool:
    """Whether `compare` would say "correct". Far cheaper for a wrong answer, whose mistake it does not look for."""
    return any(_before_naming(exercise, *one)[0] for one in _readings(exercise, calls, outcomes))


def _readings(
    exercise: Exercise, calls: Sequence[Call], outcomes: Sequence[Outcome]
) -> Iterator[tuple[list[Call], list[Outcome]]]:
    """The calls and outcomes of each reading of the contract, results tidied."""
    if len(outcomes) != len(calls):
        raise ValueError(f"{len(calls)} calls but {len(outcomes)} outcomes: one outcome per call is needed")
    if exercise.tidy is not whole:
        outcomes = [replace(o, value=exercise.tidy(o.value)) if o.kind == "returned" else o for o in outcomes]
    for reading in dict.fromkeys(call.reading for call in calls):
        pairs = [(c, o) for c, o in zip(calls, outcomes, strict=True) if c.reading == reading and not left_open(c, o)]
        yield [c for c, _ in pairs], [o for _, o in pairs]


def left_open(call: Call, outcome: Outcome) -> bool:
    """Floats are promised, so an answer may divide in place. Of whole numbers that is an error, and no wrong result."""
    return call.tag is Tag.WHOLE and outcome.kind == "raised" and outcome.detail.startswith("Cannot cast ufunc")


def _before_naming(
    exercise: Exercise, calls: list[Call], outcomes: list[Outcome]
) -> tuple[Verdict | None, list[Outcome], list[tuple]]:
    """The verdict that needs no name for a mistake (None otherwise), the outcomes in the promised form, and the
    accepted values of each call."""
    right = Verdict(exercise.name, "correct", exercise.praise, kind=Kind.RIGHT)
    if not calls:  # all of them were left open
        return right, outcomes, []
    blocked = stages.before_values(exercise, calls, outcomes)
    if blocked is not None:
        return blocked, outcomes, []
    accepted = [expected_values(exercise.reference(*call.args)) for call in calls]
    fitted = [naming.in_form(exercise, o, wants[0]) for o, wants in zip(outcomes, accepted, strict=True)]
    outcomes = [outcome for outcome, _ in fitted]
    if not naming.is_right(exercise, outcomes, accepted):
        return None, outcomes, accepted
    amiss = stages.beside_values(exercise, outcomes, [slug for _, slug in fitted])
    return right if amiss is None else amiss, outcomes, accepted


def _compare_one_reading(exercise: Exercise, calls: list[Call], outcomes: list[Outcome]) -> Verdict:
    verdict, outcomes, accepted = _before_naming(exercise, calls, outcomes)
    if verdict is not None:
        return verdict
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        named = naming.name(exercise, calls, outcomes, accepted, partial(_what_it_gives, exercise))
    if named is not None:
        message = f"{stages.stopped(calls, outcomes)}{named.message}"
        return Verdict(exercise.name, "wrong", message, named.slug, Kind.NAMED)
    with np.errstate(all="ignore"):
        return stages.describe(exercise, calls, outcomes, accepted)


def _what_it_gives(exercise: Exercise, misconception: Callable, args: tuple) -> Outcome:
    """The outcome of one of our own misconceptions: no copies and no guards are needed for those."""
    try:
        value = plain(misconception(*args), exercise.unpacked)
    except Exception as error:
        return Outcome("raised", error=type(error).__name__, detail=str(error)[:MAX_DETAIL])
    return Outcome("returned", value)

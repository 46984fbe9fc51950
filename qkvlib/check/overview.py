"""What is done and what is open, as lines to print: `qkv progress`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from qkvlib.check.registry import exercises
from qkvlib.course import progress

_SIGNS = {"correct": "done ", "wrong": "tried", "todo": "open "}


def lines() -> Iterator[str]:
    """One line per exercise under one line per lesson, then what else was done, then where it is kept."""
    kept = progress.load()
    checks = kept.get("checks", {})
    for lesson, group in groupby(exercises().values(), key=lambda exercise: exercise.lesson):
        members = list(group)
        states = [checks.get(exercise.name, {}).get("status", "todo") for exercise in members]
        yield f"Lesson {lesson}: {states.count('correct')} of {len(members)} exercises done"
        for exercise, state in zip(members, states, strict=True):
            attempts = checks.get(exercise.name, {}).get("attempts", 0)
            tries = f"  ({attempts} attempt{'s' if attempts != 1 else ''})" if attempts else ""
            yield f"  {_SIGNS.get(state, _SIGNS['todo'])}  {exercise.name}{tries}"
    predictions, cards = (len(kept.get(section, {})) for section in ("predictions", "cards"))
    yield f"Predictions made: {predictions}. Recall cards seen: {cards}."
    yield progress.where()

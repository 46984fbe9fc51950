"""What is done and what is open, as lines to print: `qkv progress`."""

from __future__ import annotations

from collections.abc import Iterator

from qkvlib.course import progress
from qkvlib.course.outline import read_outline

_SIGNS = {"correct": "done ", "wrong": "tried", "todo": "open "}


def lines() -> Iterator[str]:
    """One line per exercise under one line per lesson, then what else was done, then where it is kept."""
    kept = progress.load()
    checks = kept.get("checks", {})
    for lesson in read_outline():
        if not lesson.exercises:
            continue
        states = [checks.get(name, {}).get("status", "todo") for name in lesson.exercises]
        yield f"Lesson {int(lesson.number)}: {states.count('correct')} of {len(states)} exercises done"
        for name, state in zip(lesson.exercises, states, strict=True):
            attempts = checks.get(name, {}).get("attempts", 0)
            tries = f"  ({attempts} attempt{'s' if attempts != 1 else ''})" if attempts else ""
            yield f"  {_SIGNS.get(state, _SIGNS['todo'])}  {name}{tries}"
    predictions, cards = (len(kept.get(section, {})) for section in ("predictions", "cards"))
    yield f"Predictions made: {predictions}. Recall cards seen: {cards}."
    yield progress.where()

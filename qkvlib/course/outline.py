"""The course at a glance: titles, times, and what there is to do in each lesson, as the build wrote them down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class LessonOutline:
    """One lesson: its front matter, and the names of its predictions and exercises in their order."""

    number: str
    slug: str
    title: str
    minutes: int
    needs: str
    answers: str
    predictions: tuple[str, ...]
    exercises: tuple[str, ...]


def read_outline() -> list[LessonOutline]:
    """Every lesson of the course in order, from qkvlib/data/outline.json (`qkv build` writes it from lessons/)."""
    return outline_of((files("qkvlib") / "data" / "outline.json").read_text(encoding="utf-8"))


def outline_of(text: str) -> list[LessonOutline]:
    """The lessons in the text of an outline.json, a list of objects with `LessonOutline`'s fields."""
    lessons: list[dict[str, Any]] = json.loads(text)
    for lesson in lessons:
        lesson |= {key: tuple(lesson[key]) for key in ("predictions", "exercises")}
    return [LessonOutline(**lesson) for lesson in lessons]

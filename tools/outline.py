"""qkvlib/data/outline.json: what the library knows of the lessons, so that it runs where the lessons are not."""

import ast
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from qkvlib.atomic import write_atomically
from qkvlib.course.outline import LessonOutline
from tools.lessonfile import Lesson

TARGET = Path("qkvlib", "data", "outline.json")


def outline_text(course: list[Lesson]) -> str:
    """The outline of `course` as JSON, one line per field, so that a change to a lesson is one line of a diff."""
    lessons = [_outline(lesson, course) for lesson in course if not lesson.is_exercises]
    return json.dumps([asdict(lesson) for lesson in lessons], indent=1, ensure_ascii=False) + "\n"


@contextmanager
def outline_in_place(root: Path, text: str) -> Iterator[None]:
    """Lets the notebooks that run meanwhile see the new outline; the old one comes back when the build fails."""
    path = root / TARGET
    before = path.read_text(encoding="utf-8") if path.exists() else None
    if before != text:
        write_atomically(path, text)
    try:
        yield
    except BaseException:
        if before is None:
            path.unlink()
        else:
            write_atomically(path, before)
        raise


def _outline(lesson: Lesson, course: list[Lesson]) -> LessonOutline:
    companions = [other for other in course if other.is_exercises and other.slug == lesson.slug]
    return LessonOutline(
        number=lesson.number,
        slug=lesson.slug,
        title=lesson.title,
        minutes=lesson.meta["minutes"],
        needs=lesson.meta["needs"],
        answers=lesson.meta["answers"],
        predictions=tuple(dict.fromkeys(_predictions(lesson))),
        exercises=tuple(cell.name for other in companions for cell in other.cells if cell.has("exercise")),
    )


def _predictions(lesson: Lesson) -> Iterator[str]:
    """The names that the lesson's `Predict("name", ...)` calls give, in the order in which they stand."""
    for cell in lesson.cells:
        if cell.has("prediction"):
            calls = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
            for call in sorted(calls, key=lambda call: call.lineno):
                if isinstance(call.func, ast.Name) and call.func.id == "Predict" and call.args:
                    yield ast.literal_eval(call.args[0])

"""ProgressMap: the whole course in one table, with what you have done so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qkvlib.course.outline import LessonOutline, read_outline
from qkvlib.course.progress import entry

BAR = 8  # marks in a full bar


class ProgressMap:
    """The lessons with their question, time and needs, and how far you are; display it to see the table.

    What counts as done: a prediction you committed to, an exercise whose check said "correct". Plain Markdown, so it
    reads the same in JupyterLab, on GitHub and in a diff; run the cell again to bring it up to date.
    `lessons` are those to show (default: all of the course).
    """

    def __init__(self, lessons: Sequence[LessonOutline] | None = None):
        self.lessons = read_outline() if lessons is None else list(lessons)

    def done(self, lesson: LessonOutline) -> tuple[int, int]:
        """(things done, things to do) in one lesson."""
        marks = [_count(lesson.predictions, _committed), _count(lesson.exercises, _solved)]
        return sum(done for done, _ in marks), sum(of for _, of in marks)

    def _so_far(self, lesson: LessonOutline) -> str:
        parts = []
        for names, is_done, noun in (
            (lesson.predictions, _committed, "predictions"),
            (lesson.exercises, _solved, "exercises"),
        ):
            done, of = _count(names, is_done)
            if of:
                parts.append(f"{done}/{of} {noun}")
        return ", ".join(parts)

    def __repr__(self):
        rows = [f"{int(lesson.number)} {lesson.title}: {self._so_far(lesson)}" for lesson in self.lessons]
        return "\n".join(row.rstrip(": ") for row in rows)

    def _repr_markdown_(self):
        rows = ["| | Lesson | It answers | You need | Minutes | So far |", "|---|---|---|---|---:|---|"]
        for lesson in self.lessons:
            done, of = self.done(lesson)
            cells = (
                str(int(lesson.number)),
                f"[{lesson.title}]({lesson.slug}.ipynb)",
                lesson.answers,
                lesson.needs,
                str(lesson.minutes),
                f"{_bar(done, of)} {self._so_far(lesson)}".strip(),
            )
            rows.append(f"| {' | '.join(' '.join(cell.split()).replace('|', '/') for cell in cells)} |")
        return "\n".join(rows)


def _count(names: tuple[str, ...], is_done: Callable[[str], bool]) -> tuple[int, int]:
    return sum(map(is_done, names)), len(names)


def _committed(name: str) -> bool:
    return entry("predictions", name).get("guess") is not None


def _solved(name: str) -> bool:
    return entry("checks", name).get("status") == "correct"


def _bar(done: int, of: int) -> str:
    full = BAR * done // of if of else 0
    return "▰" * full + "▱" * (BAR - full) if of else ""

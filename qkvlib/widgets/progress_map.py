"""ProgressMap: the whole course as a line of stations and a table, with what you have done and what is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qkvlib.course.outline import LessonOutline, read_outline
from qkvlib.course.progress import entry
from qkvlib.widgets.flashcards import due_today

_DONE = "●"
_TOGETHER = "\u00a0"  # a space that no line breaks at


class ProgressMap:
    """A line of stations, what is due today, and the lessons with their question, time and needs; display it to see.

    What counts as done: a prediction you committed to, an exercise whose check said "correct". Plain Markdown, so it
    reads the same in JupyterLab, on GitHub and in a diff; run the cell again to bring it up to date.
    `lessons` are those to show (default: all of the course).
    """

    def __init__(self, lessons: Sequence[LessonOutline] | None = None) -> None:
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

    def _due(self) -> str:
        """What comes back today, and where to go on."""
        due = due_today()
        lessons = ", ".join(f"{count} of lesson {int(number)}" for number, count in due.items())
        cards = f"Due today: {sum(due.values())} recall cards ({lessons})." if due else "No recall card is due today."
        open_ones = [lesson for lesson in self.lessons if _station(*self.done(lesson)) != _DONE]
        return f"{cards} Next: {_link(open_ones[0])}." if open_ones else cards

    def __repr__(self) -> str:
        rows = [f"{int(lesson.number)} {lesson.title}: {self._so_far(lesson)}" for lesson in self.lessons]
        return "\n".join(row.rstrip(": ") for row in rows)

    def _repr_markdown_(self) -> str:
        line = " ─ ".join(
            f"{_station(*self.done(lesson))}{_TOGETHER}[{int(lesson.number)}]({lesson.slug}.ipynb)"
            for lesson in self.lessons
        )
        rows = ["| | Lesson | It answers | You need | Minutes | So far |", "|---|---|---|---|---:|:---|"]
        for lesson in self.lessons:
            done, of = self.done(lesson)
            cells = (
                str(int(lesson.number)),
                f"[{lesson.title}]({lesson.slug}.ipynb)",
                lesson.answers,
                lesson.needs,
                str(lesson.minutes),
                f"{_station(done, of)}{_TOGETHER}{done}/{of}" if of else "",
            )
            rows.append(f"| {' | '.join(' '.join(cell.split(' ')).replace('|', '/') for cell in cells)} |")
        return "\n\n".join([line, self._due(), "\n".join(rows)])


def _count(names: tuple[str, ...], is_done: Callable[[str], bool]) -> tuple[int, int]:
    return sum(map(is_done, names)), len(names)


def _committed(name: str) -> bool:
    return entry("predictions", name).get("guess") is not None


def _solved(name: str) -> bool:
    return entry("checks", name).get("status") == "correct"


def _station(done: int, of: int) -> str:
    """A stop on the line: empty, half full or full."""
    return _DONE if done == of and of else "◐" if done else "○"


def _link(lesson: LessonOutline) -> str:
    return f"[{int(lesson.number)} · {lesson.title}]({lesson.slug}.ipynb)"

"""An assignment in one place, from hand-out to import: who is missing or replaced, what needs eyes, what went where."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from qkvlib.atomic import write_atomically
from qkvlib.grading.coursefile import CourseFile
from qkvlib.grading.doors.results import Exported, Results, exports
from qkvlib.grading.graded import Graded
from qkvlib.grading.pages import render
from qkvlib.grading.remarks import WORTH_A_LOOK
from qkvlib.grading.text import clean, number

FILE = "assignment.html"
_REPLACED = ("several-files", "could-be-two", "found-by-mark")
_WAYS = {"individual": "with own numbers", "same": "with the same numbers for all"}
_MOST = 400  # lines of a table on the page


@dataclass(frozen=True)
class Line:
    """Something about one student."""

    student: Graded
    what: str

    @property
    def who(self) -> dict[str, str]:
        """The student as the templates name them."""
        return {
            "name": self.student.name or self.student.student,
            "id": self.student.student,
            "page": quote(self.student.page),
        }


@dataclass(frozen=True)
class Out:
    """One export, and whose grade is another one now."""

    export: Exported
    changed: list[str]


@dataclass
class Overview:
    """What there is to know of one assignment."""

    title: str
    assignment: str
    out_of: float
    handed_out: str = ""
    due: str = ""
    graded_at: str = ""
    students: int = 0
    graded: int = 0
    mean: float = 0.0
    unsafe: bool = False
    missing: list[Line] = field(default_factory=list)
    replaced: list[Line] = field(default_factory=list)
    eyes: list[Line] = field(default_factory=list)
    late: list[Line] = field(default_factory=list)
    exported: list[Out] = field(default_factory=list)


def overview(results: Results, course: CourseFile | None) -> Overview:
    """Everything about the assignment in a results folder. `course` tells of the hand-out, where it is there."""
    about = results.about
    found = Overview(about.title, about.assignment, about.out_of, due=about.due)
    if course is not None and about.assignment in course.assigned:
        when = course.handed_out.get(about.assignment, "")
        found.handed_out = " ".join(
            part for part in (at(when), _WAYS.get(course.assigned[about.assignment], "")) if part
        )
    found.graded_at = at(datetime.fromtimestamp((results.folder / "class.json").stat().st_mtime, UTC).isoformat())
    reached = []
    for student in results.students:
        found.students += 1
        found.unsafe |= student.unsafe
        _sort(found, student)
        if student.is_graded:
            reached.append(student.score)
    found.graded = len(reached)
    found.mean = sum(reached) / len(reached) if reached else 0.0
    now = {student.student: student.score for student in results.students if student.into_gradebook}
    for entry in exports(results.folder):
        changed = sorted(who for who in {*now, *entry.scores} if entry.scores and now.get(who) != entry.scores.get(who))
        found.exported.append(Out(entry, changed))
    return found


def _sort(found: Overview, student: Graded) -> None:
    """Put what is to be known of one student where it belongs."""
    if not student.file and not student.failed:
        found.missing.append(Line(student, student.problem))
    elif student.problem and not student.failed:
        found.eyes.append(Line(student, student.problem))
    for remark in student.remarks:
        if remark.kind in _REPLACED:
            found.replaced.append(Line(student, remark.text))
        elif remark.kind in WORTH_A_LOOK:
            found.eyes.append(Line(student, remark.text))
    if student.is_late:
        found.late.append(Line(student, student.late or "Marked late by the platform."))


def at(moment: str) -> str:
    """A moment as a teacher reads it; "" for none."""
    try:
        return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return ""


def write_page(found: Overview, folder: Path) -> Path:
    """The page of it in the results folder."""
    parts = [("Nothing handed in", found.missing), ("Which file counts", found.replaced)]
    parts += [("Worth a look", found.eyes), ("Late", found.late)]
    shown = [(name, lines[:_MOST], max(0, len(lines) - _MOST)) for name, lines in parts if lines]
    outs = [
        {"out": out, "when": at(out.export.when), "names": [Path(file).name for file in out.export.files]}
        for out in found.exported
    ]
    path = Path(folder) / FILE
    write_atomically(path, render("assignment.html", found=found, parts=shown, outs=outs))
    return path


def in_lines(found: Overview, most: int) -> list[str]:
    """The same for a terminal, at most so many students in a line."""
    lines = [f"{clean(found.title, 100)}, of {number(found.out_of)} points"]
    lines.append(
        f"  handed out  {found.handed_out or 'not by this course file'}{f', due {found.due}' if found.due else ''}"
    )
    lines.append(f"  graded      {found.graded} of {found.students} on {found.graded_at}, mean {number(found.mean)}")
    if found.unsafe:
        lines.append("              WITHOUT the sandbox: these grades do not count before they are repeated with it")
    for name, some in (
        ("missing", found.missing),
        ("replaced", found.replaced),
        ("to look at", found.eyes),
        ("late", found.late),
    ):
        lines.append(f"  {name:<12}{_named(some, most)}")
    for out in found.exported:
        many = "1 grade is another now" if len(out.changed) == 1 else f"{len(out.changed)} grades are others now"
        since = f"; {many}: {', '.join(out.changed[:most])}" if out.changed else ""
        lines.append(f"  exported    {out.export.door} on {at(out.export.when)}, {out.export.students} students{since}")
    if not found.exported:
        lines.append("  exported    nothing yet (qkv export)")
    return lines


def _named(lines: list[Line], most: int) -> str:
    if not lines:
        return "nobody"
    ids = list(dict.fromkeys(clean(line.student.student, 40) for line in lines))
    return ", ".join(ids[:most]) + (f" and {len(ids) - most} more" if len(ids) > most else "")

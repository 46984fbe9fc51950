"""Moodle: the gradebook's import, the teacher's own grading worksheet filled in, and a zip of feedback pages.

Read in Moodle's source. `mod/assign/feedback/offline/importgradeslib.php` finds the columns by their names in the
teacher's language, and a participant by what stands behind the word for it ("Participant 4711").
`mod/assign/gradingtable.php` writes the columns always in one order: the participant first, what the site shows of a
person, the status, the grade, right behind it the largest grade possible. So no language has to be known here: every
cell and every heading stays as it came, but for the grades and, where they are empty, the comments.
`mod/assign/feedback/file/importziplib.php` takes a page for the participant whose number stands behind the first "_".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qkvlib.grading.doors.results import DoorError, Export, Results, named, zipped
from qkvlib.grading.doors.sheet import Sheet, read_sheet
from qkvlib.grading.graded import Graded
from qkvlib.grading.platforms import Table, harmless
from qkvlib.grading.secret import normal_id
from qkvlib.grading.text import clean, headline, number
from qkvlib.grading.whose import name_keys

_PARTICIPANT = re.compile(r"(?P<word>\D*)(?P<number>\d+)")
_COMMENTS = "Feedback comments"


def write_csv(path: Path, students: Iterable[Graded]) -> None:
    """The file that Grades, Import, CSV file takes."""
    with Table(path) as moodle:
        moodle.row(["ID number", "Full name", "Email address", "Grade", "Maximum grade", "Feedback"])
        for student in students:
            if student.into_gradebook:
                told = [number(student.score), number(student.out_of), comment(student)]
                moodle.row([student.student, student.name, student.email, *told], ids_at=(0,))


def comment(student: Graded) -> str:
    """What stands beside a grade: our own words and numbers alone, so nothing in it is markup."""
    return " ".join(part for part in (headline(student.results), student.late) if part)


@dataclass
class _Columns:
    """Where the columns stand that are read or written."""

    grade: int
    largest: int
    comments: int | None


def export(results: Results, worksheet: Path | None, grade: str = "", comments: str = "") -> Export:
    """`moodle.csv` as `qkv grade` wrote it; with the teacher's worksheet, that filled in, and `feedback.zip`.

    `grade` and `comments` name columns in the worksheet's language, where they cannot be told.
    """
    try:
        files = {"moodle.csv": (results.folder / "moodle.csv").read_bytes()}
    except OSError as error:
        raise DoorError(f"{results.folder} has no moodle.csv. Run `qkv grade` again into it.") from error
    students = [student for student in results.students if student.into_gradebook]
    numbers = {s.student: s.origin["moodle"] for s in results.students if "moodle" in s.origin}
    notes: list[str] = []
    if worksheet is not None:
        sheet = read_sheet(worksheet, "a grading worksheet of Moodle's")
        columns = _columns(sheet, grade, comments)
        rows = _rows(sheet, columns, [student for student in results.students if student.on_roster], numbers)
        notes += _fill(sheet, columns, students, rows)
        numbers |= {student: _number(sheet.rows[row][0]) for student, row in rows.items()}
        files[f"filled-{sheet.path.name}"] = sheet.as_bytes()
    pages = [student for student in results.students if student.on_roster and student.student in numbers]
    if pages:
        slug = results.about.assignment
        files["feedback.zip"] = zipped(
            {f"Participant_{numbers[s.student]}_assignfeedback_file_{slug}.html": results.feedback(s) for s in pages}
        )
    unknown = [student for student in students if student.student not in numbers]
    if unknown:
        notes.append(
            f"No page in feedback.zip for {named(unknown)}: their number as a participant is not known. It stands in "
            "Moodle's grading worksheet (--worksheet) and in the names of its download of all submissions."
        )
    return Export(files, len(students), notes)


def _number(cell: str) -> str:
    """The digits with which Moodle's name for a participant ends."""
    found = _PARTICIPANT.fullmatch(cell.strip())
    return found["number"] if found else ""


def _columns(sheet: Sheet, grade: str, comments: str) -> _Columns:
    """Where the grade stands, by its name or by the place that Moodle gives it. Raises `DoorError`."""
    words = {found["word"] if (found := _PARTICIPANT.fullmatch(cell)) else None for cell in sheet.column(0)}
    if len(words) != 1 or None in words:
        raise DoorError(
            f"{sheet.path} is no grading worksheet of Moodle's: its first column should name participants by number. "
            "On the assignment's page take “Download grading worksheet”, and change no column."
        )
    widths = range(len(sheet.heading))
    full = {place for place in widths[2:] if len(set(sheet.column(place))) == 1 and _points(sheet.column(place)[0])}
    places = [sheet.place(grade)] if grade else [place - 1 for place in full if _are_grades(sheet.column(place - 1))]
    if len(places) != 1 or places[0] + 1 not in full:
        there = clean(", ".join(sheet.heading), 200)
        raise DoorError(
            f"{sheet.path}: it cannot be told in which column the grade belongs. Name it as it is written there, for "
            f"example --grade-column Grade; the column of the largest grade follows it. The columns are: {there}."
        )
    named_so = [place for place, name in enumerate(sheet.heading) if name.strip() == _COMMENTS]
    where = sheet.place(comments) if comments else named_so[0] if named_so else None
    if where is not None and where <= places[0] + 1:
        raise DoorError(f"{sheet.path}: {clean(sheet.heading[where], 60)!r} is not the column of comments.")
    return _Columns(places[0], places[0] + 1, where)


def _are_grades(cells: list[str]) -> bool:
    return all(not cell or _points(cell) is not None for cell in cells)


def _points(cell: str) -> float | None:
    """A number of points as Moodle writes it, with a point or a comma; None of anything else, 0.0 is one."""
    found = re.fullmatch(r"\d{1,7}(?:[.,]\d{1,5})?", cell.strip())
    return float(cell.strip().replace(",", ".")) if found else None


def _rows(sheet: Sheet, columns: _Columns, students: list[Graded], numbers: dict[str, str]) -> dict[str, int]:
    """{student: row}. By the number in the file's name and by what the worksheet shows of a person, which must agree.

    Where it shows no person (anonymous grading) the number decides. Raises `DoorError`.
    """
    by_number = {_number(cell): row for row, cell in enumerate(sheet.column(0))}
    shows_people = columns.grade > 2  # something stands between the participant and the status before the grade
    shown: dict[str, set[int]] = {}
    for place in range(1, columns.grade - 1):
        for row, cell in enumerate(sheet.column(place)):
            for word in {normal_id(cell), *name_keys(cell)}:
                shown.setdefault(word, set()).add(row)
    names = Counter(key for student in students for key in name_keys(student.name))
    found: dict[str, int] = {}
    for student in students:
        words = [normal_id(student.student), normal_id(student.email)]
        words += [key for key in name_keys(student.name) if names[key] == 1]
        known = next((shown[word] for word in words if word in shown), set())
        at = by_number.get(numbers.get(student.student, ""))
        if student.student in numbers and known and at not in known:
            raise DoorError(
                f"{sheet.path} is the worksheet of another assignment: {clean(student.student, 40)} is participant "
                f"{numbers[student.student]} in the submissions that were graded, and another one here."
            )
        if at is None and len(known) == 1:
            at = next(iter(known))
        if at is not None and (known or not shows_people):
            found[student.student] = at
    if not found:
        raise DoorError(
            f"{sheet.path} is the worksheet of another course, or shows nobody's ID number or email: not one of its "
            f"{len(sheet.rows)} participants is in these results."
        )
    if len(set(found.values())) < len(found):
        raise DoorError(
            f"{sheet.path}: two students of these results are one participant there. Nothing was filled in."
        )
    return found


def _fill(sheet: Sheet, columns: _Columns, students: list[Graded], rows: dict[str, int]) -> list[str]:
    """Write the grades, and comments where none is. What the teacher should know."""
    notes, kept = [], []
    by_id = {student.student: student for student in students}
    largest = _points(sheet.column(columns.largest)[0]) or 0.0
    scales = sorted({student.out_of for student in students} - {largest})
    for student, row in rows.items():
        if student not in by_id:
            continue
        graded, cells = by_id[student], sheet.rows[row]
        share = graded.score / graded.out_of if graded.out_of else 0.0
        cells[columns.grade] = number(graded.score if graded.out_of == largest else share * largest)
        if columns.comments is not None:
            if not cells[columns.comments].strip():
                cells[columns.comments] = harmless(comment(graded))
            elif cells[columns.comments].strip() != harmless(comment(graded)):
                kept.append(graded)
    if scales:
        notes.append(
            f"The worksheet's largest grade is {number(largest)}, so {number(scales[0])} points count as that."
        )
    if columns.comments is None:
        notes.append("No comments were written: name their column with --comments-column, as the worksheet spells it.")
    if kept:
        notes.append(f"Comments that were there already were kept: {named(kept)}.")
    absent = [student for student in students if student.student not in rows]
    if absent:
        notes.append(f"Not in the worksheet, and so without a grade there: {named(absent)}.")
    return notes

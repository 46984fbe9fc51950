"""The roster: who is in the class, from a CSV as a spreadsheet or a platform writes it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qkvlib.grading.terms import Term, TermError, read_terms, term_columns
from qkvlib.grading.text import clean


class CollectError(ValueError):
    """The submissions or the roster cannot be read at all; the message says what to do."""


@dataclass(frozen=True)
class Student:
    """One line of the roster."""

    id: str
    name: str = ""
    email: str = ""
    platform_id: str = ""  # the LTI user id, where the platform's differs from ours
    terms: tuple[Term, ...] = ()  # due dates and the like of their own


# Column headings of Moodle's participant list and Canvas's gradebook that mean the same as ours.
_SAME_AS = {
    "student_id": ("student_id", "student id", "id number", "sis user id"),
    "name": ("name", "full name", "student"),
    "email": ("email", "email address", "e-mail"),
    "platform_id": ("lti_user_id", "lti user id"),
    "first": ("first name", "firstname", "given name"),
    "last": ("last name", "lastname", "surname", "family name"),
}
_ID = re.compile(r"[\w.@+-]{1,80}")
_ROUNDED = re.compile(r"\d[.,]\d+E\+\d+")


def read_roster(path: Path) -> list[Student]:
    """Students from a CSV with the columns student_id, name and optionally email and terms. Errors name the line.

    Commas, semicolons or tabs; UTF-8, or what Excel writes instead (UTF-16, Windows-1252). The platforms' own headings
    (Moodle's "ID number", Canvas's "SIS User ID") are understood, and a line that is there twice counts once.
    """
    path = Path(path)
    start, rows = _rows(path, _text(path))
    heading: list[str] = next(_read_rows(path, start, rows), [])
    headings = [cell.strip().lower() for cell in heading]
    columns, terms = _columns(headings), term_columns(headings)
    if "student_id" not in columns or not ("name" in columns or {"first", "last"} <= set(columns)):
        seen = clean(", ".join(heading), 60) or "nothing"
        raise CollectError(
            f"{path}, line {start}: it must name the columns student_id,name (and email if wanted). It says: {seen}."
        )
    students: dict[str, Student] = {}
    lines: dict[str, int] = {}
    for row in _read_rows(path, start, rows):
        line = start + rows.line_num - 1
        if not any(cell.strip() for cell in row) or _is_points_possible(row):
            continue
        while len(row) > len(heading) and not row[-1].strip():
            row = row[:-1]
        if len(row) == len(heading) - 1 == columns.get("email"):
            row = [*row, ""]  # a left-out email at the end of a line
        if len(row) != len(heading):
            raise CollectError(f"{path}, line {line}: this line does not have {len(heading)} columns.")
        student = _student(row, columns)
        _check_id(student.id, f"{path}, line {line}")
        try:
            student = replace(student, terms=read_terms(row, terms))
        except TermError as error:
            raise CollectError(f"{path}, line {line}: {error}") from error
        before = lines.get(student.id.casefold())
        if before and students[student.id.casefold()] == student:
            continue
        if before:
            raise CollectError(f"{path}, line {line}: student_id {student.id} was on line {before} already.")
        lines[student.id.casefold()] = line
        students[student.id.casefold()] = student
    if not students:
        raise CollectError(f"{path}: there is no student on this roster.")
    return list(students.values())


def _text(path: Path) -> str:
    """The file as text, by its byte order mark or by trial."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CollectError(f"The roster {path} cannot be read: {error.strerror}.") from error
    if b"\0" in data and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise CollectError(f"The roster {path} is not a text file. Save it as CSV (UTF-8).")
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CollectError(f"The roster {path} cannot be read as text. Save it as CSV (UTF-8).")


def _rows(path: Path, text: str) -> tuple:
    """(number of the first line, a csv reader that splits at what the heading splits at)."""
    lines = text.splitlines(keepends=True)
    start = 1
    if lines and re.fullmatch(r"sep=.\s*", lines[0], re.IGNORECASE):  # Excel's own note to itself
        start, lines = 2, lines[1:]
    first = lines[0] if lines else ""
    delimiter = max(",;\t", key=first.count)
    return start, csv.reader(lines, delimiter=delimiter, strict=True)


def _read_rows(path: Path, start: int, rows: Any) -> Iterator:
    """The rows, or a sentence that names the line where there are none any more."""
    try:
        for row in rows:
            lost = [line for cell in row for line in cell.splitlines()[1:]]  # whole lines that a quotation swallowed
            if any(line.count(rows.dialect.delimiter) >= len(row) - 1 > 0 for line in lost):
                line = start + rows.line_num - 1
                raise CollectError(f"{path}, before line {line}: a quotation mark is opened there and closed too late.")
            yield row
    except csv.Error as error:
        line = start + rows.line_num - 1
        raise CollectError(f"{path}, line {line}: this cannot be read as a table ({error}).") from error


def _columns(heading: list[str]) -> dict[str, int]:
    """Where each of our columns stands."""
    found = {}
    for ours, names in _SAME_AS.items():
        for name in names:
            if name in heading:
                found[ours] = heading.index(name)
                break
    return found


def _student(row: list[str], columns: dict[str, int]) -> Student:
    cell = {name: " ".join(row[place].split()) for name, place in columns.items()}
    name = cell.get("name") or f"{cell.get('first', '')} {cell.get('last', '')}".strip()
    return Student(cell["student_id"], name, cell.get("email", ""), cell.get("platform_id", ""))


def _is_points_possible(row: list[str]) -> bool:
    """The second line of a Canvas gradebook."""
    return row[0].strip() == "Points Possible"


def _check_id(student: str, where: str) -> None:
    """Raise unless it can name a folder, a page and a cell of a table."""
    if not student:
        raise CollectError(f"{where}: the student_id is empty.")
    if _ROUNDED.fullmatch(student):
        raise CollectError(
            f"{where}: student_id {student} was rounded by a spreadsheet. Make that column text, and export again."
        )
    if not _ID.fullmatch(student) or student.startswith(".") or ".." in student:
        raise CollectError(f"{where}: student_id {clean(student, 40)!r} may have letters, digits and .@+-_ only.")

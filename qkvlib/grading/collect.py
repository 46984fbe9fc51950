"""Find the submissions in a folder or a zip and read them, trusting nothing about them.

Understood: notebooks side by side, a folder per student, and the zips of Moodle ("Ada
Byron_123_assignsubmission_file_/work.ipynb") and Canvas ("byronada_LATE_123_456_work.ipynb"). Nothing is ever unpacked
to disk and no link is followed, so a path in an archive is only a label. Sizes are capped while reading, whatever the
archive claims.
"""

from __future__ import annotations

import csv
import json
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from qkvlib.grading.sandbox import clean

MAX_NOTEBOOK = 20 << 20
MAX_SOURCE = 1 << 20
MAX_CELLS = 2_000
MAX_ENTRIES = 100_000
_SKIPPED = {"__MACOSX", ".ipynb_checkpoints", ".git", "__pycache__"}


class CollectError(ValueError):
    """The submissions or the roster cannot be read at all; the message says what to do."""


class NotebookProblem(ValueError):
    """One submission cannot be read; the message is written for the student."""


@dataclass(frozen=True)
class Student:
    """One line of the roster."""

    id: str
    name: str = ""
    email: str = ""


@dataclass
class Submission:
    """One student's hand-in: where it lies and, when it cannot be graded, why."""

    student: str
    file: str
    problem: str = ""
    remarks: list[str] = field(default_factory=list)


@dataclass
class Notebook:
    """What grading needs of a notebook."""

    cells: list[dict]
    handed_to: str = ""
    mark: str = ""
    assignment: str = ""
    remarks: list[str] = field(default_factory=list)


# -- the roster -----------------------------------------------------------------------------------------------------


def read_roster(path: Path) -> list[Student]:
    """Students from a CSV with the columns student_id, name and optionally email. Errors name the line."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CollectError(f"The roster {path} cannot be read as UTF-8 text: {error}.") from error
    rows = csv.DictReader(text.splitlines(keepends=True))
    columns = [column.strip().lower() for column in rows.fieldnames or []]
    if "student_id" not in columns or "name" not in columns:
        raise CollectError(f"{path}, line 1: it must name the columns student_id,name (and email if wanted).")
    rows.fieldnames = columns
    students: dict[str, Student] = {}
    lines: dict[str, int] = {}
    for row in rows:
        line = rows.line_num
        if not any((value or "").strip() for key, value in row.items() if key is not None):
            continue
        if None in row or None in row.values():
            raise CollectError(f"{path}, line {line}: this line does not have {len(columns)} columns.")
        student = Student(*(row.get(key, "").strip() for key in ("student_id", "name", "email")))
        if not student.id:
            raise CollectError(f"{path}, line {line}: the student_id is empty.")
        if not re.fullmatch(r"[\w.@+-]{1,80}", student.id) or student.id.startswith(".") or ".." in student.id:
            raise CollectError(
                f"{path}, line {line}: student_id {clean(student.id, 40)!r} may have letters, digits and .@+-_ only."
            )
        if student.id.casefold() in lines:
            raise CollectError(
                f"{path}, line {line}: student_id {student.id} was on line {lines[student.id.casefold()]} already."
            )
        lines[student.id.casefold()] = line
        students[student.id] = student
    if not students:
        raise CollectError(f"{path}: there is no student on this roster.")
    return list(students.values())


# -- where submissions lie ------------------------------------------------------------------------------------------


class Source:
    """A folder or a zip of submissions: what is in it, and the bytes of one file."""

    def __init__(self, place: Path):
        self.place = Path(place)
        self._zip = None
        if self.place.is_file() and self.place.suffix.lower() == ".zip":
            try:
                self._zip = zipfile.ZipFile(self.place)
            except (zipfile.BadZipFile, OSError) as error:
                raise CollectError(f"{self.place} is not a readable zip: {error}.") from error
            if len(self._zip.infolist()) > MAX_ENTRIES:
                self.close()
                raise CollectError(f"{self.place} has more than {MAX_ENTRIES} entries; that is no class.")
        elif not self.place.is_dir():
            raise CollectError(f"{self.place} is neither a folder nor a zip of submissions.")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self) -> None:
        """Close the zip, if it is one."""
        if self._zip is not None:
            self._zip.close()

    def files(self) -> Iterator[tuple[str, str]]:
        """(label, problem) of every notebook, in order of their labels."""
        yield from sorted(self._zip_files() if self._zip is not None else self._folder_files(self.place, ""))

    def _folder_files(self, folder: Path, prefix: str, depth: int = 0) -> Iterator[tuple[str, str]]:
        with os.scandir(folder) as entries:
            found = list(entries)
        for entry in found:
            label = f"{prefix}{entry.name}"
            if entry.name in _SKIPPED:
                continue
            if entry.is_symlink():
                if entry.name.lower().endswith(".ipynb") or depth == 0:
                    yield label, "It is a link to somewhere else, and links are not followed. Hand in the file itself."
            elif entry.is_dir(follow_symlinks=False):
                if depth < 6:
                    yield from self._folder_files(Path(entry.path), label + "/", depth + 1)
            elif entry.name.lower().endswith(".ipynb"):
                yield label, "" if entry.is_file(follow_symlinks=False) else "It is not an ordinary file."

    def _zip_files(self) -> Iterator[tuple[str, str]]:
        for info in self._zip.infolist():
            parts = PurePosixPath(info.filename.replace("\\", "/")).parts
            if info.is_dir() or not info.filename.lower().endswith(".ipynb") or _SKIPPED.intersection(parts):
                continue
            problem = ""
            if stat.S_ISLNK(info.external_attr >> 16):
                problem = "It is a link inside the archive, and links are not followed. Hand in the file itself."
            elif ".." in parts or info.filename.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", info.filename):
                problem = "Its path in the archive points outside the archive."
            elif info.flag_bits & 1:
                problem = "It is encrypted."
            yield info.filename, problem

    def read(self, label: str) -> bytes:
        """The bytes of one notebook. Raises `NotebookProblem`."""
        try:
            if self._zip is not None:
                with self._zip.open(label) as file:
                    data = file.read(MAX_NOTEBOOK + 1)
            else:
                flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
                with open(os.open(self.place / label, flags), "rb") as file:
                    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                        raise NotebookProblem("It is not an ordinary file.")
                    data = file.read(MAX_NOTEBOOK + 1)
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, EOFError) as error:
            if isinstance(error, NotebookProblem):
                raise
            raise NotebookProblem(f"The file cannot be read ({clean(error, 100)}).") from error
        except Exception as error:  # a compressed stream that is broken (zlib.error, lzma.LZMAError)
            raise NotebookProblem("The file is damaged inside its archive.") from error
        if len(data) > MAX_NOTEBOOK:
            raise NotebookProblem(
                f"The notebook is larger than {MAX_NOTEBOOK >> 20} MB. Clear its outputs (Edit, Clear Outputs of All "
                "Cells), save it and hand it in again."
            )
        return data


# -- whose it is ----------------------------------------------------------------------------------------------------

_MOODLE = re.compile(r"^(?P<name>.+)_(?P<number>\d+)_assignsubmission_\w+?_(?P<file>.*)$")
_CANVAS = re.compile(r"^(?P<name>[^_]+)_(?:LATE_)?(?P<user>\d+)_(?P<number>\d+)_(?P<file>.+)$")
_AGAIN = re.compile(r"-(\d+)$|\s?\((\d+)\)$")


def collect(source: Source, roster: list[Student], slug: str) -> list[Submission]:
    """One submission per student, in order of student id; students on the roster without one get a `problem`."""
    whose = _Matcher(roster)
    by_student: dict[str, list[tuple[str, str, bool]]] = {}
    for label, problem in source.files():
        student, known = whose.student(label)
        if not known and not problem:
            student, known = _from_metadata(source, label, whose) or (student, known)
        by_student.setdefault(student, []).append((label, problem, known))
    submissions = []
    for student, files in by_student.items():
        label, problem, known = max(files, key=lambda file: _preference(file, slug))
        submission = Submission(student, label, problem)
        if len(files) > 1:
            submission.remarks.append(f"{len(files)} notebooks were handed in; {clean(label, 120)} was graded.")
        if roster and not known:
            submission.remarks.append("This name is not on the roster.")
        submissions.append(submission)
    for student in roster:
        if student.id not in by_student:
            submissions.append(Submission(student.id, "", "Nothing was handed in."))
    if not by_student:
        raise CollectError(f"There is no .ipynb file in {source.place}.")
    return sorted(submissions, key=lambda s: s.student)


def _preference(file: tuple[str, str, bool], slug: str):
    """Of several notebooks: readable before not, this assignment's before others, the last upload before earlier."""
    label, problem, _ = file
    stem = PurePosixPath(label).stem
    again = _AGAIN.search(stem)
    number = int(again[1] or again[2]) if again else 0
    return not problem, slug in stem, stem[:2] == slug[:2], number, label


class _Matcher:
    """From a path to a student: by id anywhere in the path, then by the names the two platforms write."""

    def __init__(self, roster: list[Student]):
        self.ids = {student.id.casefold(): student.id for student in roster}
        self.names: dict[str, str] = {}
        for student in roster:
            for key in _name_keys(student.name):
                self.names[key] = "" if key in self.names else student.id  # two of one name: neither

    def student(self, label: str) -> tuple[str, bool]:
        """(student id, whether it is on the roster). Off the roster, a name made from the path."""
        parts = PurePosixPath(label.replace("\\", "/")).parts
        parts = [part for part in parts if part not in ("/", "..", ".")] or ["unnamed"]
        for part in parts[:-1]:
            if part.casefold() in self.ids:
                return self.ids[part.casefold()], True
        stem = re.sub(r"\.ipynb$", "", parts[-1], flags=re.IGNORECASE)
        if stem.casefold() in self.ids:
            return self.ids[stem.casefold()], True
        moodle = next((m for m in map(_MOODLE.match, parts) if m), None)
        canvas = _CANVAS.match(stem)
        for match in (moodle, canvas):
            if match:
                candidates = [match["number"], match.groupdict().get("user", ""), _fold(match["name"])]
                for candidate in candidates:
                    found = self.ids.get(candidate.casefold()) or self.names.get(candidate)
                    if found:
                        return found, True
        words = re.split(r"[^\w.@+-]+|_(?=\D)|(?<=\D)_", stem)
        for word in [*words, *stem.split("_"), *stem.split("-")]:
            if word.casefold() in self.ids:
                return self.ids[word.casefold()], True
        if moodle or canvas:
            return _as_id((moodle or canvas)["name"]), False
        return _as_id(parts[-2] if len(parts) > 1 else stem), False


def _from_metadata(source: Source, label: str, whose: _Matcher) -> tuple[str, bool] | None:
    """A file whose name says nothing may still say to whom it was handed out."""
    try:
        handed_to = parse(source.read(label)).handed_to
    except NotebookProblem:
        return None
    found = whose.ids.get(handed_to.casefold())
    return (found, True) if found else None


def _name_keys(name: str) -> set[str]:
    words = [_fold(word) for word in re.split(r"[\s,]+", name) if word]
    if not words:
        return set()
    return {"".join(words), "".join(words[-1:] + words[:-1]), "".join(reversed(words))}


def _fold(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _as_id(text: str) -> str:
    """A student id made from a file name: safe as a file name, in a cell of a table, and on a page."""
    return re.sub(r"[^\w.@+-]", "_", clean(text, 80)).strip(".") or "unnamed"


# -- one notebook ---------------------------------------------------------------------------------------------------


def parse(data: bytes) -> Notebook:
    """The cells of a notebook. Raises `NotebookProblem` with a sentence for the student."""
    remarks = []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1")
        remarks.append("The file is not UTF-8; some characters may have been lost.")
    if not text.strip("\x00 \r\n\t"):
        raise NotebookProblem("The file is empty.")
    try:
        book = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        try:
            book = json.loads(text.replace("\x00", ""), strict=False)
            remarks.append("The file had null bytes in it, which were left out.")
        except (ValueError, RecursionError) as error:
            where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
            raise NotebookProblem(
                f"The file is not a readable notebook{where}. Open it in JupyterLab, save it, and hand it in again."
            ) from error
    cells = book.get("cells") if isinstance(book, dict) else None
    if cells is None and isinstance(book, dict) and isinstance(book.get("worksheets"), list):  # format 3
        sheets = [sheet for sheet in book["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in sheet.get("cells") or []]
    if not isinstance(cells, list):
        raise NotebookProblem("The file is JSON but not a notebook: it has no cells.")
    if len(cells) > MAX_CELLS:
        raise NotebookProblem(f"The notebook has more than {MAX_CELLS} cells.")
    found = [_cell(cell) for cell in cells if isinstance(cell, dict)]
    if sum(len(cell["source"]) for cell in found) > MAX_SOURCE:
        raise NotebookProblem(f"The notebook has more than {MAX_SOURCE >> 20} MB of code and text.")
    about = book.get("metadata") if isinstance(book.get("metadata"), dict) else {}
    ours = about.get("qkv") if isinstance(about.get("qkv"), dict) else {}
    facts = {key: clean(ours.get(key, ""), 200) for key in ("student", "mark", "assignment")}
    return Notebook(found, facts["student"], facts["mark"], facts["assignment"], remarks)


def _cell(cell: dict) -> dict:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    nbgrader = metadata.get("nbgrader") if isinstance(metadata.get("nbgrader"), dict) else {}
    name = nbgrader.get("grade_id") or cell.get("id") or ""
    return {
        "type": cell.get("cell_type") if cell.get("cell_type") in ("code", "markdown", "raw") else "code",
        "source": source if isinstance(source, str) else "",
        "name": name if isinstance(name, str) else "",
    }

"""Find the submissions in a folder or a zip, trusting nothing about them.

Understood: notebooks side by side, a folder per student, and the zips of Moodle ("Ada
Byron_123_assignsubmission_file/work.ipynb") and Canvas ("byronada_LATE_123_456_work.ipynb"); in place of a notebook the
file that the course in the browser saves. Nothing is ever unpacked to disk and no link is followed, so a path in an
archive is only a label. Sizes are capped while reading, whatever the archive claims.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Self

from qkvlib.course.workfile import is_workfile
from qkvlib.grading.notebook import NotebookProblem, parse
from qkvlib.grading.remarks import Remark
from qkvlib.grading.roster import CollectError, Student
from qkvlib.grading.secret import normal_id
from qkvlib.grading.text import clean, quoted
from qkvlib.grading.whose import BY_MARK, UNKNOWN, Matcher, Owner, exchange_assignment, is_late, origin, uploads
from qkvlib.grading.workfiles import MAX_WORKFILE, as_notebook, notebook_in

MAX_NOTEBOOK = 20 << 20
MAX_ENTRIES = 100_000
MAX_DEPTH = 40
_SKIPPED = {"__MACOSX", ".ipynb_checkpoints", ".git", "__pycache__"}


@dataclass
class Submission:
    """One student's hand-in: where it lies and, when it cannot be graded, why."""

    student: str
    file: str
    problem: str = ""
    remarks: list[Remark] = field(default_factory=list)
    origin: dict[str, str] = field(default_factory=dict)  # see `qkvlib.grading.whose.origin`


# -- where submissions lie ------------------------------------------------------------------------------------------


class Source:
    """A folder or a zip of submissions: what is in it, and the bytes of one file."""

    def __init__(self, place: Path, slug: str = "") -> None:
        self.place, self.slug = Path(place), slug  # the slug says what is wanted of a file with all of somebody's work
        self._zip = None
        if self.place.is_file() and self.place.suffix.lower() == ".zip":
            try:
                self._zip = zipfile.ZipFile(self.place)
            except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
                raise CollectError(f"{self.place} is not a readable zip: {error}.") from error
            if len(self._zip.infolist()) > MAX_ENTRIES:
                self.close()
                raise CollectError(f"{self.place} has more than {MAX_ENTRIES} entries; that is no class.")
        elif not self.place.is_dir():
            raise CollectError(f"{self.place} is neither a folder nor a zip of submissions.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the zip, if it is one."""
        if self._zip is not None:
            self._zip.close()

    def files(self) -> list[tuple[str, str]]:
        """(label, problem) of every notebook, in order of their labels."""
        return sorted(file for file in self._files() if is_notebook(file[0]) or file[1])

    def others(self) -> list[str]:
        """The labels of everything that is no notebook, for those who handed in nothing else."""
        return sorted(label for label, problem in self._files() if not is_notebook(label) and not problem)

    def _files(self) -> Iterator[tuple[str, str]]:
        return self._zip_files() if self._zip is not None else self._folder_files(self.place, "")

    def _folder_files(self, folder: Path, prefix: str, depth: int = 0) -> Iterator[tuple[str, str]]:
        try:
            with os.scandir(folder) as entries:
                found = list(entries)
        except OSError as error:
            if not depth:
                raise
            yield prefix.rstrip("/"), f"This folder cannot be opened ({error.strerror}), so what is in it was not read."
            return
        for entry in found:
            label = f"{prefix}{entry.name}"
            if entry.name in _SKIPPED:
                continue
            if entry.is_symlink():
                if is_notebook(entry.name) or depth == 0:
                    yield label, "It is a link to somewhere else, and links are not followed. Hand in the file itself."
            elif entry.is_dir(follow_symlinks=False):
                if depth < MAX_DEPTH:
                    yield from self._folder_files(Path(entry.path), label + "/", depth + 1)
                else:
                    yield label, f"It lies more than {MAX_DEPTH} folders deep. Hand in the notebook alone."
            elif entry.is_file(follow_symlinks=False):
                yield label, ""
            elif is_notebook(entry.name):
                yield label, "It is not an ordinary file."

    def _zip_files(self) -> Iterator[tuple[str, str]]:
        assert self._zip is not None
        for info in self._zip.infolist():
            parts = PurePosixPath(info.filename.replace("\\", "/")).parts
            if info.is_dir() or _SKIPPED.intersection(parts):
                continue
            problem = ""
            if not is_notebook(info.filename):
                yield info.filename, ""
                continue
            if stat.S_ISLNK(info.external_attr >> 16):
                problem = "It is a link inside the archive, and links are not followed. Hand in the file itself."
            elif ".." in parts or info.filename.startswith(("/", "\\")) or re.match(r"[A-Za-z]:[\\/]", info.filename):
                problem = "Its path in the archive points outside the archive."
            elif info.flag_bits & 1:
                problem = "It is encrypted."
            yield info.filename, problem

    def read(self, label: str) -> bytes:
        """The bytes of one notebook. Raises `NotebookProblem`."""
        most = MAX_WORKFILE if is_workfile(label) else MAX_NOTEBOOK
        try:
            if self._zip is not None:
                with self._zip.open(label) as file:
                    data = file.read(most + 1)
            else:
                flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
                with open(os.open(self.place / label, flags), "rb") as file:
                    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                        raise NotebookProblem("It is not an ordinary file.")
                    data = file.read(most + 1)
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, EOFError) as error:
            if isinstance(error, NotebookProblem):
                raise
            raise NotebookProblem(f"The file cannot be read ({clean(error, 100)}).") from error
        except Exception as error:  # a compressed stream that is broken (zlib.error, lzma.LZMAError)
            raise NotebookProblem("The file is damaged inside its archive.") from error
        if len(data) > most:
            raise NotebookProblem(
                f"The notebook is larger than {most >> 20} MB. Clear its outputs (Edit, Clear Outputs of All "
                "Cells), save it and hand it in again."
            )
        return notebook_in(data, self.slug) if is_workfile(label) else data


# -- whose it is ------------------------------------------------------------------------------------------------------


@dataclass
class _File:
    """A file and whose it is."""

    label: str
    problem: str
    owner: Owner


def is_notebook(label: str) -> bool:
    """Whether a file calls itself a notebook, or the work of a learner with notebooks in it."""
    return label.lower().endswith(".ipynb") or is_workfile(label)


def collect(
    source: Source, roster: list[Student], slug: str, is_mark: Callable[[str, str], bool] | None = None
) -> list[Submission]:
    """One submission per student, in order of student id; students on the roster without one get a `problem`.

    `is_mark(student, mark)` tells whether a notebook carries the mark of the one handed out to `student`. With it, a
    file whose name says nothing goes to the student whose mark it carries, unless that student handed in another.
    """
    matcher = Matcher(roster, slug)
    labels = _of_this_assignment(source.files(), slug)
    if not labels:
        raise CollectError(f"There is no .ipynb file in {source.place}.")
    others = source.others() if roster else []
    top = _common_folder([label for label, _ in labels] + others, matcher)
    files = [_File(label, problem, matcher.owner(as_notebook(label[len(top) :]))) for label, problem in labels]
    if is_mark is not None and roster:
        for file in files:
            if file.owner.known == UNKNOWN and not file.problem:
                file.owner = _by_mark(source, file, matcher, is_mark)
    by_student: dict[str, list[_File]] = {}
    for file in _apart(files):
        by_student.setdefault(file.owner.student, []).append(file)
    found = [_submission(student, its, slug, bool(roster), top) for student, its in by_student.items()]
    instead: dict[str, list[str]] = {}
    for label in others:
        owner = matcher.owner(label[len(top) :])
        if owner.known or owner.person or "/" in label[len(top) :]:  # a loose file of no name we know is nobody's work
            instead.setdefault(owner.student, []).append(PurePosixPath(label).name)
    for student in roster:
        if student.id not in by_student:
            found.append(Submission(student.id, "", _nothing(student, files, instead.pop(student.id, []))))
    for person, unread in instead.items():  # somebody off the roster with another kind of file appears as well
        if person not in by_student and person not in matcher.ids.values():
            names = ", ".join(quoted(name, 60) for name in unread[:3])
            problem = f"No notebook was handed in, but {names}. Hand in the file that ends in .ipynb."
            found.append(Submission(person, "", problem, [_NOT_ON_THE_ROSTER]))
    return sorted(found, key=lambda s: s.student)


def _of_this_assignment(files: list[tuple[str, str]], slug: str) -> list[tuple[str, str]]:
    """Without what was handed in to other assignments, where nbgrader's exchange holds several side by side.

    Its name for this one is what the folders are called that have a notebook of this name in them.
    """
    ours = {exchange_assignment(label) for label, _ in files if PurePosixPath(label).stem == slug} - {""}
    theirs = {exchange_assignment(label) for label, _ in files} - ours - {""}
    return [file for file in files if not ours or exchange_assignment(file[0]) not in theirs]


_NOT_ON_THE_ROSTER = Remark("not-on-the-roster", "This name is not on the roster.")


def _common_folder(labels: list[str], matcher: Matcher) -> str:
    """The folders in which everything lies, as a prefix of every label: what is below them is the top level."""
    first = labels[0].split("/")[:-1]
    prefix = ""
    for part in first:
        longer = f"{prefix}{part}/"
        alone = len(labels) == 1 and longer.count("/") == len(first)  # a folder around one notebook may be its name
        if alone or matcher.is_somebody(part) or not all(label.startswith(longer) for label in labels):
            break
        prefix = longer
    return prefix


def _apart(files: list[_File]) -> list[_File]:
    """The files, those of two people whom one name fits given to neither."""
    people: dict[str, set[str]] = {}
    for file in files:
        if file.owner.person and file.owner.known > UNKNOWN:
            people.setdefault(file.owner.student, set()).add(file.owner.person)
    for file in files:
        if len(people.get(file.owner.student, ())) > 1 and file.owner.person:
            student = file.owner.student
            file.owner = Owner(f"{student}_{as_number(file.owner.person)}", could_be=(student,))
    return files


def as_number(person: str) -> str:
    """The number in which the platform's name for a person ends."""
    return re.findall(r"\d+", person)[-1]


def _submission(student: str, files: list[_File], slug: str, has_roster: bool, top: str) -> Submission:
    """The file that is graded, with what should be known about the others."""
    chosen = max(files, key=lambda file: _preference(file, slug))
    found = Submission(student, chosen.label, chosen.problem, origin=origin(chosen.label[len(top) :]))
    if len(files) > 1:
        others = ", ".join(quoted(file.label, 80) for file in files if file is not chosen)
        text = f"{len(files)} notebooks were handed in; {quoted(chosen.label)} was graded, not {clean(others, 300)}."
        found.remarks.append(Remark("several-files", text))
    if is_late(chosen.label[len(top) :]):
        found.remarks.append(Remark("late", "Canvas marks this submission as late."))
    if chosen.owner.known == BY_MARK:
        text = "Its file name is nobody's alone; it was taken for this student's by the mark of the hand-out in it."
        found.remarks.append(Remark("found-by-mark", text))
    if chosen.owner.could_be:
        text = f"This file could be that of {' or '.join(chosen.owner.could_be)}, so it was given to nobody."
        found.remarks.append(Remark("could-be-two", text))
    elif has_roster and chosen.owner.known == UNKNOWN:
        found.remarks.append(_NOT_ON_THE_ROSTER)
    return found


def _preference(file: _File, slug: str) -> tuple:
    """Of several notebooks: readable before not, surely theirs, then as their names say."""
    return not file.problem, file.owner.known, *preference(file.label, slug)


def preference(label: str, slug: str) -> tuple[bool, bool, int, str]:
    """Of several notebooks of one student: this assignment's, then the last upload."""
    stem = PurePosixPath(label).stem
    return slug in stem, stem[:2] == slug[:2], uploads(stem), label


def _nothing(student: Student, files: list[_File], instead: list[str]) -> str:
    """Why a student on the roster has no notebook."""
    if any(student.id in file.owner.could_be for file in files):
        return "More than one person's file could be this student's. Name it by the student id, and grade again."
    if instead:
        names = ", ".join(clean(name, 60) for name in instead[:3])
        return f"No notebook was handed in, but {names}. Hand in the file that ends in .ipynb."
    return "Nothing was handed in."


def _by_mark(source: Source, file: _File, matcher: Matcher, is_mark: Callable[[str, str], bool]) -> Owner:
    """A file whose name says nothing may still carry the mark of the notebook that was handed out to somebody."""
    try:
        data = source.read(file.label)
        if b'"mark"' not in data:  # not a hand-out of one's own: nothing to read it for
            return file.owner
        book = parse(data)
    except NotebookProblem:
        return file.owner
    found = matcher.ids.get(normal_id(book.handed_to))
    return Owner(found, BY_MARK) if found and is_mark(found, book.mark) else file.owner

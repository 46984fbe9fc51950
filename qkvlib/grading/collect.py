"""Find the submissions in a folder or a zip and read them, trusting nothing about them.

Understood: notebooks side by side, a folder per student, and the zips of Moodle ("Ada
Byron_123_assignsubmission_file/work.ipynb") and Canvas ("byronada_LATE_123_456_work.ipynb"). Nothing is ever unpacked
to disk and no link is followed, so a path in an archive is only a label. Sizes are capped while reading, whatever the
archive claims.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from qkvlib.grading.roster import CollectError, Student
from qkvlib.grading.text import clean

MAX_NOTEBOOK = 20 << 20
MAX_SOURCE = 1 << 20
MAX_CELLS = 2_000
MAX_ENTRIES = 100_000
_SKIPPED = {"__MACOSX", ".ipynb_checkpoints", ".git", "__pycache__"}


class NotebookProblem(ValueError):
    """One submission cannot be read; the message is written for the student."""


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

    def files(self) -> list[tuple[str, str]]:
        """(label, problem) of every notebook, in order of their labels."""
        return sorted(file for file in self._files() if is_notebook(file[0]) or file[1])

    def others(self) -> list[str]:
        """The labels of everything that is no notebook, for those who handed in nothing else."""
        return sorted(label for label, problem in self._files() if not is_notebook(label) and not problem)

    def _files(self) -> Iterator[tuple[str, str]]:
        return self._zip_files() if self._zip is not None else self._folder_files(self.place, "")

    def _folder_files(self, folder: Path, prefix: str, depth: int = 0) -> Iterator[tuple[str, str]]:
        with os.scandir(folder) as entries:
            found = list(entries)
        for entry in found:
            label = f"{prefix}{entry.name}"
            if entry.name in _SKIPPED:
                continue
            if entry.is_symlink():
                if is_notebook(entry.name) or depth == 0:
                    yield label, "It is a link to somewhere else, and links are not followed. Hand in the file itself."
            elif entry.is_dir(follow_symlinks=False):
                if depth < 6:
                    yield from self._folder_files(Path(entry.path), label + "/", depth + 1)
            elif entry.is_file(follow_symlinks=False):
                yield label, ""
            elif is_notebook(entry.name):
                yield label, "It is not an ordinary file."

    def _zip_files(self) -> Iterator[tuple[str, str]]:
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

# Moodle: fullname_participant_assignsubmission_file, a folder (up to 4.0 with a last "_") or the start of a file name.
_MOODLE = re.compile(r"^(?P<name>[^_]+)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_.*)?$")
# Canvas: sortablename[_LATE]_user_attachment_file; graded anonymously, "anon" and a code instead of name and user.
_CANVAS = re.compile(r"^(?:(?P<name>.+?)_(?P<late>LATE_)?(?P<user>\d+)|(?P<late2>LATE_)?anon_\w+?)_(?P<number>\d+)_.+$")
_AGAIN = re.compile(r"-(\d+)$|\s?\((\d+)\)$")


UNKNOWN, BY_MARK, BY_NAME = range(3)  # how a file found its student: the later, the surer


def is_notebook(label: str) -> bool:
    """Whether a file calls itself a notebook."""
    return label.lower().endswith(".ipynb")


def collect(
    source: Source, roster: list[Student], slug: str, mark: Callable[[str], str] | None = None
) -> list[Submission]:
    """One submission per student, in order of student id; students on the roster without one get a `problem`.

    `mark(student)` is what the notebook handed out to `student` carries. With it, a file whose name says nothing goes
    to the student it was handed out to; a notebook that only claims so goes to nobody.
    """
    whose = _Matcher(roster)
    by_student: dict[str, list[tuple[str, str, int]]] = {}
    for label, problem in source.files():
        student, known = whose.student(label)
        if known == UNKNOWN and not problem:
            student, known = _from_metadata(source, label, whose, mark) or (student, known)
        by_student.setdefault(student, []).append((label, problem, known))
    submissions = []
    for student, files in by_student.items():
        label, problem, known = max(files, key=lambda file: _preference(file, slug))
        submission = Submission(student, label, problem)
        if len(files) > 1:
            submission.remarks.append(f"{len(files)} notebooks were handed in; {clean(label, 120)} was graded.")
        if is_late(label):
            submission.remarks.append("Canvas marks this submission as late.")
        if roster and known == UNKNOWN:
            submission.remarks.append("This name is not on the roster.")
        submissions.append(submission)
    if not by_student:
        raise CollectError(f"There is no .ipynb file in {source.place}.")
    instead: dict[str, list[str]] = {}
    if any(student.id not in by_student for student in roster):
        for label in source.others():
            instead.setdefault(whose.student(label)[0], []).append(PurePosixPath(label).name)
    for student in roster:
        if student.id not in by_student:
            problem = "Nothing was handed in."
            if student.id in instead:
                names = ", ".join(clean(name, 60) for name in instead[student.id][:3])
                problem = f"No notebook was handed in, but {names}. Hand in the file that ends in .ipynb."
            submissions.append(Submission(student.id, "", problem))
    return sorted(submissions, key=lambda s: s.student)


def is_late(label: str) -> bool:
    """Whether Canvas wrote LATE into the name of the file."""
    found = _CANVAS.match(PurePosixPath(label).stem)
    return bool(found and (found["late"] or found["late2"]))


def _preference(file: tuple[str, str, int], slug: str):
    """Of several notebooks: readable before not, surely theirs, this assignment's, then the last upload."""
    label, problem, known = file
    stem = PurePosixPath(label).stem
    again = _AGAIN.search(stem)
    number = int(again[1] or again[2]) if again else 0
    return not problem, known, slug in stem, stem[:2] == slug[:2], number, label


class _Matcher:
    """From a path to a student: by id anywhere in the path, then by the names the two platforms write.

    The numbers the platforms write are their own (a participant, an upload), so they are never taken for a student id;
    only Canvas's user number is, where the name is nobody's on the roster.
    """

    def __init__(self, roster: list[Student]):
        self.ids = {_plain(student.id): student.id for student in roster}
        self.names: dict[str, str] = {}
        for student in roster:
            for key in _name_keys(student.name):
                self.names[key] = "" if key in self.names else student.id  # two of one name: neither

    def student(self, label: str) -> tuple[str, int]:
        """(student id, BY_NAME or UNKNOWN). Off the roster, a name made from the path."""
        parts = PurePosixPath(label.replace("\\", "/")).parts
        parts = [part for part in parts if part not in ("/", "..", ".")] or ["unnamed"]
        moodle = next((m for m in map(_MOODLE.match, parts) if m), None)
        if moodle:  # first: what follows in the path was named by the student
            found = self.names.get(_fold(moodle["name"])) or self.ids.get(_plain(moodle["name"]))
            return (found, BY_NAME) if found else (_as_id(f"{moodle['name']}_{moodle['number']}"), UNKNOWN)
        for part in parts[:-1]:
            if _plain(part) in self.ids:
                return self.ids[_plain(part)], BY_NAME
        stem = re.sub(r"\.\w{1,5}$", "", parts[-1])
        if _plain(stem) in self.ids:
            return self.ids[_plain(stem)], BY_NAME
        canvas = _CANVAS.match(stem)
        if canvas and canvas["name"]:
            name = _fold(canvas["name"])
            found = self.names.get(name) or (name not in self.names and self.ids.get(canvas["user"]))
            return (found, BY_NAME) if found else (_as_id(canvas["name"]), UNKNOWN)
        words = re.split(r"[^\w.@+-]+|_(?=\D)|(?<=\D)_", stem)
        for word in [*words, *stem.split("_"), *stem.split("-")]:
            if _plain(word) in self.ids:
                return self.ids[_plain(word)], BY_NAME
        return _as_id(parts[-2] if len(parts) > 1 else stem), UNKNOWN


def _from_metadata(
    source: Source, label: str, whose: _Matcher, mark: Callable[[str], str] | None
) -> tuple[str, int] | None:
    """A file whose name says nothing may still say to whom it was handed out."""
    if mark is None or not whose.ids:
        return None
    try:
        data = source.read(label)
        if b'"mark"' not in data:  # not a hand-out of one's own: nothing to read it for
            return None
        book = parse(data)
    except NotebookProblem:
        return None
    found = whose.ids.get(_plain(book.handed_to))
    if not found or not hmac.compare_digest(mark(found).encode(), book.mark.encode("utf-8", "replace")):
        return None
    return found, BY_MARK


def _name_keys(name: str) -> set[str]:
    """The ways a name may be written without spaces: any word first, or all turned round."""
    words = [word for word in map(_fold, re.split(r"[\s,]+", name)) if word]
    turned = {"".join(words[i:] + words[:i]) for i in range(len(words))}
    return turned | {"".join(reversed(words))} if words else set()


def _plain(text: str) -> str:
    """An id however a system composes its letters."""
    return unicodedata.normalize("NFC", text).casefold()


def _fold(text: str) -> str:
    """Letters and digits alone, accents dropped: macOS and Linux compose them differently."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum())


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

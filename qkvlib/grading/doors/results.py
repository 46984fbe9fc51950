"""What the doors read, what they answer with, and the record of what went through which door when."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import msgspec

from qkvlib.atomic import write_atomically, write_together
from qkvlib.grading.graded import FILE, Graded, read_graded
from qkvlib.grading.text import clean

EXPORTS = "exports.json"


class DoorError(ValueError):
    """Nothing was exported; the message says why and what to do."""


class Class(msgspec.Struct):
    """The class's numbers, as far as a door needs them."""

    assignment: str
    title: str
    out_of: float
    graded: int
    missing: int
    unreadable: int
    due: str = ""


class Exported(msgspec.Struct):
    """One export: through which door, when (UTC), which files, how many students."""

    door: str
    when: str
    files: list[str]
    students: int
    notes: list[str]
    scores: dict[str, float] = {}  # what each student had then


@dataclass
class Export:
    """The files of one export, by their names below the folder that is written to, and what to say about them."""

    files: dict[str, bytes]
    students: int
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Results:
    """A folder that `qkv grade` wrote."""

    folder: Path
    about: Class

    @cached_property
    def students(self) -> list[Graded]:
        """Everybody, in order of id. Raises `DoorError`."""
        try:
            return list(read_graded(self.folder / FILE))
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise DoorError(
                f"{self.folder / FILE} cannot be read. Run `qkv grade` again into {self.folder}."
            ) from error

    def feedback(self, student: Graded) -> bytes:
        """A student's page. Raises `DoorError`."""
        path = self.folder / "feedback" / f"{student.page}.html"
        try:
            return path.read_bytes()
        except OSError as error:
            raise DoorError(f"{path} is not there. Run `qkv grade` again into {self.folder}.") from error


def open_results(folder: Path) -> Results:
    """The results in a folder. Raises `DoorError`."""
    folder = Path(folder)
    try:
        about = msgspec.json.decode((folder / "class.json").read_bytes(), type=Class)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DoorError(
            f"{folder} holds no results of `qkv grade`. Grade first, then name the folder of --out."
        ) from error
    if not (folder / FILE).is_file():
        raise DoorError(f"{folder} was written by an earlier version. Run the same `qkv grade` again, then export.")
    return Results(folder, about)


def write_export(results: Results, door: str, export: Export, out: Path, when: datetime | None = None) -> list[Path]:
    """Write an export's files below `out`, all or none, and note it in the results folder. Their paths."""
    contents: Mapping[Path, str | bytes] = {Path(out) / name: content for name, content in export.files.items()}
    write_together(contents)
    moment = (when or datetime.now(UTC)).isoformat(timespec="seconds")
    scores = {student.student: student.score for student in results.students if student.into_gradebook}
    entry = Exported(door, moment, [str(path) for path in contents], export.students, export.notes, scores)
    known = [*exports(results.folder), entry]
    write_atomically(results.folder / EXPORTS, json.dumps(msgspec.to_builtins(known), indent=1) + "\n")
    return list(contents)


def exports(folder: Path) -> list[Exported]:
    """What was exported from a results folder so far; a file that is not as it should be counts as none."""
    try:
        return msgspec.json.decode((Path(folder) / EXPORTS).read_bytes(), type=list[Exported])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return []


def zipped(entries: Mapping[str, bytes]) -> bytes:
    """A zip of these files, the same bytes for the same content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o755 if content.startswith(b"#!") else 0o644) << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def named(students: list[Graded], limit: int = 8) -> str:
    """The first of some students by id, and how many more there are."""
    shown = ", ".join(clean(student.student, 40) for student in students[:limit])
    return shown + (f" and {len(students) - limit} more" if len(students) > limit else "")

"""The teacher's course file: the secret every seed comes from, and how each assignment was handed out.

Whoever has this file can compute every student's inputs; it belongs beside the roster, never in a hand-out. It is the
root of every grade: looked for in this folder and those above it, made once, under a lock, and never silently again.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from qkvlib.atomic import write_atomically


class CourseFileError(ValueError):
    """The course file cannot be used; the message says what to do."""


@dataclass
class CourseFile:
    """The secret, and for each assignment "individual" or "same", when it is due, and when (UTC) it was handed out."""

    path: Path
    secret: bytes
    assigned: dict[str, str] = field(default_factory=dict)
    due: dict[str, str] = field(default_factory=dict)
    handed_out: dict[str, str] = field(default_factory=dict)

    def note(self, slug: str, how: str, due: str) -> None:
        """Write down how an assignment was handed out, beside whatever another run has written down meanwhile."""
        with _locked(self.path):
            if self.path.exists():
                kept = _read(self.path)
                if kept.secret != self.secret:
                    raise CourseFileError(f"{self.path} has another secret now than when this run began. Start again.")
                self.assigned, self.due, self.handed_out = kept.assigned, kept.due, kept.handed_out
            self.assigned[slug], self.due[slug] = how, due
            self.handed_out[slug] = datetime.now(UTC).isoformat(timespec="seconds")
            self.save()

    def save(self) -> None:
        """Write the file, readable by its owner alone, in one step."""
        texts = {"assigned": self.assigned, "due": self.due, "handed_out": self.handed_out}
        facts = {"secret": self.secret.hex(), **texts}
        write_atomically(self.path, json.dumps(facts, indent=2) + "\n", mode=0o600)


def find_course(path: Path) -> Path:
    """Where the course file is: at `path`, or, when that is a bare name, in the nearest folder above that has one."""
    path = Path(path)
    if path.exists() or path.parent != Path():
        return path
    return next((above / path for above in Path.cwd().resolve().parents if (above / path).is_file()), path)


def open_course(path: Path) -> tuple[CourseFile, bool]:
    """(the course file, whether it was made just now)."""
    path = find_course(path)
    if path.exists():
        return _read(path), False
    if not path.parent.is_dir():
        raise CourseFileError(f"The folder {path.parent} for the course file does not exist.")
    with _locked(path):
        if path.exists():  # another run made it while this one waited
            return _read(path), False
        course = CourseFile(path, secrets.token_bytes(32))
        course.save()
        return course, True


def _read(path: Path) -> CourseFile:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        facts = [dict(content.get(name, {})) for name in ("assigned", "due", "handed_out")]
        if not all(isinstance(text, str) for texts in facts for text in texts.values()):
            raise ValueError("a word was expected")
        course = CourseFile(path, bytes.fromhex(content["secret"]), *facts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CourseFileError(
            f"{path} is not a course file. Restore it from a backup, or name another with --course; a new secret "
            "gives every student new numbers."
        ) from error
    if len(course.secret) < 16:
        raise CourseFileError(f"{path}: the secret is too short to be one.")
    return course


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One writer of the course file at a time. The lock lies beside it and is let go of even by a killed process."""
    try:
        import fcntl
    except ImportError:  # Windows, where nothing is graded; two hand-outs at the very same moment are not expected
        yield
        return
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)

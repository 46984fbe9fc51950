"""The teacher's course file: the secret every seed comes from, and how each assignment was handed out.

Whoever has this file can compute every student's inputs; it belongs beside the roster, never in a hand-out.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path


class CourseFileError(ValueError):
    """The course file cannot be used; the message says what to do."""


@dataclass
class CourseFile:
    """The secret, and for each assignment "individual" or "same" and, if it was given, when it is due."""

    path: Path
    secret: bytes
    assigned: dict[str, str] = field(default_factory=dict)
    due: dict[str, str] = field(default_factory=dict)

    def save(self) -> None:
        """Write the file, readable by its owner alone, in one step."""
        facts = {"secret": self.secret.hex(), "assigned": self.assigned, "due": self.due}
        temporary = self.path.with_name(self.path.name + ".new")
        descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(facts, indent=2) + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def open_course(path: Path) -> tuple[CourseFile, bool]:
    """(the course file, whether it was made just now)."""
    path = Path(path)
    if not path.exists():
        if not path.parent.is_dir():
            raise CourseFileError(f"The folder {path.parent} for the course file does not exist.")
        course = CourseFile(path, secrets.token_bytes(32))
        course.save()
        return course, True
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        facts = (dict(content.get(name, {})) for name in ("assigned", "due"))
        course = CourseFile(path, bytes.fromhex(content["secret"]), *facts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseFileError(
            f"{path} is not a course file. Restore it from a backup, or name another with --course; a new secret "
            "gives every student new numbers."
        ) from error
    if len(course.secret) < 16:
        raise CourseFileError(f"{path}: the secret is too short to be one.")
    return course, False

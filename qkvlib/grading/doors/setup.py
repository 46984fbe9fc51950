"""What a bundle that grades on a platform has to know, written beside it as `setup.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec

from qkvlib.grading.assignment import Assignment
from qkvlib.grading.roster import Student
from qkvlib.grading.sandbox import weakness

FILE = "setup.json"


class Person(msgspec.Struct, frozen=True):
    """One line of the roster."""

    id: str
    name: str
    email: str


class Setup(msgspec.Struct, frozen=True):
    """The assignment, what its inputs are drawn from, and who is in the class."""

    assignment: str
    title: str
    out_of: float
    secret: str  # hex: the course secret, or, where everybody can read the bundle, a public seed
    individual: bool
    roster: list[Person] = []


def read_setup(path: Path) -> Setup:
    """The setup of this bundle. Raises OSError, or msgspec's errors."""
    return msgspec.json.decode(path.read_bytes(), type=Setup)


def people(students: list[Student]) -> list[Person]:
    """A roster as a bundle carries it."""
    return [Person(student.id, student.name, student.email) for student in students]


def caution(record: dict) -> str:
    """What a result has to say about the wall it was graded behind; "" where that is the strongest."""
    return "Graded without the sandbox." if record["unsafe"] else weakness(record.get("wall", ""))


class Place(Protocol):
    """Where things lie on a platform that runs the grader, and the form of what it reads."""

    @property
    def bundle(self) -> Path:
        """The grader's own files."""

    @property
    def submission(self) -> Path:
        """The folder of what the student handed in."""

    @property
    def target(self) -> Path:
        """Where the result belongs."""

    def student(self, setup: Setup) -> str:
        """Whose submission it is; "" where that is needed and cannot be known."""

    def result(self, record: dict, task: Assignment) -> dict:
        """The result of a graded submission."""

    def failure(self, why: str) -> dict | None:
        """The result when grading broke; None where the platform writes one itself."""

"""What a bundle that grades on a platform has to know, written beside it as `setup.json`."""

from __future__ import annotations

from pathlib import Path

import msgspec

from qkvlib.grading.roster import Student

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

"""What a run leaves for everything that comes after it: a line per student in `graded.jsonl`, for the teacher alone.

The tables, the doors to platforms (`qkvlib.grading.doors`), `qkv class` and `qkv oral` read it, one student at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from qkvlib.grading.assignment import Assignment
from qkvlib.grading.records import Remark, Result
from qkvlib.grading.roster import Student
from qkvlib.grading.terms import Late, Policy, in_words
from qkvlib.grading.text import file_name

FILE = "graded.jsonl"


class Graded(msgspec.Struct, frozen=True):
    """One student's grade, as it stands after the late penalty, and where it comes from."""

    student: str
    name: str
    email: str
    platform_id: str
    on_roster: bool  # always, where no roster was given
    page: str  # the name of the files in feedback/, without ending
    file: str
    origin: dict[str, str]  # see `qkvlib.grading.whose.origin`
    problem: str
    failed: bool
    unsafe: bool
    wall: str  # that it was graded behind
    late: str  # in words; "" when it came in time or nobody knows
    days_late: int
    due: str
    reached: float  # before the penalty
    taken: float
    out_of: float
    key: str
    remarks: list[Remark]
    results: list[Result]
    answers: dict[str, str]

    @property
    def score(self) -> float:
        """The points that count."""
        return self.reached - self.taken

    @property
    def is_graded(self) -> bool:
        """Whether there is a grade at all: nobody who could not be graded has a 0."""
        return not self.problem

    @property
    def is_late(self) -> bool:
        """Whether it came late, by the roster's dates or by the platform's word."""
        return bool(self.days_late) or any(remark.kind == "late" for remark in self.remarks)

    @property
    def into_gradebook(self) -> bool:
        """Whether it belongs into an import: a 0 would overwrite an excuse, and a stranger spoils a whole file."""
        return self.is_graded and self.on_roster


def graded_of(
    assignment: Assignment, record: dict, student: Student, policy: Policy, due: str, on_roster: bool = True
) -> Graded:
    """A journal's record with what the roster says about its student."""
    reached = sum(result["points"] for result in record["results"])
    marked = any(remark["kind"] == "late" for remark in record["remarks"])
    origin = record.get("origin", {})
    arrived = datetime.fromisoformat(origin["arrived"]) if origin.get("arrived") else None
    late = Late()
    if record["file"] and not record["problem"]:
        late = policy.late(student.terms, arrived, marked, reached, assignment.total)
    own = policy.own_due(student.terms)
    return Graded(
        student=student.id,
        name=student.name,
        email=student.email,
        platform_id=student.platform_id,
        on_roster=on_roster,
        page=file_name(student.id),
        file=record["file"],
        origin=origin,
        problem=record["problem"],
        failed=record["failed"],
        unsafe=record["unsafe"],
        wall=record.get("wall", ""),
        late=in_words(late) or (UNTIMED if late.untimed else ""),
        days_late=late.days,
        due=own.isoformat(" ", "minutes") if own else due,
        reached=reached,
        taken=late.taken,
        out_of=assignment.total,
        key=record["key"],
        remarks=[Remark(**remark) for remark in record["remarks"]],
        results=[Result(**result) for result in record["results"]],
        answers=record["answers"],
    )


UNTIMED = "It came late, and how late is not known, so no points were taken off."

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Graded)


def to_line(graded: Graded) -> bytes:
    """One line of the file."""
    return _encoder.encode(graded) + b"\n"


def read_graded(path: Path) -> Iterator[Graded]:
    """The students one after another. Raises OSError, or msgspec's errors for a file that is not whole."""
    with open(path, "rb") as file:
        for line in file:
            yield _decoder.decode(line)

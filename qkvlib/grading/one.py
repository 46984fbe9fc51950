"""One student of a class: found by id and graded again, while the others keep what was said of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from qkvlib.grading.collect import Submission
from qkvlib.grading.journal import Journal
from qkvlib.grading.roster import CollectError, Student
from qkvlib.grading.secret import normal_id
from qkvlib.grading.terms import Policy, TermError
from qkvlib.grading.text import clean
from qkvlib.grading.worker import Job, record


def one_of(found: list[Submission], student: str) -> list[Submission]:
    """The submission of one student. Raises `CollectError` when there is none of that id."""
    mine = [submission for submission in found if normal_id(submission.student) == normal_id(student)]
    if not mine:
        raise CollectError(f"--only {clean(student, 40)}: nobody of that id is on the roster or among the submissions.")
    return mine


def with_the_others(job: Job, found: list[Submission], fresh: dict[str, dict], journal: Journal) -> Iterator[dict]:
    """A record for everybody: `fresh` ones, else the last one in the journal, else one that says there is none yet."""
    for submission in found:
        last = fresh.get(submission.student) or journal.last_of_student(submission.student)
        if last is None:
            item = {"key": "", "student": submission.student, "file": submission.file, "remarks": submission.remarks}
            last = record(job, item, problem="Not graded yet: the last run graded one other student alone.")
        yield last


def check_terms(policy: Policy, students: list[Student], found: list[Submission]) -> None:
    """Raise `CollectError` for a student whose dates cannot be compared, before anything is graded."""
    arrived = {s.student: datetime.fromisoformat(s.origin["arrived"]) for s in found if s.origin.get("arrived")}
    for student in students:
        try:
            policy.late(student.terms, arrived.get(student.id), False, 0, 0)
        except TermError as error:
            raise CollectError(f"{clean(student.id, 40)}: {error}") from error

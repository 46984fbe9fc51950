"""LTI 1.3, Assignment and Grade Services 2.0: a file of Score objects for a tool that posts them.

The fields follow the specification's section "Score publish service": a score that is FullyGraded counts, and a
platform ignores one whose timestamp is not later than that of the last it took. No server of ours posts anything.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from qkvlib.grading.doors.results import Export, Results, named
from qkvlib.grading.graded import Graded
from qkvlib.grading.text import headline


def score(student: Graded, when: datetime) -> dict[str, str | float]:
    """One Score object. `userId` is the roster's `lti_user_id`, where there is one, else the student id."""
    return {
        "userId": student.platform_id or student.student,
        "scoreGiven": round(student.score, 4),
        "scoreMaximum": student.out_of,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "comment": " ".join(part for part in (headline(student.results), student.late) if part),
    }


def export(results: Results, when: datetime | None = None) -> Export:
    """`scores.json`: a list of Score objects, of those alone who have a grade."""
    moment = when or datetime.now(UTC)
    students = [student for student in results.students if student.into_gradebook]
    content = json.dumps([score(student, moment) for student in students], indent=1, ensure_ascii=False)
    unnamed = [student for student in students if not student.platform_id]
    notes = [
        "An LTI platform knows people by its own user id. Where that is not your student_id, add a column lti_user_id "
        f"to the roster and grade again; it is missing for {named(unnamed)}."
    ]
    return Export({"scores.json": content.encode() + b"\n"}, len(students), notes if unnamed else [])

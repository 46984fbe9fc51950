"""nbgrader's exchange: feedback where `nbgrader fetch_feedback` looks for it, and the table `nbgrader export` writes.

`qkv grade` reads `inbound/` by itself. A page is called by the hash that nbgrader computes of the submission's secret
and the notebook's name (`nbgrader/utils.py`, `notebook_hash`; without a secret, as nbgrader before 0.7 wrote it, of the
notebook's bytes and the key of `make_unique_key`). Columns: `CsvExportPlugin` of `nbgrader/plugins/export.py`.
"""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path, PurePosixPath

from qkvlib.grading.collect import Source
from qkvlib.grading.doors.results import DoorError, Export, Results, named
from qkvlib.grading.graded import Graded
from qkvlib.grading.notebook import NotebookProblem
from qkvlib.grading.platforms import harmless
from qkvlib.grading.whose import ExchangeFolder, exchange_folder

_COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score"),
    *("late_submission_penalty", "score", "max_score"),
)


def export(results: Results, inbound: Path) -> Export:
    """`feedback/<hash>.html` for everybody whose submission lies in `inbound`, and `grades.csv`."""
    inbound = Path(inbound)
    if not inbound.is_dir():
        raise DoorError(f"{inbound} is no folder. Name nbgrader's inbound/ of this course, which was graded.")
    files, absent, rows = {}, [], []
    with Source(inbound) as source:
        for student in results.students:
            if not student.file:
                continue
            folder = exchange_folder(student.file)
            name = _hash(source, folder) if folder else ""
            if folder is None or not name:
                absent.append(student)
                continue
            files[f"feedback/{name}.html"] = results.feedback(student)
            if student.is_graded:
                rows.append(_row(student, folder))
    if not files:
        raise DoorError(
            f"Not one of these submissions lies in {inbound}. Grade nbgrader's inbound/ itself (`qkv grade "
            f"{inbound}`), then name it here."
        )
    notes = [f"No feedback for {named(absent)}: their submissions are not in {inbound}."] if absent else []
    return Export({**files, "grades.csv": _table(rows)}, len(files), notes)


def _hash(source: Source, folder: ExchangeFolder) -> str:
    """The name under which nbgrader looks for the feedback on one notebook; "" when it is not there."""
    digest = hashlib.md5(usedforsecurity=False)
    path = PurePosixPath(folder.path)
    try:
        notebook = source.read(folder.path)
    except NotebookProblem:
        return ""
    try:
        digest.update(source.read(str(path.with_name("submission_secret.txt"))) + path.stem.encode())
    except NotebookProblem:  # handed in with an nbgrader that wrote no secret
        key = (source.place.resolve().parent.name, folder.assignment, path.stem, folder.user, folder.timestamp)
        digest.update(notebook + "+".join(key).encode())
    return digest.hexdigest()


def _row(student: Graded, folder: ExchangeFolder) -> dict[str, str]:
    if ", " in student.name:
        last, _, first = student.name.partition(", ")
    else:
        first, _, last = student.name.rpartition(" ")
    return {
        "assignment": folder.assignment,
        "duedate": student.due,
        "timestamp": folder.timestamp,
        "student_id": student.student,
        "last_name": last,
        "first_name": first,
        "email": student.email,
        "raw_score": str(float(student.reached)),
        "late_submission_penalty": str(float(student.taken)),
        "score": str(float(student.score)),
        "max_score": str(float(student.out_of)),
    }


def _table(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow([row[name] if name == "student_id" else harmless(row[name]) for name in _COLUMNS])
    return text.getvalue().encode()

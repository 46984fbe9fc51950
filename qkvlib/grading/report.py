"""From grading records to what people read: pages, tables and the files that platforms import.

Records are read one at a time, so a class of ten thousand needs no more memory than a class of ten. Every string of a
student's is escaped for where it stands, and shown with nothing invisible in it.
"""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from qkvlib.grading import results
from qkvlib.grading.assignment import Assignment
from qkvlib.grading.class_report import Totals
from qkvlib.grading.doors import canvas, gradescope, moodle
from qkvlib.grading.graded import FILE, Graded, graded_of, read_graded, to_line
from qkvlib.grading.inbox import write_names
from qkvlib.grading.pages import render
from qkvlib.grading.platforms import Table
from qkvlib.grading.roster import Student
from qkvlib.grading.sandbox import weakness
from qkvlib.grading.terms import Policy
from qkvlib.grading.text import clean, headline, number, quoted

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def write_report(
    out: Path,
    assignment: Assignment,
    records: Iterable[dict],
    roster: list[Student],
    progress: Callable[[int], None] = lambda done: None,
    due: str = "",
    sentences: dict[tuple[str, str], str] | None = None,
    policy: Policy | None = None,
) -> dict:
    """Write everything for these records into `out`, each part swapped in whole. Returns the class's numbers.

    `due` is shown as it is written; what is computed from due dates follows `policy` and the roster.
    """
    out, policy = Path(out), policy or Policy(assignment.number)
    known = {student.id: student for student in roster}
    totals = Totals(assignment, due)
    for left in (*out.glob(".report-*"), *out.glob(".old-*")):  # by a run that was killed while it wrote
        shutil.rmtree(left, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix=".report-", dir=out))
    place.chmod(0o755)
    try:
        (place / "feedback").mkdir()
        (place / "gradescope").mkdir()
        with Table(place / "grades.csv", "utf-8-sig") as grades, open(place / FILE, "wb") as lines:
            grades.row(["student_id", "name", *assignment.graded, *_FACTS])  # Excel knows UTF-8 by its mark alone
            for done, record in enumerate(records, 1):
                student = known.get(record["student"], Student(record["student"]))
                on_roster = not roster or student.id in known
                grade = partial(graded_of, assignment, student=student, policy=policy, due=due, on_roster=on_roster)
                record, graded = _write_or_name(place, assignment, record, grade)
                totals.add(record, student, graded.score, graded.is_late)
                grades.row(_row(graded, assignment.graded), ids_at=(0,) if student.id in known else ())
                lines.write(to_line(graded))
                progress(done)
        canvas.write_csv(place / "canvas.csv", assignment.title, assignment.total, read_graded(place / FILE))
        moodle.write_csv(place / "moodle.csv", read_graded(place / FILE))
        (place / "class.html").write_text(render("class.html", **totals.page()), encoding="utf-8", errors="replace")
        summary = totals.summary()
        (place / "class.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
        results.take_over(place, out)
        write_names(out, totals.inbox.by_size(), sentences or {})
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return summary


_FACTS = ("score", "out_of", "percent", "problem", "late", "days_late", "late_penalty", "file", "remarks", "sandbox")


def _row(graded: Graded, names: list[str]) -> list[str]:
    """A student's line in grades.csv. Who was not graded has no number in it: a 0 would be a grade."""
    points = {result.name: number(result.points) for result in graded.results} if graded.is_graded else {}
    share = f"{100 * graded.score / graded.out_of:.1f}" if graded.out_of and graded.is_graded else ""
    late = "yes" if graded.is_late else ""
    days = str(graded.days_late) if graded.days_late else ""
    taken = number(graded.taken) if graded.taken else ""
    remarks = " ".join(remark.text for remark in graded.remarks)
    score = number(graded.score) if graded.is_graded else ""
    each = [points.get(name, "") for name in names]
    told = [score, number(graded.out_of), share, graded.problem, late, days, taken, graded.file, remarks, _wall(graded)]
    return [graded.student, graded.name, *each, *told]


def _write_or_name(
    place: Path, assignment: Assignment, record: dict, graded_from: Callable[[dict], Graded]
) -> tuple[dict, Graded]:
    """Write one student's page. When it breaks over the record, the record that says so, its page written if it can be.

    Only a disk without room ends the run: then nothing else could be written either.
    """
    for _ in range(2):
        graded = graded_from(record)
        try:
            _write_student(place, assignment, record, graded)
            break
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _NO_ROOM:
                raise
            record = _cannot_be_shown(record, error)
    return record, graded


def _cannot_be_shown(record: dict, error: Exception) -> dict:
    """A record that broke its own page: what can be said about it, so that the others' pages are written."""
    why = f"Its page could not be written ({type(error).__name__})."
    remark = {"kind": "failed", "text": f"{why} The file is {quoted(record['file'])}."}
    return {**record, "problem": f"{why} Please ask your teacher.", "failed": True, "remarks": [remark], "answers": {}}


def _wall(graded: Graded) -> str:
    """What `grades.csv` says about the sandbox: yes, or which weaker one it was."""
    if graded.unsafe:
        return "none: do not trust this grade"
    return f"{graded.wall}: see class.html" if weakness(graded.wall) else "yes"


# -- one student ------------------------------------------------------------------------------------------------------


def _write_student(place: Path, assignment: Assignment, record: dict, graded: Graded) -> None:
    titles = {item.name: item.title for item in assignment.items}
    results = [
        {**r, "title": titles.get(r["name"], ""), "answer": record["answers"].get(r["name"], "")}
        for r in record["results"]
    ]
    facts = {
        "student": graded.student,
        "name": graded.name,
        "assignment": assignment.slug,
        "title": assignment.title,
        "due": graded.due,
        "late": graded.late,
        "file": record["file"],
        "score": graded.score,
        "out_of": assignment.total,
        "reference": record["key"][:12],
        "remarks": [remark["text"] for remark in record["remarks"]],
        **{key: record[key] for key in ("problem", "unsafe")},
        "wall": record.get("wall", ""),
        "weakness": "" if record["unsafe"] else weakness(record.get("wall", "")),
        "results": results,
    }
    page = render(
        "feedback.html",
        headline=headline(graded.results),
        graded_file=clean(record["file"].rpartition("/")[2]),
        **facts,
    )
    (place / "feedback" / f"{graded.page}.html").write_text(page, encoding="utf-8", errors="replace")
    (place / "feedback" / f"{graded.page}.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
    folder = place / "gradescope" / graded.page
    folder.mkdir(exist_ok=True)
    (folder / "results.json").write_text(json.dumps(gradescope.results_json(record)) + "\n", encoding="utf-8")

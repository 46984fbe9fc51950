"""From grading records to what people read: pages, tables and the files that platforms import.

Records are read one at a time, so a class of ten thousand needs no more memory than a class of ten. Every string of a
student's is escaped for where it stands, and shown with nothing invisible in it.
"""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from qkvlib.grading import results
from qkvlib.grading.assignment import Assignment
from qkvlib.grading.class_report import Totals, is_late
from qkvlib.grading.inbox import write_names
from qkvlib.grading.pages import render
from qkvlib.grading.platforms import Table, gradescope
from qkvlib.grading.roster import Student
from qkvlib.grading.sandbox import weakness
from qkvlib.grading.text import clean, file_name, number, quoted

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def write_report(
    out: Path,
    assignment: Assignment,
    records: Iterable[dict],
    roster: list[Student],
    progress: Callable[[int], None] = lambda done: None,
    due: str = "",
    sentences: dict[tuple[str, str], str] | None = None,
) -> dict:
    """Write everything for these records into `out`, each part swapped in whole. Returns the class's numbers."""
    out = Path(out)
    known = {student.id: student for student in roster}
    totals = Totals(assignment, due)
    for left in (*out.glob(".report-*"), *out.glob(".old-*")):  # by a run that was killed while it wrote
        shutil.rmtree(left, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix=".report-", dir=out))
    place.chmod(0o755)
    try:
        (place / "feedback").mkdir()
        (place / "gradescope").mkdir()
        with (
            Table(place / "grades.csv", "utf-8-sig") as grades,  # Excel knows UTF-8 by its mark alone
            Table(place / "canvas.csv") as canvas,
            Table(place / "moodle.csv") as moodle,
        ):
            names = assignment.graded
            facts = ["score", "out_of", "percent", "problem", "late", "file", "remarks", "sandbox"]
            grades.row(["student_id", "name", *names, *facts])
            canvas.row(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment.title])
            canvas.row(["    Points Possible", "", "", "", "", number(assignment.total)])
            moodle.row(["ID number", "Full name", "Email address", "Grade", "Maximum grade", "Feedback"])
            for done, record in enumerate(records, 1):
                student = known.get(record["student"], Student(record["student"]))
                record = _write_or_name(place, assignment, record, student, due)
                score = totals.add(record, student)
                graded = not record["problem"]  # nothing else is a grade: a 0 would be one
                points = {r["name"]: number(r["points"]) for r in record["results"]} if graded else {}
                share = f"{100 * score / assignment.total:.1f}" if assignment.total and graded else ""
                wall = "none: do not trust this grade" if record["unsafe"] else _wall(record)
                each = [points.get(name, "") for name in names]
                remarks = " ".join(remark["text"] for remark in record["remarks"])
                told = [record["problem"], "yes" if is_late(record) else "", record["file"], remarks, wall]
                ours = not roster or student.id in known
                reached = number(score) if graded else ""
                row = [student.id, student.name, *each, reached, number(assignment.total), share, *told]
                grades.row(row, ids_at=(0,) if student.id in known else ())
                if graded and ours:
                    # nobody else: a 0 would overwrite an excuse, and one stranger makes Moodle refuse the whole file
                    canvas.row([student.name, "", student.id, student.id, "", number(score)], ids_at=(2, 3))
                    told = [number(score), number(assignment.total), headline(record["results"])]
                    moodle.row([student.id, student.name, student.email, *told], ids_at=(0,))
                progress(done)
        (place / "class.html").write_text(render("class.html", **totals.page()), encoding="utf-8", errors="replace")
        summary = totals.summary()
        (place / "class.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
        results.take_over(place, out)
        write_names(out, totals.inbox.by_size(), sentences or {})
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return summary


def _write_or_name(place: Path, assignment: Assignment, record: dict, student: Student, due: str) -> dict:
    """Write one student's page. When it breaks over the record, the record that says so, its page written if it can be.

    Only a disk without room ends the run: then nothing else could be written either.
    """
    for _ in range(2):
        try:
            _write_student(place, assignment, record, student, due)
            break
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _NO_ROOM:
                raise
            record = _cannot_be_shown(record, error)
    return record


def _cannot_be_shown(record: dict, error: Exception) -> dict:
    """A record that broke its own page: what can be said about it, so that the others' pages are written."""
    why = f"Its page could not be written ({type(error).__name__})."
    remark = {"kind": "failed", "text": f"{why} The file is {quoted(record['file'])}."}
    return {**record, "problem": f"{why} Please ask your teacher.", "failed": True, "remarks": [remark], "answers": {}}


def _wall(record: dict) -> str:
    """What `grades.csv` says about the sandbox: yes, or which weaker one it was."""
    wall = record.get("wall", "")
    return f"{wall}: see class.html" if weakness(wall) else "yes"


# -- one student ------------------------------------------------------------------------------------------------------


def _write_student(
    place: Path,
    assignment: Assignment,
    record: dict,
    student: Student,
    due: str,
) -> None:
    score = sum(r["points"] for r in record["results"])
    titles = {item.name: item.title for item in assignment.items}
    results = [
        {**r, "title": titles.get(r["name"], ""), "answer": record["answers"].get(r["name"], "")}
        for r in record["results"]
    ]
    facts = {
        "student": student.id,
        "name": student.name,
        "assignment": assignment.slug,
        "title": assignment.title,
        "due": due,
        "file": record["file"],
        "score": score,
        "out_of": assignment.total,
        "reference": record["key"][:12],
        "remarks": [remark["text"] for remark in record["remarks"]],
        **{key: record[key] for key in ("problem", "unsafe")},
        "wall": record.get("wall", ""),
        "weakness": "" if record["unsafe"] else weakness(record.get("wall", "")),
        "results": results,
    }
    name = file_name(student.id)
    page = render(
        "feedback.html", headline=headline(results), graded_file=clean(record["file"].rpartition("/")[2]), **facts
    )
    (place / "feedback" / f"{name}.html").write_text(page, encoding="utf-8", errors="replace")
    (place / "feedback" / f"{name}.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
    folder = place / "gradescope" / name
    folder.mkdir(exist_ok=True)
    (folder / "results.json").write_text(json.dumps(gradescope(record, score)) + "\n", encoding="utf-8")


def headline(results: list[dict]) -> str:
    """One sentence on where a student stands, with what to do next."""
    by = Counter(r["status"] for r in results)
    if by["correct"] == len(results):
        return "Everything is right."
    if not by["correct"] and not by["wrong"]:
        return "No exercise has an answer yet."
    parts = [f"{by['correct']} of {len(results)} exercises are right"]
    if by["wrong"]:
        parts.append(f"{by['wrong']} {'is' if by['wrong'] == 1 else 'are'} not there yet")
    if by["todo"]:
        parts.append(f"{by['todo']} {'was' if by['todo'] == 1 else 'were'} left blank")
    start = next((r["name"] for r in results if r["status"] == "wrong"), None)
    advice = f" A good place to go on: {start}." if start else ""
    return (", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]) + "." + advice

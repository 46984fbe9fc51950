"""From grading records to what people read: pages, tables and the files that platforms import.

Records are read one at a time, so a class of ten thousand needs no more memory than a class of ten. Every string of a
student's is escaped (jinja2 autoescape), pages carry no script and a strict content security policy, and no table cell
starts a formula.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import re
import shutil
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from qkvlib.grading.assignment import Assignment
from qkvlib.grading.collect import is_late
from qkvlib.grading.roster import Student

_TEMPLATES = Path(__file__).parent / "templates"
SIGNS = {"correct": "✓", "wrong": "△", "todo": "○"}
HEADINGS = {"correct": "Correct", "wrong": "Not yet", "todo": "Left blank"}
_LOOKS = 40  # lines worth a look, and students named in each
_WHO = 8  # students named beside a mistake
_SHARED = 6  # mistakes proposed for the next lesson
_ROWS = 400  # students in the table of the class report
_LEAD, _WIDE = 250, 470  # where the bars of the class report start, and how wide they get


def number(value: float) -> str:
    """A count of points without needless decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def code(text: str) -> Markup:
    """Escaped text in which `this` becomes code."""
    return Markup(re.sub(r"`([^`]{1,80})`", r"<code>\1</code>", str(escape(text))))


@cache
def _environment() -> tuple[Environment, dict]:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, code=code)
    style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment, {"style": Markup(style), "style_hash": Markup(digest), "signs": SIGNS, "headings": HEADINGS}


def render(template: str, **values) -> str:
    """One page."""
    environment, shared = _environment()
    return environment.get_template(template).render(**shared, **values)


def write_report(
    out: Path,
    assignment: Assignment,
    records: Iterable[dict],
    roster: list[Student],
    progress: Callable[[int], None] = lambda done: None,
    due: str = "",
) -> dict:
    """Write everything for these records into `out`, each part swapped in whole. Returns the class's numbers."""
    out = Path(out)
    known = {student.id: student for student in roster}
    totals = _Totals(assignment, due)
    for left in (*out.glob(".report-*"), *out.glob(".old-*")):  # by a run that was killed while it wrote
        shutil.rmtree(left, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix=".report-", dir=out))
    place.chmod(0o755)
    try:
        (place / "feedback").mkdir()
        (place / "gradescope").mkdir()
        with (
            _table(place / "grades.csv", "utf-8-sig") as grades,  # Excel knows UTF-8 by its mark alone
            _table(place / "canvas.csv") as canvas,
            _table(place / "moodle.csv") as moodle,
        ):
            names = assignment.graded
            facts = ["score", "out_of", "percent", "problem", "late", "file", "remarks", "sandbox"]
            grades.row(["student_id", "name", *names, *facts])
            canvas.row(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment.title])
            canvas.row(["    Points Possible", "", "", "", "", number(assignment.total)])
            moodle.row(["ID number", "Full name", "Email address", "Grade", "Maximum grade", "Feedback"])
            for done, record in enumerate(records, 1):
                student = known.get(record["student"], Student(record["student"]))
                score = totals.add(record, student)
                _write_student(place, assignment, record, student, score, due)
                points = {r["name"]: number(r["points"]) for r in record["results"]}
                share = f"{100 * score / assignment.total:.1f}" if assignment.total else ""
                wall = "none: do not trust this grade" if record["unsafe"] else "yes"
                each = [points.get(name, "") for name in names]
                late = "yes" if is_late(record["file"]) else ""
                told = [record["problem"], late, record["file"], " ".join(record["remarks"]), wall]
                grades.row([student.id, student.name, *each, number(score), number(assignment.total), share, *told])
                if not record["problem"] and (not roster or student.id in known):
                    # nobody else: a 0 would overwrite an excuse, and one stranger makes Moodle refuse the whole file
                    canvas.row([student.name, "", student.id, student.id, "", number(score)])
                    told = [number(score), number(assignment.total), headline(record["results"])]
                    moodle.row([student.id, student.name, student.email, *told])
                progress(done)
        (place / "class.html").write_text(render("class.html", **totals.page()), encoding="utf-8", errors="replace")
        summary = totals.summary()
        (place / "class.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
        for entry in sorted(place.iterdir()):
            _swap(entry, out / entry.name)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return summary


def _swap(new: Path, target: Path) -> None:
    if new.is_dir() and target.exists():
        old = target.with_name(f".old-{target.name}")
        shutil.rmtree(old, ignore_errors=True)
        os.replace(target, old)
        os.replace(new, target)
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(new, target)


# -- tables ---------------------------------------------------------------------------------------------------------


class _table:
    """A CSV in which no cell is read as a formula."""

    def __init__(self, path: Path, encoding: str = "utf-8"):
        self._path, self._encoding = path, encoding

    def __enter__(self):
        self._file = open(self._path, "w", newline="", encoding=self._encoding)
        self._writer = csv.writer(self._file)
        return self

    def __exit__(self, *exception):
        self._file.close()

    def row(self, cells: list[str]) -> None:
        """Write one line."""
        self._writer.writerow([harmless(cell) for cell in cells])


def harmless(cell: str) -> str:
    """A cell that a spreadsheet shows and never runs."""
    cell = str(cell).encode("utf-8", "replace").decode("utf-8")
    return f"'{cell}" if cell.lstrip().startswith(("=", "+", "-", "@")) or cell.startswith(("\t", "\r", "\n")) else cell


# -- one student ----------------------------------------------------------------------------------------------------


def _write_student(
    place: Path,
    assignment: Assignment,
    record: dict,
    student: Student,
    score: float,
    due: str,
) -> None:
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
        **{key: record[key] for key in ("remarks", "problem", "unsafe")},
        "results": results,
    }
    page = render("feedback.html", headline=headline(results), file_name=record["file"].rpartition("/")[2], **facts)
    (place / "feedback" / f"{student.id}.html").write_text(page, encoding="utf-8", errors="replace")
    (place / "feedback" / f"{student.id}.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
    folder = place / "gradescope" / student.id
    folder.mkdir()
    (folder / "results.json").write_text(json.dumps(gradescope(record, score)) + "\n", encoding="utf-8")


def gradescope(record: dict, score: float) -> dict:
    """The record in the form Gradescope's autograder writes."""
    tests = [
        {
            "name": r["name"],
            "score": r["points"],
            "max_score": r["out_of"],
            "status": "passed" if r["status"] == "correct" else "failed",
            "output": " ".join(part for part in (HEADINGS[r["status"]] + ".", r["message"], r["note"]) if part),
            "output_format": "text",
            "visibility": "visible",
        }
        for r in record["results"]
    ]
    warning = "Graded without the sandbox. " if record["unsafe"] else ""
    text = warning + " ".join([record["problem"], *record["remarks"]])
    return {"score": score, "output": text.strip(), "output_format": "text", "tests": tests}


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


# -- the class ------------------------------------------------------------------------------------------------------


class _Totals:
    """Counts over the records, kept while they stream by."""

    def __init__(self, assignment: Assignment, due: str = ""):
        self.assignment, self.due = assignment, due
        self.scores: list[float] = []
        self.missing = self.unreadable = self.late = 0
        self.unsafe = False
        self.statuses = {name: Counter() for name in assignment.graded}
        self.mistakes: Counter = Counter()
        self.examples: dict[tuple[str, str], tuple[str, list[dict]]] = {}
        self.looks: dict[str, list[dict]] = {}  # what -> students, for what a teacher should see
        self.rows: list[tuple] = []  # (points, student id, who, signs), the lowest points first

    def add(self, record: dict, student: Student) -> float:
        """Count one record; its score."""
        score = sum(r["points"] for r in record["results"])
        who = {"name": student.name or student.id, "id": student.id, "page": quote(student.id)}
        self.unsafe |= record["unsafe"]
        self.late += is_late(record["file"])
        if record["problem"]:
            if record["file"]:
                self.unreadable += 1
            else:
                self.missing += 1
            self.looks.setdefault(record["problem"], []).append(who)
            self._row((-1.0, student.id, who, []))
            return score
        self.scores.append(score)
        self._row((score, student.id, who, [r["status"] for r in record["results"]]))
        for r in record["results"]:
            self.statuses[r["name"]][r["status"]] += 1
            if r["status"] == "wrong":
                which = (r["name"], r["mistake"])
                self.mistakes[which] += 1
                _, named = self.examples.setdefault(which, (r["message"], []))
                if len(named) < _WHO:
                    named.append(who)
        ended = [r["name"] for r in record["results"] if r["mistake"] in _ENDED]
        if ended:
            names = " and ".join(f"`{name}`" for name in ended[:3]) + (" and more" if len(ended) > 3 else "")
            self.looks.setdefault(f"{names}: the process ended, or what came back was no answer.", []).append(who)
        for remark in record["remarks"]:
            if remark.startswith(("This notebook", "This name is not")):
                self.looks.setdefault(remark, []).append(who)
        return score

    def _row(self, row: tuple) -> None:
        self.rows.append(row)
        if len(self.rows) > 2 * _ROWS:
            self.rows = sorted(self.rows, key=lambda r: r[:2])[: _ROWS + 1]

    def summary(self) -> dict:
        """The class's numbers as plain data."""
        return {
            "assignment": self.assignment.slug,
            "due": self.due,
            "graded": len(self.scores),
            "missing": self.missing,
            "unreadable": self.unreadable,
            "late": self.late,
            "unsafe": self.unsafe,
            "out_of": self.assignment.total,
            "mean": round(statistics.fmean(self.scores), 4) if self.scores else 0,
            "median": statistics.median(self.scores) if self.scores else 0,
            "statuses": {name: dict(sorted(counts.items())) for name, counts in self.statuses.items()},
            "mistakes": [
                {"exercise": exercise, "mistake": mistake, "count": count}
                for (exercise, mistake), count in sorted(self.mistakes.items(), key=lambda kv: (-kv[1], kv[0]))
            ],
        }

    def page(self) -> dict:
        """Everything the class report shows."""
        summary = self.summary()
        mistakes = [self._mistake(m) for m in summary["mistakes"]]
        rows = sorted(self.rows, key=lambda r: r[:2])
        return {
            **{key: summary[key] for key in ("due", "unsafe", "out_of", "mean", "median", "late")},
            "title": self.assignment.title,
            "n_graded": len(self.scores),
            "n_missing": self.missing,
            "n_unreadable": self.unreadable,
            "n_full": sum(score >= self.assignment.total for score in self.scores),
            "histogram": histogram(self.scores, self.assignment.total),
            "exercises": [
                {
                    "name": item.name,
                    "title": item.title,
                    "counts": self.statuses[item.name],
                    "parts": _parts(self.statuses[item.name]),
                    "often": [m for m in mistakes if m["exercise"] == item.name and m["count"] > 1],
                    "once": [m for m in mistakes if m["exercise"] == item.name and m["count"] == 1],
                }
                for item in self.assignment.items
            ],
            "shared": [m for m in mistakes if m["count"] > 1 and m["mistake"] not in _ENDED][:_SHARED],
            "rows": [{"score": score, **who, "signs": signs} for score, _, who, signs in rows[:_ROWS]],
            "more_rows": max(0, len(self.scores) + self.missing + self.unreadable - _ROWS),
            "looks": [
                {"what": what, "students": students[:_LOOKS], "more": max(0, len(students) - _LOOKS)}
                for what, students in list(self.looks.items())[:_LOOKS]
            ],
            "more_looks": max(0, len(self.looks) - _LOOKS),
        }

    def _mistake(self, counted: dict) -> dict:
        message, who = self.examples[counted["exercise"], counted["mistake"]]
        share = round(100 * counted["count"] / len(self.scores))
        return {**counted, "message": message, "who": who, "more": counted["count"] - len(who), "share": share}


_ENDED = ("not-judged", "not-an-answer", "stopped")


def _parts(counts: Counter) -> list[dict]:
    total, x, parts = sum(counts.values()), float(_LEAD), []
    for status in ("correct", "wrong", "todo"):
        if counts[status]:
            width = _WIDE * counts[status] / total
            parts.append({"status": status, "count": counts[status], "x": round(x, 1), "w": round(width - 2, 1)})
            x += width
    return parts


def histogram(scores: list[float], total: float) -> dict:
    """Bars over the points reached: one per point up to 20 points, else a tenth of the total each."""
    if total <= 20 and float(total).is_integer():
        counts = Counter(min(int(score), int(total)) for score in scores)
        names = [(str(n), counts[n]) for n in range(int(total) + 1)]
    else:
        counts = Counter(min(int(10 * score / total), 9) if total else 0 for score in scores)
        edges = [number(total * n / 10) for n in range(11)]
        names = [(f"{edges[n]}-{edges[n + 1]}", counts[n]) for n in range(10)]
    top, base = max([count for _, count in names] or [1]) or 1, 150
    step = 720 / len(names)
    bars = []
    for i, (name, count) in enumerate(names):
        height = round(118 * count / top, 1)
        x = i * step + 4
        bars.append({"x": round(x, 1), "w": round(step - 8, 1), "y": base - height, "h": height}
                    | {"mid": round(i * step + step / 2, 1), "name": name, "count": count})  # fmt: skip
    label = "; ".join(f"{name}: {count}" for name, count in names if count)
    return {"bars": bars, "base": base, "height": base + 30, "label": f"{label}." if label else "Nobody yet."}

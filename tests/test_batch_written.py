"""A whole class: what is written, for the teacher and for the platforms."""

import csv
import io
import json

import pytest
from batch_run import a_record, run, task  # noqa: F401 - task is a fixture
from classroom import submission

from qkvlib.grading import report
from qkvlib.grading.engines import LocalEngine
from qkvlib.grading.roster import Student

# -- what is written ------------------------------------------------------------------------------------------------

HOSTILE = '=cmd|"/c calc"!A1<script>alert(1)</script>`x`"\'&\u202e'


def table(path):
    """The rows of a CSV."""
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_nothing_a_student_writes_becomes_markup_or_a_formula(task, tmp_path):
    bad = a_record("s2", task, remarks=[{"kind": "failed", "text": HOSTILE}])
    bad["results"][0].update(status="wrong", points=0, mistake="raised", message=HOSTILE, note=HOSTILE)
    records = [a_record("s1", task), bad, a_record("+s3", task, problem=HOSTILE, file=HOSTILE)]
    report.write_report(tmp_path, task, records, [Student("s2", HOSTILE, HOSTILE)])
    for page in [tmp_path / "class.html", *(tmp_path / "feedback").glob("*.html")]:
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text.lower()
        assert "&lt;script&gt;" in text or page.name == "s1.html"
        policy = text.split('http-equiv="Content-Security-Policy" content="')[1].split('"')[0]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert " style=" not in text
    for path in tmp_path.glob("*.csv"):
        for row in table(path):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))], path


def test_the_tables_and_files_of_the_platforms(task, tmp_path):
    half = a_record("s2", task)
    half["results"][3].update(status="todo", points=0)
    missing = a_record("s3", task, file="", problem="Nothing was handed in.")
    for result in missing["results"]:
        result.update(status="todo", points=0)
    students = [Student("s1", "Ada Byron", "ada@example.org"), Student("s2", "Emmy"), Student("s3", "Sofya")]
    summary = report.write_report(tmp_path, task, [a_record("s1", task), half, missing], students)
    assert (summary["graded"], summary["missing"], summary["mean"]) == (2, 1, 6.5)
    head, *grades = table(tmp_path / "grades.csv")
    assert head[:6] == ["student_id", "name", "scores", "softmax", "blend", "attention"]
    assert [row[:9] for row in grades] == [
        ["s1", "Ada Byron", "2", "2", "1", "3", "8", "8", "100.0"],
        ["s2", "Emmy", "2", "2", "1", "0", "5", "8", "62.5"],
        ["s3", "Sofya", "", "", "", "", "", "8", ""],
    ]
    canvas = table(tmp_path / "canvas.csv")
    assert canvas[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert [(row[2], row[-1]) for row in canvas[1:]] == [("", "8"), ("s1", "8"), ("s2", "5")]
    moodle = table(tmp_path / "moodle.csv")
    assert moodle[1][:4] == ["s1", "Ada Byron", "ada@example.org", "8"]
    assert moodle[2][5] == "3 of 4 exercises are right and 1 was left blank."
    assert len(moodle) == 3
    scope = json.loads((tmp_path / "gradescope" / "s2" / "results.json").read_text())
    assert scope["score"] == 5
    assert [t["score"] for t in scope["tests"]] == [2, 2, 1, 0]
    assert {t["output_format"] for t in scope["tests"]} == {"text"}


def test_a_report_is_swapped_in_whole(task, tmp_path):
    report.write_report(tmp_path, task, [a_record("s1", task), a_record("s2", task)], [])
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    def broken():
        yield a_record("s1", task)
        raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError):
        report.write_report(tmp_path, task, broken(), [])
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    report.write_report(tmp_path, task, [a_record("s1", task)], [])
    assert not (tmp_path / "feedback" / "s2.html").exists()
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


@pytest.mark.sandbox
def test_hostile_names_all_the_way(task, tmp_path, bubblewrap):
    names = ["<script>alert(1)<", "=1+1", "a b;rm -rf", "..", "x" * 200, "‮gnp", "a'\"&"]
    (tmp_path / "in").mkdir()
    for name in names:
        (tmp_path / "in" / f"{name}.ipynb").write_text(json.dumps(submission()))
    records = run(task, tmp_path / "in", [], tmp_path / "journal.jsonl", LocalEngine(1))
    assert len(records) == len(names)
    assert {sum(r["points"] for r in record["results"]) for record in records} == {task.total}
    report.write_report(tmp_path / ".", task, records, [])
    pages = sorted((tmp_path / "feedback").glob("*.html"))
    assert len(pages) == len(names)
    assert not [p for p in pages if "<script" in p.read_text() or "script>" in p.name]


def test_unsafe_is_written_on_everything(task, tmp_path):
    report.write_report(tmp_path, task, [a_record("s1", task, unsafe=True)], [])
    for name in ("class.html", "feedback/s1.html"):
        assert "Graded without the sandbox" in (tmp_path / name).read_text()
    assert "do not trust this grade" in (tmp_path / "grades.csv").read_text()
    assert json.loads((tmp_path / "feedback" / "s1.json").read_text())["unsafe"]
    assert "without the sandbox" in json.loads((tmp_path / "gradescope/s1/results.json").read_text())["output"]

"""What teachers and students read: who is named where, what is shown of an answer, and classes of every size."""

import csv
import io
import json
import re

import pytest
from axe import violations
from batch_run import a_record
from classroom import STUBS, code, course, submission

from qkvlib.grading import assignment, handedin, report, worker
from qkvlib.grading.notebook import parse
from qkvlib.grading.roster import Student

LONG = "María del Carmen Fernández de la Vega y Rodríguez-Sánchez de Alvarado"


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return assignment.load(course(tmp_path_factory.mktemp("course")))


def wrong(student, task, name="scores", mistake="no-scale", message="You forgot to scale.", **changes):
    record = a_record(student, task, **changes)
    for result in record["results"]:
        if result["name"] == name:
            result.update(status="wrong", points=0, mistake=mistake, message=message)
    return record


def missing(student, task, problem="Nothing was handed in."):
    record = a_record(student, task, file="", problem=problem)
    for result in record["results"]:
        result.update(status="todo", points=0, message="")
    return record


def page(path):
    """The text of a page, without its tags."""
    text = re.sub(r"<style>.*?</style>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_the_class_report_names_what_to_take_up_and_who(task, tmp_path):
    students = [Student("s1", "Ada Byron"), Student("s2", LONG), Student("s3", "Emmy"), Student("s4", "Zu")]
    records = [
        a_record("s1", task),
        wrong("s2", task),
        wrong("s3", task),
        wrong("s4", task, "softmax", "no-exp", "No exponential.", remarks=[{"kind": "late", "text": "It came late."}]),
    ]
    summary = report.write_report(tmp_path, task, records, students, due="Friday")
    text = page(tmp_path / "class.html")
    assert (summary["late"], summary["due"]) == (1, "Friday")
    assert "due Friday" in text
    assert f"2 students (50%) in scores : You forgot to scale. {LONG} , Emmy" in text
    assert "Once each: no-exp ( Zu )" in text
    rows = re.findall(r"<tr><td><a href=\"feedback/(\w+)\.html\">", (tmp_path / "class.html").read_text())
    assert rows == ["s2", "s3", "s4", "s1"], "fewest points first, each a link"
    assert "4 graded, 1 late" in text


@pytest.mark.parametrize("n_missing", [0, 3])
def test_a_class_in_which_nobody_was_graded(task, tmp_path, n_missing):
    records = [missing(f"s{i}", task) for i in range(n_missing)]
    summary = report.write_report(tmp_path, task, records, [])
    assert (summary["graded"], summary["mean"]) == (0, 0)
    text = page(tmp_path / "class.html")
    assert "not one notebook could be graded" in text
    assert "median" not in text
    for student in ("s0", "s1", "s2")[:n_missing]:
        assert "No points. Nothing was handed in." in page(tmp_path / "feedback" / f"{student}.html")


def test_one_student_and_four_hundred_and_one(task, tmp_path):
    report.write_report(tmp_path, task, [a_record("s1", task)], [Student("s1", "Ada")])
    assert "No two students made the same mistake" in page(tmp_path / "class.html")
    records = [wrong(f"s{i:04d}", task) if i % 2 else a_record(f"s{i:04d}", task) for i in range(900)]
    report.write_report(tmp_path, task, records, [])
    text = (tmp_path / "class.html").read_text()
    rows = re.findall(r"<tr><td><a href=\"feedback/s(\d+)\.html\">", text)
    assert rows == [f"{i:04d}" for i in range(1, 800, 2)]
    assert "The 500 with the most points are in grades.csv alone." in text
    assert "and 442 more" in text


def test_imports_leave_out_who_was_not_graded_and_who_is_not_on_the_roster(task, tmp_path):
    records = [a_record("s1", task), missing("s2", task), a_record("stranger", task)]
    report.write_report(tmp_path, task, records, [Student("s1", "Ada"), Student("s2", "Emmy")])
    for name, first in (("canvas.csv", 2), ("moodle.csv", 1)):
        rows = list(csv.reader(io.StringIO((tmp_path / name).read_text(encoding="utf-8"))))
        assert [row[0] for row in rows[first:]] == [{"canvas.csv": "Ada", "moodle.csv": "s1"}[name]]
    assert len((tmp_path / "grades.csv").read_text(encoding="utf-8-sig").splitlines()) == 4
    assert (tmp_path / "grades.csv").read_bytes().startswith(b"\xef\xbb\xbf"), "Excel would garble umlauts"


def test_a_feedback_page_shows_what_was_handed_in(task, tmp_path):
    book = submission({"scores": "def scores(Q, K):\n    return Q @ K.T  # <script>\u202e\n" + "# more\n" * 100})
    asked = {item.name: item.names for item in task.items if item != task.items[2]}
    record = wrong("s1", task, answers=handedin.answers(parse(json.dumps(book).encode()).cells, asked))
    record["results"][2].update(status="todo", points=0)
    report.write_report(tmp_path, task, [record], [], due="Friday")
    text = (tmp_path / "feedback" / "s1.html").read_text(encoding="utf-8")
    assert "return Q @ K.T  # &lt;script&gt;\ufffd" in text
    assert "… and 42 more lines" in text
    assert text.count("<details open>") == 1
    assert text.count("<details>") == 2, "one was left blank and shows nothing"
    seen = page(tmp_path / "feedback" / "s1.html")
    assert "Due: Friday Graded: s1.ipynb" in seen
    kept = json.loads((tmp_path / "feedback" / "s1.json").read_text())
    assert kept["results"][0]["answer"].startswith("def scores(Q, K):")
    assert kept["results"][2]["answer"] == ""


one = "def scores(Q, K):\n    return 1"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([code(one, "other")], one),
        ([code("scores = lambda Q, K: 2", "")], "scores = lambda Q, K: 2"),
        ([code(one), code("def scores(Q, K):\n    return 2")], "def scores(Q, K):\n    return 2"),
        ([code(one), code(STUBS["scores"])], one),
        ([code("def my_scores(Q, K):\n    return 3", "scores")], "def my_scores(Q, K):\n    return 3"),
        ([code("scores == 3"), code("print(scores)")], ""),
        ([code("x = 1\n" * 80 + "def scores(Q, K):\n    return 4")], "def scores(Q, K):\n    return 4"),
        ([code("scores = '" + "9" * 500 + "'")], "scores = '" + "9" * 190 + " …"),
    ],
)
def test_which_cell_is_shown(cells, expected):
    book = parse(json.dumps({"cells": cells}).encode())
    assert handedin.answers(book.cells, {"scores": ("scores",)}).get("scores", "") == expected


def test_nothing_is_kept_of_what_cannot_be_read(task):
    facts = {"key": "k", "student": "s1", "file": "s1.ipynb", "remarks": []}
    record = worker.grade_submission(None, worker.Job(task, b"secret"), data=b"{", problem="", **facts)
    assert record["answers"] == {}
    assert "not a readable notebook" in record["problem"]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_in_a_browser(task, tmp_path, browser, scheme):
    """Readable for everybody, at 800 pixels without a scroll bar, and black on white on paper."""
    students = [Student("s1", LONG), Student("s" * 60, "محمد بن أحمد"), Student("s3", "x" * 60)]
    answers = {"scores": "def scores(Q, K):\n    return " + "Q @ " * 45 + "K"}
    records = [wrong("s1", task, answers=answers), wrong("s" * 60, task), missing("s3", task)]
    records[0]["results"][2].update(status="todo", points=0)
    report.write_report(tmp_path, task, records, students, due="Friday")
    context = browser.new_context(viewport={"width": 800, "height": 900}, color_scheme=scheme, bypass_csp=True)
    shown = context.new_page()
    for path in (tmp_path / "class.html", *sorted((tmp_path / "feedback").glob("*.html"))):
        shown.goto(path.as_uri())
        assert violations(shown, "body") == [], path.name
        assert shown.evaluate("document.documentElement.scrollWidth") == 800, path.name
        shown.emulate_media(media="print")
        assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        shown.emulate_media(media="screen")
    context.close()

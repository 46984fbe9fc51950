"""Graded again: one student alone, what a mended check touches, and what a late day costs, by the command."""

import csv
import html
import io
import json
from datetime import datetime

import pytest
from classroom import STUBS, submission
from small_class import grade, scores, small_class
from typer.testing import CliRunner

from qkvlib.cli import app
from qkvlib.grading import grader, version
from qkvlib.grading.coursefile import open_course
from qkvlib.grading.doors.results import open_results
from qkvlib.grading.journal import Journal
from qkvlib.grading.overview import in_lines, overview
from qkvlib.grading.terms import date_in

NO_SCALE = {"scores": "def scores(Q, K):\n    return Q @ np.swapaxes(K, -1, -2)"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The current folder, with a course and a roster of two, both of whom hand in right notebooks."""
    monkeypatch.chdir(tmp_path)
    return small_class(tmp_path)


def hand_in(place, student, changes):
    (place / "in" / f"{student}.ipynb").write_text(json.dumps(submission(changes)))


def records(place):
    return [json.loads(line) for line in (place / "results/journal.jsonl").read_text().splitlines()]


@pytest.mark.sandbox
def test_one_student_is_graded_again_and_the_others_stay(place, bubblewrap):
    assert grade().exit_code == 0
    for student in ("s01", "s02"):
        hand_in(place, student, NO_SCALE)
    done = grade("in", "--only", "S02")
    assert done.exit_code == 0, done.output
    assert scores(place) == {"s01": 8, "s02": 6}, "s01 handed in again as well, and is not asked for now"
    assert len(records(place)) == 3
    assert grade("in", "--only", "s02").exit_code == 0
    assert len(records(place)) == 4, "graded again, although nothing changed"
    assert records(place)[-1] == records(place)[-2], "with the same verdict"
    assert grade().exit_code == 0
    assert scores(place) == {"s01": 6, "s02": 6}


@pytest.mark.sandbox
def test_only_before_anybody_was_graded(place, bubblewrap):
    done = grade("in", "--only", "s02")
    assert done.exit_code == 0, done.output
    assert scores(place) == {"s01": None, "s02": 8}
    assert "Not graded yet: the last run graded one other student alone." in (place / "results/class.html").read_text()
    done = grade("in", "--only", "s99")
    assert (done.exit_code, done.stderr) == (
        1,
        "qkv: --only s99: nobody of that id is on the roster or among the submissions.\n",
    )


@pytest.mark.sandbox
def test_a_mended_check_regrades_what_it_touches_alone(place, bubblewrap, monkeypatch):
    hand_in(place, "s02", NO_SCALE)
    assert grade().exit_code == 0
    asked = []

    def watched(self, names, served=()):
        asked.append(sorted(names))
        return real(self, names, served)

    real = grader._Run.ask
    monkeypatch.setattr(grader._Run, "ask", watched)
    monkeypatch.setattr("qkvlib.grading.command.LocalEngine", lambda workers: Here())
    before = version.check_of
    mended = {"softmax"}
    monkeypatch.setattr(version, "check_of", lambda name: "mended" if name in mended else before(name))
    assert grade().exit_code == 0
    assert {name for names in asked for name in names} == {"softmax", "attention"}, "and what stands on it"
    assert scores(place) == {"s01": 8, "s02": 6}
    first, again = records(place)[1], records(place)[3]
    assert [r for r in again["results"] if r["name"] in ("scores", "blend")] == [
        r for r in first["results"] if r["name"] in ("scores", "blend")
    ]
    assert again["answers"] == first["answers"]
    assert again["prints"]["softmax"] == "mended"
    asked.clear()
    assert "0 of 2 were new or had changed" in grade().output
    assert asked == []
    mended.add("blend")
    assert grade().exit_code == 0
    assert {name for names in asked for name in names} == {"blend", "attention"}, "since the last time, not the first"


class Here:
    """An engine that grades in this process."""

    def run(self, job, chunks, done):
        from qkvlib.grading import worker

        for chunk in chunks:
            done(worker.grade_chunk(job, chunk))
        worker.close_sandboxes()


@pytest.mark.sandbox
def test_a_regraded_part_is_the_grade_that_a_whole_regrade_gives(place, bubblewrap, monkeypatch):
    hand_in(place, "s01", {**NO_SCALE, "softmax": STUBS["softmax"]})
    hand_in(place, "s02", {"softmax": "def softmax(z, axis=-1):\n    return np.exp(z) / np.exp(z).sum()"})
    assert grade().exit_code == 0
    whole = {r["student"]: r["results"] for r in records(place)}
    for name in ("scores", "softmax", "blend", "attention"):
        before = version.check_of
        with monkeypatch.context() as patched:
            patched.setattr(
                version, "check_of", lambda n, name=name, before=before: "mended" if n == name else before(n)
            )
            patched.setattr("qkvlib.grading.command.LocalEngine", lambda workers: Here())
            assert grade("in", "--out", "results").exit_code == 0
        assert {r["student"]: r["results"] for r in records(place)[-2:]} == whole, name


@pytest.mark.sandbox
def test_a_late_day_costs_its_share_everywhere(place, bubblewrap):
    (place / "roster.csv").write_text(
        "student_id,name,due,handed in 02\n"
        "s01,Ada Byron,2026-06-12 18:00,2026-06-13 18:01\n"
        "s02,Emmy Noether,2026-06-19 18:00,2026-06-13 18:01\n"
    )
    assert grade("in", "--late-penalty", "10").exit_code == 0
    assert scores(place) == {"s01": 6.4, "s02": 8}
    (row, _) = csv.DictReader(io.StringIO((place / "results/grades.csv").read_text(encoding="utf-8-sig")))
    assert (row["late"], row["days_late"], row["late_penalty"], row["percent"]) == ("yes", "2", "1.6", "80.0")
    assert ", 1 late" in (place / "results/class.html").read_text()
    page = (place / "results/feedback/s01.html").read_text()
    assert "6.4" in page
    assert "It came late (2 days begun): 1.6 points less." in page
    assert "2026-06-19 18:00" in (place / "results/feedback/s02.html").read_text(), (
        "an extension is shown to whom it is for"
    )
    assert "s01,Ada Byron,,6.4" in (place / "results/moodle.csv").read_text()
    for said in ("ten", "-1"):
        done = grade("in", "--late-penalty", said)
        assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
        assert "is not a number of percent" in done.stderr
    assert grade("in").exit_code == 0
    assert scores(place)["s01"] == 8, "nothing was graded anew for it, and nothing is lost"
    assert len(records(place)) == 2


def test_an_extension_stands_in_the_hand_out_and_a_date_can_be_computed_with(place):
    (place / "roster.csv").write_text("student_id,name,due 02\ns01,A,\ns02,B,2026-06-19 18:00\n")
    arguments = ["assign", "exercises/02_two_tokens.ipynb", "--roster", "roster.csv", "--due", "2026-06-12 18:00"]
    assert CliRunner().invoke(app, [*arguments, "--out", "handout"]).exit_code == 0
    for student, day in (("s01", 12), ("s02", 19)):
        text = html.unescape((place / "handout" / student / "02_two_tokens.ipynb").read_text())
        assert f"Due: 2026-06-{day} 18:00." in text
    course, _ = open_course(place / "qkv-course.json")
    assert date_in(course.due["02_two_tokens"]) == datetime(2026, 6, 12, 18)
    assert date_in("Friday 12 June, 18:00") is None, "words are shown, and nothing is computed from them"
    assert datetime.fromisoformat(course.handed_out["02_two_tokens"]).tzinfo is not None


@pytest.mark.sandbox
def test_the_exchange_of_nbgrader_is_read_with_its_times(place, bubblewrap):
    stamp = "2026-06-1{} 17:00:00.000000 UTC"
    for student, day, changes, assignment in (
        ("s01", 2, NO_SCALE, "ps1"),
        ("s01", 3, {}, "ps1"),
        ("s01", 4, NO_SCALE, "ps2"),
        ("s02", 2, {}, "ps1"),
    ):
        folder = place / "inbound" / f"{student}+{assignment}+{stamp.format(day)}"
        folder.mkdir(parents=True)
        name = "02_two_tokens" if assignment == "ps1" else "03_other"
        (folder / f"{name}.ipynb").write_text(json.dumps(submission(changes)))
    (place / "roster.csv").write_text(
        "student_id,name,due\ns01,A,2026-06-12 20:00+02:00\ns02,B,2026-06-12 20:00+02:00\n"
    )
    done = grade("inbound", "--late-penalty", "50")
    assert done.exit_code == 0, done.output
    assert scores(place) == {"s01": 4, "s02": 8}, "the last one counts, and came a day late; ps2 is another assignment"
    (place / "roster.csv").write_text("student_id,name,due\ns01,A,2026-06-12 20:00\ns02,B,\n")
    done = grade("inbound", "--late-penalty", "50")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "s01: Due 2026-06-12 20:00 and handed in 2026-06-13 17:00+00:00 cannot be compared" in done.stderr


@pytest.mark.sandbox
def test_an_assignment_in_one_place(place, bubblewrap):
    (place / "roster.csv").write_text("student_id,name\ns01,<b>Ada</b>\ns02,Emmy\ns03,Zu\n")
    (place / "in" / "s02 (1).ipynb").write_text(json.dumps(submission(NO_SCALE)))
    assert grade().exit_code == 0
    assert CliRunner().invoke(app, ["export", "ags", "results"]).exit_code == 0
    (place / "in" / "s01.ipynb").write_text(json.dumps(submission(NO_SCALE)))
    assert grade().exit_code == 0
    done = CliRunner().invoke(app, ["class", "results"])
    assert done.exit_code == 0, done.output
    found = overview(open_results(place / "results"), open_course(place / "qkv-course.json")[0])
    assert [line.student.student for line in found.missing] == ["s03"]
    assert [line.student.student for line in found.replaced] == ["s02"]
    assert [out.changed for out in found.exported] == [["s01"]]
    assert next(line for line in in_lines(found, 12) if "exported" in line).endswith("1 grade is another now: s01")
    page = (place / "results/assignment.html").read_text()
    assert "<b>Ada" not in page
    assert "2 notebooks were handed in" in page
    assert grade().exit_code == 0
    assert (place / "results/assignment.html").exists(), "a next run deletes nothing of it"
    assert CliRunner().invoke(app, ["class", "nowhere"]).exit_code == 1


def test_a_journal_of_an_earlier_version_is_read(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_text('{"key": "a", "student": "s1"}\n{"key": "b", "student": "s1", "base": "x"}\n')
    with Journal(path) as journal:
        assert next(journal.records(["a"]))["key"] == "a"
        assert journal.last_of_student("s1")["key"] == "b"
        assert journal.last_of_base("x")["key"] == "b"
        assert journal.last_of_base("a") is None

"""`qkv assign` and `qkv grade` when things go wrong or are done again: one sentence, an exit code, nothing lost."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from classroom import STUBS, code, course, submission
from processes import descendants
from typer.testing import CliRunner

from qkvlib.cli import app
from qkvlib.grading import report
from qkvlib.grading.journal import Journal


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a course, a roster and three submissions, to run `qkv` in."""
    monkeypatch.chdir(tmp_path)
    course(tmp_path)
    (tmp_path / "roster.csv").write_text("student_id,name\ns1,Ada\ns2,Emmy\ns3,Zu\n")
    for student in ("s1", "s2"):
        hand_in(tmp_path, student, submission())
    return tmp_path


def hand_in(place, student, book):
    (place / "in").mkdir(exist_ok=True)
    (place / "in" / f"{student}.ipynb").write_text(json.dumps(book))


def grade(*more, exercise="exercises/02_two_tokens.ipynb"):
    arguments = ["grade", "in", "--assignment", exercise, "--roster", "roster.csv", "--workers", "1", *more]
    return CliRunner().invoke(app, arguments)


def scores(place):
    return {p.stem: json.loads(p.read_text())["score"] for p in (place / "results" / "feedback").glob("*.json")}


def test_handing_out_in_the_other_way_is_remarked_on(place):
    book = json.loads((place / "exercises" / "02_two_tokens.ipynb").read_text())
    book["cells"].insert(2, code("numbers = [1, 2, 3]", "parameters", tags=["parameters"]))
    (place / "exercises" / "02_two_tokens.ipynb").write_text(json.dumps(book))
    arguments = ["assign", "exercises/02_two_tokens.ipynb", "--roster", "roster.csv", "--out"]
    assert "before" not in CliRunner().invoke(app, [*arguments, "a"]).stdout
    assert "before" not in CliRunner().invoke(app, [*arguments, "b"]).stdout
    said = CliRunner().invoke(app, [*arguments, "c", "--same-for-all"]).stdout
    assert "It was handed out with own numbers before. From now on everybody is graded as handed out" in said


@pytest.mark.sandbox
def test_grading_again_grades_what_changed(place, bubblewrap):
    first = grade()
    assert "2 graded, 1 without a notebook, 0 unreadable. Mean 8 of 8. Start with" in first.stdout
    hand_in(place, "s2", submission({"scores": STUBS["scores"]}))
    again = grade()
    assert "1 of 3 were new or had changed." in again.stdout
    assert scores(place) == {"s1": 8, "s2": 6, "s3": 0}
    # an exercise is worth more now: everything is graded anew, and the old records stay
    path = place / "exercises" / "02_two_tokens.ipynb"
    path.write_text(path.read_text().replace('"points": 3', '"points": 5'))
    third = grade()
    assert "were new" not in third.stdout
    assert scores(place) == {"s1": 10, "s2": 8, "s3": 0}
    with Journal(place / "results" / "journal.jsonl") as journal:
        assert len(journal.keys) == 3 + 1 + 3


@pytest.mark.sandbox
def test_a_mended_check_grades_anew(place, bubblewrap, monkeypatch):
    grade()
    monkeypatch.setattr("qkvlib.grading.version.checks", lambda: "mended")
    assert "were new" not in grade().stdout
    with Journal(place / "results" / "journal.jsonl") as journal:
        assert len(journal.keys) == 6


@pytest.mark.sandbox
def test_the_submissions_of_another_assignment(place, bubblewrap):
    for student in ("s1", "s2"):
        book = submission(dict.fromkeys(STUBS))
        book["metadata"]["qkv"] = {"assignment": "01_one_token", "student": student, "mark": ""}
        hand_in(place, student, book)
    done = grade()
    assert done.exit_code == 0
    assert "Not one answer to 02_two_tokens was found." in done.stdout
    assert (
        "This notebook calls itself “01_one_token”, and 02_two_tokens was graded."
        in (place / "results/feedback/s1.html").read_text()
    )
    assert "This notebook calls itself “01_one_token”" in (place / "results/class.html").read_text()


@pytest.mark.sandbox
def test_a_full_disk_costs_no_grade(place, bubblewrap, monkeypatch):
    def full(*anything, **more):
        raise OSError(errno.ENOSPC, "No space left on device")

    assert grade().exit_code == 0
    before = {p: p.read_bytes() for p in (place / "results").rglob("*") if p.is_file()}
    hand_in(place, "s2", submission({"scores": STUBS["scores"]}))
    with monkeypatch.context() as patched:
        patched.setattr(report, "_write_student", full)
        done = grade()
    assert (done.exit_code, len(done.stderr.strip().splitlines())) == (1, 1)
    assert done.stderr.startswith("qkv: The disk is full. Make room there. What is graded is safe")
    after = {p: p.read_bytes() for p in (place / "results").rglob("*") if p.is_file()}
    journal = place / "results" / "journal.jsonl"
    assert after.pop(journal).startswith(before.pop(journal))
    assert after == before
    assert "0 of 3 were new" in grade().stdout
    assert scores(place)["s2"] == 6


@pytest.mark.sandbox
def test_a_place_that_cannot_be_written_and_two_runs_at_once(place, bubblewrap):
    (place / "afile").write_text("")
    done = grade("--out", "afile")
    assert (done.exit_code, done.stderr) == (1, "qkv: afile cannot be used: File exists.\n")
    with Journal(place / "results" / "journal.jsonl"):
        done = grade()
    assert (done.exit_code, len(done.stderr.strip().splitlines())) == (1, 1)
    assert "Another grading run is writing to this results folder" in done.stderr
    left = place / "results" / ".report-killed"
    left.mkdir()
    assert grade().exit_code == 0
    assert not left.exists(), "what a killed run had begun to write is cleared away"


@pytest.mark.sandbox
@pytest.mark.skipif(sys.platform == "win32", reason="nothing is graded on Windows")
@pytest.mark.parametrize("everybody", [True, False], ids=["a terminal", "kill -INT"])
def test_an_interrupt_ends_at_once_and_says_that_nothing_is_lost(place, bubblewrap, everybody):
    loop = submission({name: f"def {name}(*a):\n    while True: pass" for name in ("scores", "softmax", "blend")})
    for n in range(60):  # minutes of loops, if it were waited for
        hand_in(place, f"loop{n}", loop)
    program = Path(sys.executable).parent / "qkv"
    process = subprocess.Popen(
        [program, "grade", "in", "--assignment", "exercises/02_two_tokens.ipynb", "--workers", "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 60
    while not (place / "results" / "journal.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(2)
    tree = descendants(process.pid)
    (os.killpg if everybody else os.kill)(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert said.splitlines()[-1] == (
        "qkv: Interrupted. What is graded is safe: run the same command again to go on from there."
    )
    deadline = time.monotonic() + 20
    while (left := [pid for pid in tree if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left, "an interrupted run left a process behind"
    for n in range(60):
        (place / "in" / f"loop{n}.ipynb").unlink()
    assert grade().exit_code == 0
    assert scores(place) == {"s1": 8, "s2": 8, "s3": 0}


def alive(pid):
    """Whether a process runs; one that has ended and was not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

"""What runs share: the course file, the results folder, the journal."""

import json
import os
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from classroom import submission
from small_class import BOOK, grade, scores, small_class
from typer.testing import CliRunner

from qkvlib.cli import app
from qkvlib.grading.coursefile import CourseFile, CourseFileError, open_course
from qkvlib.grading.journal import Journal
from qkvlib.grading.secret import mark_for


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The current folder, with a course and a roster of two, both of whom hand in right notebooks."""
    monkeypatch.chdir(tmp_path)
    return small_class(tmp_path)


def test_runs_at_once_make_one_secret(tmp_path):
    for round_ in range(10):
        path = tmp_path / f"{round_}.json"
        with ThreadPoolExecutor(6) as threads:
            secrets_found = {course_.secret for course_, _ in threads.map(open_course, [path] * 6)}
        assert secrets_found == {open_course(path)[0].secret}


def test_hand_outs_at_once_forget_none(tmp_path):
    path = tmp_path / "c.json"
    open_course(path)
    copies = [open_course(path)[0] for _ in range(8)]
    threads = [
        threading.Thread(target=copy.note, args=(f"{n:02d}_x", "individual", "")) for n, copy in enumerate(copies)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(open_course(path)[0].assigned) == [f"{n:02d}_x" for n in range(8)]
    CourseFile(path, b"x" * 32).save()
    with pytest.raises(CourseFileError, match="another secret now"):
        copies[0].note("09_x", "same", "")


def test_the_course_file_is_found_above(place, monkeypatch):
    made, fresh = open_course(Path("qkv-course.json"))
    assert fresh
    (place / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(place / "a" / "b")
    again, fresh = open_course(Path("qkv-course.json"))
    assert (again.secret, fresh) == (made.secret, False)
    assert open_course(place / "a" / "qkv-course.json")[1], "what is named is not looked for elsewhere"


def handed_out(place):
    """The class again, from notebooks that were handed out with a course file."""
    secret = open_course(Path("qkv-course.json"))[0]
    secret.note("02_two_tokens", "same", "")
    for student in ("s01", "s02"):
        book = submission()
        mark = mark_for(secret.secret, "02_two_tokens", student)
        book["metadata"]["qkv"] = {"assignment": "02_two_tokens", "student": student, "mark": mark}
        (place / "in" / f"{student}.ipynb").write_text(json.dumps(book))
    return secret


@pytest.mark.sandbox
def test_another_secret_than_the_hand_outs_is_refused_in_a_sentence(place, bubblewrap):
    kept = handed_out(place)
    assert grade().exit_code == 0
    kept.path.rename(place / "moved.json")
    done = grade("in", "--out", "other")
    assert done.exit_code == 1
    assert "were handed out with a course file" in done.output
    assert not (place / "qkv-course.json").exists(), "no secret is made where one is missing"
    open_course(place / "wrong.json")
    assert "is another one" in grade("in", "--out", "other", "--course", "wrong.json").output
    older = CourseFile(place / "older.json", kept.secret)
    older.save()
    assert "does not know it any more" in grade("in", "--out", "other", "--course", "older.json").output
    assert grade("in", "--out", "other", "--course", "moved.json").exit_code == 0


@pytest.mark.sandbox
def test_one_made_up_mark_does_not_stop_a_class(place, bubblewrap):
    book = submission()
    book["metadata"]["qkv"] = {"assignment": "02_two_tokens", "student": "s01", "mark": "made up"}
    for name in ("s03", "s04"):
        (place / "in" / f"{name}.ipynb").write_bytes(BOOK)
    (place / "in" / "s01.ipynb").write_text(json.dumps(book))
    assert grade().exit_code == 0


@pytest.mark.sandbox
def test_a_results_folder_holds_one_assignment_and_what_else_is_in_it_stays(place, bubblewrap):
    assert grade().exit_code == 0
    own = [place / "results" / "feedback" / "my notes.txt", place / "results" / "notes.txt"]
    for path in own:
        path.write_text("the teacher's")
    (place / "in" / "s02.ipynb").unlink()
    assert grade("in", "--roster", "roster.csv").exit_code == 0
    assert [path.read_text() for path in own] == ["the teacher's"] * 2
    for folder in ("exercises", "solutions"):
        os.rename(place / folder / "02_two_tokens.ipynb", place / folder / "03_other.ipynb")
    command = ["grade", "in", "--assignment", "exercises/03_other.ipynb", "--workers", "1"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1
    assert "holds the results of 02_two_tokens" in done.output


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "alien", [b"<<<<<<< HEAD\n", b"{}\n", b'{"key": 3}\n', b'{"key": "x"}\n', b"\xff\n", b"[" * 99_999 + b"\n", b"\n"]
)
def test_an_alien_line_costs_no_record_behind_it(place, bubblewrap, alien):
    assert grade().exit_code == 0
    path = place / "results" / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(alien + lines[0] + alien + lines[1])
    done = grade()
    assert done.exit_code == 0
    assert "2 lines of" in done.output
    assert "0 of 2 were new" in done.output


@pytest.mark.sandbox
def test_a_record_with_missing_fields_is_graded_again(place, bubblewrap):
    assert grade().exit_code == 0
    path = place / "results" / "journal.jsonl"
    first, second = path.read_bytes().splitlines(keepends=True)
    record = json.loads(first)
    del record["results"]
    path.write_bytes(json.dumps(record).encode() + b"\n" + second)
    done = grade()
    assert done.exit_code == 0
    assert "1 of 2 were new" in done.output
    assert scores(place) == {"s01": 8, "s02": 8}
    with Journal(path) as journal:
        assert len(journal.keys) == 2


@pytest.mark.sandbox
def test_a_zip_of_an_unknown_version_is_a_sentence(place, bubblewrap):
    with zipfile.ZipFile("all.zip", "w") as archive:
        archive.writestr("s01.ipynb", BOOK)
    data = bytearray(Path("all.zip").read_bytes())
    place_of_version = data.rfind(b"PK\x01\x02") + 6
    data[place_of_version] = 99
    Path("all.zip").write_bytes(bytes(data))
    done = grade("all.zip")
    assert (done.exit_code, isinstance(done.exception, SystemExit)) == (1, True)
    assert "is not a readable zip" in done.output


@pytest.mark.sandbox
def test_a_folder_without_permission_costs_one(place, bubblewrap, monkeypatch):
    (place / "in" / "closed").mkdir()
    real = os.scandir

    def closed(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr("qkvlib.grading.collect.os.scandir", closed)
    done = grade()
    assert done.exit_code == 0
    assert scores(place)["s01"] == 8
    assert "cannot be opened" in (place / "results" / "class.html").read_text()


def test_what_a_killed_hand_out_left_is_cleared_away(place):
    left = place / ".handout-killed"
    left.mkdir()
    (left / ".being-written").write_text("")
    (left / "s1").mkdir()
    command = ["assign", "exercises/02_two_tokens.ipynb", "--roster", "roster.csv"]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert not left.exists()
    assert not list(place.glob(".handout-*"))

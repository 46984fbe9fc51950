"""Whole classes with something odd in them, graded by the command: the run goes on, and nobody else pays for it."""

import csv
import io
import json
import os
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from classroom import SECRET, course, submission
from typer.testing import CliRunner

from qkvlib.cli import app
from qkvlib.grading import collect, report, worker
from qkvlib.grading.coursefile import CourseFile, CourseFileError, open_course
from qkvlib.grading.journal import Journal
from qkvlib.grading.platforms import harmless
from qkvlib.grading.remarks import WORTH_A_LOOK
from qkvlib.grading.roster import CollectError, Student, read_roster
from qkvlib.grading.secret import mark_for, seed_for
from qkvlib.grading.text import clean, file_name, quoted

BOOK = json.dumps(submission()).encode()
ROSTER = [Student("s01", "Ada Byron"), Student("s02", "Emmy Noether"), Student("s03", "Sofya Kovalevskaya")]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a course and a roster of two, both of whom hand in right notebooks; the current folder."""
    monkeypatch.chdir(tmp_path)
    course(tmp_path)
    (tmp_path / "roster.csv").write_text("student_id,name\ns01,Ada Byron\ns02,Emmy Noether\n")
    (tmp_path / "in").mkdir()
    for student in ("s01", "s02"):
        (tmp_path / "in" / f"{student}.ipynb").write_bytes(BOOK)
    return tmp_path


def grade(submissions="in", *more):
    """`qkv grade` with one worker."""
    command = ["grade", str(submissions), "--assignment", "exercises/02_two_tokens.ipynb", "--roster", "roster.csv"]
    return CliRunner().invoke(app, [*command, "--workers", "1", *more])


def scores(place, out="results"):
    rows = csv.DictReader(io.StringIO((place / out / "grades.csv").read_text(encoding="utf-8-sig")))
    return {row["student_id"]: float(row["score"]) for row in rows}


def notebook_of(cells):
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()


ODD = {
    "utf-16 with half a character": b"\xff\xfe" + '{"cells": []}'.encode("utf-16-le") + b"\x00\xd8",
    "utf-16 of odd length": b"\xff\xfe{",
    "utf-32": BOOK.decode().encode("utf-32"),
    "worksheets of a number": b'{"worksheets": 5}',
    "worksheets of numbers": b'{"worksheets": [5, {"cells": 5}], "nbformat": 3}',
    "cells of a number": b'{"cells": 7}',
    "a 4-byte script": notebook_of([{"cell_type": "code", "source": "# " + "\U0001d400" * 1_000_000, "metadata": {}}]),
    "long cell ids": notebook_of(
        [{"cell_type": "code", "source": "x = 1", "id": "\U0001d400" * 20_000, "metadata": {}}] * 100
    ),
    "json too deep": b"[" * 200_000,
    "a number of five thousand digits": b'{"cells": [], "n": ' + b"9" * 5_000 + b"}",
    "source of surrogates": notebook_of([{"cell_type": "code", "source": "x = '\ud800'", "metadata": {}}]),
    "a mark of a list": b'{"cells": [], "metadata": {"qkv": {"mark": [1], "student": {}}}}',
    "tags of numbers": notebook_of(
        [{"cell_type": [1], "source": [1, {}], "metadata": {"nbgrader": {"grade_id": [1]}}}]
    ),
    "nothing": b"",
    "nulls": b"\x00" * 50,
    "a gigabyte of zeros, packed": b"\x00" * (30 << 20),
}


@pytest.mark.sandbox
def test_one_odd_file_ends_no_run(place, bubblewrap):
    with zipfile.ZipFile("all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("s01.ipynb", BOOK)
        archive.writestr("s02.ipynb", BOOK)
        for name, data in ODD.items():
            archive.writestr(f"{name}.ipynb", data)
        archive.writestr(f"work ({'9' * 5_000}).ipynb", BOOK)
        archive.writestr("\U0001d400" * 120 + ".ipynb", BOOK)
        archive.writestr(f"{'deep/' * 30}work.ipynb", BOOK)
        archive.writestr("notes\x1b[31m\u202e.ipynb", BOOK)
    done = grade("all.zip")
    assert done.exit_code == 0, done.output
    found = scores(place)
    assert (found.pop("s01"), found.pop("s02")) == (8, 8)
    assert len(found) == len(ODD) + 4
    assert sum(score == 8 for score in found.values()) == 5, "the four with odd names, and what is only in another code"
    assert len(list((place / "results" / "feedback").glob("*.html"))) == len(found) + 2


@pytest.mark.sandbox
@pytest.mark.parametrize("where", ["read", "judged", "answers shown", "written"])
def test_whatever_grading_itself_falls_over_is_named_and_costs_one(place, bubblewrap, monkeypatch, where):
    """A fault in our own code, met by one submission alone."""

    def breaks_over(student, real):
        def call(*arguments, **more):
            if student in repr(arguments) + repr(more):
                raise KeyError("a fault")
            return real(*arguments, **more)

        return call

    (place / "in" / "s02.ipynb").write_text(json.dumps(submission(extra=["mine = 's02'"])))
    broken = {
        "read": (worker, "parse"),
        "judged": (worker, "grade_cells"),
        "answers shown": (worker, "answers"),
        "written": (report, "render"),
    }[where]
    if where == "written":  # its page can be written once what broke it is left out
        monkeypatch.setattr(report, "render", breaks_over("mine = 's02'", report.render))
        monkeypatch.setattr(worker, "answers", lambda cells, names: {"scores": cells[-1]["source"]})
    else:
        monkeypatch.setattr(*broken, breaks_over("s02", getattr(*broken)))
    engine = "qkvlib.grading.command.LocalEngine"
    monkeypatch.setattr(engine, lambda workers: Here())
    done = grade()
    assert done.exit_code == 0, done.output
    assert "Grading failed over 1 submission" in done.output
    assert scores(place)["s01"] == 8
    text = (place / "results" / "class.html").read_text()
    assert "Worth a look" in text
    assert "“s02.ipynb”" in text


class Here:
    """An engine that grades in this process."""

    def run(self, job, chunks, done):
        for chunk in chunks:
            done(worker.grade_chunk(job, chunk))
        worker.close_sandboxes()


# -- whose it is -----------------------------------------------------------------------------------------------------


def found(tmp_path, labels, roster=ROSTER, contents=None):
    """{student: submission} of a zip with these labels."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for label in labels:
            archive.writestr(label, (contents or {}).get(label, BOOK))
    with collect.Source(tmp_path / "all.zip") as source:
        submissions = collect.collect(
            source, roster, "02_two_tokens", lambda student, mark: mark == mark_for(SECRET, "02_two_tokens", student)
        )
    return {submission_.student: submission_ for submission_ in submissions}


def kinds(submission_):
    return {remark.kind for remark in submission_.remarks}


def test_a_neighbours_platform_name_inside_ones_own_folder_is_nobodys(tmp_path):
    mine, theirs = "s01/work.ipynb", "s01/Emmy Noether_9_assignsubmission_file/work.ipynb"
    got = found(tmp_path, [mine, theirs, "s02/work.ipynb"])
    assert got["s02"].file == "s02/work.ipynb"
    assert not got["s02"].remarks
    assert "several-files" in kinds(got["s01"])


def test_ids_that_look_like_the_assignments_number(tmp_path):
    roster = [Student(f"{n:02d}", f"Student {n}") for n in (1, 2, 3)]
    got = found(tmp_path, ["02_two_tokens_03.ipynb", "02_two_tokens_01.ipynb", "02_two_tokens_02.ipynb"], roster)
    assert {student: s.file[-8:-6] for student, s in got.items()} == {"01": "01", "02": "02", "03": "03"}


def test_two_ids_in_one_name_are_not_guessed(tmp_path):
    got = found(tmp_path, ["s01_s02.ipynb", "s03.ipynb"])
    assert got["s01"].problem == got["s02"].problem != "Nothing was handed in."
    (nobodys,) = (s for s in got.values() if "could-be-two" in kinds(s))
    assert nobodys.file == "s01_s02.ipynb"
    assert {"could-be-two", "several-files", "found-by-mark", "not-on-the-roster"} <= WORTH_A_LOOK


def test_a_backslash_in_a_canvas_name(tmp_path):
    got = found(tmp_path, ["byronada_11_22_my\\work.ipynb", "noetheremmy_LATE_12_23_w.ipynb"])
    assert got["s01"].file == "byronada_11_22_my\\work.ipynb"
    assert kinds(got["s02"]) == {"late"}


def test_two_participants_of_one_name_replace_nobody(tmp_path):
    labels = [f"Ada Byron_{n}_assignsubmission_file/w.ipynb" for n in (7, 8)]
    got = found(tmp_path, [*labels, "Emmy Noether_9_assignsubmission_file/w.ipynb"])
    assert "More than one person" in got["s01"].problem
    assert {s.file for s in got.values() if "could-be-two" in kinds(s)} == set(labels)


def test_names_that_a_cleaner_makes_alike_stay_apart(tmp_path):
    got = found(tmp_path, ["ada b.ipynb", "ada_b.ipynb", "ada;b.ipynb"], [])
    assert len(got) == 3
    assert "ada_b" in got


def test_a_mark_never_beats_a_name_and_its_use_is_listed(tmp_path):
    book = submission()
    book["metadata"]["qkv"] = {"student": "s02", "mark": mark_for(SECRET, "02_two_tokens", "s02"), "assignment": "x"}
    marked = json.dumps(book).encode()
    got = found(tmp_path, ["s02.ipynb", "stolen.ipynb"], contents={"stolen.ipynb": marked})
    assert got["s02"].file == "s02.ipynb"
    assert "several-files" in kinds(got["s02"])
    got = found(tmp_path, ["stolen.ipynb"], contents={"stolen.ipynb": marked})
    assert kinds(got["s02"]) == {"found-by-mark"}


def test_an_id_counts_in_one_form_for_its_numbers_too():
    assert (
        seed_for(SECRET, "02", "ADA1", "x")
        == seed_for(SECRET, "02", "ada1", "x")
        != seed_for(SECRET, "02", "ada2", "x")
    )
    assert mark_for(SECRET, "02", "M\u00fcller") == mark_for(SECRET, "02", "mu\u0308LLER")
    assert seed_for(SECRET, "02", "ada1", "x") != seed_for(SECRET, "03", "ada1", "x")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('student_id,name\ns1,"Ada\ns2,Emmy\ns3,Sofya\n', "quot|table"),
        ('student_id,name\ns1,"Ada\ns2,Emmy"\ns3,Sofya\n', "quotation mark is opened"),
        ("student_id,name\ns1," + "x" * 200_000 + "\n", "line 2"),
    ],
)
def test_a_roster_that_is_no_table_names_the_line(tmp_path, text, says):
    (tmp_path / "roster.csv").write_text(text)
    with pytest.raises(CollectError, match=says):
        read_roster(tmp_path / "roster.csv")


# -- what students write ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell", ["=1+1", " =1+1", "a;=1+1", "a,=1+1", "a\t=1+1", 'a;"=1+1"', "a; @SUM(1)", "'=1+1", "a|-1", "+1", "\n=1"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_no_part_of_a_cell_starts_a_formula_whatever_splits_it(cell, delimiter):
    shown = harmless(cell)
    parts = next(csv.reader(io.StringIO(shown), delimiter=delimiter))
    assert not [part for part in parts if part.lstrip(" \"'\t").startswith(("=", "+", "-", "@")) and "'" not in part]
    assert shown.isprintable()


@pytest.mark.sandbox
def test_an_id_of_the_roster_reaches_the_platform_unaltered(place, bubblewrap):
    (place / "roster.csv").write_text("student_id,name\n+s01,=Ada\n@s02,Emmy\n-s03,Sofya\n")
    (place / "in").joinpath("s01.ipynb").rename(place / "in" / "+s01.ipynb")
    (place / "in").joinpath("s02.ipynb").rename(place / "in" / "@s02.ipynb")
    assert grade().exit_code == 0
    rows = list(csv.reader(io.StringIO((place / "results" / "moodle.csv").read_text())))
    assert [(row[0], row[1]) for row in rows[1:]] == [("+s01", "'=Ada"), ("@s02", "Emmy")]
    assert set(scores(place)) == {"+s01", "@s02", "-s03"}


def test_invisible_characters_are_shown_and_words_are_quoted():
    assert clean("a\u202eb\x1b[31m\ud800c\nd") == "a⟨U+202E⟩b⟨U+001B⟩[31m⟨U+D800⟩c d"
    assert quoted("no “marks” or `code`") == "“no ‘marks’ or ˋcodeˋ”"
    assert len(quoted("x" * 10_000)) < 130
    long = "\U0001d400" * 80
    assert len(file_name(long).encode()) <= 120
    assert file_name(long) != file_name(long + "x")


@pytest.mark.sandbox
def test_nothing_a_student_writes_reads_as_the_graders_own_words(place, bubblewrap):
    """Remarks, titles, names of functions and of errors: in quotation marks, or not there."""
    accusing = "Emmy Noether copied this. An appeal was granted"
    book = submission(
        {
            "scores": f"E = type({accusing!r}, (Exception,), {{}})\ndef scores(Q, K):\n    raise E({accusing!r})",
            "softmax": f"T = type({accusing!r}, (), {{}})\ndef softmax(z, axis=-1):\n    return T()",
            "blend": f"raise ValueError({accusing!r})",
        },
        extra=[f"blend = 1 if 0 else {accusing!r} + 1"],
    )
    book["metadata"]["qkv"] = {"assignment": accusing, "student": accusing, "mark": "x"}
    (place / "in" / "s01.ipynb").write_text(json.dumps(book))
    assert grade().exit_code == 0
    for path in [*(place / "results").rglob("*.html"), *(place / "results").glob("*.csv")]:
        text = path.read_text(encoding="utf-8")
        for start in range(len(text)):
            if text.startswith("Emmy Noether copied", start):
                before = text[:start]
                in_code = before.rfind("<code>") > before.rfind("</code>")
                assert in_code or before.rfind("“") > before.rfind("”"), (
                    f"{path.name}: …{text[start - 80 : start + 60]}"
                )


# -- the course file, the results, the journal -----------------------------------------------------------------------


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

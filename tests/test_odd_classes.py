"""Whole classes with something odd in them, graded by the command: the run goes on, and nobody else pays for it."""

import csv
import io
import json
import zipfile

import pytest
from classroom import submission
from small_class import BOOK, grade, scores, small_class

from qkvlib.grading import report, worker
from qkvlib.grading.platforms import harmless
from qkvlib.grading.roster import Student
from qkvlib.grading.text import clean, file_name, quoted

ROSTER = [Student("s01", "Ada Byron"), Student("s02", "Emmy Noether"), Student("s03", "Sofya Kovalevskaya")]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The current folder, with a course and a roster of two, both of whom hand in right notebooks."""
    monkeypatch.chdir(tmp_path)
    return small_class(tmp_path)


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

"""Finding and reading submissions: folders, platform zips, damage and bombs."""

import io
import json
import os
import stat
import zipfile

import pytest
from classroom import submission

from qkvlib.grading import collect
from qkvlib.grading.collect import CollectError, NotebookProblem, Source, Student, parse, read_roster

ROSTER = [Student("s01", "Ada Byron"), Student("s02", "Emmy Noether"), Student("s03", "Sofya Kovalevskaya")]
BOOK = json.dumps(submission()).encode()


def found(place, roster=ROSTER):
    with Source(place) as source:
        return {s.student: s for s in collect.collect(source, roster, "02_two_tokens")}


def zipped(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_flat_folder(tmp_path):
    for name in ("s01.ipynb", "02_two_tokens_s02.ipynb", "stranger.ipynb"):
        (tmp_path / name).write_bytes(BOOK)
    got = found(tmp_path)
    assert {k: v.file for k, v in got.items() if v.file} == {
        "s01": "s01.ipynb",
        "s02": "02_two_tokens_s02.ipynb",
        "stranger": "stranger.ipynb",
    }
    assert got["s03"].problem == "Nothing was handed in."
    assert got["stranger"].remarks == ["This name is not on the roster."]


def test_folder_per_student_prefers_this_assignment(tmp_path):
    for name in ("s01/01_one_token.ipynb", "s01/02_two_tokens.ipynb", "s01/.ipynb_checkpoints/02_two_tokens.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(BOOK)
    got = found(tmp_path)["s01"]
    assert got.file == "s01/02_two_tokens.ipynb"
    assert "2 notebooks were handed in" in got.remarks[0]


def test_moodle_zip_with_and_without_folders(tmp_path):
    path = zipped(
        tmp_path / "moodle.zip",
        {
            "Ada Byron_4711_assignsubmission_file_/02_two_tokens.ipynb": BOOK,
            "Emmy Noether_4712_assignsubmission_file_work.ipynb": BOOK,
        },
    )
    assert {k for k, v in found(path).items() if v.file} == {"s01", "s02"}


def test_canvas_zip_takes_the_last_upload(tmp_path):
    names = ["byronada_101_201_work.ipynb", "byronada_LATE_101_202_work-2.ipynb", "noetheremmy_102_203_work.ipynb"]
    got = found(zipped(tmp_path / "canvas.zip", dict.fromkeys(names, BOOK)))
    assert got["s01"].file == "byronada_LATE_101_202_work-2.ipynb"
    assert got["s02"].file == "noetheremmy_102_203_work.ipynb"


def test_two_students_of_one_name_are_not_guessed(tmp_path):
    roster = [Student("a1", "Ada Byron"), Student("a2", "Ada Byron")]
    got = found(zipped(tmp_path / "canvas.zip", {"byronada_101_201_work.ipynb": BOOK}), roster)
    assert got["a1"].problem == got["a2"].problem == "Nothing was handed in."
    assert got["byronada"].remarks == ["This name is not on the roster."]


def test_a_file_name_that_says_nothing_is_looked_up_inside(tmp_path):
    book = submission()
    book["metadata"]["qkv"] = {"student": "s02", "mark": "not checked here"}
    (tmp_path / "Untitled (3).ipynb").write_text(json.dumps(book))
    assert found(tmp_path)["s02"].file == "Untitled (3).ipynb"


def test_links_are_not_followed(tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(BOOK)
    place = tmp_path / "in"
    (place / "s01").mkdir(parents=True)
    (place / "s01" / "work.ipynb").symlink_to(secret)
    (place / "s02").symlink_to(tmp_path)
    got = found(place)
    assert "links are not followed" in got["s01"].problem
    assert "links are not followed" in got["s02"].problem
    with Source(place) as source, pytest.raises(NotebookProblem):
        source.read("s01/work.ipynb")


def test_a_link_in_a_zip_is_not_followed(tmp_path):
    info = zipfile.ZipInfo("s01/work.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert "links are not followed" in found(path)["s01"].problem


@pytest.mark.parametrize(
    "name", ["../../s01/work.ipynb", "/etc/s01/work.ipynb", "..\\s01\\work.ipynb", "C:\\s01\\w.ipynb"]
)
def test_a_path_out_of_the_zip_is_refused_and_nothing_is_written(tmp_path, name):
    path = zipped(tmp_path / "in.zip", {name: BOOK, "s02/work.ipynb": BOOK})
    before = sorted(tmp_path.rglob("*"))
    got = found(path)
    assert got["s02"].problem == ""
    assert [s for s in got.values() if "points outside" in s.problem]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_zip_bomb_is_read_up_to_the_limit_only(tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "MAX_NOTEBOOK", 1 << 20)
    path = zipped(tmp_path / "in.zip", {"s01.ipynb": bytes(200 << 20), "s02.ipynb": BOOK})
    assert path.stat().st_size < 1 << 20
    with Source(path) as source:
        with pytest.raises(NotebookProblem, match="larger than 1 MB"):
            source.read("s01.ipynb")
        assert source.read("s02.ipynb") == BOOK


def test_a_zip_that_lies_about_sizes(tmp_path):
    path = zipped(tmp_path / "in.zip", {"s01.ipynb": BOOK * 50})
    raw = path.read_bytes()
    size = len(BOOK * 50).to_bytes(4, "little")
    assert raw.count(size) == 2
    path.write_bytes(raw.replace(size, (100).to_bytes(4, "little")))
    with Source(path) as source, pytest.raises(NotebookProblem):
        parse(source.read("s01.ipynb"))


def test_a_zip_in_a_zip_is_not_opened(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("s01.ipynb", BOOK)
    path = zipped(tmp_path / "in.zip", {"s01.zip": inner.getvalue(), "s02.ipynb": BOOK})
    got = found(path)
    assert got["s01"].problem == "Nothing was handed in."


def test_a_file_that_is_no_zip(tmp_path):
    path = tmp_path / "in.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(CollectError, match="not a readable zip"):
        Source(path)


def test_a_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "s01.ipynb")
    assert "not an ordinary file" in found(tmp_path)["s01"].problem
    with Source(tmp_path) as source, pytest.raises(NotebookProblem):
        source.read("s01.ipynb")


def test_a_100_mb_notebook_is_refused_with_advice(tmp_path):
    path = tmp_path / "s01.ipynb"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    with Source(tmp_path) as source, pytest.raises(NotebookProblem, match="Clear its outputs"):
        source.read("s01.ipynb")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\x00\x00\x00", "empty"),
        (b'{"cells": [', "line 1"),
        (b"[1, 2]", "no cells"),
        (b'{"cells": 3}', "no cells"),
        (b"[" * 200_000, "not a readable notebook"),
        (b'{"cells": [1' + b"0" * 10_000 + b"]}", "not a readable notebook"),
        (b"PK\x03\x04 a zip renamed", "not a readable notebook"),
        (json.dumps({"cells": [{"cell_type": "code", "source": "x"}] * 3000}).encode(), "2000 cells"),
        (json.dumps({"cells": [{"cell_type": "code", "source": "x" * (2 << 20)}]}).encode(), "1 MB"),
    ],
)
def test_what_cannot_be_read_says_why(data, says):
    with pytest.raises(NotebookProblem, match=says):
        parse(data)


def test_odd_but_readable_notebooks():
    book = parse(BOOK)
    assert [c["name"] for c in book.cells][:2] == ["imports", "scores"]
    assert parse(b"\xef\xbb\xbf" + BOOK).cells == book.cells
    assert parse(BOOK.decode().encode("utf-16")).cells == book.cells
    nulls = parse(BOOK.replace(b'"cells"', b'\x00"cells"'))
    assert nulls.cells == book.cells
    assert "null bytes" in nulls.remarks[0]
    lists = json.loads(BOOK)
    for cell in lists["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
        cell.pop("metadata")
    assert [c["source"] for c in parse(json.dumps(lists).encode()).cells] == [c["source"] for c in book.cells]
    third = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"]}]}], "nbformat": 3}
    assert parse(json.dumps(third).encode()).cells[0]["source"] == "x = 1"
    strange = {"cells": [None, 3, {"source": [1, "x"]}, {"cell_type": [], "source": {}, "metadata": [], "id": 7}]}
    assert [c["source"] for c in parse(json.dumps(strange).encode()).cells] == ["x", ""]


def test_a_roster(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text('\ufeffStudent_ID,Name,Email\ns1,"Byron, Ada",a@example.org\n\ns2,Emmy,\n', encoding="utf-8")
    assert read_roster(path) == [Student("s1", "Byron, Ada", "a@example.org"), Student("s2", "Emmy", "")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,name\ns1,A\n", "line 1: it must name the columns"),
        ("", "line 1"),
        ("student_id,name\n", "no student"),
        ("student_id,name\ns1,A\n,B\n", "line 3: the student_id is empty"),
        ("student_id,name\ns1,A\ns2\n", "line 3: this line does not have 2 columns"),
        ("student_id,name\ns1,A\ns2,B,C\n", "line 3: this line does not have 2 columns"),
        ("student_id,name\ns1,A\nS1,B\n", "line 3: student_id S1 was on line 2"),
        ("student_id,name\n../../etc,A\n", "line 2: student_id"),
        ("student_id,name\n<script>,A\n", "line 2: student_id"),
        ("student_id,name\n=cmd(),A\n", "line 2: student_id"),
    ],
)
def test_a_roster_with_a_mistake_names_the_line(tmp_path, text, says):
    path = tmp_path / "roster.csv"
    path.write_text(text)
    with pytest.raises(CollectError, match=says):
        read_roster(path)

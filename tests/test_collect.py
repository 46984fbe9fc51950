"""Finding and reading submissions: folders, platform zips, damage and bombs."""

import io
import json
import os
import stat
import zipfile

import pytest
from classroom import submission

from qkvlib.grading import collect
from qkvlib.grading.collect import Source
from qkvlib.grading.notebook import NotebookProblem, parse
from qkvlib.grading.roster import CollectError, Student

ROSTER = [Student("s01", "Ada Byron"), Student("s02", "Emmy Noether"), Student("s03", "Sofya Kovalevskaya")]
BOOK = json.dumps(submission()).encode()


def found(place, roster=ROSTER):
    with Source(place) as source:
        return {
            s.student: s
            for s in collect.collect(
                source, roster, "02_two_tokens", lambda student, mark: mark == f"mark of {student}"
            )
        }


def texts(submission_):
    return [remark.text for remark in submission_.remarks]


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
    assert texts(got["stranger"]) == ["This name is not on the roster."]


def test_folder_per_student_prefers_this_assignment(tmp_path):
    for name in ("s01/01_one_token.ipynb", "s01/02_two_tokens.ipynb", "s01/.ipynb_checkpoints/02_two_tokens.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(BOOK)
    got = found(tmp_path)["s01"]
    assert got.file == "s01/02_two_tokens.ipynb"
    assert "2 notebooks were handed in" in texts(got)[0]
    assert "“s01/01_one_token.ipynb”" in texts(got)[0], "what was not graded is named"


def test_moodle_zip_with_and_without_folders(tmp_path):
    path = zipped(
        tmp_path / "moodle.zip",
        {
            "Ada Byron_4711_assignsubmission_file_/02_two_tokens.ipynb": BOOK,
            "Emmy Noether_4712_assignsubmission_file_work.ipynb": BOOK,
        },
    )
    assert {k for k, v in found(path).items() if v.file} == {"s01", "s02"}


# As Moodle's mod_assign\\downloader and Canvas's ContentZipper name files, and students besides.
@pytest.mark.parametrize(
    ("label", "student", "name"),
    [
        ("Ada Byron_4711_assignsubmission_file/work.ipynb", "1", "Ada Byron"),  # Moodle since 4.1
        ("Ada Byron_4711_assignsubmission_file_/work.ipynb", "1", "Ada Byron"),  # Moodle before
        ("Ada Byron_4711_assignsubmission_file_work.ipynb", "1", "Ada Byron"),  # not in folders
        ("export/Ada Byron_4711_assignsubmission_file/part/work.ipynb", "1", "Ada Byron"),
        ("Ada Byron_2_assignsubmission_file/work.ipynb", "1", "Ada Byron"),  # participant 2, not student 2
        ("Ada Byron_9_assignsubmission_file/2/work.ipynb", "1", "Ada Byron"),  # a folder the student made
        ("Ada Byron_9_assignsubmission_file_2.ipynb", "1", "Ada Byron"),
        ("Müller Jürgen_9_assignsubmission_file/w.ipynb", "1", "Jürgen Müller"),
        ("Mu\u0308ller Ju\u0308rgen_9_assignsubmission_file/w.ipynb", "1", "Jürgen M\u00fcller"),  # macOS's unzip
        ("محمد بن أحمد_9_assignsubmission_file/w.ipynb", "1", "محمد بن أحمد"),
        ("byronada_101_201_work.ipynb", "1", "Ada Byron"),
        ("byronada_LATE_101_202_work-2.ipynb", "1", "Ada Byron"),
        ("byronada_101_2_2.ipynb", "1", "Ada Byron"),  # upload 2, not student 2
        ("garcíalópezanamaría_101_201_w.ipynb", "1", "Ana María García López"),
        ("van_derbergjan_101_201_w.ipynb", "1", "Jan van_der Berg"),
        ("obrienbob_101_201_w.ipynb", "1", 'O\'Brien, "Bob"'),
        ("preferredname_1_201_w.ipynb", "1", "Registered Name"),  # a roster with Canvas's own user numbers
        ("Mallory_3_assignsubmission_file/1/w.ipynb", "Mallory_3", "Ada Byron"),
        ("Participant_1_assignsubmission_file/w.ipynb", "Participant_1", "Ada Byron"),
        ("Teilnehmerin_2_assignsubmission_file/w.ipynb", "Teilnehmerin_2", "Ada Byron"),
        ("anon_a1B2c_301_w.ipynb", "anon_a1B2c_301_w", "Ada Byron"),
    ],
)
def test_whose_file_it_is(tmp_path, label, student, name):
    got = found(zipped(tmp_path / "all.zip", {label: BOOK}), [Student("1", name), Student("2", "Emmy Noether")])
    assert [s.student for s in got.values() if s.file == label] == [student]


@pytest.mark.parametrize(
    ("label", "late"),
    [
        ("byronada_LATE_101_202_w.ipynb", True),
        ("LATE_anon_a1B2c_301_w.ipynb", True),
        ("byronada_101_202_LATE_w.ipynb", False),
        ("LATE.ipynb", False),
    ],
)
def test_late(tmp_path, label, late):
    (submission_,) = found(zipped(tmp_path / "all.zip", {label: BOOK}), []).values()
    assert texts(submission_) == (["Canvas marks this submission as late."] if late else [])


def test_who_handed_in_something_else_is_told_what(tmp_path):
    for name in ("s01/homework.pdf", "s01/notes.txt", "s02/02_two_tokens.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(BOOK)
    got = found(tmp_path)
    assert got["s01"].problem.startswith("No notebook was handed in, but homework.pdf, notes.txt.")
    assert (got["s01"].file, got["s02"].problem, got["s03"].problem) == ("", "", "Nothing was handed in.")


def test_canvas_zip_takes_the_last_upload(tmp_path):
    names = ["byronada_101_201_work.ipynb", "byronada_LATE_101_202_work-2.ipynb", "noetheremmy_102_203_work.ipynb"]
    got = found(zipped(tmp_path / "canvas.zip", dict.fromkeys(names, BOOK)))
    assert got["s01"].file == "byronada_LATE_101_202_work-2.ipynb"
    assert got["s02"].file == "noetheremmy_102_203_work.ipynb"


def test_two_students_of_one_name_are_not_guessed(tmp_path):
    roster = [Student("a1", "Ada Byron"), Student("a2", "Ada Byron")]
    got = found(zipped(tmp_path / "canvas.zip", {"byronada_101_201_work.ipynb": BOOK}), roster)
    assert got["a1"].problem == got["a2"].problem == "Nothing was handed in."
    assert texts(got["byronada"]) == ["This name is not on the roster."]


def test_a_file_name_that_says_nothing_is_looked_up_inside(tmp_path):
    book = submission()
    book["metadata"]["qkv"] = {"student": "s02", "mark": "mark of s02"}
    (tmp_path / "Untitled (3).ipynb").write_text(json.dumps(book))
    assert found(tmp_path)["s02"].file == "Untitled (3).ipynb"


def test_a_forged_claim_is_not_believed_and_never_beats_a_name(tmp_path):
    forged = submission()
    forged["metadata"]["qkv"] = {"student": "s02", "mark": "made up"}
    copied = submission()
    copied["metadata"]["qkv"] = {"student": "s02", "mark": "mark of s02"}
    (tmp_path / "zz.ipynb").write_text(json.dumps(forged))
    (tmp_path / "zzz-2.ipynb").write_text(json.dumps(copied))
    (tmp_path / "a_s02.ipynb").write_bytes(BOOK)
    got = found(tmp_path)
    assert got["s02"].file == "a_s02.ipynb"
    assert texts(got["zz"]) == ["This name is not on the roster."]


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
    assert got["s01"].problem.startswith("No notebook was handed in, but s01.zip.")


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
    assert [remark.kind for remark in nulls.remarks] == ["null-bytes"]
    lists = json.loads(BOOK)
    for cell in lists["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
        cell.pop("metadata")
    assert [c["source"] for c in parse(json.dumps(lists).encode()).cells] == [c["source"] for c in book.cells]
    third = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"]}]}], "nbformat": 3}
    assert parse(json.dumps(third).encode()).cells[0]["source"] == "x = 1"
    strange = {"cells": [None, 3, {"source": [1, "x"]}, {"cell_type": [], "source": {}, "metadata": [], "id": 7}]}
    assert [c["source"] for c in parse(json.dumps(strange).encode()).cells] == ["x", ""]

"""Whose a file is: exact ids, the platforms' names at the top level, and nobody's work replaced silently."""

import json
import zipfile

import pytest
from classroom import SECRET, submission

from qkvlib.grading import collect
from qkvlib.grading.remarks import WORTH_A_LOOK
from qkvlib.grading.roster import CollectError, Student, read_roster
from qkvlib.grading.secret import mark_for, seed_for

BOOK = json.dumps(submission()).encode()
ROSTER = [Student("s01", "Ada Byron"), Student("s02", "Emmy Noether"), Student("s03", "Sofya Kovalevskaya")]


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

"""`qkv grade` takes a learner's work file in place of a notebook."""

import json

import pytest

from qkvlib.course.workfile import Work, pack
from qkvlib.grading.collect import Source, collect
from qkvlib.grading.notebook import NotebookProblem, parse
from qkvlib.grading.roster import Student

SLUG = "02_two_tokens"
ROSTER = [Student("ada", "Ada Byron"), Student("emmy", "Emmy Noether")]


def book(source):
    cell = {"cell_type": "code", "id": "a", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def work(**sources):
    return pack(Work({}, {f"exercises/{name}.ipynb": book(source) for name, source in sources.items()}))


WORK = work(**{"01_one_token": "first", SLUG: "second"})


@pytest.mark.parametrize(
    "name",
    [
        "ada.qkv.json",
        "ada/qkv-work.qkv.json",
        "qkv-work_ada.qkv.json",
        "Ada Byron_12_assignsubmission_file/qkv-work.qkv.json",
        "byronada_12_345_qkv-work-1.qkv.json",
    ],
)
def test_the_one_notebook_that_is_graded_is_found(tmp_path, name):
    path = tmp_path / "all" / name
    path.parent.mkdir(parents=True)
    path.write_text(WORK, encoding="utf-8")
    with Source(tmp_path / "all", SLUG) as source:
        found = {each.student: each for each in collect(source, ROSTER, SLUG)}
        assert found["emmy"].problem == "Nothing was handed in."
        assert found["ada"].problem == ""
        assert [cell["source"] for cell in parse(source.read(found["ada"].file)).cells] == ["second"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WORK[:-50], "damaged"),
        (json.dumps({**json.loads(WORK), "version": 7}), "form 7"),
        (work(**{"01_one_token": "first"}), f"holds nothing of exercises/{SLUG}.ipynb"),
    ],
)
def test_what_cannot_be_graded_says_why(tmp_path, text, said):
    (tmp_path / "ada.qkv.json").write_text(text, encoding="utf-8")
    with Source(tmp_path, SLUG) as source, pytest.raises(NotebookProblem, match=said):
        source.read("ada.qkv.json")

"""A learner's work as a file: Python and the page in the browser read, write and refuse the same."""

import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qkvlib.cli import app
from qkvlib.course import progress, workcopy
from qkvlib.course.workfile import Refused, Work, mark, merge, pack, unpack

PAGE = Path(__file__).resolve().parent.parent / "tools" / "lite" / "page" / "work.js"
BOOK = {
    "cells": [{"cell_type": "code", "source": ["q = x @ W_Q\n", "√ é"], "metadata": {}, "outputs": []}],
    "metadata": {},
}
WORK = Work({"checks": {"scores": {"status": "correct", "attempts": 2}}}, {"exercises/02_two_tokens.ipynb": BOOK})


def in_node(node, work):
    """What work.js answers: {"text"} for work that it packs, {"work"} or {"refused"} for a text that it reads."""
    script = f"""
    import * as w from {json.dumps(PAGE.as_uri())};
    const asked = JSON.parse(process.argv[1]), answer = {{}};
    if (asked.pack) answer.text = await w.pack(asked.pack.progress, asked.pack.notebooks);
    if (asked.merge) answer.merged = w.merge(...asked.merge);
    if (asked.book) answer.mark = await w.digest(w.said(asked.book));
    try {{ if (asked.unpack !== undefined) answer.work = await w.unpack(asked.unpack); }}
    catch (error) {{ if (!(error instanceof w.Refused)) throw error; answer.refused = error.message; }}
    console.log(JSON.stringify(answer));
    """
    run = [node, "--input-type=module", "-e", script, json.dumps(work)]
    said = subprocess.run(run, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def test_each_reads_what_the_other_wrote(node):
    held = {"progress": WORK.progress, "notebooks": WORK.notebooks}
    answer = in_node(node, {"pack": held, "unpack": pack(WORK), "book": BOOK})
    assert unpack(answer["text"]) == WORK
    assert answer["work"] == held
    assert answer["mark"] == mark(BOOK)


def changed(**fields):
    return json.dumps({**json.loads(pack(WORK)), **fields})


def resealed(progress=WORK.progress, notebooks=WORK.notebooks):
    return pack(Work(progress, notebooks))


BAD = {
    "cut": pack(WORK)[:-40],
    "empty": "",
    "a notebook": json.dumps(BOOK),
    "a list": "[]",
    "null": "null",
    "another version": changed(version=2),
    "a changed content": changed(content=json.loads(pack(WORK))["content"].replace("correct", "Correct")),
    "no content": changed(content=None),
    "progress that is a list": resealed(progress=[]),
    "a section that is a list": resealed(progress={"checks": []}),
    "an entry that is a number": resealed(progress={"checks": {"scores": 3}}),
    "attempts in words": resealed(progress={"checks": {"scores": {"attempts": "two"}}}),
    "a status that is a number": resealed(progress={"checks": {"scores": {"status": 1}}}),
    "a path that leads out": resealed(notebooks={"exercises/../../a.ipynb": BOOK}),
    "a path from the top": resealed(notebooks={"/notebooks/a.ipynb": BOOK}),
    "a notebook without cells": resealed(notebooks={"exercises/a.ipynb": {}}),
    "notebooks that are a list": resealed(notebooks=[]),
}


@pytest.mark.parametrize("kind", BAD)
def test_both_refuse_what_is_damaged_or_another_version(node, kind):
    with pytest.raises(Refused) as refused:
        unpack(BAD[kind])
    assert str(refused.value).endswith(".")
    assert "Nothing was changed." in in_node(node, {"unpack": BAD[kind]})["refused"]


@pytest.mark.parametrize(
    ("here", "fresh", "wanted"),
    [
        ({}, {"cards": {"a": {"box": 2}}}, {"cards": {"a": {"box": 2}}}),
        ({"cards": {"a": {"box": 1}}}, {}, {"cards": {"a": {"box": 1}}}),
        ({"cards": {"a": {"box": 1, "due": 3}}}, {"cards": {"a": {"box": 2}}}, {"cards": {"a": {"box": 2, "due": 3}}}),
        (
            {"checks": {"s": {"status": "correct", "attempts": 4}}},
            {"checks": {"s": {"status": "wrong", "attempts": 1}}},
            {"checks": {"s": {"status": "correct", "attempts": 4}}},
        ),
        (
            {"checks": {"s": {"status": "wrong", "attempts": 1}}},
            {"checks": {"s": {"status": "correct", "attempts": 2}}},
            {"checks": {"s": {"status": "correct", "attempts": 2}}},
        ),
        ({"checks": {"s": {"attempts": None}}}, {"checks": {"s": {}}}, {"checks": {"s": {"attempts": None}}}),
    ],
)
def test_both_merge_alike_and_forget_nothing(node, here, fresh, wanted):
    assert merge(here, fresh) == wanted
    assert in_node(node, {"merge": [here, fresh]})["merged"] == wanted


# -- qkv progress --export, --import ----------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A learner's copy with one exercise answered, and the folder it lies in."""
    folder = tmp_path / "my-course"
    workcopy.lay(folder)
    monkeypatch.chdir(folder)
    answer(folder, "q = x @ W_Q")
    return folder


EXERCISES = "exercises/02_two_tokens.ipynb"


def answer(folder, text):
    path = folder / EXERCISES
    book = json.loads(path.read_text(encoding="utf-8"))
    book["cells"][4]["source"] = [text]
    path.write_text(json.dumps(book), encoding="utf-8")
    return book


def qkv(*arguments):
    return CliRunner().invoke(app, ["progress", *map(str, arguments)])


def test_work_is_carried_to_another_copy(copy, tmp_path, monkeypatch):
    progress.record("checks", "scores", status="correct", attempts=1)
    said = qkv("--export", tmp_path / "mine")
    assert said.exit_code == 0
    assert "1 of your notebooks" in said.output
    other = tmp_path / "other"
    workcopy.lay(other)
    monkeypatch.chdir(other)
    monkeypatch.setenv("QKV_HOME", str(tmp_path / "other-home"))
    assert progress.load() == {}
    assert qkv("--import", tmp_path / "mine.qkv.json").exit_code == 0
    assert json.loads((other / EXERCISES).read_text(encoding="utf-8"))["cells"][4]["source"] == ["q = x @ W_Q"]
    assert progress.entry("checks", "scores") == {"status": "correct", "attempts": 1}
    assert not list(other.rglob("*.mine-*")), "there was nothing of a learner's to keep"


def test_what_differs_is_kept_beside(copy, tmp_path):
    qkv("--export", tmp_path / "mine.qkv.json")
    answer(copy, "q = 'later'")
    said = qkv("--import", tmp_path / "mine.qkv.json")
    assert "mine-1" in said.output
    assert json.loads((copy / EXERCISES).read_text(encoding="utf-8"))["cells"][4]["source"] == ["q = x @ W_Q"]
    (beside,) = copy.rglob("*.mine-1.ipynb")
    assert json.loads(beside.read_text(encoding="utf-8"))["cells"][4]["source"] == ["q = 'later'"]


def test_a_refused_file_changes_nothing(copy, tmp_path):
    progress.record("checks", "scores", status="wrong")
    before = {path: path.read_bytes() for path in [*copy.rglob("*.ipynb"), progress.path()]}
    (tmp_path / "bad.qkv.json").write_text(BAD["another version"], encoding="utf-8")
    said = qkv("--import", tmp_path / "bad.qkv.json")
    assert said.exit_code == 1
    assert "form 2" in said.stderr
    assert "Nothing was changed." in said.stderr
    assert {path: path.read_bytes() for path in before} == before
    assert qkv("--import", tmp_path / "none.qkv.json").exit_code == 1
    assert qkv("--import", tmp_path).exit_code == 1


def test_an_export_overwrites_nothing(copy, tmp_path):
    file = tmp_path / "mine.qkv.json"
    file.write_text("something else")
    said = qkv("--export", file)
    assert (said.exit_code, file.read_text()) == (1, "something else")
    assert qkv("--export", tmp_path / "a", "--import", file).exit_code == 1
    assert qkv("--reset", "--export", tmp_path / "a").exit_code == 1


def test_outside_a_copy_only_progress_is_taken(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("qkvlib.course.carry.here", lambda: None)
    (tmp_path / "mine.qkv.json").write_text(pack(WORK), encoding="utf-8")
    said = qkv("--import", "mine.qkv.json")
    assert "run this in your copy of the course" in said.output
    assert progress.load() == WORK.progress

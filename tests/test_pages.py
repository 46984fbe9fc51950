"""`qkv page NN`: which pages are written, and what the command says."""

import re

import pytest
from typer.testing import CliRunner

from qkvlib import instruments
from qkvlib.cli import app
from qkvlib.pages import NoSuchLesson, write_pages


def test_one_lesson(tmp_path):
    done = CliRunner().invoke(app, ["page", "2", "--out", str(tmp_path)])
    assert done.exit_code == 0
    wanted = {f"{name}.html" for name, lesson in instruments.REGISTRY.items() if lesson == "02"}
    assert "two_tokens.html" in wanted
    assert {path.name for path in tmp_path.iterdir()} == wanted
    assert set(done.output.split()) == {str(tmp_path / name) for name in wanted}


def test_pages_are_the_same_every_time_and_ask_for_nothing(tmp_path):
    first, second = (write_pages(tmp_path / folder, "02") for folder in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    for path in first:
        assert not re.search(r"https?:|<(script|img|link)[^>]+(src|href)=", path.read_text(encoding="utf-8"))


def test_a_lesson_without_instruments(tmp_path):
    with pytest.raises(NoSuchLesson, match="lesson 77 has no instrument; lessons 00, 01, 02"):
        write_pages(tmp_path, "77")
    done = CliRunner().invoke(app, ["page", "77", "--out", str(tmp_path)])
    assert done.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    done = CliRunner().invoke(app, ["page", "02", "--out", str(tmp_path / "file")])
    assert done.exit_code == 1
    assert "file" in done.output

"""The standalone pages: which are written, and what the command says."""

import re

import pytest
from typer.testing import CliRunner

from qkvlib import instruments
from qkvlib.cli import app
from qkvlib.site import NoSuchLesson, write_site


def test_every_instrument_has_a_page_and_a_line_in_the_index(tmp_path):
    written = write_site(tmp_path / "site")
    pages = {f"{lesson}_{name}.html" for name, lesson in instruments.REGISTRY.items()}
    assert {path.name for path in written} == pages | {"index.html"}
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r'href="([^"]+)"', index)) == pages
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'(src|href)="(?!\d\d_)', text)
        assert "http:" not in text
        assert "https:" not in text


def test_pages_are_the_same_every_time(tmp_path):
    first, second = (write_site(tmp_path / folder, "02") for folder in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_one_lesson(tmp_path):
    done = CliRunner().invoke(app, ["page", "2", "--out", str(tmp_path)])
    assert done.exit_code == 0
    assert str(tmp_path / "02_two_tokens.html") in done.output.split()
    assert not (tmp_path / "index.html").exists()


def test_a_lesson_without_instruments(tmp_path):
    with pytest.raises(NoSuchLesson, match="lesson 77 has no instrument; lessons 00, 01, 02"):
        write_site(tmp_path, "77")
    done = CliRunner().invoke(app, ["page", "77", "--out", str(tmp_path)])
    assert done.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    done = CliRunner().invoke(app, ["page", "02", "--out", str(tmp_path / "file")])
    assert done.exit_code == 1

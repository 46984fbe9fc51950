"""`qkv page NN`: which pages are written, and what the command says."""

import re

import pytest
from axe import violations
from typer.testing import CliRunner

from qkvlib import instruments
from qkvlib.cli import app
from qkvlib.clinic import BUGS
from qkvlib.course.pages import NoSuchLesson, write_pages


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


@pytest.mark.browser
@pytest.mark.parametrize("width", [800, 1280])
def test_the_clinic_page_offers_every_bug_without_network_or_kernel(width, tmp_path, page):
    assert [path.name for path in write_pages(tmp_path, "14")] == ["bug_clinic.html"]
    page.set_viewport_size({"width": width, "height": 900})
    page.context.set_offline(True)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    address = (tmp_path / "bug_clinic.html").as_uri()
    page.goto(address)
    chooser = page.get_by_label("show")
    titles = [instruments.bug_clinic(bug).sheet.sheet.title for bug in BUGS]
    assert chooser.locator("option").all_inner_texts() == titles
    for title in titles:
        chooser.select_option(title)
        assert page.locator(".ws-title").all_inner_texts() == [title]
        assert page.locator(".ws-cell[data-i]").count() >= 10
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert violations(page, "main") == []
    assert requests == [address]


@pytest.mark.browser
def test_a_sheet_keeps_what_was_done_while_another_is_looked_at(tmp_path, page):
    write_pages(tmp_path, "14")
    page.goto((tmp_path / "bug_clinic.html").as_uri())
    chooser = page.get_by_label("show")
    with_control, without = (list(BUGS).index(bug) for bug in ("fix_shapes", "fix_transpose"))
    chooser.select_option(index=with_control)
    page.locator("#controls select").select_option("1")
    first = page.locator('[data-node="X"] [data-i="0"]')
    first.focus()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    chooser.select_option(index=without)
    assert page.locator("#controls select").count() == 0
    chooser.select_option(index=with_control)
    assert first.inner_text() == "5"
    assert page.locator("#controls select").input_value() == "1"
    assert page.locator('[data-node="right"] table').count() == 1


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

"""The course at a glance: its outline, marked with what was done."""

import datetime

import pytest

from qkvlib.course import progress
from qkvlib.course.outline import LessonOutline
from qkvlib.widgets import ProgressMap, flashcards


@pytest.fixture
def lessons():
    lesson = LessonOutline(
        number="03",
        slug="03_two_hats",
        title="Two hats",
        minutes=7,
        needs="A | bar.",
        answers="Why two?",
        predictions=("l3-first", "l3-second"),
        exercises=("hat_size",),
    )
    return [lesson]


def test_nothing_done_yet(lessons):
    shown = ProgressMap(lessons)
    assert repr(shown) == "3 Two hats: 0/2 predictions, 0/1 exercises"
    assert "[Two hats](03_two_hats.ipynb)" in shown._repr_markdown_()
    line, due, *_ = shown._repr_markdown_().split("\n\n")
    assert line == "○\u00a0[3](03_two_hats.ipynb)"
    assert due == "No recall card is due today. Next: [3 · Two hats](03_two_hats.ipynb)."


def test_what_was_done_is_counted(lessons):
    progress.record("predictions", "l3-first", guess=0, correct=False)
    progress.record("predictions", "l3-second", guess=None, correct=None)
    progress.record("checks", "hat_size", status="correct")
    shown = ProgressMap(lessons)
    assert repr(shown) == "3 Two hats: 1/2 predictions, 1/1 exercises"
    assert shown.done(shown.lessons[0]) == (2, 3)
    assert shown._repr_markdown_().startswith("◐")
    progress.record("predictions", "l3-second", guess=1, correct=True)
    assert shown._repr_markdown_().startswith("●")
    assert "Next:" not in shown._repr_markdown_()


def test_cards_that_are_due_are_counted_by_lesson(lessons):
    cards = {number: flashcards.load_deck(number) for number in ("01", "02")}
    today = flashcards._day_number(datetime.date.today())
    progress.record("cards", cards["01"][0]["id"], box=1, due=today - 2)
    progress.record("cards", cards["01"][1]["id"], box=1, due=today)
    progress.record("cards", cards["02"][0]["id"], box=1, due=today + 5)
    assert "Due today: 2 recall cards (2 of lesson 1)." in ProgressMap(lessons)._repr_markdown_()


def test_every_row_of_the_table_has_the_same_cells(lessons):
    rows = ProgressMap(lessons)._repr_markdown_().split("\n\n")[-1].splitlines()
    assert {row.count("|") for row in rows} == {7}


def test_without_lessons_it_shows_the_course_wherever_it_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ProgressMap().lessons[0].slug == "00_start_here"

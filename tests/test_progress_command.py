"""`qkv progress`: shows what is done, and asks before it forgets."""

import os

import pytest
from typer.testing import CliRunner

from qkvlib.check.registry import exercises
from qkvlib.cli import app
from qkvlib.course import progress
from qkvlib.course.outline import read_outline


@pytest.fixture
def qkv():
    """Run `qkv ARGUMENTS` with something typed at the question."""

    def run(*arguments, typed=None):
        return CliRunner().invoke(app, ["progress", *arguments], input=typed)

    return run


def test_it_lists_every_exercise_with_its_state(qkv):
    progress.record("checks", "scores", status="correct", attempts=2)
    progress.record("checks", "softmax", status="wrong", attempts=1)
    progress.record("predictions", "l1-shapes", guess="[2]")
    shown = qkv().output
    assert all(name in shown for name in exercises())
    assert "done   scores  (2 attempts)" in shown
    assert "tried  softmax  (1 attempt)" in shown
    assert "open   blend" in shown
    lesson = next(lesson for lesson in read_outline() if "scores" in lesson.exercises)
    assert f"Lesson {int(lesson.number)}: 1 of {len(lesson.exercises)} exercises done" in shown
    assert "Predictions made: 1. Recall cards seen: 0." in shown
    assert str(progress.path()) in shown


def test_a_reset_asks_first(qkv):
    progress.record("checks", "scores", status="correct")
    for typed in ("n\n", "\n", ""):
        refused = qkv("--reset", typed=typed)
        assert refused.exit_code == 1
        assert progress.entry("checks", "scores") == {"status": "correct"}
    assert qkv("--reset", typed="y\n").exit_code == 0
    assert progress.load() == {}


def test_yes_does_not_ask_and_goes_with_reset_only(qkv):
    progress.record("checks", "scores", status="correct")
    assert qkv("--yes").exit_code == 1
    assert progress.load() != {}
    assert qkv("--reset", "--yes").exit_code == 0
    assert progress.load() == {}


def test_a_file_of_a_later_version_or_another_course_does_not_break_it(qkv, home):
    home.mkdir(exist_ok=True)
    (home / "progress.json").write_text('{"version": 9, "sections": {"checks": {"scores": {"status": "new word"}}}}')
    assert "open   scores" in qkv().output
    assert os.listdir(home) == ["progress.json"]

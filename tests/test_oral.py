"""Questions for the oral: from each student's own code, answers computed in the sandbox, everything quoted."""

import json

import pytest
from classroom import ANSWERS, STUBS, submission
from small_class import grade, small_class
from typer.testing import CliRunner

from qkvlib.cli import app
from qkvlib.grading.slips import slips

EXERCISE = "exercises/02_two_tokens.ipynb"


def changed(code, name="f"):
    return {slip.changed for slip in slips(code, name)}


def test_one_place_is_changed_at_a_time():
    code = "def f(a, b):\n    return np.exp(a @ (b - 1).T) / (a @ b).sum(axis=-1, keepdims=True)\n"
    assert changed(code) == {
        "return np.exp((b - 1).T @ a) / (a @ b).sum(axis=-1, keepdims=True)",
        "return np.exp(a @ (b - 1).T) / (b @ a).sum(axis=-1, keepdims=True)",
        "return np.exp(a @ (b).T) / (a @ b).sum(axis=-1, keepdims=True)",
        "return np.exp(a @ (b - 1)) / (a @ b).sum(axis=-1, keepdims=True)",
        "return (a @ (b - 1).T) / (a @ b).sum(axis=-1, keepdims=True)",
        "return np.exp(a @ (b - 1).T)",
        "return np.exp(a @ (b - 1).T) / (a @ b).sum(axis=0, keepdims=True)",
        "return np.exp(a @ (b - 1).T) / (a @ b).sum(axis=-1, keepdims=False)",
    }


@pytest.mark.parametrize(
    "code", ["", "def f(", "x = 1", "def g(a):\n    return a @ a", "f = lambda a: a", "(" * 5000, "def f():\n    pass"]
)
def test_code_that_cannot_be_changed_gives_nothing(code):
    assert changed(code) == set()


def test_letters_of_several_bytes_are_no_trouble():
    assert changed("def f(é, ü):\n    return é @ ü  # «@»\n") == {"return ü @ é  # «@»"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The current folder, with a course and a roster of two."""
    monkeypatch.chdir(tmp_path)
    return small_class(tmp_path)


def oral(*more):
    return CliRunner().invoke(app, ["oral", "results", "in", "--assignment", EXERCISE, *more])


@pytest.mark.sandbox
def test_two_questions_for_each_with_their_answers(place, bubblewrap):
    hostile = "def scores(Q, K):\n    # </code><script>alert(1)</script>\u202e\n    return Q @ np.swapaxes(K, -1, -2)\n"
    blank = dict.fromkeys(("softmax", "blend", "attention"), None)
    (place / "in" / "s02.ipynb").write_text(json.dumps(submission({**blank, "scores": hostile})))
    (place / "roster.csv").write_text("student_id,name\ns01,<b>Ada</b>\ns02,Emmy\ns03,Zu\n")
    assert grade().exit_code == 0
    done = oral()
    assert done.exit_code == 0, done.output
    assert "results/oral.html: questions for 2 students" in done.output
    page = (place / "results" / "oral.html").read_text()
    assert page.count('<p class="answer">') == 4
    assert "<script" not in page
    assert "</code><script" not in page
    assert "\u202e" not in page
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page
    assert "Right would be: " in page, "s02's own answer is wrong, and both are there"
    assert "Suppose it read as follows" in page
    assert (place / "results" / "oral.html").stat().st_mode & 0o077 == 0, "for the teacher alone"
    again = oral()
    assert again.exit_code == 0
    assert (place / "results" / "oral.html").read_text() == page, "the same questions each time"


@pytest.mark.sandbox
def test_the_answers_are_what_the_code_gives(place, bubblewrap):
    """The first answer on the sheet, recomputed here from the numbers on the sheet."""
    import re

    import numpy as np

    only = {name: text for name, text in ANSWERS.items() if name == "blend"}
    rest = {name: STUBS[name] for name in ANSWERS if name not in only}
    for student in ("s01", "s02"):
        (place / "in" / f"{student}.ipynb").write_text(json.dumps(submission(rest)))
    assert grade().exit_code == 0
    assert oral().exit_code == 0
    page = (place / "results" / "oral.html").read_text()
    numbers = re.findall(r"<code>(weights|V)</code> = (.*?)</li>", page)
    answers = re.findall(r"<b>Answer:</b> (.*?)</p>", page)
    weights, values = (np.array(json.loads(text)) for _, text in numbers[:2])
    assert np.allclose(json.loads(answers[0]), weights @ values, atol=1e-3)


@pytest.mark.sandbox
def test_what_cannot_be_asked_is_said(place, bubblewrap):
    assert grade().exit_code == 0
    for file in (place / "in").iterdir():
        file.unlink()
    (place / "in" / "other.ipynb").write_text("{}")
    done = oral()
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "Not one question could be made" in done.stderr
    assert not (place / "results" / "oral.html").exists()
    assert CliRunner().invoke(app, ["oral", "nowhere", "in"]).exit_code == 1
    (place / "qkv-course.json").rename(place / "elsewhere.json")
    assert "qkv-course.json is not here" in oral().stderr

"""Predict: a guess is committed, compared, remembered, and never given away."""

import itertools

import pytest

from qkvlib.course import progress
from qkvlib.widgets import Predict, predict

SERIAL = itertools.count()


def fresh(**given):
    given.setdefault("question", "What is it?")
    return Predict(f"test-{next(SERIAL)}", **given)


def test_a_choice_is_judged():
    asked = fresh(choices=["left", "right"], answer="right")
    assert asked.correct is None
    asked.guess = 0
    assert asked.correct is False
    asked.guess = 1
    assert asked.correct is True


def test_a_number_is_compared_with_a_tolerance():
    asked = fresh(number=True, answer=0.953, tolerance=0.01)
    asked.guess = 0.95
    assert asked.correct is True
    asked.guess = 0.9
    assert asked.correct is False


def test_words_are_for_the_learner_to_judge():
    asked = fresh(text=True, answer="because")
    asked.guess = "why not"
    assert asked.correct is None
    assert "compare it yourself" in repr(asked)


@pytest.mark.parametrize(
    "given",
    [
        {"choices": ["left", "zebra"], "answer": "zebra", "explain": "stripes"},
        {"number": True, "answer": 123.25, "explain": "123.25 it is"},
        {"text": True, "answer": "zebra", "explain": "stripes"},
    ],
)
def test_nothing_shown_before_the_guess_gives_the_answer_away(given):
    asked = fresh(**given)
    shown = repr(asked) + asked._repr_mimebundle_()["text/markdown"].replace("- zebra", "")
    assert "zebra" not in shown
    assert "123.25" not in shown
    assert "stripes" not in shown
    assert "no guess yet" in shown


def test_the_guess_comes_back_in_the_next_session():
    first = fresh(choices=["left", "right"], answer="right")
    first.guess = 1
    again = Predict(first.name, first.question, choices=["left", "right"], answer="right")
    assert again.guess == 1
    assert "your guess: right (right)" in repr(again)


def test_a_guess_at_another_question_does_not(monkeypatch):
    first = fresh(choices=["left", "right"], answer="right")
    first.guess = 1
    monkeypatch.setattr(predict, "_questions", {})
    assert Predict(first.name, "Something else?", choices=["left", "right"], answer="right").guess is None


@pytest.mark.parametrize("guess", [7, -1, "left", None, [0]])
def test_a_kept_guess_that_cannot_be_one_is_passed_over(guess):
    asked = fresh(choices=["left", "right"], answer="right")
    progress.record("predictions", asked.name, question=asked.question, guess=guess)
    assert Predict(asked.name, asked.question, choices=["left", "right"], answer="right").guess is None


def test_two_predictions_of_one_name_are_refused():
    first = fresh(text=True, answer="yes")
    Predict(first.name, first.question, text=True, answer="yes")  # the same cell, run again
    with pytest.raises(ValueError, match="the name is taken"):
        Predict(first.name, "Another question?", text=True, answer="yes")


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"answer": 1}, "exactly one of"),
        ({"number": True, "text": True, "answer": 1}, "exactly one of"),
        ({"choices": ["one"], "answer": "one"}, "at least two choices"),
        ({"choices": ["one", "one"], "answer": "one"}, "all different"),
        ({"choices": ["one", "two"], "answer": "three"}, "not among the choices"),
        ({"choices": ["one", "two"], "answer": 2}, "there are 2"),
        ({"choices": ["one", "two"], "answer": 0, "why": {"three": "?"}}, "not a choice"),
        ({"text": True, "answer": "one", "why": {"two": "?"}}, "belongs to choices"),
        ({"number": True, "answer": float("nan")}, "nobody can guess"),
    ],
)
def test_a_malformed_question_is_refused_by_name(given, complaint):
    with pytest.raises(ValueError, match=complaint) as error:
        fresh(**given)
    assert "test-" in str(error.value)


@pytest.mark.parametrize("name", ["", "L1", "l1 shapes", "l1_shapes", "-l1"])
def test_a_name_is_a_slug(name):
    with pytest.raises(ValueError, match="small letters"):
        Predict(name, "What?", text=True, answer="x")


def test_the_order_is_the_learners_own_and_stays(home):
    choices = list("abcdef")
    asked = fresh(choices=choices, answer="a")
    assert sorted(asked.order) == list(range(6))
    again = Predict(asked.name, asked.question, choices=choices, answer="a")
    assert again.order == asked.order
    orders = set()
    for _ in range(8):
        progress.reset()
        orders.add(tuple(Predict(asked.name, asked.question, choices=choices, answer="a").order))
    assert len(orders) > 4, "eight learners see more than a few orders"


def test_the_text_has_one_order_for_everybody_however_the_choices_are_listed():
    asked = fresh(choices=["one", "two", "three"], answer="two")
    shown = asked._markdown()
    progress.reset()
    assert Predict(asked.name, asked.question, choices=["one", "two", "three"], answer="two")._markdown() == shown
    turned = Predict(asked.name, asked.question, choices=["three", "two", "one"], answer="two")
    assert turned._markdown() == shown


def test_being_sure_is_kept_with_the_guess():
    asked = fresh(number=True, answer=2)
    with asked.hold_trait_notifications():
        asked.sure, asked.guess = True, 3
    kept = progress.entry("predictions", asked.name)
    assert (kept["guess"], kept["sure"], kept["correct"]) == (3, True, False)
    assert Predict(asked.name, asked.question, number=True, answer=2).sure is True


def test_the_course_knows_its_own_questions(tmp_path, monkeypatch):
    words = '{"t-kept": {"question": "How many?", "number": true, "answer": 4, "explain": "Count."}}'
    (tmp_path / "01_a.json").write_text(words, encoding="utf-8")
    monkeypatch.setenv("QKV_PREDICTIONS", str(tmp_path))
    asked = Predict("t-kept")
    assert (asked.question, asked.answer, asked.explain) == ("How many?", 4, "Count.")
    assert Predict("t-kept", answer=5).answer == 5
    with pytest.raises(ValueError, match="no question of that name"):
        Predict("t-unknown")


def test_a_question_without_an_answer_and_a_state_without_a_sheet_are_refused():
    with pytest.raises(ValueError, match="say what the answer is"):
        fresh(number=True)
    with pytest.raises(ValueError, match="name it, show_in="):
        fresh(number=True, answer=1, show_state={"scaled": True})

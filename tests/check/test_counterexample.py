"""The smallest input for which an answer differs: found for every wrong answer of the bank, small, and no accident."""

import numpy as np
import pytest

from exercises import bank
from qkvlib import check
from qkvlib.check import attempt, counterexample, judge
from qkvlib.check.candidates import is_promised, small_calls
from qkvlib.check.card import Card
from qkvlib.check.checker import Checker
from qkvlib.check.counterexample import how_it_fails
from qkvlib.check.example_card import as_html, as_text
from qkvlib.check.registry import exercises

FUNCTIONS = {name: exercise for name, exercise in exercises().items() if exercise.kind == "function"}
BANK = bank()
NEVER_CALLED = {"signature", "not-a-function"}


def found_for(exercise, answer):
    """(verdict, counter-example) of an answer."""
    calls = exercise.calls(np.random.default_rng(judge.default_seed(exercise)))
    outcomes = attempt.run(exercise, answer, calls)
    return judge.compare(exercise, calls, outcomes), counterexample.find(exercise, answer, calls, outcomes)


def bare(Q, K):
    return Q @ np.swapaxes(K, -1, -2)


def numbers(value):
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, tuple | list | dict):
        return sum(map(numbers, value.values() if isinstance(value, dict) else value))
    return 1


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_wrong_answer_of_the_bank_has_one(name):
    exercise = FUNCTIONS[name]
    for _, label, answer in BANK[name].wrong_ones:
        verdict, example = found_for(exercise, answer)
        if verdict.mistake in NEVER_CALLED:
            assert example is None
            continue
        assert example is not None, label
        assert is_promised(exercise, example.call), label
        again = attempt.run(exercise, answer, [example.call])[0]
        assert how_it_fails(exercise, example.call, again), f"{label}: {as_text(example)}"
        assert numbers(example.call.args) <= 90, label
        assert as_text(found_for(exercise, answer)[1]) == as_text(example), f"{label}: another one the second time"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_right_answer_has_none(name):
    assert found_for(FUNCTIONS[name], FUNCTIONS[name].reference)[1] is None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_right_answers_pass_on_every_small_input(name):
    """What is not promised would show there: another right answer and the reference would part."""
    exercise = FUNCTIONS[name]
    calls = list(small_calls(exercise, exercise.calls(np.random.default_rng(0))))
    assert len(calls) >= 5
    for style, answer in BANK[name].right_ones:
        if style in ("positions", "positions_to_word", "weights_beside"):  # right by another reading of the statement
            continue
        for call in calls[:40]:
            outcome = attempt.run(exercise, answer, [call])[0]
            assert not how_it_fails(exercise, call, outcome), f"{style}: {call.args} -> {outcome}"


def test_it_is_written_as_numbers_with_the_first_wrong_place():
    verdict = Checker(check.exercise("scores"))(bare)
    assert repr(verdict).splitlines()[-4:] == [
        "The smallest input found where it differs:",
        "  Q = [[0, 1]]",
        "  K = [[0, 1]]",
        "  your result = [[1]], wrong first at [0, 0]",
    ]
    card = verdict._repr_html_()
    assert card.count("✗") == 1
    assert "0.7071" not in card + repr(verdict), "the right number is not on the card"


def test_an_accident_of_tiny_sizes_is_not_shown_in_place_of_the_mistake():
    """With one number a vector of zeros has no direction; a cosine then gives NaN, which is not what was wrong."""

    def cosine(Q, K):
        unit = [a / np.linalg.norm(a, axis=-1, keepdims=True) for a in (Q, K)]
        return unit[0] @ np.swapaxes(unit[1], -1, -2)

    _, example = found_for(check.exercise("scores"), cosine)
    assert np.isfinite(example.outcome.value).all()


def test_what_is_raised_is_quoted_and_escaped():
    def loud(Q, K):
        raise ValueError("<b>no</b>")

    _, example = found_for(check.exercise("scores"), loud)
    assert "Your function stops with ValueError: <b>no</b>" in as_text(example)
    assert "<b>" not in as_html(example)


# -- dragging ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def card():
    """The card of a wrong verdict on `scores`, its worksheet open."""
    made = Card("", Checker(check.exercise("scores"))(bare).offers)
    made.press("Drag these numbers")
    yield made
    made.close()


def test_the_learners_own_function_answers_to_the_sheet(card):
    assert "1 ✗" in card.beside
    card.touch.sheet["K"] = [[0, 3]]
    assert "3 ✗" in card.beside
    card.touch.sheet["K"] = [[0, 0]]
    assert "Here it agrees" in card.beside


def test_the_right_number_comes_on_demand(card):
    assert "right result" not in card.beside
    card.press("The right numbers")
    assert "[[0.7071]]" in card.note
    assert "0.7071" in card.beside


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_example_opens_in_a_worksheet_that_reads_back_the_same(name):
    exercise = FUNCTIONS[name]
    for _, label, answer in BANK[name].wrong_ones[:3]:
        verdict = Checker(exercise)(answer)
        if verdict.example is None:
            continue
        made = Card("", verdict.offers)
        made.press("Drag these numbers")
        now = made.touch.now()
        assert now.call.args[0].__class__ is verdict.example.found.call.args[0].__class__
        assert how_it_fails(exercise, now.call, now.outcome) == how_it_fails(
            exercise, verdict.example.found.call, verdict.example.found.outcome
        ), label
        made.close()


# -- graded work ------------------------------------------------------------------------------------------------------


def test_graded_work_never_shows_what_is_right(monkeypatch):
    monkeypatch.setenv("QKV_ASSIGNMENT", "02")
    verdict = Checker(check.exercise("scores"))(bare)
    assert list(verdict.offers) == ["A hint", "Drag these numbers"]
    made = Card("", verdict.offers)
    made.press("Drag these numbers")
    made.press("The right numbers")
    made.touch.show_right()
    assert "right result" not in made.beside + made.note
    made.close()


def test_graded_work_does_not_point_at_a_boolean(monkeypatch):
    """Which of two values is right is told by which one is wrong."""

    def everything(n):
        return np.ones((n, n), bool)

    checker = Checker(check.exercise("causal_mask"))
    assert checker(everything).example.found.place == (None, (0, 1))
    monkeypatch.setenv("QKV_ASSIGNMENT", "03")
    verdict = checker(everything)
    assert verdict.example.found.place is None
    assert "✗" not in verdict._repr_html_()

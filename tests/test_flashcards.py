"""Flashcards: decks are read with care, cards come back when they are due."""

import datetime

import pytest

from qkvlib.course import progress
from qkvlib.widgets import Flashcards, flashcards

CARDS = """
[[card]]
question = "First?"
answer = "One."

[[card]]
question = "Second?"
answer = "Two."
wrong = "Three."
why_wrong = "It is one too many."
objectives = ["count"]
"""
DAY = datetime.date(2020, 2, 29)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(flashcards, "_folder", lambda: tmp_path)
    (tmp_path / "03.toml").write_text(CARDS, encoding="utf-8")
    return tmp_path


def test_every_shipped_deck_is_well_formed():
    assert flashcards.decks()
    ids = [card["id"] for deck in flashcards.decks() for card in flashcards.load_deck(deck)]
    assert len(set(ids)) == len(ids)


def test_the_order_is_the_same_every_time(folder):
    assert Flashcards("03").cards == Flashcards("03").cards


def test_a_new_deck_is_all_due_and_its_text_holds_no_answer(folder):
    deck = Flashcards("03", title="Recall")
    assert deck.due == 2
    assert repr(deck) == "Recall: 2 cards, 0 seen so far"
    text = deck._repr_mimebundle_()["text/markdown"]
    assert "First?" in text
    assert "One." not in text


def test_the_text_holds_every_answer(folder):
    text = Flashcards("03").text()
    assert "First?\nOne." in text
    assert "Two.\nOften said, and wrong: Three. It is one too many." in text


def test_places_are_kept_and_come_back(folder):
    deck = Flashcards("03", today=DAY)
    card = deck.cards[0]["id"]
    tomorrow = flashcards._day_number(DAY) + 1
    deck.boxes = {card: [1, tomorrow]}
    assert progress.section("cards") == {card: {"box": 1, "due": tomorrow}}
    assert Flashcards("03", today=DAY).due == 1
    assert Flashcards("03", today=DAY + datetime.timedelta(days=1)).due == 2


def test_a_place_that_is_not_whole_is_passed_over(folder):
    card = Flashcards("03").cards[0]["id"]
    progress.record("cards", card, box=1)
    assert Flashcards("03").boxes == {}


def test_the_whole_course_is_every_deck(folder):
    (folder / "04.toml").write_text(CARDS.replace("First", "Third"), encoding="utf-8")
    assert len(Flashcards().cards) == 4


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[card]]\nquestion = 'What?'", "card 1: needs a question and an answer"),
        ("[[card]]\nquestion = 'What?'\nanswer = 'x'\ncolour = 'red'", "card 1: unknown field 'colour'"),
        ("[[card]", "not valid TOML"),
        ("", r"holds no \[\[card\]\]"),
    ],
)
def test_a_malformed_deck_is_refused_by_name(folder, text, complaint):
    (folder / "05.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"deck 05.*{complaint}"):
        Flashcards("05")


def test_a_missing_deck_is_refused(folder):
    with pytest.raises(ValueError, match="no deck '77'; there are 03"):
        Flashcards("77")


def test_a_lesson_opens_with_a_few_older_cards_what_is_due_first(folder):
    (folder / "04.toml").write_text(CARDS.replace("First", "Third").replace("Second", "Fourth"), encoding="utf-8")
    (folder / "05.toml").write_text(CARDS.replace("First", "Fifth").replace("Second", "Sixth"), encoding="utf-8")
    cards = {card["question"]: card["id"] for deck in ("03", "04", "05") for card in flashcards.load_deck(deck)}
    now = flashcards._day_number(DAY)
    for question, due in {"First?": now + 3, "Second?": now - 9, "Third?": now}.items():
        progress.record("cards", cards[question], box=1, due=due)
    shown = [card["question"] for card in Flashcards.before("05", today=DAY).cards]
    assert shown == ["Second?", "Third?", "Fourth?"]
    assert [card["question"] for card in Flashcards.before("05", count=1, today=DAY).cards] == ["Second?"]
    with pytest.raises(ValueError, match="no deck comes before lesson 03"):
        Flashcards.before("03")


def test_due_today_counts_what_was_seen(folder):
    now = flashcards._day_number(DAY)
    first, second = (card["id"] for card in flashcards.load_deck("03"))
    progress.record("cards", first, box=1, due=now)
    assert flashcards.due_today(DAY) == {"03": 1}
    progress.record("cards", second, box=1, due=now + 1)
    assert flashcards.due_today(DAY) == {"03": 1}
    progress.reset("cards")
    assert flashcards.due_today(DAY) == {}

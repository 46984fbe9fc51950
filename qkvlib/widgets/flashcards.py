"""Flashcards: recall first, then look; cards come back after days, the later the better you knew them (Leitner)."""

from __future__ import annotations

import datetime
import hashlib
import random
import textwrap
import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import traitlets as t

from qkvlib.course.progress import record, section
from qkvlib.widgets._small import CSS, SmallWidget, module

WAITS = (0, 1, 3, 7, 21, 60)  # days until a card in box 0, 1, 2, ... is asked again
_FIELDS = {"question", "answer", "wrong", "why_wrong", "objectives"}


def decks() -> list[str]:
    """The numbers of all decks that exist, in order: ["00", "01", ...]."""
    return sorted(path.name[:-5] for path in _folder().iterdir() if path.name.endswith(".toml"))


def load_deck(number: str) -> list[dict]:
    """The cards of one lesson: dicts with id, question, answer and, where given, wrong and why_wrong.

    Raises ValueError, naming deck and card, when a deck is missing or malformed.
    """
    path = _folder() / f"{number}.toml"
    if not path.is_file():
        raise ValueError(f"no deck {number!r}; there are {', '.join(decks())}")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"deck {number}: not valid TOML ({error})") from None
    cards = []
    for place, card in enumerate(table.get("card", []), 1):
        strangers = card.keys() - _FIELDS
        if strangers:
            raise ValueError(f"deck {number}, card {place}: unknown field {sorted(strangers)[0]!r}")
        if not card.get("question") or not card.get("answer"):
            raise ValueError(f"deck {number}, card {place}: needs a question and an answer")
        digest = hashlib.sha256(card["question"].encode()).hexdigest()[:10]
        text = {field: card[field] for field in ("question", "answer", "wrong", "why_wrong") if field in card}
        cards.append({"id": f"{number}-{digest}", **text})
    if not cards:
        raise ValueError(f"deck {number}: holds no [[card]]")
    return cards


def _folder() -> Traversable:
    return files("qkvlib") / "data" / "cards"


def _day_number(day: datetime.date) -> int:
    return (day - datetime.date(1970, 1, 1)).days


def _urgency(due: int | None, now: int) -> tuple[int, int]:
    """What is due comes first, the longest due before the rest; then what was never seen; then what can wait."""
    if due is None:
        return 1, 0
    return (0, due) if due <= now else (2, due)


def due_today(today: datetime.date | None = None) -> dict[str, int]:
    """How many cards seen before are due, by deck; decks with none are left out."""
    now, kept = _day_number(today or datetime.date.today()), section("cards")
    counts = {
        number: sum(kept.get(card["id"], {}).get("due", now + 1) <= now for card in load_deck(number))
        for number in decks()
    }
    return {number: count for number, count in counts.items() if count}


class Flashcards(SmallWidget):
    """The recall cards of one lesson (`Flashcards("01")`), of several, or of the whole course (`Flashcards()`).

    `Flashcards.before("05")` is three cards of the lessons before it, to open lesson 5 with.
    What you knew moves one box on and comes back after 1, 3, 7, 21, 60 days; what you did not know starts again.
    The order is shuffled, the same way every time. `.due` counts the cards for today.
    """

    _esm = module("flashcards")
    _css = CSS

    title = t.Unicode().tag(sync=True)
    cards = t.List(t.Dict()).tag(sync=True)
    waits = t.List(t.Int(), list(WAITS)).tag(sync=True)
    boxes = t.Dict().tag(sync=True)  # card id -> [box, day on which it is due]
    today = t.Int(None, allow_none=True).tag(sync=True)  # for tests; None: the browser's calendar

    def __init__(
        self, *numbers: str, title: str = "", today: datetime.date | None = None, most: int | None = None
    ) -> None:
        """`most` keeps that many cards: those due for the longest time first, then those never seen."""
        numbers = numbers or tuple(decks())
        cards = [card for number in numbers for card in load_deck(number)]
        random.Random(" ".join(numbers)).shuffle(cards)
        kept = section("cards")
        if most is not None:
            now = _day_number(today or datetime.date.today())
            cards = sorted(cards, key=lambda card: _urgency(kept.get(card["id"], {}).get("due"), now))[:most]
        known = [card["id"] for card in cards if card["id"] in kept]
        super().__init__(
            title=title or "Recall cards",
            cards=cards,
            boxes={
                card: [kept[card]["box"], kept[card]["due"]] for card in known if {"box", "due"} <= kept[card].keys()
            },
            today=None if today is None else _day_number(today),
        )
        self.observe(self._keep, "boxes")

    @classmethod
    def before(cls, number: str, *, count: int = 3, today: datetime.date | None = None) -> Flashcards:
        """`count` cards from the decks before lesson `number`, mixed; ValueError where there is none before it."""
        earlier = [deck for deck in decks() if deck < number]
        if not earlier:
            raise ValueError(f"no deck comes before lesson {number}: the first is {decks()[0]}")
        return cls(*earlier, title="Before you begin: cards from earlier lessons", today=today, most=count)

    @property
    def due(self) -> int:
        """How many cards are to be asked today, those never seen included."""
        today = _day_number(datetime.date.today()) if self.today is None else self.today
        return sum(card["id"] not in self.boxes or self.boxes[card["id"]][1] <= today for card in self.cards)

    def text(self) -> str:
        """Every question with its answer, as plain text to read or print."""
        parts = []
        for card in self.cards:
            lines = [card["question"], card["answer"]]
            if "wrong" in card:
                lines.append(f"Often said, and wrong: {card['wrong']} {card.get('why_wrong', '')}".rstrip())
            parts.append("\n".join(textwrap.fill(line, 100) for line in lines))
        return "\n\n".join(parts)

    def _keep(self, change: Any) -> None:
        for card, place in change.new.items():
            if change.old.get(card) != place:
                record("cards", card, box=place[0], due=place[1])

    def __repr__(self) -> str:
        return f"{self.title}: {len(self.cards)} cards, {len(self.boxes)} seen so far"

    def _markdown(self) -> str:
        count = len(self.cards)
        lines = [f"**{self.title}** ({count} cards). Answer each aloud; run this cell to turn them over."]
        if count <= 12:
            lines.append("\n".join(f"{place}. {card['question']}" for place, card in enumerate(self.cards, 1)))
        return "\n\n".join(lines)

"""The recall cards as a deck for Anki, for those who keep all their cards there. Needs the extra `anki`."""

from __future__ import annotations

import hashlib
import re
import tempfile
from html import escape
from pathlib import Path

from qkvlib.atomic import write_atomically
from qkvlib.widgets.flashcards import decks, load_deck

_MODEL = 1_472_580_369  # Anki tells kinds of notes and decks apart by number; these never change
_MARKUP = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<b>\1</b>"),
    (re.compile(r"\*([^*\s][^*]*)\*"), r"<i>\1</i>"),
    (re.compile(r"\n\s*\n"), "<br><br>"),
)
_LOOK = ".card { font: 18px/1.5 sans-serif; max-width: 40em; margin: auto; text-align: left; }"


class AnkiMissing(ImportError):
    """The package that writes Anki's files is not installed; the message says how to get it."""


def export(path: Path) -> int:
    """Write every card of the course to `path` (.apkg), a deck a lesson; returns how many there are.

    A card keeps its identity, so that importing a newer file updates the cards and leaves Anki's schedule alone.
    """
    try:
        import genanki
    except ImportError:
        raise AnkiMissing(
            "Anki's files are written by genanki, which is not here: pip install 'qkvlib[anki]'"
        ) from None
    model = genanki.Model(
        _MODEL,
        "Queries, keys and values",
        fields=[{"name": "Question"}, {"name": "Answer"}],
        templates=[{"name": "Recall", "qfmt": "{{Question}}", "afmt": "{{FrontSide}}<hr id=answer>{{Answer}}"}],
        css=_LOOK,
    )
    made, count = [], 0
    for number in decks():
        deck = genanki.Deck(_identity(number), f"Queries, keys and values::{number}")
        for card in load_deck(number):
            fields = [_html(card["question"]), _answer(card)]
            deck.add_note(genanki.Note(model=model, fields=fields, guid=card["id"], tags=[f"lesson-{number}"]))
            count += 1
        made.append(deck)
    with tempfile.TemporaryDirectory() as place:
        fresh = Path(place, "cards.apkg")
        genanki.Package(made).write_to_file(str(fresh))
        write_atomically(path, fresh.read_bytes())
    return count


def _identity(number: str) -> int:
    return int.from_bytes(hashlib.sha256(f"qkv deck {number}".encode()).digest()[:4], "big") >> 1


def _answer(card: dict) -> str:
    answer = _html(card["answer"])
    if "wrong" not in card:
        return answer
    return f"{answer}<br><br><b>Often said, and wrong:</b> {_html(card['wrong'])} {_html(card.get('why_wrong', ''))}"


def _html(text: str) -> str:
    made = escape(text.strip())
    for markup, tag in _MARKUP:
        made = markup.sub(tag, made)
    return made

"""The cards as Anki reads them: each once, with its identity, and nothing half-written."""

import sqlite3
import zipfile

import pytest
from typer.testing import CliRunner

from qkvlib.cli import app
from qkvlib.widgets import anki, flashcards

pytest.importorskip("genanki")


def notes(path, place):
    """{guid: (question, answer)} of an .apkg file."""
    with zipfile.ZipFile(path) as opened:
        opened.extract("collection.anki2", place)
    connection = sqlite3.connect(place / "collection.anki2")
    rows = connection.execute("select guid, flds from notes").fetchall()
    connection.close()
    return {guid: tuple(fields.split("\x1f")) for guid, fields in rows}


def test_every_card_is_exported_once_and_keeps_its_identity(tmp_path):
    path = tmp_path / "cards.apkg"
    done = CliRunner().invoke(app, ["cards", "--anki", str(path)])
    assert done.exit_code == 0, done.output
    cards = {card["id"]: card for number in flashcards.decks() for card in flashcards.load_deck(number)}
    written = notes(path, tmp_path)
    assert written.keys() == cards.keys()
    assert str(len(cards)) in done.output
    for identity, (question, answer) in written.items():
        assert question
        assert ("Often said" in answer) == ("wrong" in cards[identity])
    assert anki.export(path) == len(cards)
    assert notes(path, tmp_path).keys() == cards.keys(), "a second export has the same identities"


def test_markup_becomes_html_and_everything_else_is_escaped():
    assert anki._html("`a < b` and **bold**, *it*\n\nK & V") == (
        "<code>a &lt; b</code> and <b>bold</b>, <i>it</i><br><br>K &amp; V"
    )


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("mine")
    done = CliRunner().invoke(app, ["cards", "--anki", str(tmp_path / "file" / "cards.apkg")])
    assert done.exit_code == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_without_genanki_it_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "genanki", None)
    with pytest.raises(anki.AnkiMissing, match=r"qkvlib\[anki\]"):
        anki.export(tmp_path / "cards.apkg")
    assert not list(tmp_path.iterdir())

"""A verdict with buttons for what comes next, where a kernel is there to answer them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

_HERE = Path(__file__).parent


class Card(anywidget.AnyWidget):
    """The HTML of a verdict, a button for each of `offers` ({label: function that returns a note}), and its note.

    A note is anything with `_repr_html_`; what it holds must be escaped, for the browser shows it as it is.
    """

    _esm = (_HERE / "card.js").read_text(encoding="utf-8")
    _css = (_HERE / "card.css").read_text(encoding="utf-8")

    card = t.Unicode().tag(sync=True)
    buttons = t.Dict().tag(sync=True)
    asked: t.List = t.List().tag(sync=True)  # [name of a button, how often one was pressed]
    note = t.Unicode().tag(sync=True)

    def __init__(self, card: str, offers: Mapping[str, Callable[[], Any]]):
        self._offers = dict(offers)
        super().__init__(card=card, buttons={label: label for label in offers})
        self.observe(lambda change: self.press(change.new[0]), "asked")

    def press(self, name: str) -> None:
        """What a button does: the note it leads to appears below."""
        if name in self._offers:
            self.note = self._offers[name]()._repr_html_()

    def view(self) -> dict[str, dict]:
        """The part of a mime bundle that shows it."""
        model = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"application/vnd.jupyter.widget-view+json": model}

"""A verdict with buttons for what comes next, where a kernel is there to answer them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

_HERE = Path(__file__).parent


class Card(anywidget.AnyWidget):
    """The HTML of a verdict, a button for each of `offers` ({label: what it does}), and what a button has brought.

    An offer is called with the card. It may return a note, anything with `_repr_html_`, and may open a worksheet
    (`open_sheet`) or write beside it (`beside`). All HTML must be escaped, for the browser shows it as it is.
    """

    _esm = (_HERE / "card.js").read_text(encoding="utf-8")
    _css = (_HERE / "card.css").read_text(encoding="utf-8")

    card = t.Unicode().tag(sync=True)
    buttons = t.Dict().tag(sync=True)
    asked: t.List = t.List().tag(sync=True)  # [name of a button, how often one was pressed]
    note = t.Unicode().tag(sync=True)
    sheet = t.Unicode().tag(sync=True)  # the model of a worksheet, once one is open
    beside = t.Unicode().tag(sync=True)  # what came of its numbers

    def __init__(self, card: str, offers: Mapping[str, Callable[[Card], Any]]):
        self._offers = dict(offers)
        self.touch: Any = None  # what an open worksheet is handled by
        super().__init__(card=card, buttons={label: label for label in offers})
        self.observe(lambda change: self.press(change.new[0]), "asked")

    def press(self, name: str) -> None:
        """What a button does: the note it leads to appears below."""
        note = self._offers[name](self) if name in self._offers else None
        if note is not None:
            self.note = note._repr_html_()

    def open_sheet(self, worksheet: Any) -> None:
        """Show a worksheet below the buttons."""
        self.sheet = f"IPY_MODEL_{worksheet.model_id}"

    def view(self) -> dict[str, dict]:
        """The part of a mime bundle that shows it."""
        model = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"application/vnd.jupyter.widget-view+json": model}

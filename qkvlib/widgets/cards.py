"""Cards: a few ideas side by side. Tabs: the same, one at a time."""

from __future__ import annotations

import traitlets as t

from qkvlib.widgets._small import CSS, SmallWidget, module

HUES = ("blue", "orange", "green", "purple", "grey")


class Cards(SmallWidget):
    """Cards side by side: `Cards("Three hats", [("Query", "what am I looking for?", "more about it", "blue"), ...])`.

    Each item is (title, one line, details[, hue]). Hues: see `HUES`.
    """

    _esm = module("cards")
    _css = CSS

    label = t.Unicode().tag(sync=True)
    items = t.List(t.Dict()).tag(sync=True)
    tabs = t.Bool(False).tag(sync=True)

    def __init__(self, label: str, items: list[tuple]) -> None:
        super().__init__(label=label, items=[self._item(item) for item in items])

    def _item(self, item: tuple) -> dict:
        title, text, details, *hue = item
        if hue and hue[0] not in HUES:
            raise ValueError(f"card {title!r}: the hue {hue[0]!r} is not one of {', '.join(HUES)}")
        return {"title": title, "text": text, "details": details, "hue": hue[0] if hue else ""}

    def __repr__(self) -> str:
        return f"{self.label}: {' | '.join(item['title'] for item in self.items)}"

    def _markdown(self) -> str:
        return "\n".join(f"- **{item['title']}**: {item['text']} {item['details']}" for item in self.items)


class Tabs(Cards):
    """The same items one at a time, behind tabs."""

    tabs = t.Bool(True).tag(sync=True)

"""What a check says: a status, the name of the mistake if it has one, and a sentence or two for the learner."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape
from typing import Any, Protocol

STATUSES = ("todo", "wrong", "correct")
_HEADINGS = {"todo": "Still to do", "wrong": "Not yet", "correct": "Correct"}
_SIGNS = {"todo": "○", "wrong": "△", "correct": "✓"}  # shape as well as colour tells them apart
_COLOURS = {
    "todo": "var(--jp-border-color1, #767676)",
    "wrong": "var(--jp-warn-color0, #b45309)",
    "correct": "var(--jp-success-color0, #15803d)",
}


# What reads as code in a sentence: between backticks, with an underscore, a call, a shape.
_CODE = re.compile(r"`([^`]+)`|\b(?:\w+\.)*\w*_\w+(?:\([^()]*\))?|\b(?:\w+\.)+\w+\(?[^()\s]*\)?|\[[\d, ]+\]")
_GRID_MOST = 12  # rows and columns of the small grid; a larger answer is not drawn


class Kind(StrEnum):
    """What a verdict rests on. `NAMED` alone claims to know what the learner did; the others say what was seen."""

    RIGHT = "right"
    BLANK = "blank"
    NAMED = "named"  # a misconception computes the same on every input
    UNFIT = "unfit"  # could not be called, or handed back something of another kind or shape
    RAISED = "raised"
    PARTLY = "partly"  # right for some inputs
    BESIDE = "beside"  # the numbers aside: an input was changed, or results differ from run to run
    SYMPTOM = "symptom"  # the numbers stand in a plain relation to the right ones
    UNNAMED = "unnamed"


class Shown(Protocol):
    """What stands below a verdict's sentence: as text, and as a part of its card."""

    def text(self) -> str:
        """Lines of text."""
        ...

    def html(self) -> str:
        """The same as HTML, escaped."""
        ...


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check. True in a condition exactly when the answer is correct.

    `status` is "todo" (nothing to judge yet), "wrong" or "correct"; `mistake` is a slug when the mistake has a name,
    else ""; `message` is what the learner reads; `kind` says what the verdict rests on.
    """

    exercise: str
    status: str
    message: str
    mistake: str = ""
    kind: Kind | None = None
    places: tuple[tuple[bool, ...], ...] = ()  # where the answer agrees, entry by entry, when that can be drawn
    example: Shown | None = field(default=None, compare=False, repr=False)
    offers: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status is {self.status!r}: it must be one of {', '.join(STATUSES)}")

    def __bool__(self) -> bool:
        return self.status == "correct"

    @property
    def heading(self) -> str:
        """The status in words."""
        return _HEADINGS[self.status]

    def __repr__(self) -> str:
        told = f"{self.status}: {self.exercise}\n{self.message}"
        return told if self.example is None else f"{told}\n{self.example.text()}"

    def _repr_html_(self) -> str:
        """A card in the reader's own theme: text, a sign and a border; the colour only repeats what the text says."""
        name = f": {escape(self.mistake.replace('-', ' '))}" if self.mistake else ""
        heading = f"{_SIGNS[self.status]} {self.heading}: <code>{escape(self.exercise)}</code>{name}"
        return (
            f'<div role="status" class="qkv-verdict qkv-{self.status}" style="border:1px solid {_COLOURS[self.status]};'
            "border-left-width:6px;border-radius:4px;padding:.6em .9em;max-width:46rem;line-height:1.45;"
            f'color:inherit;background:transparent"><strong>{heading}</strong><br>{sentence(self.message)}'
            f"{_grid(self.places)}{self.example.html() if self.example else ''}</div>"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """The text, the card, and with a kernel behind it the card with its buttons."""
        bundle: dict[str, Any] = {"text/plain": repr(self), "text/html": self._repr_html_()}
        if self.offers and _in_a_kernel():
            from qkvlib.check.card import Card

            bundle |= Card(bundle["text/html"], self.offers).view()
        return bundle


def sentence(text: str) -> str:
    """A sentence for people as HTML: escaped, and what reads as code in the code's font."""
    made, end = [], 0
    for found in _CODE.finditer(text):
        made += [escape(text[end : found.start()]), f"<code>{escape(found[1] or found[0])}</code>"]
        end = found.end()
    return "".join([*made, escape(text[end:])])


def _grid(places: tuple[tuple[bool, ...], ...]) -> str:
    """A small table of ✓ and ✗: where the answer agrees, if it does anywhere. It holds no number."""
    if not any(map(any, places)) or len(places) > _GRID_MOST or len(places[0]) > _GRID_MOST:
        return ""
    look = "border:1px solid;padding:0 .4em;text-align:center"
    rows = "".join(
        "<tr>" + "".join(f'<td style="{look}">{"✓" if agrees else "✗"}</td>' for agrees in row) + "</tr>"
        for row in places
    )
    return (
        '<table style="border-collapse:collapse;margin:.5em 0 0"><caption style="text-align:left;white-space:nowrap">'
        f"Where your first result agrees</caption><tbody>{rows}</tbody></table>"
    )


def _in_a_kernel() -> bool:
    """Whether a notebook's kernel shows this, rather than a terminal or a script."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")

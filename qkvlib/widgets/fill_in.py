"""FillIn: a diagram in lines, with blanks to fill from memory."""

from __future__ import annotations

import re
from collections.abc import Sequence

import traitlets as t

from qkvlib.course.progress import entry, record
from qkvlib.widgets._small import CSS, SmallWidget, module

_BLANK = re.compile(r"\{([^{}]+)\}")


class FillIn(SmallWidget):
    """Lines of text in which every {word in braces} is left out, to be chosen from all that was left out and `decoys`.

    `FillIn("l9-picture", "Attention", ["X · {W_Q} = Q", "{softmax} of each row"], decoys=["K"])`. The choices are kept
    under `name`; `.right` counts the blanks that are right.
    """

    _esm = module("fill_in")
    _css = CSS

    name = t.Unicode().tag(sync=True)
    title = t.Unicode().tag(sync=True)
    lines: t.List = t.List().tag(sync=True)
    options = t.List(t.Unicode()).tag(sync=True)
    given = t.List(t.Unicode()).tag(sync=True)

    def __init__(self, name: str, title: str, lines: list[str], decoys: Sequence[str] = ()) -> None:
        self.answers = [answer for line in lines for answer in _BLANK.findall(line)]
        if not self.answers:
            raise ValueError(f"{name}: no line has a {{blank}}")
        kept = entry("fill_in", name).get("given", [])
        super().__init__(
            name=name,
            title=title,
            lines=[_parts(line) for line in lines],
            options=sorted({*self.answers, *decoys}, key=lambda option: (option.lower(), option)),
            given=kept if len(kept) == len(self.answers) else [],
        )
        self.observe(lambda change: record("fill_in", self.name, given=change.new), "given")

    @property
    def right(self) -> int:
        return sum(a == g for a, g in zip(self.answers, self.given, strict=False))

    def __repr__(self) -> str:
        filled = sum(map(bool, self.given))
        return f"{self.title} [{len(self.answers)} blanks, {filled} filled]"

    def _markdown(self) -> str:
        rows = ["".join(part.get("text", "\\_\\_\\_\\_") for part in line) for line in self.lines]
        return f"**{self.title}**\n\n" + "\n".join(f"{place}. {row}" for place, row in enumerate(rows, 1))


def _parts(line: str) -> list[dict]:
    """Text and blanks in turn: "X · {W_Q} = Q" -> text, blank, text."""
    pieces = _BLANK.split(line)
    return [{"blank": piece} if place % 2 else {"text": piece} for place, piece in enumerate(pieces) if piece]

"""How text that others wrote is shown: in one line, in quotation marks, with nothing invisible in it."""

from __future__ import annotations

SIGNS = {"correct": "✓", "wrong": "△", "todo": "○"}
HEADINGS = {"correct": "Correct", "wrong": "Not yet", "todo": "Left blank"}


def number(value: float) -> str:
    """A count of points without needless decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def clean(said: object, limit: int = 400) -> str:
    """One line of printable text of at most `limit` characters; what cannot be seen is shown by its number."""
    text = str(said)
    if len(text) <= limit and text.isprintable():
        return text
    shown = "".join(c if c.isprintable() else " " if c.isspace() else visible(c) for c in text[: limit + 1])
    return shown if len(shown) <= limit else shown[:limit] + "…"


def visible(character: str) -> str:
    """A character that cannot be seen (control, direction, half of a pair) as its number: ⟨U+202E⟩."""
    return f"⟨U+{ord(character):04X}⟩"


def quoted(said: object, limit: int = 120) -> str:
    """Words of somebody else's, recognisable as such wherever they stand: in quotation marks, never as code."""
    return f"“{clean(said, limit).replace('“', '‘').replace('”', '’').replace('`', 'ˋ')}”"

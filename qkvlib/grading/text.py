"""How text that others wrote is shown: in one line, in quotation marks, with nothing invisible in it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

_MAX_BYTES = 120  # of a file's name, so that every file system takes it with a suffix

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


def as_markdown(said: object, limit: int = 80) -> str:
    """Text for a place where Markdown is read: a name is a name, never markup."""
    return "".join(f"&#{ord(c)};" if c in "\\`*_{}[]()<>#+-.!|&" else c for c in clean(said, limit))


def quoted(said: object, limit: int = 120) -> str:
    """Words of somebody else's, recognisable as such wherever they stand: in quotation marks, never as code."""
    return f"“{clean(said, limit).replace('“', '‘').replace('”', '’').replace('`', 'ˋ')}”"


def file_name(student: str) -> str:
    """The name of a student's files: the id, or the start of it where no file system would take all of it."""
    raw = student.encode("utf-8", "replace")
    if len(raw) <= _MAX_BYTES:
        return raw.decode()
    return f"{raw[: _MAX_BYTES - 7].decode('utf-8', 'ignore')}-{hashlib.sha256(raw).hexdigest()[:6]}"


class HasStatus(Protocol):
    """The result of one exercise, as far as it is counted here."""

    @property
    def name(self) -> str: ...
    @property
    def status(self) -> str: ...


def headline(results: Sequence[HasStatus]) -> str:
    """One sentence on where a student stands, with what to do next."""
    by = Counter(result.status for result in results)
    if by["correct"] == len(results):
        return "Everything is right."
    if not by["correct"] and not by["wrong"]:
        return "No exercise has an answer yet."
    parts = [f"{by['correct']} of {len(results)} exercises are right"]
    if by["wrong"]:
        parts.append(f"{by['wrong']} {'is' if by['wrong'] == 1 else 'are'} not there yet")
    if by["todo"]:
        parts.append(f"{by['todo']} {'was' if by['todo'] == 1 else 'were'} left blank")
    start = next((result.name for result in results if result.status == "wrong"), None)
    advice = f" A good place to go on: {start}." if start else ""
    return (", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]) + "." + advice

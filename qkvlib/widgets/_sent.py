"""What of a widget's source is sent to the browser. Every notebook with the widget carries it: comments stay here."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def sent(*names: str) -> str:
    """The files of those names in this folder, slimmed and joined."""
    return "".join(slim((HERE / name).read_text(encoding="utf-8")) for name in names)


def slim(source: str) -> str:
    """JavaScript or CSS without the lines of comment and the indentation."""
    source = re.sub(r"^\s*/\*.*?\*/\n", "", source, flags=re.M | re.S)
    source = re.sub(r"^\s*//.*\n", "", source, flags=re.M)
    return re.sub(r"^[ \t]+|\n(?=\n)", "", source, flags=re.M)

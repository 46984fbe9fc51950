"""The public library from its docstrings, by Sphinx's own autodoc, which is told that they are plain text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from qkvlib import widgets

MODULES = {
    "attention": "Attention, one function a symbol",
    "rotary": "Positions that turn",
    "tables": "Numbers as tables",
    "figures": "Figures",
    "coref": "The tiny trained models",
    "chase": "The models that needed two heads",
    "real_heads": "Heads of a real model",
    "checkpoints": "Queries, keys and values out of files",
    "clinic": "The bug clinic",
    "check": "Checks",
    "course.narration": "What is said in the lessons",
}
_INSIDE = re.compile(r"``?([^`]+)``?")
_SPECIAL = re.compile(r"([\\*|_])")


def pages() -> Iterator[tuple[str, str]]:
    """(name, text) of a page for each module; the instruments have a list of their own."""
    for name, title in MODULES.items():
        yield name, _page(title, f".. automodule:: qkvlib.{name}\n   :members:")
    shown = "\n".join(f".. autoclass:: {getattr(widgets, name).__module__}.{name}\n" for name in widgets.__all__)
    yield "widgets", _page("Widgets", shown)


def _page(title: str, directives: str) -> str:
    return f"---\norphan: true\n---\n\n# {title}\n\n```{{eval-rst}}\n{directives}\n```\n"


def overview() -> Iterator[str]:
    """The list of those pages; the sidebar of every other page would be longer by all of them."""
    yield from (f"- [{title}](api/{name}.md), `qkvlib.{name}`" for name, title in MODULES.items())
    yield "- [Widgets](api/widgets.md), `qkvlib.widgets`"


def as_rst(app: object, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """One docstring, in place: what is laid out in columns or indented stays as it is, code between `` ` `` is code."""
    text = textwrap.dedent("\n".join(lines)).strip()
    made: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        if any(re.search(r"^\s|\S {2,}\S", line) for line in block.splitlines()):
            made += ["::", "", textwrap.indent(block, "    ")]
        else:
            made.append(_prose(block))
        made.append("")
    lines[:] = "\n".join(made).splitlines()


def _prose(block: str) -> str:
    parts = _INSIDE.split(block)
    return "".join(f"``{part}``" if place % 2 else _SPECIAL.sub(r"\\\1", part) for place, part in enumerate(parts))

"""What a student handed in for each exercise, as text to be shown: found by name, never parsed and never run."""

from __future__ import annotations

import re

from qkvlib.grading.assignment import Assignment
from qkvlib.grading.collect import NotebookProblem, Source, parse

_LINES, _WIDTH = 60, 200


def answers(source: Source, record: dict, assignment: Assignment) -> dict[str, str]:
    """{exercise: the cell that answers it}; without those that are blank, missing or cannot be read."""
    wanted = {r["name"] for r in record["results"] if r["status"] != "todo"}
    if record["problem"] or not wanted:
        return {}
    try:
        cells = parse(source.read(record["file"])).cells
    except NotebookProblem:
        return {}
    found = {item.name: _answer(cells, item.name, item.names) for item in assignment.items if item.name in wanted}
    return {name: text for name, text in found.items() if text}


def made_for(source: Source, record: dict) -> str:
    """The assignment a notebook says it was handed out for; "" when it says nothing or cannot be read."""
    try:
        return parse(source.read(record["file"])).assignment
    except NotebookProblem:
        return ""


def _answer(cells: list[dict], exercise: str, names: tuple[str, ...]) -> str:
    """The last cell that defines what is graded and is no blank stub, else the one that carries the exercise's name."""
    if not names:
        return ""
    name = re.escape(names[0])
    defines = re.compile(rf"^(?:def\s+{name}\b|{name}\s*(?::[^=\n]+)?=(?!=))", re.MULTILINE)
    places = [(cell["source"], found[-1]) for cell in cells if (found := list(defines.finditer(cell["source"])))]
    written = [place for place in places if "raise NotImplementedError" not in place[0]] or places
    if written:
        text, match = written[-1]
        return shown(text if text.count("\n") < _LINES else text[match.start() :])
    return next((shown(cell["source"]) for cell in reversed(cells) if cell["name"] == exercise), "")


def shown(text: str) -> str:
    """Text of a size for a page, in which nothing is invisible or turns the direction of what follows."""
    lines = text.expandtabs(4).rstrip().splitlines()
    cut = [line if len(line) <= _WIDTH else f"{line[:_WIDTH]} …" for line in lines[:_LINES]]
    if len(lines) > _LINES:
        cut.append(f"… and {len(lines) - _LINES} more lines")
    return "\n".join("".join(c if c.isprintable() else "\ufffd" for c in line) for line in cut)

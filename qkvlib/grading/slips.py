"""One change in a student's own code, to ask what would come out then: found in its syntax tree, made in its text.

The code is parsed, never run here. Each kind of change is one that a reader of the code can think through.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_CODE = 20_000  # letters
_LEFT_AWAY = (
    "swapaxes",
    "transpose",
    "exp",
    "sqrt",
    "tril",
    "triu",
)  # calls of which the first argument may stay alone


@dataclass(frozen=True)
class Slip:
    """A line as it stands, as it might stand, and the whole text with it."""

    line: str
    changed: str
    text: str


def slips(code: str, name: str) -> Iterator[Slip]:
    """Changes within the function `name` of the code, in the order of its lines; none where it cannot be read."""
    if len(code) > _MOST_CODE:
        return
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    if not functions:
        return
    found = []
    for node in ast.walk(functions[-1]):
        for piece, instead in _changes(node):
            segment, new = ast.get_source_segment(code, piece), instead(code)
            if segment is not None and new is not None and piece.lineno == piece.end_lineno:
                found.append((piece.lineno, piece.col_offset, piece.end_col_offset or 0, new))
    lines = code.splitlines(keepends=True)
    for number, start, end, new in sorted(found):
        raw = lines[number - 1].encode()  # offsets count bytes
        changed = (raw[:start] + new.encode() + raw[end:]).decode()
        if changed != lines[number - 1]:
            text = "".join([*lines[: number - 1], changed, *lines[number:]])
            yield Slip(lines[number - 1].strip(), changed.strip(), text)


def _changes(node: ast.AST) -> Iterator[tuple[ast.expr, _Instead]]:
    """(a piece of code, what to write in its place) for one node."""
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.MatMult):
            yield node, _Instead(" @ ", node.right, node.left)
        if isinstance(node.op, ast.Div | ast.Sub):
            yield node, _Instead("", node.left)
    if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant) and node.arg == "keepdims":
        yield node.value, _Instead(repr(not node.value.value))
    if isinstance(node, ast.keyword) and node.arg == "axis":
        yield node.value, _Instead("0")
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield node, _Instead("", node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _LEFT_AWAY:
        yield from ((node, _Instead("", first)) for first in node.args[:1])


class _Instead:
    """What is written in a piece's place: parts of the code itself, or a word."""

    def __init__(self, joined: str, *parts: ast.expr) -> None:
        self._joined, self._parts = joined, parts

    def __call__(self, code: str) -> str | None:
        """The new text; None where a part cannot be found."""
        if not self._parts:
            return self._joined
        texts = [ast.get_source_segment(code, part) for part in self._parts]
        if None in texts:
            return None
        pairs = zip(self._parts, texts, strict=True)
        return self._joined.join(f"({text})" if isinstance(part, ast.BinOp) else str(text) for part, text in pairs)

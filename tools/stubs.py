"""Turn an answer into a question: cut what stands between the solution markers, keep everything around it."""

import ast
import re
import textwrap
from collections.abc import Iterator

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
PLACEHOLDER = "# YOUR CODE HERE"


class CannotStub(Exception):
    """Why this cell cannot become a stub; `.offset` is the line within the cell, counted from 0."""

    def __init__(self, offset: int, reason: str):
        super().__init__(reason)
        self.offset = offset


def stub(source: str) -> str:
    """The cell as the learner meets it.

    What the solution assigns and later lines read stays defined, as `name = ...`, so that an untouched stub
    runs to its end and its check can say "todo".
    """
    lines = source.splitlines()
    regions = _regions(lines)
    if not regions:
        raise CannotStub(0, f"an exercise needs its answer between `{BEGIN}` and `{END}`")
    kept: list[str] = []
    after = 0
    for begin, end in regions:
        kept += lines[after:begin] + _placeholder(lines, begin, end)
        after = end + 1
    kept += lines[after:]
    text = "\n".join(kept)
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise CannotStub(regions[0][0], f"without its solution the cell is not Python: {error.msg}") from error
    return text


def _regions(lines: list[str]) -> list[tuple[int, int]]:
    regions, begin = [], None
    for number, line in enumerate(lines):
        word = line.strip()
        if word == BEGIN:
            if begin is not None:
                raise CannotStub(number, f"`{BEGIN}` inside a solution that is still open")
            begin = number
        elif word == END:
            if begin is None:
                raise CannotStub(number, f"`{END}` without `{BEGIN}`")
            if not any(text.strip() and not text.strip().startswith("#") for text in lines[begin + 1 : number]):
                raise CannotStub(begin, "the solution between the markers is empty")
            regions.append((begin, number))
            begin = None
        elif "BEGIN SOLUTION" in word or "END SOLUTION" in word:
            raise CannotStub(number, f"write the marker alone on its line, as `{BEGIN}` or `{END}`")
    if begin is not None:
        raise CannotStub(begin, f"`{BEGIN}` without `{END}`")
    return regions


def _placeholder(lines: list[str], begin: int, end: int) -> list[str]:
    indent = lines[begin][: len(lines[begin]) - len(lines[begin].lstrip())]
    try:
        body = ast.parse(textwrap.dedent("\n".join(lines[begin + 1 : end])))
    except SyntaxError as error:
        raise CannotStub(begin + (error.lineno or 1), f"the solution alone is not Python: {error.msg}") from error
    for node in body.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not indent:
            raise CannotStub(begin + node.lineno, f"leave `{node.name}` and its docstring outside the markers")
    assigned = list(dict.fromkeys(_assigned(body)))
    if indent:  # inside a function only what the lines after the region read has to exist
        read = set(_words("\n".join(lines[end + 1 :])))
        assigned = [name for name in assigned if name in read]
    return [indent + PLACEHOLDER, *([f"{indent}{name} = ..." for name in assigned] or [f"{indent}..."])]


def _assigned(body: ast.Module) -> Iterator[str]:
    for node in body.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            for leaf in ast.walk(target) if target is not None else ():
                if isinstance(leaf, ast.Name) and isinstance(leaf.ctx, ast.Store):
                    yield leaf.id


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z_]\w*", text)

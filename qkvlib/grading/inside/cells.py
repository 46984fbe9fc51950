"""One cell's source as top-level statements, whatever is in it: magics, broken lines, a newer Python's f-strings.

Parsing hostile text can exhaust a parser, so this module runs inside the sandbox: standard library alone.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from qkvlib.grading.inside.newer import requoted

_MAGIC = re.compile(r"^(\s*)(%%?|!|\?)(.*)$")
_ASSIGNED_MAGIC = re.compile(r"^(\s*[\w, ]+=\s*)(%|!).*$")
_HELP = re.compile(r"^\s*[\w.]+\?{1,2}\s*$")
_TRANSPARENT_CELL_MAGICS = {"time", "timeit", "capture", "prun", "python", "python3"}


@dataclass
class Statement:
    """One top-level statement: its syntax tree, where it stands, and the names it binds and reads."""

    node: ast.stmt
    cell: int
    binds: frozenset[str]
    reads: frozenset[str]
    free: frozenset[str]  # what it reads and does not bind in an inner scope: what it certainly needs from outside
    always: bool = False


def parse_cell(source: str, number: int) -> tuple[list[Statement], tuple[dict, str] | None]:
    """The cell's top-level statements, and (finding, text that could not be read) when a part is not Python."""
    read, problem, lost = read_source(source)
    statements = [Statement(node, number, *names) for node, *names in read]
    if problem is None:
        return statements, None
    finding = {"kind": "not-python", "cells": [number + 1], "line": problem[0], "other": problem[1][:300]}
    return statements, (finding, lost)


@cache  # the hand-out's own cells, which come back unchanged in every notebook, are read once, before the first child
def read_source(source: str) -> tuple[list[tuple], tuple[int, str] | None, str]:
    """([(node, binds, reads, free, always)], the first syntax error as (line, message), the text that was lost)."""
    source = source.replace("\x00", "").replace("\r\n", "\n").expandtabs(4)
    tree, problem = _parse(source)
    if tree is None:
        source = requoted(strip_magics(source))
        tree, problem = _parse(source)
    if tree is not None:
        return [_names(node) for node in tree.body], None, ""
    read, lost = [], []
    for chunk, start in _chunks(source):
        part, _ = _parse("\n" * start + chunk)
        if part is None:
            lost.append(chunk)
        else:
            read += [_names(node) for node in part.body]
    return read, problem, "\n".join(lost)


def _parse(source: str) -> tuple[ast.Module | None, tuple[int, str] | None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source), None
    except SyntaxError as error:
        return None, (error.lineno or 0, error.msg or "syntax error")
    except (ValueError, RecursionError, MemoryError) as error:
        return None, (0, type(error).__name__)


def strip_magics(source: str) -> str:
    """Blank out IPython magics, shell lines and `name?`, keeping the line count."""
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        magic = (lines[first][2:].split() or [""])[0]
        if magic not in _TRANSPARENT_CELL_MAGICS:
            return ""
        lines[first] = ""
    for i, line in enumerate(lines):
        if found := _MAGIC.match(line):
            rest = found[3].split(None, 1)
            keep = found[2] == "%" and len(rest) == 2 and rest[0] in ("time", "prun") and rest[1]
            lines[i] = found[1] + (keep or "pass")
        elif _HELP.match(line):
            lines[i] = ""
        elif assigned := _ASSIGNED_MAGIC.match(line):
            lines[i] = assigned[1] + "None"
    return "\n".join(lines)


def _chunks(source: str) -> Iterator[tuple[str, int]]:
    """Split at lines that can start a new top-level statement, so that one broken statement loses itself alone."""
    chunk: list[str] = []
    start, decorated = 0, False
    for i, line in enumerate(source.split("\n")):
        opens = bool(line) and not line[0].isspace() and line[0] not in "#)]}" and not _continues(line)
        if opens and not decorated and chunk:
            yield "\n".join(chunk), start
            chunk, start = [], i
        decorated = line.startswith("@") if opens else decorated
        chunk.append(line)
    if chunk:
        yield "\n".join(chunk), start


def _continues(line: str) -> bool:
    return bool(re.match(r"(else|elif|except|finally|case)\b", line))


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _names(node: ast.stmt) -> tuple:
    """The statement, with the names it binds for the whole notebook and those it reads anywhere inside."""
    binds: set[str] = set()
    reads: set[str] = set()
    inner: set[str] = set()
    always = False
    stack: list[tuple[Any, bool]] = [(node, True)]  # (node, whether it acts at module level)
    while stack:
        child, outer = stack.pop()
        kind = type(child)
        if kind is ast.Name:
            stored = type(child.ctx) is not ast.Load
            (binds if outer else inner).add(child.id) if stored else reads.add(child.id)
            continue
        if kind is ast.AugAssign and type(child.target) is ast.Name:
            reads.add(child.target.id)  # `n += 1` reads what it changes
        if kind is ast.arg:
            inner.add(child.arg)
        elif kind is ast.Global:
            binds.update(child.names)
            reads.update(child.names)  # what the whole notebook shares has to exist first
        elif kind in (ast.Import, ast.ImportFrom):
            names = {alias.asname or alias.name.partition(".")[0] for alias in child.names}
            (binds if outer else inner).update(names)
            always |= outer and "*" in names
        elif kind is ast.Call and outer and type(child.func) is ast.Name and child.func.id in ("exec", "globals"):
            always = True
        elif kind in (ast.Subscript, ast.Attribute) and outer and type(child.ctx) is not ast.Load:
            binds |= _root(child)
        elif kind in (ast.ExceptHandler, ast.MatchAs, ast.MatchStar) and child.name and outer:
            binds.add(child.name)
        if kind in _SCOPES:
            if kind is not ast.Lambda:
                (binds if outer else inner).add(child.name)
            decorators = getattr(child, "decorator_list", ())
            stack += [(part, outer) for part in decorators]
            stack += [(part, False) for part in _parts(child) if part not in decorators]
        else:
            level = outer and kind not in _COMPREHENSIONS
            stack += [(part, level) for part in _parts(child)]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        func = node.value.func  # `cache.append(row)` changes `cache`
        if isinstance(func, ast.Attribute):
            always |= func.attr == "seed"  # of numpy or of random: what is drawn later depends on it
            binds |= {f"{name}." for name in _root(func)}
    return node, frozenset(binds), frozenset(reads), frozenset(reads - inner), always


def _parts(node: ast.AST) -> list:
    """The nodes directly below `node`, but for those that hold nothing (operators, and whether a name is read)."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if type(value) is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST) and value._fields:
            found.append(value)
    return found


def _root(node: ast.AST) -> set[str]:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()

"""Find a student's answers in a notebook, and the statements those answers need.

A notebook is a list of cells `{"type", "source", "name"}`. What is looked for are names: `scores`, `attention`. A
function is found by its name wherever it stands, so cells may be deleted, copied, moved, retyped or stripped of
metadata; only then by the name of the cell. The last definition wins, with a remark. Only the statements an answer
needs are kept (helpers, constants, imports), so plots, prompts and experiments elsewhere never run.

Parsing hostile text can exhaust a parser, so this module runs inside the sandbox: standard library alone.
"""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from dataclasses import dataclass, field
from functools import cache

_MAGIC = re.compile(r"^(\s*)(%%?|!|\?)(.*)$")
_ASSIGNED_MAGIC = re.compile(r"^(\s*[\w, ]+=\s*)(%|!).*$")
_HELP = re.compile(r"^\s*[\w.]+\?{1,2}\s*$")
_TRANSPARENT_CELL_MAGICS = {"time", "timeit", "capture", "prun", "python", "python3"}
_FENCE = re.compile(r"```(?:\{[\w-]+\}|python|py|ipython3?)?[^\n]*\n(.*?)```", re.DOTALL)


_BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "display"}


@dataclass
class Statement:
    """One top-level statement: its syntax tree, where it stands, and the names it binds and reads."""

    node: ast.stmt
    cell: int
    binds: frozenset[str]
    reads: frozenset[str]
    free: frozenset[str]  # what it reads and does not bind in an inner scope: what it certainly needs from outside
    always: bool = False


@dataclass
class Plan:
    """The statements to run, in order, and what the student should know about how the answers were found."""

    statements: list[Statement] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # the name asked for -> the name it goes by here
    missing: set[str] = field(default_factory=set)
    findings: list[dict] = field(default_factory=list)  # {"kind", and what belongs to it}; put into words outside


def plan(cells: list[dict], wanted: list[str], provided: list[dict], graded: list[str]) -> Plan:
    """What to run so that every name in `wanted` exists.

    `provided` are the hand-out's own cells (imports, data): they stand in for names the student's notebook lost.
    `graded` are all names under assessment; duplicates and renamed answers are remarked on for these.
    """
    result = Plan()
    statements, broken = [], []
    for number, cell in enumerate(cells):
        if cell.get("type") == "code":
            found, problem = parse_cell(cell.get("source", ""), number)
            statements += found
            if problem:
                broken.append(problem)
    bound = {name for statement in statements for name in statement.binds}

    for name in graded:
        if name in wanted and name not in bound:
            rescued = _from_text_cells(cells, name)
            if rescued:
                statements += rescued
                bound |= {n for s in rescued for n in s.binds}
                result.findings.append({"kind": "in-a-text-cell", "name": name})
    for name in wanted:
        if name in bound:
            continue
        renamed = _function_in_named_cell(cells, statements, name) if name in graded else None
        if renamed:
            result.names[name] = renamed
            result.findings.append({"kind": "renamed", "name": name, "other": renamed[:200]})
        else:
            result.missing.add(name)

    statements = _last_definition_wins(statements, graded, result.findings)
    needed = {result.names.get(name, name) for name in wanted}
    kept = _closure(statements, needed)
    names_kept = {n for s in kept for n in s.binds}
    lost = ({n for s in kept for n in s.free} | needed) - names_kept - _BUILTINS
    if lost:
        scaffold = [s for number, cell in enumerate(provided) for s in parse_cell(cell["source"], -1 - number)[0]]
        kept = [s for s in _closure(scaffold, lost) if not s.always] + kept
    result.statements = kept
    result.missing -= {n for s in result.statements for n in s.binds}
    if broken and (result.missing or any(name in problem[1] for problem in broken for name in graded)):
        result.findings += [finding for finding, _ in broken]
    return result


def uses(found: Plan, names: list[str], graded: list[str]) -> list[str]:
    """Which other graded functions the answers `names` call, directly or through helpers."""
    aliases = {alias: name for name, alias in found.names.items()}
    kept = _closure(found.statements, {found.names.get(name, name) for name in names})
    read = {aliases.get(n, n) for s in kept for n in s.reads}
    return [name for name in graded if name in read and name not in names]


# -- one cell -> statements -----------------------------------------------------------------------------------------


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
        source = strip_magics(source)
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


def _parse(source: str):
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
        magic = _MAGIC.match(line)
        if magic:
            rest = magic[3].split(None, 1)
            keep = magic[2] == "%" and len(rest) == 2 and rest[0] in ("time", "prun") and rest[1]
            lines[i] = magic[1] + (keep or "pass")
        elif _HELP.match(line):
            lines[i] = ""
        elif assigned := _ASSIGNED_MAGIC.match(line):
            lines[i] = assigned[1] + "None"
    return "\n".join(lines)


def _chunks(source: str):
    """Split at lines that can start a new top-level statement, so that one broken statement loses itself alone."""
    chunk, start, decorated = [], 0, False
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
    binds, reads, inner = set(), set(), set()
    always = False
    stack = [(node, True)]  # (node, whether it acts at module level)
    while stack:
        child, outer = stack.pop()
        kind = type(child)
        if kind is ast.Name:
            stored = type(child.ctx) is not ast.Load
            (binds if outer else inner).add(child.id) if stored else reads.add(child.id)
            continue
        if kind is ast.arg:
            inner.add(child.arg)
        elif kind is ast.Global:
            binds.update(child.names)
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
            binds |= {f"{name}." for name in _root(func)}
    return node, frozenset(binds), frozenset(reads), frozenset(reads - inner), always


def _parts(node: ast.AST):
    """The nodes directly below `node`, but for those that hold nothing (operators, and whether a name is read)."""
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            for item in value:
                if isinstance(item, ast.AST):
                    yield item
        elif isinstance(value, ast.AST) and value._fields:
            yield value


def _root(node) -> set[str]:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


# -- choosing statements --------------------------------------------------------------------------------------------


def _closure(statements: list[Statement], needed: set[str]) -> list[Statement]:
    """The statements that bind a needed name, and what those need in turn, in notebook order."""
    imported = {n for s in statements if isinstance(s.node, (ast.Import, ast.ImportFrom)) for n in s.binds}
    binding: dict[str, list[int]] = {}  # name -> the statements that give it a value or change it
    for i, statement in enumerate(statements):
        for name in statement.binds:
            if not (name.endswith(".") and name[:-1] in imported):
                binding.setdefault(name.rstrip("."), []).append(i)
    kept = {i for i, statement in enumerate(statements) if statement.always}
    known = set(needed).union(*(statements[i].reads for i in kept))
    waiting = list(known)
    while waiting:
        fresh = [i for i in binding.get(waiting.pop(), ()) if i not in kept]
        kept.update(fresh)
        more = set().union(*(statements[i].reads for i in fresh)) - known
        known |= more
        waiting += more
    return [statements[i] for i in sorted(kept)]


def _is_blank(node: ast.stmt) -> bool:
    """Whether a definition is still the stub: a docstring, then nothing but `...`, `pass` or raise."""
    if not isinstance(node, ast.FunctionDef):
        return False
    body = node.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:] if isinstance(body[0].value.value, str) else body
    return all(
        isinstance(part, (ast.Pass, ast.Raise))
        or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and part.value.value is ...)
        for part in body
    )


def _last_definition_wins(statements, graded, findings):
    """Drop earlier definitions of a graded function; a blank copy of the stub never beats a written answer."""
    dropped = set()
    for name in graded:
        places = [i for i, s in enumerate(statements) if isinstance(s.node, ast.FunctionDef) and s.node.name == name]
        if len(places) < 2:
            continue
        written = [i for i in places if not _is_blank(statements[i].node)]
        chosen = (written or places)[-1]
        dropped.update(i for i in places if i != chosen)
        if len(written) > 1:
            cells = [statements[i].cell + 1 for i in written]
            findings.append({"kind": "defined-again", "name": name, "cells": cells})
    return [s for i, s in enumerate(statements) if i not in dropped]


def _from_text_cells(cells, name):
    """A graded function whose cell was turned into markdown or raw text."""
    for number in reversed(range(len(cells))):
        cell = cells[number]
        text = cell.get("source", "")
        if cell.get("type") == "code" or not re.search(rf"^\s*def {re.escape(name)}\b", text, re.MULTILINE):
            continue
        for block in [*_FENCE.findall(text), text]:
            found, _ = parse_cell(block, number)
            if any(name in s.binds for s in found):
                return found
    return []


def _function_in_named_cell(cells, statements, name):
    """The last function defined in the cell that carries the exercise's name."""
    numbers = {i for i, cell in enumerate(cells) if cell.get("name") == name}
    functions = [s.node.name for s in statements if s.cell in numbers and isinstance(s.node, ast.FunctionDef)]
    return functions[-1] if functions else None

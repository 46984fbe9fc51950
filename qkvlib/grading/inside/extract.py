"""Find a student's answers in a notebook, and the statements those answers need.

A notebook is a list of cells `{"type", "source", "name"}`. What is looked for are names: `scores`, `attention`. A
function is found by its name wherever it stands, so cells may be deleted, copied, moved, retyped or stripped of
metadata; only then by the name of the cell. The last definition wins, with a remark. Only the statements an answer
needs are kept (helpers, constants, imports), so plots, prompts and experiments elsewhere never run.

Reading a cell's source is `cells`' business. Runs inside the sandbox: standard library alone.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from qkvlib.grading.inside.cells import Statement, parse_cell

_FENCE = re.compile(r"```(?:\{[\w-]+\}|python|py|ipython3?)?[^\n]*\n(.*?)```", re.DOTALL)


_BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "display"}


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
    statements = _without_undoing(statements, graded)
    needed = {result.names.get(name, name) for name in wanted}
    kept = Index(statements).closure(needed)
    names_kept = {n for s in kept for n in s.binds}
    lost = ({n for s in kept for n in s.free} | needed) - names_kept - _BUILTINS
    if lost:
        scaffold = [s for number, cell in enumerate(provided) for s in parse_cell(cell["source"], -1 - number)[0]]
        kept = [s for s in Index(scaffold).closure(lost) if not s.always] + kept
    result.statements = kept
    result.missing -= {n for s in result.statements for n in s.binds}
    if broken and (result.missing or any(name in problem[1] for problem in broken for name in graded)):
        result.findings += [finding for finding, _ in broken]
    return result


def uses(found: Plan, asked: dict[str, list[str]], graded: list[str]) -> dict[str, list[str]]:
    """Which other graded functions the answers to each exercise call, directly or through helpers.

    `asked` holds the names that each exercise asks for.
    """
    aliases = {alias: name for name, alias in found.names.items()}
    index = Index(found.statements)
    used = {}
    for exercise, names in asked.items():
        kept = index.closure({found.names.get(name, name) for name in names})
        read = {aliases.get(n, n) for s in kept for n in s.reads}
        used[exercise] = [name for name in graded if name in read and name not in names]
    return used


# -- choosing statements --------------------------------------------------------------------------------------------


class Index:
    """Statements in notebook order, and which of them give a name its value or change it."""

    def __init__(self, statements: list[Statement]) -> None:
        self._statements = statements
        self._always = [i for i, statement in enumerate(statements) if statement.always]
        imported = {n for s in statements if isinstance(s.node, (ast.Import, ast.ImportFrom)) for n in s.binds}
        self._binding: dict[str, list[int]] = {}
        for i, statement in enumerate(statements):
            for name in statement.binds:
                if not (name.endswith(".") and name[:-1] in imported):
                    self._binding.setdefault(name.rstrip("."), []).append(i)

    def closure(self, needed: set[str]) -> list[Statement]:
        """The statements that bind a needed name, and what those need in turn."""
        kept = set(self._always)
        known = set(needed).union(*(self._statements[i].reads for i in kept))
        waiting = list(known)
        while waiting:
            for i in self._binding.get(waiting.pop(), ()):
                if i not in kept:
                    kept.add(i)
                    more = self._statements[i].reads - known
                    known |= more
                    waiting += more
        return [self._statements[i] for i in sorted(kept)]


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


def _last_definition_wins(statements: list[Statement], graded: Iterable[str], findings: list[dict]) -> list[Statement]:
    """Drop earlier definitions of a graded function; a blank copy of the stub never beats a written answer."""
    dropped: set[int] = set()
    defined: dict[str, list[int]] = {}
    for i, statement in enumerate(statements):
        if isinstance(statement.node, ast.FunctionDef):
            defined.setdefault(statement.node.name, []).append(i)
    for name in graded:
        places = defined.get(name, [])
        if len(places) < 2:
            continue
        written = [i for i in places if not _is_blank(statements[i].node)]
        chosen = (written or places)[-1]
        dropped.update(i for i in places if i != chosen)
        if len(written) > 1:
            cells = [statements[i].cell + 1 for i in written]
            findings.append({"kind": "defined-again", "name": name, "cells": cells})
    return [s for i, s in enumerate(statements) if i not in dropped]


def _without_undoing(statements: list[Statement], graded: Iterable[str]) -> list[Statement]:
    """Leave out what takes an answer away after it was checked: `del scores`, and `scores = scores(Q, K)`.

    In the notebook the check stood in between, so its reader saw it pass.
    """
    defined = {s.node.name for s in statements if isinstance(s.node, ast.FunctionDef)}.intersection(graded)
    return [s for s in statements if not any(_undoes(s.node, name) for name in defined & s.binds)]


def _undoes(node: ast.stmt, name: str) -> bool:
    if isinstance(node, ast.Delete):
        return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return False
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    bound = {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    calls = [n for n in ast.walk(node.value) if isinstance(n, ast.Call)]
    return name in bound and any(isinstance(call.func, ast.Name) and call.func.id == name for call in calls)


def _from_text_cells(cells: list, name: str) -> list:
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


def _function_in_named_cell(cells: list, statements: list[Statement], name: str) -> Any:
    """The last function defined in the cell that carries the exercise's name."""
    numbers = {i for i, cell in enumerate(cells) if cell.get("name") == name}
    functions = [s.node.name for s in statements if s.cell in numbers and isinstance(s.node, ast.FunctionDef)]
    return functions[-1] if functions else None

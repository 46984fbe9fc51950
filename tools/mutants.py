"""Mutants of every right answer, each judged: which of them does a check let pass?

    .venv/bin/python -m tools.mutants [NAME ...]      the survivors of these exercises, or of all

A survivor that computes the same as the answer it was made from is written down with the reason, in
`tests/check/equivalent_mutants.json`; any other says that an input is missing.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import io
import json
import signal
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from qkvlib.atomic import write_atomically
from qkvlib.check import attempt, judge
from qkvlib.check.registry import exercises
from qkvlib.check.spec import Exercise
from tools.build import read_course
from tools.checks_page import RECORD, from_tests
from tools.mutations import Mutation, mutations, names_of

ROOT = Path(__file__).resolve().parent.parent
EQUIVALENT = ROOT / "tests/check/equivalent_mutants.json"  # {why: [mutant]}
SECONDS = 2  # no answer takes a hundredth of that


@dataclass(frozen=True)
class Source:
    """A right answer with the functions of its own module that it calls, and the names it finds there."""

    exercise: Exercise
    label: str
    tree: ast.Module
    names: dict[str, Any]
    entry: str

    def function(self, tree: ast.Module) -> Callable:
        """The answer as `tree` has it."""
        names = dict(self.names)
        exec(compile(tree, f"<{self.label}>", "exec"), names)
        return names[self.entry]


@dataclass(frozen=True)
class Judged:
    """A mutant and what became of it."""

    source: Source
    mutation: Mutation
    killed: bool

    @property
    def name(self) -> str:
        """How the list of equivalents names it."""
        return f"{self.source.exercise.name}/{self.source.label}: {self.mutation.text}"


def sources() -> list[Source]:
    """Every right answer that is a function: the solutions of the lessons, and those of the bank."""
    return [*_solutions(), *_bank()]


def _solutions() -> Iterator[Source]:
    for lesson in read_course(ROOT):
        if not lesson.is_exercises:
            continue
        names: dict[str, Any] = {"__name__": "__main__"}
        for cell in lesson.cells:
            if cell.kind != "code" or cell.has("check"):
                continue
            with contextlib.redirect_stdout(io.StringIO()):
                exec(cell.source, names)
            if cell.has("exercise") and exercises()[cell.name].kind == "function":
                own = [n for n in ast.parse(cell.source).body if isinstance(n, ast.FunctionDef)]
                yield _source(exercises()[cell.name], "solution", own, dict(names), cell.name)


def _bank() -> Iterator[Source]:
    for name, answers in from_tests("exercises").bank().items():
        exercise = exercises()[name]
        for label, answer in answers.right_ones:
            if exercise.kind == "function" and isinstance(answer, types.FunctionType) and answer.__name__ != "<lambda>":
                module = sys.modules[answer.__module__]
                yield _source(exercise, label, _functions(module), dict(vars(module)), answer.__name__)


@cache
def _functions(module: types.ModuleType) -> list[ast.FunctionDef]:
    tree = ast.parse(inspect.getsource(module))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


def _source(exercise: Exercise, label: str, own: list[ast.FunctionDef], names: dict[str, Any], entry: str) -> Source:
    by_name = {function.name: function for function in own}
    wanted, kept = [entry], dict[str, ast.FunctionDef]()
    while wanted:
        function = by_name.get(wanted.pop())
        if function is None or function.name in kept:
            continue
        kept[function.name] = _bare(function)
        own_names, _ = names_of(function)
        read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        wanted += sorted(read - set(own_names))
    return Source(exercise, label, ast.Module(list(kept.values()), []), names, entry)


def _bare(function: ast.FunctionDef) -> ast.FunctionDef:
    """Without decorators and docstring."""
    bare = copy.deepcopy(function)
    bare.decorator_list = []
    if ast.get_docstring(bare) and len(bare.body) > 1:
        bare.body = bare.body[1:]
    return bare


def judged(source: Source, keep: Callable[[int], bool] = lambda number: True) -> Iterator[Judged]:
    """The mutants of one answer whose number is kept, each with what the learner's own check says."""
    exercise = source.exercise
    calls = exercise.calls(np.random.default_rng(judge.default_seed(exercise)))
    for number, mutation in enumerate(mutations(source.tree)):
        if keep(number):
            yield Judged(source, mutation, not _passes(source, mutation.tree, calls))


def _passes(source: Source, tree: ast.Module, calls: list) -> bool:
    with warnings.catch_warnings(), np.errstate(all="ignore"), _limited():
        warnings.simplefilter("ignore")
        try:
            answer = source.function(tree)
        except Exception:  # a default value that cannot be worked out
            return False
        try:
            return judge.passes(source.exercise, calls, attempt.run(source.exercise, answer, calls))
        except _TooLong:
            return False


class _TooLong(BaseException):
    """A mutant that does not come to an end."""


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@cache
def equivalents() -> dict[str, str]:
    """{mutant: why it computes the same}."""
    reasons = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    return {mutant: why for why, mutants in reasons.items() for mutant in mutants}


@dataclass
class Tally:
    """What became of the mutants of one exercise's right answers."""

    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    missed: list[str] = field(default_factory=list)  # those that pass and compute something else
    stale: list[str] = field(default_factory=list)  # those that are listed as equivalent, and killed

    @property
    def score(self) -> float:
        """Killed, of those that are not equivalent."""
        return self.killed / (self.mutants - self.equivalent)

    def add(self, one: Judged) -> None:
        """Count one mutant."""
        known = one.name in equivalents()
        self.mutants += 1
        self.killed += one.killed
        self.equivalent += known and not one.killed
        if one.killed and known:
            self.stale.append(one.name)
        elif not one.killed and not known:
            self.missed.append(f"{one.name}   [{one.mutation.kind}]")


def tally(chosen: Iterable[Source], keep: Callable[[int], bool] = lambda number: True) -> dict[str, Tally]:
    """{exercise: Tally} for the mutants of these answers whose number is kept."""
    found: dict[str, Tally] = {}
    for source in chosen:
        for one in judged(source, keep):
            found.setdefault(source.exercise.name, Tally()).add(one)
    return dict(sorted(found.items()))


def main(names: list[str]) -> int:
    """Print the survivors that are not explained, and write down the figures when all exercises were asked for."""
    found = tally(source for source in sources() if not names or source.exercise.name in names)
    for name, one in found.items():
        print(f"{name}: {one.mutants} mutants, {one.killed} killed, {one.equivalent} equivalent", flush=True)
        for line in [*one.missed, *(f"{name}   [listed, and killed]" for name in one.stale)]:
            print(f"  {line}")
    if not names:
        figures = {name: [one.mutants, one.killed, one.equivalent] for name, one in found.items()}
        write_atomically(RECORD, json.dumps(figures, indent=1) + "\n")
    return 1 if any(one.missed or one.stale for one in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Mutants of every right answer, each judged: which of them does a check let pass?

    .venv/bin/python -m tools.mutants [NAME ...]      the survivors of these exercises, or of all

A survivor that computes the same as the answer it was made from is written down with the reason, in
`tests/check/equivalent_mutants.toml`; any other says that an input is missing.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import io
import signal
import sys
import tomllib
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from qkvlib.check import attempt, judge
from qkvlib.check.registry import exercises
from qkvlib.check.spec import Exercise
from tools.build import read_course
from tools.mutations import Mutation, mutations, names_of

ROOT = Path(__file__).resolve().parent.parent
EQUIVALENT = ROOT / "tests/check/equivalent_mutants.toml"
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
    if str(ROOT / "tests") not in sys.path:
        sys.path.insert(0, str(ROOT / "tests"))
    for name, answers in import_module("exercises").bank().items():
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
            outcomes = attempt.run(source.exercise, answer, calls)
        except _TooLong:
            return False
        return judge.passes(source.exercise, calls, outcomes)


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
    if not EQUIVALENT.exists():
        return {}
    groups = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["reason"]
    return {mutant: group["why"] for group in groups for mutant in group["mutants"]}


def main(names: list[str]) -> int:
    """Print the survivors that are not explained; how many there are is the exit code's business."""
    unexplained = 0
    for source in sources():
        if names and source.exercise.name not in names:
            continue
        made = list(judged(source))
        survivors = [one for one in made if not one.killed]
        open_ones = [one for one in survivors if one.name not in equivalents()]
        unexplained += len(open_ones)
        print(f"{source.exercise.name}/{source.label}: {len(made)} mutants, {len(survivors)} survive", flush=True)
        for one in open_ones:
            print(f"  {one.name}   [{one.mutation.kind}]")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

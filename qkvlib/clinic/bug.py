"""What a bug of the clinic is: code that runs and is wrong, the same code fixed, a short test that tells them apart,
the fingerprint it leaves in the numbers, a worksheet of the symptom, and the public threads where it was found.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_GITHUB = "https://github.com/"


@dataclass(frozen=True)
class Thread:
    """A public thread on GitHub: the repository, "issue" or "pull request", and its number."""

    repository: str
    kind: str
    number: int

    @property
    def label(self) -> str:
        """What to call it in a text."""
        return f"{self.repository}, {self.kind} {self.number}"

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{_GITHUB}{self.repository}/{'pull' if self.kind == 'pull request' else 'issues'}/{self.number}"


def issue(repository: str, number: int) -> Thread:
    """An issue of "owner/name"."""
    return Thread(repository, "issue", number)


def pull(repository: str, number: int) -> Thread:
    """A pull request of "owner/name"."""
    return Thread(repository, "pull request", number)


def draw(seed: int, *shapes: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """One array per shape, of small numbers with one decimal, so that they can be read and recomputed."""
    rng = np.random.default_rng(seed)
    return tuple(np.round(rng.normal(0, 1, shape), 1) for shape in shapes)


@dataclass(frozen=True)
class Bug:
    """One entry of the clinic. `name` is also the name of the exercise that fixes it.

    broken, fixed   one signature, so that either can be called, checked or drawn; tokens are rows
    test            takes an implementation and answers True when it is free of this bug
    example()       arguments that the broken code takes without complaint: the bug runs
    sheet(s, *args) lays the symptom out on a `qkvlib.widgets.Sheet`, for these arguments
    symptom         what to look at on that sheet, in one sentence
    """

    name: str
    title: str
    fingerprint: str
    demand: str
    broken: Callable
    fixed: Callable
    test: Callable[[Callable], bool]
    example: Callable[[], tuple]
    sheet: Callable
    symptom: str
    threads: tuple[Thread, ...] = ()

    @property
    def key(self) -> str:
        """The name without "fix_"; also the name of its module."""
        return self.name.removeprefix("fix_")

    def source(self, which: str = "broken") -> str:
        """The code of `broken`, `fixed` or `test` as a learner would write it: no docstring, no annotations, and the
        name that the exercise uses."""
        function = getattr(self, which)
        code = textwrap.dedent(inspect.getsource(function))
        (written,) = ast.parse(code).body
        assert isinstance(written, ast.FunctionDef)
        start = written.body[1 if ast.get_docstring(written) else 0].lineno
        name = f"test_{self.key}" if which == "test" else self.name
        header = f"def {name}({', '.join(inspect.signature(function).parameters)}):"
        return "\n".join([header, *code.splitlines()[start - 1 :]])

    def difference(self) -> str:
        """The lines that the fix changes: "-" as they were, "+" as they should be."""
        changes = difflib.ndiff(self.source().splitlines(), self.source("fixed").splitlines())
        return "\n".join(f"{line[0]} {line[2:].strip()}" for line in changes if line[0] in "+-")

    def verdict(self, implementation: Callable) -> str:
        """What this bug's test says of an implementation: "passes", "fails" or "crashes"."""
        try:
            return "passes" if self.test(implementation) else "fails"
        except Exception:  # a learner's code may raise anything; a crash is a caught bug as well
            return "crashes"

    def report(self) -> str:
        """The test, what it says of the broken and of the fixed code, and the lines in which they differ."""
        verdicts = f"broken code: {self.verdict(self.broken)}    fixed code: {self.verdict(self.fixed)}"
        return f"{self.source('test')}\n\n{verdicts}\n\n{self.difference()}"

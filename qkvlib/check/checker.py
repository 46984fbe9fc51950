"""`check.scores`: what a learner calls. Judges an answer, keeps the verdict, gives hints, shows the solution."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from qkvlib.check import attempt, judge
from qkvlib.check.spec import Exercise
from qkvlib.check.verdict import Verdict
from qkvlib.course import progress

_ORDINAL = ("First", "Second", "Third")


class CheckFailed(AssertionError):
    """A check that did not pass; raised only under nbgrader, which scores a test cell by whether it raises."""


@dataclass(frozen=True)
class Note:
    """A hint or a solution, shown as text or as a card."""

    heading: str
    text: str
    code: bool = False

    def __repr__(self) -> str:
        return f"{self.heading}\n{self.text}"

    def _repr_html_(self) -> str:
        body = (
            f'<pre style="white-space:pre-wrap;margin:.5em 0 0">{escape(self.text)}</pre>'
            if self.code
            else f"<br>{escape(self.text)}"
        )
        return (
            '<div role="note" class="qkv-note" style="border:1px solid var(--jp-border-color1, #767676);'
            'border-radius:4px;padding:.6em .9em;max-width:46em;line-height:1.45">'
            f"<strong>{escape(self.heading)}</strong>{body}</div>"
        )


class Checker:
    """One exercise, ready to be asked: `check.scores(scores)`, `check.scores.hint()`, `check.scores.solution()`."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self._hints_given = 0

    def __call__(self, answer: Any = ..., /, *more: Any, seed: int | None = None, **given: Any) -> Verdict:
        """Judge an answer. `seed` draws other inputs; values that an exercise is given can be replaced by keyword.

        A value exercise of several parts may also be handed over part by part, in order or by name.
        """
        answer, given = self._collect(answer, more, given)
        rng = np.random.default_rng(judge.default_seed(self.exercise) if seed is None else seed)
        calls = self.exercise.calls(rng, **given)
        outcomes = attempt.run(self.exercise, answer, calls)
        if outcomes and outcomes[0].printed:
            print(outcomes[0].printed, end="" if outcomes[0].printed.endswith("\n") else "\n")
        verdict = judge.compare(self.exercise, calls, outcomes)
        self._remember(verdict)
        if os.environ.get("NBGRADER_EXECUTION") and not verdict:
            raise CheckFailed(repr(verdict))
        return verdict

    def hint(self) -> Note:
        """The next hint; after the last one they start again."""
        if not self.exercise.hints:
            return Note(f"No hint for {self.exercise.name}", "The sentence under a verdict says where to look.")
        n = self._hints_given % len(self.exercise.hints)
        self._hints_given += 1
        return Note(
            f"{_ORDINAL[n]} hint of {len(self.exercise.hints)} for {self.exercise.name}", self.exercise.hints[n]
        )

    def solution(self) -> Note:
        """One right answer, after you have tried; not in an assignment."""
        name = self.exercise.name
        if in_assignment():
            return Note(
                f"No solution for {name} here",
                "This notebook is an assignment: the hints are yours, the answer is not.",
            )
        if not progress.entry("checks", name).get("attempts"):
            return Note(
                f"No solution for {name} yet", f"Try it once first: check.{name}(...) with an answer of your own."
            )
        code = _solution_source(self.exercise)
        if code is None:
            return Note(
                f"No solution for {name} on this machine",
                "The folder solutions/ of the course was not found from here.",
            )
        return Note(f"One solution for {name}", code, code=True)

    def __repr__(self) -> str:
        wanted = ", ".join(self.exercise.parameters)
        what = f"{self.exercise.name}({wanted})" if self.exercise.kind == "function" else self.exercise.name
        return f"check.{self.exercise.name}: the check of {what}"

    def _collect(self, answer: Any, more: tuple, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if self.exercise.kind != "value":
            if more:
                raise TypeError(f"check.{self.exercise.name} takes one answer: the function itself")
            return answer, given
        parts = {name: given.pop(name) for name in self.exercise.parts if name in given}
        if parts and answer is ...:
            answer = parts
        return ((answer, *more) if more else answer), given

    def _remember(self, verdict: Verdict) -> None:
        def update(entry: Any) -> dict:
            best = "correct" if verdict or entry.get("status") == "correct" else verdict.status
            tried = entry.get("attempts", 0) + (verdict.status != "todo")
            return {"status": best, "last": verdict.status, "attempts": tried, "mistake": verdict.mistake}

        progress.change("checks", self.exercise.name, update)


def in_assignment() -> bool:
    """Whether this notebook is handed-out work: nbgrader runs it, or the assignment set QKV_ASSIGNMENT."""
    return bool(os.environ.get("NBGRADER_EXECUTION") or os.environ.get("QKV_ASSIGNMENT"))


def _solution_source(exercise: Exercise) -> str | None:
    """The solution as the course's solutions/ folder has it: the one place where answers are written."""
    here = [Path.cwd(), Path(__file__).resolve().parent]
    for folder in dict.fromkeys(up / "solutions" for start in here for up in (start, *start.parents)):
        for notebook in sorted(folder.glob("*.ipynb")):
            try:
                cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
                for cell in cells:
                    if cell["metadata"].get("nbgrader", {}).get("grade_id") == exercise.name:
                        lines = "".join(cell["source"]).splitlines()
                        return "\n".join(line for line in lines if "### BEGIN" not in line and "### END" not in line)
            except (OSError, ValueError, KeyError, TypeError):
                continue
    return None

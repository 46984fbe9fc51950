"""`check.scores`: what a learner calls. Judges an answer, keeps the verdict, gives hints, shows the solution."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qkvlib.check import attempt, counterexample, judge
from qkvlib.check.counterexample import CounterExample
from qkvlib.check.example_card import Example, right_lines
from qkvlib.check.plain import expected
from qkvlib.check.spec import Call, Exercise
from qkvlib.check.touch import Touch
from qkvlib.check.verdict import Verdict, sentence
from qkvlib.course import browser, progress

if TYPE_CHECKING:
    from qkvlib.check.card import Card

Offer = Callable[["Card"], "Note | None"]  # what a button of a card does

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
            else f"<br>{sentence(self.text)}"
        )
        return (
            '<div role="note" class="qkv-note" style="border:1px solid var(--jp-border-color1, #767676);'
            'border-radius:4px;padding:.6em .9em;max-width:46rem;line-height:1.45">'
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
        if verdict:
            return verdict
        example = counterexample.find(self.exercise, answer, calls, outcomes, in_assignment())
        offers = self._offers({} if example is None else _offers_of(example, answer))
        shown = None if example is None else Example(example)
        return replace(verdict, places=self._places(calls, outcomes), example=shown, offers=offers)

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

    def reset(self) -> Note:
        """The blank of the exercise again: as a new cell below where the notebook can make one, else as text."""
        name = self.exercise.name
        blank = _cell_source(name, "exercises")
        if blank is None:
            return Note(
                f"No blank of {name} on this machine", "The folder exercises/ of the course was not found from here."
            )
        if _as_next_cell(blank):
            return Note(f"The blank of {name}", "It stands in a new cell below. Your own cell is as you left it.")
        return Note(f"The blank of {name}, to copy into a cell", blank, code=True)

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

    def _offers(self, of_example: dict[str, Offer]) -> dict[str, Offer]:
        """What the buttons of a card do; a hint and the solution can also be called for in a cell."""
        offers: dict[str, Offer] = {"A hint": lambda card: self.hint()} if self.exercise.hints else {}
        offers |= of_example
        if not in_assignment() and progress.entry("checks", self.exercise.name).get("attempts"):
            offers["The solution"] = lambda card: self.solution()
        return offers

    def _places(self, calls: Sequence[Call], outcomes: Sequence[attempt.Outcome]) -> tuple[tuple[bool, ...], ...]:
        """Where the first result agrees, entry by entry, if it is a matrix that fits; nothing in an assignment."""
        if in_assignment() or not outcomes or outcomes[0].kind != "returned" or self.exercise.parts:
            return ()
        wanted, given = expected(self.exercise.reference(*calls[0].args))[0], outcomes[0].value
        if type(given) is not np.ndarray or type(wanted) is not np.ndarray:
            return ()
        if given.shape != wanted.shape or not 1 <= given.ndim <= 2:
            return ()
        agrees = np.atleast_2d(np.isclose(given, wanted, atol=self.exercise.tolerance, equal_nan=True))
        return tuple(tuple(bool(entry) for entry in row) for row in agrees)

    def _remember(self, verdict: Verdict) -> None:
        def update(entry: Any) -> dict:
            best = "correct" if verdict or entry.get("status") == "correct" else verdict.status
            tried = entry.get("attempts", 0) + (verdict.status != "todo")
            return {"status": best, "last": verdict.status, "attempts": tried, "mistake": verdict.mistake}

        progress.change("checks", self.exercise.name, update)


def _offers_of(example: CounterExample, answer: Any) -> dict[str, Offer]:
    """The buttons of a counter-example: its worksheet, and in self-study the right numbers."""
    graded = in_assignment()

    def drag(card: Card) -> None:
        if card.touch is None:
            card.touch = Touch(example, answer, partial(setattr, card, "beside"), graded)
            card.open_sheet(card.touch.sheet)

    def right(card: Card) -> Note:
        if card.touch is not None:
            card.touch.show_right()
        return Note("For the numbers above", right_lines(example), code=True)

    return {"Drag these numbers": drag} | ({} if graded else {"The right numbers": right})


def in_assignment() -> bool:
    """Whether this notebook is handed-out work: nbgrader runs it, or the assignment set QKV_ASSIGNMENT."""
    return bool(os.environ.get("NBGRADER_EXECUTION") or os.environ.get("QKV_ASSIGNMENT"))


def _solution_source(exercise: Exercise) -> str | None:
    """The solution as the course's solutions/ folder has it: the one place where answers are written."""
    source = _cell_source(exercise.name, "solutions")
    if source is None:
        return None
    return "\n".join(line for line in source.splitlines() if "### BEGIN" not in line and "### END" not in line)


def _cell_source(name: str, folder_name: str) -> str | None:
    """The source of an exercise's cell in one of the course's folders, None where it is not found."""
    here = [Path.cwd(), Path(__file__).resolve().parent]
    for folder in dict.fromkeys(up / folder_name for start in here for up in (start, *start.parents)):
        for notebook in sorted(folder.glob("*.ipynb")):
            try:
                cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
                for cell in cells:
                    if cell["metadata"].get("nbgrader", {}).get("grade_id") == name:
                        return "".join(cell["source"])
            except (OSError, ValueError, KeyError, TypeError):
                continue
    return None


def _as_next_cell(source: str) -> bool:
    """Put `source` into a new cell of the notebook; False where there is no notebook to ask."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return False
    if browser.HERE and shell.payload_manager is not None:  # its shell has no such word, the notebook does
        shell.payload_manager.write_payload({"source": "set_next_input", "text": source, "replace": False})
        return True
    shell.set_next_input(source)
    return True

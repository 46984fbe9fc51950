"""What is said about a notebook beside its grade: a kind, by which the reports choose, and a sentence for people.

Words that a student wrote (a function's name, an error's message, an assignment's name) stand in quotation marks, so
that nobody takes them for the grader's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qkvlib.grading.text import quoted

# What a teacher should see beside the class's numbers.
WORTH_A_LOOK = frozenset(
    (
        *("handed-to-another", "another-assignment", "not-on-the-roster", "several-files", "could-be-two"),
        *("found-by-mark", "failed"),
    )
)


@dataclass(frozen=True)
class Remark:
    """One sentence and its kind."""

    kind: str
    text: str


def of_finding(finding: Any, graded: list[str]) -> Remark | None:
    """What a child found, in words. `finding` came from inside: only names that are graded stand as they are."""
    name = f"`{finding.name}`" if finding.name in graded else quoted(finding.name)
    if finding.kind == "in-a-text-cell":
        text = f"{name} was found in a cell that is not a code cell; it was graded there."
    elif finding.kind == "renamed":
        text = f"{name} was not defined; {quoted(finding.other)}, which stands in its cell, was graded."
    elif finding.kind == "defined-again":
        where = ", ".join(map(str, finding.cells[:20]))
        text = f"{name} is defined {len(finding.cells)} times (cells {where}); the last one was graded."
    else:
        where = f"cell {finding.cells[0]}, line {finding.line}" if finding.cells else f"line {finding.line}"
        text = f"Part of your notebook is not valid Python ({where}). Python says: {quoted(finding.other)}."
    return Remark(finding.kind, text)


def of_problem(problem: Any) -> Remark:
    """A statement that raised or did not end when it was run, in words."""
    where = f"Cell {problem.cell}, line {problem.line}"
    if problem.time:
        return Remark("statement-without-end", f"{where} did not finish in time and was left out.")
    said = quoted(f"{problem.type}: {problem.message}", 300)
    return Remark("statement-raised", f"{where} raised an error when it was run: {said}")

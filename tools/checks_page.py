"""What the checks are known to see: wrong answers of every bank and mutants, as a table, and as `docs/checks.md`.

    .venv/bin/python -m tools.checks_page        write the page (a minute)

The mutants are those of the last whole run of `python -m tools.mutants`, which takes many minutes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from qkvlib.atomic import write_atomically
from qkvlib.check import judge, naming
from qkvlib.check.inputs import Cases, kinds
from qkvlib.check.registry import exercises
from qkvlib.check.spec import Exercise
from qkvlib.course.outline import read_outline

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/checks.md"
RECORD = ROOT / "tests/check/mutants.json"  # {exercise: [mutants, killed, equivalent]}, written by tools.mutants
SOURCES = ("specs", "bank", "blind")
_HEAD = """# What the checks are known to see

Built by `python -m tools.checks_page`; a test compares. A check is trusted as far as it has been tried: each row says
how many wrong answers to an exercise were tried, how many of them were refused (all have to be), and how many were told
*which* mistake it is, by name.

- **specs**: the mistakes as each exercise's own spec runs them. This shows only that names do not get in each other's
  way.
- **bank**: answers typed apart from the specs, with the name each should get (`tests/exercises/`).
- **blind**: answers imagined from the notebooks alone, without a look at specs or bank (`tests/blind/`). Here a name is
  any that claims to know the mistake; whether it is the right one was read by people (`tests/check/test_blind.py`).
- **mutants**: slips made by a program in every right answer: an axis, a sign, an operand, a matrix, an index changed or
  left out. Refused, of those that compute something else; the others are listed with the reason in
  `tests/check/equivalent_mutants.json`.
- **inputs**: how many of the kinds of inputs in `qkvlib/check/inputs.py` the exercise meets, such as two axes in front,
  one token alone, whole numbers. `tests/check/test_inputs.py` says of the others why they do not apply.

"""


@dataclass
class Row:
    """What became of the wrong answers to one exercise from one source."""

    count: int = 0
    killed: int = 0
    named: int = 0
    complaints: list[str] = field(default_factory=list)

    def __add__(self, other: Row) -> Row:
        return Row(self.count + other.count, self.killed + other.killed, self.named + other.named)

    def __str__(self) -> str:
        return f"{self.killed} of {self.count}, {self.named} named" if self.count else ""


def as_answer(exercise: Exercise, function: Any) -> Any:
    """What hands in `function`'s result: the function itself, or for a value exercise what it gives."""
    return function(*exercise.calls(np.random.default_rng(0))[0].args) if exercise.kind == "value" else function


def own_mistakes() -> Iterator[tuple[Exercise, str, int, Any]]:
    """(exercise, slug, version number, answer) for every misconception of every spec."""
    for exercise in exercises().values():
        for mistake in exercise.mistakes:
            for number, version in enumerate(naming.versions(exercise, mistake)):
                yield exercise, mistake.slug, number, as_answer(exercise, version)


def everything_wrong() -> Iterator[tuple[str, str, str, str, Any]]:
    """(source, exercise, slug, label, answer); the slug of the blind bank is "", any name."""
    for exercise, slug, number, answer in own_mistakes():
        yield "specs", exercise.name, slug, f"version {number}", answer
    for name, answers in from_tests("exercises").bank().items():
        for slug, label, answer in answers.wrong_ones:
            yield "bank", name, slug, label, answer
    for typed in from_tests("blind").answers():
        if typed.is_wrong:
            yield "blind", typed.exercise, "", typed.label, typed.answer()


def from_tests(name: str) -> Any:
    """A package of tests/: the bank, or the blind bank."""
    if str(ROOT / "tests") not in sys.path:
        sys.path.insert(0, str(ROOT / "tests"))
    return import_module(name)


def matrix() -> dict[tuple[str, str], Row]:
    """{(source, exercise): Row}, each wrong answer tried with the learner's own inputs."""
    found = {(source, name): Row() for source in SOURCES for name in exercises()}
    for source, name, slug, label, answer in everything_wrong():
        verdict = judge.check(exercises()[name], answer)
        as_meant = verdict.mistake == slug if slug else verdict.kind is judge.Kind.NAMED
        row = found[source, name]
        row.count += 1
        row.killed += verdict.status == "wrong"
        row.named += as_meant
        if not as_meant:
            row.complaints.append(f"{name}: {slug} ({label}) -> {verdict.status} {verdict.mistake}")
    return found


def page(found: dict[tuple[str, str], Row]) -> str:
    """The whole of `docs/checks.md`."""
    mutants = json.loads(RECORD.read_text(encoding="utf-8"))
    lines = ["| exercise | mistakes | specs | bank | blind | mutants | inputs |", "|---|---|---|---|---|---|---|"]
    for lesson in read_outline():
        if lesson.exercises:
            lines.append(f"| **{lesson.number} {lesson.title}** | | | | | | |")
        lines += [_line(name, found, mutants.get(name)) for name in lesson.exercises]
    rows = [sum((found[source, name] for name in exercises()), Row()) for source in SOURCES]
    mistakes = sum(len(exercise.mistakes) for exercise in exercises().values())
    total = [sum(column) for column in zip(*mutants.values(), strict=True)]
    lines.append(f"| **all** | {mistakes} | {' | '.join(map(str, rows))} | {_score(total)} | |")
    return _HEAD + "\n".join(lines) + "\n"


def _line(name: str, found: dict[tuple[str, str], Row], mutants: list[int] | None) -> str:
    exercise = exercises()[name]
    seen = str(len(kinds(exercise.inputs))) if isinstance(exercise.inputs, Cases) else ""
    sources = " | ".join(str(found[source, name]) for source in SOURCES)
    return f"| `{name}` | {len(exercise.mistakes)} | {sources} | {_score(mutants) if mutants else ''} | {seen} |"


def _score(figures: list[int]) -> str:
    mutants, killed, equivalent = figures
    return f"{killed:,} of {mutants - equivalent:,}"


def main() -> int:
    write_atomically(PAGE, page(matrix()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Every exercise as a learner meets it who follows nothing but messages and hints: `python -m tools.walk [NAME ...]`.

Prints the statement, the blank, what the check says of the blank, the hints in order, and the praise. Read them all
when hints or statements change: no dead end, none that teaches what the check refuses, no third hint that is all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from qkvlib.check import judge
from qkvlib.check.registry import exercises
from tools.build import read_course
from tools.stubs import stub

ROOT = Path(__file__).resolve().parent.parent


def walked(names: list[str]) -> Iterator[str]:
    """The lines for these exercises; for all of them when none is named."""
    for lesson in read_course(ROOT):
        statement = ""
        for cell in lesson.cells if lesson.is_exercises else ():
            if cell.kind != "code":
                statement = cell.source
            elif cell.has("exercise") and (not names or cell.name in names):
                exercise = exercises()[cell.name]
                yield f"\n=== {lesson.slug}: {cell.name}\n{statement.strip()}\n\n{stub(cell.source)}"
                yield f"  blank  {judge.check(exercise, None).message}"
                yield from (f"  hint {n} {hint}" for n, hint in enumerate(exercise.hints, 1))
                yield f"  right  {exercise.praise}"


if __name__ == "__main__":
    print("\n".join(walked(sys.argv[1:])))

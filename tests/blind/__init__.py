"""The blind bank: answers imagined from the notebooks alone, without a look at the specs or at the other answers.

A file `<slug of the lesson, without number>.txt` holds them as a learner types them:

    -- above
    code that a learner has in a cell above, as helpers
    == scores
    -- wrong unscaled: The division by the root of d_head is missing.
    def scores(Q, K):
        ...
    -- right einsum
    def scores(Q, K):
        ...

The sentence beside a wrong answer is what a tutor would say. It was written before the check was asked. A message is
then *read* against it, by a person, and the class of the reading is kept in readings.json (see `CLASSES`).
"""

import contextlib
import hashlib
import io
import json
import linecache
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from qkvlib.check import judge
from qkvlib.check.registry import exercises
from qkvlib.check.verdict import Verdict
from tools.build import read_course

HERE = Path(__file__).resolve().parent
READINGS = HERE / "readings.json"
CLASSES = {
    "named": "says what is wrong in this code",
    "symptom": "true, and says where or how much",
    "generic": "would be true of any wrong answer",
    "misnamed": "says something that is not so in this code",
}


@dataclass(frozen=True)
class Typed:
    """One answer: the code as typed, and for a wrong one what a tutor would say (else "")."""

    lesson: str
    exercise: str
    label: str
    sentence: str
    code: str
    above: str = ""

    @property
    def key(self) -> str:
        """`exercise/label`, unique in the bank."""
        return f"{self.exercise}/{self.label}"

    @property
    def is_wrong(self) -> bool:
        """A wrong answer has a sentence that says what is wrong."""
        return self.sentence != ""

    def answer(self) -> Any:
        """What the code leaves under the exercise's name, run below the cells above it, all answered rightly."""
        namespace = dict(_cells_above(self.exercise))
        with contextlib.redirect_stdout(io.StringIO()):
            for part, code in (("above", self.above), (self.label, self.code)):
                _run(f"<{self.exercise}/{part}>", code, namespace)
        return namespace[self.exercise]

    def verdict(self) -> Verdict:
        """The judge's verdict, with the inputs of the learner's own cell."""
        return judge.check(exercises()[self.exercise], self.answer())


def _run(name: str, code: str, namespace: dict[str, Any]) -> None:
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)  # messages quote the line
    exec(compile(code, name, "exec"), namespace)


@cache
def _cells_above(exercise: str) -> dict[str, Any]:
    """The names that a notebook holds when its cells above an exercise were run, those to fill in filled in rightly."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in _cells_beside(exercise):
        if cell.kind == "code" and not cell.has("check"):
            if cell.name == exercise:
                break
            with contextlib.redirect_stdout(io.StringIO()):
                exec(cell.source, namespace)
    return namespace


def _cells_beside(exercise: str) -> list:
    return next(lesson.cells for lesson in _course() if any(cell.name == exercise for cell in lesson.cells))


@cache
def _course() -> list:
    return [lesson for lesson in read_course(HERE.parent.parent) if lesson.is_exercises]


def answers() -> list[Typed]:
    """All answers of the bank, file by file."""
    return [typed for path in sorted(HERE.glob("*.txt")) for typed in _read(path)]


def _read(path: Path) -> Iterator[Typed]:
    above, exercise = "", ""
    for head, code in re.findall(r"^((?:==|--) .*)\n((?:(?!==|--).*\n?)*)", path.read_text(encoding="utf-8"), re.M):
        kind, _, rest = head[3:].partition(" ")
        if head.startswith("=="):
            exercise = head[3:].strip()
        elif kind == "above":
            above = code
        else:
            label, _, sentence = rest.partition(": ")
            assert (kind == "wrong") == bool(sentence), f"{path.name}: {head}"
            yield Typed(path.stem, exercise, label, sentence, code, above)


def mark(message: str) -> str:
    """A message in twelve digits: a reading holds for the message that was read."""
    return hashlib.sha256(message.encode()).hexdigest()[:12]


def readings() -> dict[str, dict[str, str]]:
    """{key: {"class": one of CLASSES, "message": its mark}} of every message that was read."""
    return json.loads(READINGS.read_text(encoding="utf-8"))


def reading_of(typed: Typed, verdict: Verdict, read: dict[str, dict[str, str]]) -> str:
    """A class of CLASSES, "accepted" for a wrong answer that passes, "unread" where the message is a new one."""
    if verdict:
        return "accepted"
    entry = read.get(typed.key)
    return entry["class"] if entry and entry["message"] == mark(verdict.message) else "unread"

"""Wrong answers that no misconception explains: grouped by what they compute, for the teacher to name.

A group is the answers to one exercise that give the same on a common probe, the inputs of the learner's own cell; it is
called by a mark of those results. What the teacher writes for a group stands in `names.toml` of the results folder,
sentences and nothing else, and is put in place of the check's own words when the next run reads the records.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from qkvlib.atomic import write_atomically
from qkvlib.check import judge
from qkvlib.check.attempt import Outcome
from qkvlib.check.naming import why
from qkvlib.check.plain import Unusable
from qkvlib.check.registry import exercises
from qkvlib.check.spec import Call
from qkvlib.check.verdict import Kind
from qkvlib.grading.text import clean

FILE = "names.toml"
NAMED = "named-by-teacher"
UNEXPLAINED = (Kind.SYMPTOM, Kind.PARTLY, Kind.RAISED, Kind.UNNAMED)  # what was seen could be said, and no cause
_MOST_GROUPS, _MOST_LETTERS = 200, 300
_NOTHING = 1e-6  # what rounding leaves of a 0
_CODE_LINES, _CODE_LETTERS = 40, 160


class NamesError(ValueError):
    """The teacher's file cannot be read; the message says where and what to do."""


def probe(name: str) -> list[Call]:
    """The inputs on which all students' answers to an exercise are compared: those of the learner's own cell."""
    exercise = exercises()[name]
    return exercise.calls(np.random.default_rng(judge.default_seed(exercise)))


def mark_of(outcomes: Sequence[Outcome]) -> str:
    """Twelve digits that are the same for answers that compute the same, to about four digits, errors included."""
    seen = repr([_seen(outcome) for outcome in outcomes])
    return hashlib.sha256(seen.encode("utf-8", "replace")).hexdigest()[:12]


def _seen(outcome: Outcome) -> Any:
    if outcome.kind == "returned":
        return _plain(outcome.value)
    if outcome.kind == "raised":
        found = why(outcome)
        return tuple(sorted(part) if isinstance(part, frozenset) else part for part in found)
    return outcome.kind


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        return array.shape, array.dtype.kind == "b", [_rounded(entry) for entry in array.ravel().tolist()]
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    if isinstance(value, dict):
        return tuple((key, _plain(item)) for key, item in value.items())
    if isinstance(value, Unusable):
        return value.what
    return value if value is None or isinstance(value, bool | str) else _rounded(value)


def _rounded(number: float) -> str:
    return "0" if abs(number) < _NOTHING else f"{number:.4g}"


# -- the teacher's file -----------------------------------------------------------------------------------------------


def read_names(out: Path) -> dict[tuple[str, str], str]:
    """{(exercise, mark): sentence} of the groups that have one. NamesError says what is wrong with the file."""
    path = Path(out) / FILE
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NamesError(f"{path} is not as it should be ({error}). Mend that line, or delete the file.") from error
    names = {}
    for exercise, groups in written.items():
        for mark, sentence in groups.items() if isinstance(groups, dict) else [("", None)]:
            if not isinstance(sentence, str) or len(sentence) > _MOST_LETTERS:
                raise NamesError(
                    f"{path}: {clean(exercise, 40)}.{clean(mark, 40)} wants one sentence in quotes, of at most "
                    f"{_MOST_LETTERS} letters."
                )
            if sentence.strip():
                names[exercise, mark] = clean(sentence.strip())
    return names


def write_names(out: Path, groups: Sequence[Group], names: dict[tuple[str, str], str]) -> None:
    """The file with a line for each group, the largest first, every sentence kept. Whole or not at all."""
    lines = [
        "# Wrong answers that no check could name, a line for each group of answers that compute the same.",
        "# Write one sentence for your students between the quotes, save, and run the same `qkv grade` again.",
        "# class.html shows the code of one student of each group.",
    ]
    by_exercise: dict[str, list[tuple[str, str, str]]] = {}
    for group in groups:
        about = f"{group.count} student{'s' if group.count != 1 else ''}"
        by_exercise.setdefault(group.exercise, []).append((group.mark, names.get(group.which, ""), about))
    for (exercise, mark), sentence in names.items():
        if all(mark != known for known, *_ in by_exercise.get(exercise, [])):
            by_exercise.setdefault(exercise, []).append((mark, sentence, "named before"))
    for exercise, entries in by_exercise.items():
        lines += ["", f"[{exercise}]", *(f"{mark} = {_quoted(said)}  # {about}" for mark, said, about in entries)]
    write_atomically(Path(out) / FILE, "\n".join(lines) + "\n")


def _quoted(sentence: str) -> str:
    escaped = sentence.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# -- the records ------------------------------------------------------------------------------------------------------


def named(record: dict, names: dict[tuple[str, str], str]) -> dict:
    """The record with the teacher's sentences in it; the same record where none belongs there.

    Its key tells the sentences, so that the journal keeps what was said before beside it.
    """
    results, said = [], []
    for result in record["results"]:
        sentence = names.get((result["name"], result.get("unknown", ""))) if result.get("unknown") else None
        if sentence is not None:
            said.append(f"{result['name']}: {sentence}")
            result = {**result, "mistake": NAMED, "message": sentence}
        results.append(result)
    if not said:
        return record
    told = hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]
    return {**record, "key": f"{record['key']}-{told}", "base": "", "results": results}


@dataclass
class Group:
    """Answers to one exercise that compute the same and have no name."""

    exercise: str
    mark: str
    said: str  # what the check could say
    code: str  # of the first student
    student: dict
    count: int = 0

    @property
    def which(self) -> tuple[str, str]:
        """What the teacher's file calls it by."""
        return self.exercise, self.mark


@dataclass
class Inbox:
    """The groups of a class, kept while the records stream by."""

    groups: dict[tuple[str, str], Group] = field(default_factory=dict)
    beyond: int = 0  # answers of groups that are too many to keep

    def add(self, record: dict, who: dict) -> None:
        """Count the answers of one student that no misconception explains."""
        for result in record["results"]:
            mark = result.get("unknown", "")
            if not mark or result["mistake"] == NAMED:
                continue
            which = (result["name"], mark)
            if which not in self.groups and len(self.groups) >= _MOST_GROUPS:
                self.beyond += 1
                continue
            code = _shown(record["answers"].get(result["name"], ""))
            group = self.groups.setdefault(which, Group(*which, result["message"], code, who))
            group.count += 1

    def by_size(self) -> list[Group]:
        """The most frequent first."""
        return sorted(self.groups.values(), key=lambda group: (-group.count, group.which))

    @property
    def answers(self) -> int:
        """How many answers have no name."""
        return sum(group.count for group in self.groups.values()) + self.beyond


def _shown(code: str) -> str:
    """A student's code as text: so many lines of so many letters, with nothing invisible in them."""
    lines = code.splitlines()
    shown = [clean(line.replace("\t", "    "), _CODE_LETTERS) for line in lines[:_CODE_LINES]]
    return "\n".join([*shown, *(["…"] if len(lines) > _CODE_LINES else [])])

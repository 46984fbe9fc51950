"""A short inventory: twelve questions, one for each family of misconceptions, asked before, after and later.

What is measured is which questions were answered rightly on which day, and nothing else is claimed: the same questions
are asked again, there is nobody to compare with, and what caused a difference is not known. Answers are kept with the
learner's progress, on their machine. A learner may export them, under a random number and without a name, for a teacher
who counts a class; a group of fewer than five is not shown.
"""

from __future__ import annotations

import json
import secrets
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from qkvlib.atomic import write_atomically
from qkvlib.course import progress

SITTINGS = ("before", "after", "later")
FORMAT = "qkv-inventory/1"
LEAST = 5  # of a group that is shown
CAVEAT = (
    "Counted are right answers to the same twelve questions on different days. What caused a difference was not "
    "measured: having seen the questions is one of its causes."
)
_FILE = Path(__file__).resolve().parents[1] / "data" / "inventory.toml"


class InventoryError(ValueError):
    """The inventory cannot be taken, exported or counted; the message says what to do."""


@dataclass(frozen=True)
class Question:
    """One question. The first option is the right one."""

    family: str
    ask: str
    options: tuple[str, ...]

    def shuffled(self, seed: str) -> list[int]:
        """The places of the options in an order that the seed decides."""
        places = list(range(len(self.options)))
        Random(f"{seed} {self.family}").shuffle(places)
        return places


def questions() -> list[Question]:
    """All twelve, in their order."""
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return [Question(name, of["ask"], tuple(of["options"])) for name, of in read.items() if isinstance(of, dict)]


# -- one learner ------------------------------------------------------------------------------------------------------


def taken() -> dict[str, dict[str, bool]]:
    """{sitting: {family: whether it was right}} of what this learner has answered; no answer is not right."""
    found = {}
    for sitting in SITTINGS:
        right = progress.entry("inventory", sitting).get("right")
        if isinstance(right, dict):
            found[sitting] = {question.family: right.get(question.family) is True for question in questions()}
    return found


def sit(sitting: str, choose: Callable[[Question, list[str]], int | None]) -> int:
    """Ask all questions and keep the answers; how many were right. `choose` answers with a place or None for no answer.

    Raises `InventoryError` for a sitting that there is not, that comes too early, or that was taken already.
    """
    done = taken()
    if sitting not in SITTINGS:
        raise InventoryError(f"There is no sitting {sitting}: take it before, after or later.")
    if sitting in done:
        raise InventoryError(
            f"You have answered this already ({sitting}). A second time would count what you remember."
        )
    if sitting != "before" and "before" not in done:
        raise InventoryError("Begin with `qkv inventory before`: without it there is nothing to compare with.")
    if sitting == "later" and "after" not in done:
        raise InventoryError("Take `qkv inventory after` first, and this one some weeks later.")
    right = {}
    for question in questions():
        places = question.shuffled(sitting)
        chosen = choose(question, [question.options[place] for place in places])
        right[question.family] = chosen is not None and places[chosen] == 0
    progress.record("inventory", sitting, when=datetime.now(UTC).date().isoformat(), right=right)
    return sum(right.values())


def own_report() -> list[str]:
    """What this learner's answers came to. Which were right is shown once nothing is asked any more."""
    done = taken()
    if not done:
        return ["Nothing was answered yet: `qkv inventory before`."]
    lines = [f"{sitting:<7} {sum(right.values())} of {len(right)} right" for sitting, right in done.items()]
    if "later" in done:
        lines += ["", f"{'':<13}" + "".join(f"{sitting:>8}" for sitting in done)]
        for question in questions():
            marks = "".join(f"{'✓' if right[question.family] else '·':>8}" for right in done.values())
            lines.append(f"{question.family:<13}{marks}")
    return [*lines, CAVEAT] if len(done) > 1 else lines


def export(path: Path) -> None:
    """Write this learner's answers, with a random number and no name. Raises `InventoryError`."""
    done = taken()
    if not done:
        raise InventoryError("Nothing was answered yet, so there is nothing to export.")
    known = progress.entry("inventory", "number").get("of")
    number = known if isinstance(known, str) else secrets.token_hex(8)
    progress.record("inventory", "number", of=number)
    write_atomically(Path(path), json.dumps({"format": FORMAT, "number": number, "right": done}, indent=1) + "\n")


# -- a class ----------------------------------------------------------------------------------------------------------


def read_exports(folder: Path) -> tuple[list[dict[str, dict[str, bool]]], list[str]]:
    """(what each learner answered, the names of the files that are no exports). Two files of one number are one."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InventoryError(f"{folder} is no folder. Collect the exported files of your class in one.")
    learners: dict[str, dict[str, dict[str, bool]]] = {}
    strange = []
    for path in sorted(folder.glob("*.json")):
        try:
            if path.is_symlink() or path.stat().st_size > 100_000:
                raise ValueError("no export")
            read = json.loads(path.read_text(encoding="utf-8"))
            if read["format"] != FORMAT or not isinstance(read["number"], str):
                raise ValueError("another format")
            families = [question.family for question in questions()]
            learners[read["number"]] = {
                sitting: {family: right[family] is True for family in families}
                for sitting, right in read["right"].items()
                if sitting in SITTINGS
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            strange.append(path.name)
    return list(learners.values()), strange


def class_report(learners: Sequence[dict[str, dict[str, bool]]]) -> list[str]:
    """Counts over those who took two sittings, never of fewer than five, and never of one person."""
    lines = []
    for first, second in (("before", "after"), ("after", "later"), ("before", "later")):
        both = [learner for learner in learners if first in learner and second in learner]
        if len(both) < LEAST:
            lines.append(f"{first} and {second}: fewer than {LEAST} took both, so nothing is shown.")
            continue
        lines += ["", f"{first} and {second}: {len(both)} took both", f"{'':<13}{first:>8}{second:>8}"]
        for question in questions():
            counts = [sum(learner[sitting][question.family] for learner in both) for sitting in (first, second)]
            lines.append(f"{question.family:<13}{counts[0]:>8}{counts[1]:>8}")
    return [*lines, "", CAVEAT]

"""Run the list of attacks against a wall, as the grader would meet them, and say which had an effect."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import sysconfig
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import qkvlib
from qkvlib.grading import assignment, grader
from qkvlib.grading.attacks import table
from qkvlib.grading.attacks.attack import Attack, Theft
from qkvlib.grading.attacks.classroom import SECRET, as_cells, course, submission
from qkvlib.grading.inside import wire
from qkvlib.grading.sandbox import Limits, Sandbox

PATIENT = Limits(seconds=30, cpu_total=60, wall=90)  # for many attacks in one process
QUICK = Limits(seconds=0.5, cpu_total=2, wall=8)
NEIGHBOUR = "a neighbour's grade changed"

_TRY = """
def attempt(attack):
    try:
        return bool(attack()), ""
    except BaseException as error:
        return False, f"{type(error).__name__}: {getattr(error, 'strerror', '') or ''}"[:80]
"""


@dataclass(frozen=True)
class Outcome:
    """What came of one attack: its effect, "" when there was none, and what it met if that is known."""

    attack: Attack | Theft
    wall: str
    effect: str
    met: str = ""

    @property
    def row(self) -> dict:
        """Plain data."""
        about = {"class": self.attack.kind, "attack": self.attack.name, "wall": self.wall}
        return about | {"stopped by": table.stopped_by(self.attack, self.wall), "met": self.met, "effect": self.effect}


@contextlib.contextmanager
def victim(folder: Path) -> Iterator[dict[str, str]]:
    """A course with everything in it that nobody should see, something that listens, something shared: by token."""
    course(folder)
    for name in ("in", "results"):
        (folder / name).mkdir()
    for name in ("qkv-course.json", "roster.csv", "in/s1.ipynb", "results/grades.csv"):
        (folder / name).write_text("the teacher's own")
    libc = ctypes.CDLL(None)
    segment = libc.shmget(0, 4096, 0o1666)
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.socket(socket.AF_UNIX) as unnamed,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as letters,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as named,
    ):
        port = listening.getsockname()[1]
        unnamed.bind(f"\0qkv-attack-{port}")
        unnamed.listen()
        letters.bind(f"\0qkv-attack-{port}-letters")
        named.bind(str(folder / "letters"))
        try:
            yield {
                "{place}": str(folder),
                "{library}": str(Path(qkvlib.__file__).parent),
                "{python}": sysconfig.get_path("stdlib"),
                "{packages}": str(Path(np.__file__).parent.parent),
                "{port}": str(port),
                "{segment}": str(segment),
            }
        finally:
            libc.shmctl(segment, 0, None)


def program(attacks: list[Attack], facts: dict[str, str]) -> str:
    """Code that tries every attack, and leaves {its place in the list: (whether it worked, what it met)} in `found`."""
    parts = [_TRY]
    for number, attack in enumerate(attacks):
        body = attack.body
        for token, value in facts.items():
            body = body.replace(token, value)
        parts.append(f"def attack_{number}():\n{textwrap.indent(body, '    ')}\n")
    tried = ", ".join(f"'{number}': attempt(attack_{number})" for number in range(len(attacks)))
    return "\n".join([*parts, f"found = {{{tried}}}\n"])


def value_from_inside(sandbox: Sandbox, code: str) -> dict | None:
    """What a notebook with this one cell leaves under the name `found`; None when its process ended before that."""
    ask = {"name": "x", "names": ["found"], "kind": "value", "expressions": ["found"], "named": {}, "calls": []}
    ask |= {"parameters": [], "unpacked": []}
    lists: dict = {name: [] for name in ("provided", "graded", "served", "offered")}
    cells = [{"type": "code", "source": code, "name": ""}]
    nothing = {"given": {}, "examples": wire.Packer().pack({})}
    reply = sandbox.run({"cells": cells, "asks": [ask], **lists, **nothing})
    answer = reply.answers(["x"]).get("x")
    return answer.values[0] if answer and answer.values and isinstance(answer.values[0], dict) else None


def try_inside(sandbox: Sandbox, attacks: list[Attack], facts: dict[str, str]) -> list[Outcome]:
    """Try many attacks in one process; one by one when that process does not live through them all."""
    found = value_from_inside(sandbox, program(attacks, facts))
    if found is None and len(attacks) > 1:
        return [outcome for attack in attacks for outcome in try_inside(sandbox, [attack], facts)]
    if found is None:
        return [Outcome(attacks[0], sandbox.wall, "", "its process was ended")]
    results = [found[str(number)] for number in range(len(attacks))]
    return [
        Outcome(attack, sandbox.wall, "it worked" if worked else "", met)
        for attack, (worked, met) in zip(attacks, results, strict=True)
    ]


def try_as_answer(sandbox: Sandbox, task: assignment.Assignment, attack: Attack | Theft) -> Outcome:
    """Hand in a notebook with the attack in it, then an honest one: who gets what."""
    changes = attack.changes if isinstance(attack, Theft) else {"softmax": attack.body}
    graded = grader.grade_cells(sandbox, task, as_cells(submission(changes)), "attacker", SECRET)
    right = {result.name for result in graded.results if result.status == "correct"}
    effect = ""
    if isinstance(attack, Theft):
        gained, lost = right - set(attack.earns), set(attack.earns) - right
        effect = f"points for {', '.join(sorted(gained))}" if gained else ""
        effect = effect or (f"points lost for {', '.join(sorted(lost))}" if lost else "")
    elif "softmax" in right or graded.score > task.total - 2:
        effect = "points for softmax"
    elif attack.kind == "more than one's share" and len(right) < len(task.items) - 1:
        effect = "it cost other answers"
    neighbour = grader.grade_cells(sandbox, task, as_cells(submission()), "neighbour", SECRET)
    if neighbour.score != task.total:
        effect = NEIGHBOUR
    return Outcome(attack, sandbox.wall, effect)


def run(wall: str, progress: Callable[[int], None] = lambda done: None) -> list[Outcome]:
    """Run every attack that a wall promises to stop, with `progress` told how many are done."""
    outcomes: list[Outcome] = []
    attacks = [attack for attack in table.INSIDE + _only(wall) if table.stopped_by(attack, wall)]
    with tempfile.TemporaryDirectory(prefix="qkv-attack-") as name, victim(Path(name)) as facts:
        with Sandbox(PATIENT, wall) as sandbox:
            for kind in dict.fromkeys(attack.kind for attack in attacks):
                outcomes += try_inside(sandbox, [attack for attack in attacks if attack.kind == kind], facts)
                progress(len(outcomes))
        task = assignment.load(Path(name) / "exercises" / "02_two_tokens.ipynb")
        with Sandbox(QUICK, wall) as sandbox:
            for attack in table.OUTSIDE:
                if table.stopped_by(attack, wall):
                    outcomes.append(try_as_answer(sandbox, task, attack))
                    progress(len(outcomes))
    return outcomes


def _only(wall: str) -> list[Attack]:
    """The attacks that make sense behind this wall alone."""
    return [] if wall == "bubblewrap" else table.SECOND_ONLY


def how_many(wall: str) -> int:
    """How many attacks `run` will try."""
    return len([attack for attack in table.INSIDE + _only(wall) + table.OUTSIDE if table.stopped_by(attack, wall)])

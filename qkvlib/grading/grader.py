"""Grade one notebook: run the answers in the sandbox, judge what comes back here.

The verdict depends on the submission, the assignment and the course secret alone: not on the order, the worker or the
clock. Inputs are drawn from seeds that only the holder of the secret can compute.
"""

from __future__ import annotations

import ast
import hashlib
import hmac
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from qkvlib.check import attempt, judge
from qkvlib.check.plain import Unusable
from qkvlib.check.registry import exercises
from qkvlib.check.spec import Call
from qkvlib.grading import extract, wire
from qkvlib.grading.assignment import Assignment, Item
from qkvlib.grading.sandbox import Child, Outcome, Sandbox

RULES = "2"  # raise it when grading itself changes, so that a resumed run does not mix two sets of rules


@dataclass
class Result:
    """The outcome of one exercise of one student."""

    name: str
    points: float
    out_of: float
    status: str  # "correct", "wrong", "todo"
    mistake: str = ""
    message: str = ""
    note: str = ""  # how it was graded, where that needs saying


@dataclass
class Grade:
    """Everything that is known about one submission after grading."""

    results: list[Result] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def score(self) -> float:
        """Points reached."""
        return sum(result.points for result in self.results)


def seed_for(secret: bytes, *parts: str) -> int:
    """A 128-bit seed from the course secret and, for example, a student id and an exercise."""
    message = b"\x00".join(part.encode("utf-8", "surrogatepass") for part in parts)
    return int.from_bytes(hmac.new(secret, message, hashlib.sha256).digest()[:16], "big")


def grade_cells(
    sandbox: Sandbox, assignment: Assignment, cells: list[dict], student: str, secret: bytes, given: dict | None = None
) -> Grade:
    """Grade a notebook's cells for `student`. `given` holds the student's own parameters, where they have some."""
    run = _Run(sandbox, assignment, cells, student, secret, given or {})
    for name in assignment.graded:
        run.results.setdefault(name, run.unanswered(name))
    return Grade([run.results[name] for name in assignment.graded], run.remarks)


class _Run:
    """The requests one submission needs, to one child when all goes well, to more when answers end their process."""

    def __init__(self, sandbox, assignment, cells, student, secret, given):
        self.sandbox, self.assignment, self.cells = sandbox, assignment, cells
        self.items = {item.name: item for item in assignment.items}
        self.calls = {
            item.name: draw_calls(item, seed_for(secret, assignment.slug, student, item.name), given)
            for item in assignment.items
        }
        self.results: dict[str, Result] = {}
        self.remarks: list[str] = []
        self.uses: dict[str, list[str]] = {}
        self.outcomes: dict[str, list[attempt.Outcome]] = {}  # what a mistake is named by, at the end
        self.requests = 0
        self.child: Child | None = None
        self.prepared_for: set[str] = set()  # the answers whose statements it has looked up
        sandbox.learn((*assignment.provided, *(item.source for item in assignment.items)))
        try:
            self.answer_all(list(self.items))
            self.without_double_jeopardy()
        finally:
            self.close()
        self.name_mistakes()

    # -- asking ----------------------------------------------------------------------------------------------------

    def ask(self, names: list[str], substitutes: list[str] = ()) -> Outcome:
        """Ask for `names`: the child that answered for them before, or a fresh one when there is none left."""
        self.requests += 1
        if self.child is not None and self.child.alive and self.prepared_for.issuperset(names):
            outcome = self.child.ask(*self.request(names, substitutes))
            if not outcome.ended:
                return outcome
        self.close()
        self.child, self.prepared_for = self.sandbox.child(), set(names)
        return self.child.ask(*self.request(names, substitutes, notebook=True))

    def request(self, names: list[str], substitutes: list[str], notebook: bool = False) -> tuple[dict, wire.Packer]:
        """One request: what to call with which inputs, and first of all the notebook itself."""
        packer = wire.Packer()
        asks = []
        for name in names:
            item, exercise = self.items[name], exercises()[name]
            trees = [packer.pack(call.args) for call in self.calls[name]]
            asks.append(
                {
                    "name": name,
                    "names": list(item.names),
                    "kind": exercise.kind,
                    "parameters": list(exercise.parameters),
                    "unpacked": list(exercise.unpacked),
                    "expressions": list(item.expressions),
                    "named": item.named,
                    "calls": trees if exercise.kind == "function" else [],
                }
            )
        right_ones = [
            {"name": name, "code": substitute_code(self.assignment, name)}
            for name in substitutes
            if name in self.assignment.solutions
        ]
        header = {"asks": asks, "substitutes": right_ones}
        if notebook:
            header |= {
                "cells": self.cells,
                "provided": [{"source": source} for source in self.assignment.provided],
                "graded": self.assignment.graded,
                "given": {name: packer.pack(dict(exercises()[name].given)) for name in self.items},
            }
        return header, packer

    def close(self) -> None:
        """End the child, if there is one."""
        if self.child is not None:
            self.child.close()

    def answer_all(self, names: list[str]) -> None:
        """Ask for everything; when an answer takes its process down, blame it alone and ask for the rest again."""
        waiting = list(names)
        while waiting and self.requests <= 2 * len(self.items) + 2:
            outcome = self.ask(waiting)
            self.note_findings(outcome, first=self.requests == 1)
            answered = self.take_answers(outcome, waiting)
            waiting = [name for name in waiting if name not in answered and not self.stands_on_an_endless_one(name)]
            if not outcome.ended or not waiting:
                if not outcome.ended and not answered:
                    return
                continue
            if _prepared(outcome):  # answers come in order, so the first that is missing was running
                blamed = waiting.pop(0)
                self.results[blamed] = self.ended_badly(blamed, outcome)
                waiting = [name for name in waiting if not self.stands_on_an_endless_one(name)]
            elif len(waiting) == 1:  # the statements before it never finished
                self.results[waiting[0]] = self.ended_badly(waiting[0], outcome)
                return
            else:  # which answer needs the statement that broke? ask for each by itself
                for name in waiting:
                    self.answer_all([name])
                return

    def stands_on_an_endless_one(self, name: str) -> bool:
        """Whether asking would only wait for the same loop, or die of the same exit, a second time."""
        found = (self.results.get(other) for other in self.uses.get(name, []))
        return any(result is not None and result.mistake in ("no-end", "stopped") for result in found)

    def take_answers(self, outcome: Outcome, asked: list[str]) -> set[str]:
        """Judge every answer that arrived for something that was asked."""
        answered = set()
        for event in outcome.events:
            name = event.get("name")
            if event["event"] != "answer" or name not in asked or name in answered:
                continue
            answered.add(name)
            self.results[name], self.outcomes[name] = self.judged(name, event)
        return answered

    def note_findings(self, outcome: Outcome, first: bool) -> None:
        """Keep what the child says about how it found the answers."""
        for event in outcome.events:
            if event["event"] == "found" and first:
                self.remarks += [r for r in event.get("remarks") or [] if isinstance(r, str)]
                uses = event.get("uses")
                if isinstance(uses, dict):
                    self.uses = {k: [n for n in v if n in self.items] for k, v in uses.items() if isinstance(v, list)}
            if event["event"] == "prepared" and first:
                for problem in event.get("problems") or []:
                    if isinstance(problem, dict):
                        self.remarks.append(_problem(problem))

    def without_double_jeopardy(self) -> None:
        """Ask again for what failed while it stood on other wrong answers, with right ones in their place.

        The answers at the root are replaced first. What is still wrong then is wrong by itself, and is replaced in turn
        for what stands on it.
        """
        replaced: dict[str, set[str]] = {name: set() for name in self.items}
        for _ in self.items:
            doubtful = {name: below for name in self.items if (below := self.wrong_below(name)) - replaced[name]}
            guilty = set().union(*doubtful.values()) - set(doubtful)
            again = [name for name, below in doubtful.items() if below & guilty - replaced[name]]
            if not again or self.requests > 4 * len(self.items) + 4:
                return
            self.ask_with_right_ones(again, sorted(guilty, key=self.assignment.graded.index))
            for name in again:
                replaced[name] |= guilty

    def wrong_below(self, name: str) -> set[str]:
        """The answers that are not right and on which this one stands; none when it is right itself, or not there."""
        result = self.results.get(name)
        if result is not None and (result.status == "correct" or result.mistake == "not-found"):
            return set()
        return {other for other in self.uses.get(name, []) if other not in self.results or self.lost(other)}

    def ask_with_right_ones(self, names: list[str], guilty: list[str]) -> None:
        """Ask for `names` with right answers in place of the guilty ones: what runs with those is judged so."""
        waiting = list(names)
        while waiting:
            outcome = self.ask(waiting, substitutes=guilty)
            events = {e.get("name"): e for e in outcome.events if e["event"] == "answer" and e.get("name") in waiting}
            for name, event in events.items():
                result, outcomes = self.judged(name, event)
                if name not in self.results or {outcome.kind for outcome in outcomes} == {"returned"}:
                    listed = " and ".join(f"`{other}`" for other in guilty if other in self.uses[name])
                    result.note = f"Graded with a right {listed} in place of yours, which is marked where it stands."
                    self.results[name], self.outcomes[name] = result, outcomes
            left = [name for name in waiting if name not in events]
            if outcome.ended and left and _prepared(outcome):
                ended = left.pop(0)
                self.results.setdefault(ended, self.ended_badly(ended, outcome))
            if len(left) == len(waiting):
                return
            waiting = left

    def lost(self, name: str) -> bool:
        return name in self.results and self.results[name].status != "correct"

    # -- judging ---------------------------------------------------------------------------------------------------

    def judged(self, name: str, event: dict) -> tuple[Result, list[attempt.Outcome]]:
        """The verdict on one answer event, its mistake not yet named, and the outcomes that will name it."""
        item, exercise = self.items[name], exercises()[name]
        if event.get("time"):
            message = f"`{name}` did not come back within {self.sandbox.limits.seconds:g} seconds of computing."
            return self.wrong(name, "no-end", f"{message} Look for a loop whose condition never becomes false."), []
        if event.get("missing"):
            names = ", ".join(f"`{n}`" for n in event["missing"] if isinstance(n, str))
            return Result(name, 0, item.points, "todo", "not-found", f"No definition of {names} was found."), []
        try:
            outcomes = [_outcome(result) for result in event["results"]]
            if judge.passes(exercise, self.calls[name], outcomes):
                return Result(name, item.points, item.points, "correct", "", exercise.praise), outcomes
        except Exception:  # values that no answer has; a judge must not fall over them
            return self.not_judged(name), []
        return self.wrong(name, "", ""), outcomes

    def name_mistakes(self) -> None:
        """Say what is wrong with the answers that stayed wrong: the costly part, and wasted on all others."""
        for name, outcomes in self.outcomes.items():
            if self.lost(name) and outcomes:
                note = self.results[name].note
                self.results[name] = self.explained(name, outcomes)
                self.results[name].note = note

    def explained(self, name: str, outcomes: list[attempt.Outcome]) -> Result:
        """The whole verdict on an answer that is not right."""
        try:
            verdict = judge.compare(exercises()[name], self.calls[name], outcomes)
        except Exception:
            return self.not_judged(name)
        if verdict.status == "todo":
            return Result(name, 0, self.items[name].points, "todo", "", "There is no answer here yet.")
        return self.wrong(name, verdict.mistake, verdict.message)

    def not_judged(self, name: str) -> Result:
        return self.wrong(name, "not-judged", "What came back could not be judged; please ask your teacher.")

    def wrong(self, name: str, mistake: str, message: str) -> Result:
        return Result(name, 0, self.items[name].points, "wrong", mistake, message)

    def unanswered(self, name: str) -> Result:
        return self.wrong(name, "stopped", f"`{name}` was not reached: other answers ended every process they ran in.")

    def ended_badly(self, name: str, outcome: Outcome) -> Result:
        """The process was gone before the answer arrived."""
        if outcome.ended == "time":
            return self.wrong(name, "no-end", f"Running `{name}` used up all its time and had to be ended.")
        if outcome.ended == "garbage":
            return self.wrong(name, "not-an-answer", f"Running `{name}` sent back something that is not an answer.")
        return self.wrong(
            name, "stopped",
            f"The process ended while `{name}` ran: it left Python, or asked for more memory than there is.",
        )  # fmt: skip


def _prepared(outcome: Outcome) -> bool:
    """Whether the statements the answers need had been run."""
    return any(event["event"] == "prepared" for event in outcome.events)


def _outcome(result: dict) -> attempt.Outcome:
    """A judge's Outcome out of what a child sent: every field checked or replaced."""
    kind, changed = result.get("kind"), result.get("changed")
    return attempt.Outcome(
        kind=kind if kind in _KINDS else "raised",
        value=_with_unusable(result["value"]),
        error=str(result.get("error") or ""),
        detail=str(result.get("detail") or ""),
        changed=tuple(str(c) for c in changed) if isinstance(changed, list) else (),
        unstable=bool(result.get("unstable")),
    )


_KINDS = ("returned", "raised", "todo", "no-return", "not-callable", "signature")


def _with_unusable(value):
    if isinstance(value, wire.Foreign):
        return Unusable(value.type_name)
    if isinstance(value, (tuple, list)):
        return tuple(_with_unusable(item) for item in value)
    if isinstance(value, dict):
        return {str(key): _with_unusable(item) for key, item in value.items()}
    return value


def _problem(problem: dict) -> str:
    where = f"Cell {problem.get('cell')}, line {problem.get('line')}"
    if problem.get("time"):
        return f"{where} did not finish in time and was left out."
    return f"{where} raised {problem.get('type')} when it was run: {problem.get('message')}"


def draw_calls(item: Item, seed: int, given: dict) -> list[Call]:
    """The inputs of one exercise for one student."""
    exercise = exercises()[item.name]
    values = {
        name: _like(exercise.given[name], _given(text, given))
        for name, text in item.given.items()
        if name in exercise.given and (text in given or _is_literal(text))
    }
    return exercise.calls(np.random.default_rng(seed), **values)


def _is_literal(expression: str) -> bool:
    try:
        ast.literal_eval(expression)
    except ValueError:
        return False
    return True


def _given(expression: str, parameters: dict):
    """A keyword of the check cell: the student's parameter of that name, or a literal."""
    return parameters[expression] if expression in parameters else ast.literal_eval(expression)


def _like(original, value):
    """Parameters are plain lists; an exercise that is given an array gets an array."""
    return np.asarray(value, dtype=original.dtype) if isinstance(original, np.ndarray) else value


@lru_cache(maxsize=256)
def _substitute(cells: tuple[str, ...], name: str) -> str:
    plan = extract.plan([{"type": "code", "source": text} for text in cells], [name], provided=[], graded=[])
    return "\n".join(ast.unparse(statement.node) for statement in plan.statements)


def substitute_code(assignment: Assignment, name: str) -> str:
    """Code that defines a right `name` by itself: its solution, with the solutions and other cells that one needs."""
    return _substitute((*assignment.provided, *assignment.solutions.values()), name)

"""Grade one notebook: run the answers in the sandbox, judge what comes back here.

The verdict depends on the submission, the assignment and the course secret alone: not on the order, the worker or the
clock. Inputs are drawn from seeds that only the holder of the secret can compute. Nothing that is right ever goes in:
where an answer stands on one that is wrong, it is asked again, and its calls to that one are answered from outside
(`questions`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from qkvlib.check import attempt
from qkvlib.grading import inbox, judging, remarks
from qkvlib.grading.asking import Asking, learn
from qkvlib.grading.assignment import Assignment
from qkvlib.grading.draw import draw_calls
from qkvlib.grading.judging import Result
from qkvlib.grading.questions import stands_on
from qkvlib.grading.remarks import Remark
from qkvlib.grading.sandbox import Limits, Reply, Sandbox
from qkvlib.grading.sandbox.child import Child
from qkvlib.grading.secret import seed_for

_NO_END = ("no-end", "stopped")


@dataclass
class Grade:
    """Everything that is known about one submission after grading."""

    results: list[Result] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def score(self) -> float:
        """Points reached."""
        return sum(result.points for result in self.results)


def grade_cells(
    sandbox: Sandbox,
    assignment: Assignment,
    cells: list[dict],
    student: str,
    secret: bytes,
    given: dict | None = None,
    known: Sequence[Result] = (),
) -> Grade:
    """Grade a notebook's cells for `student`. `given` holds the student's own parameters, where they have some.

    What is `known` of an earlier grading is taken over as it is; only the other exercises are asked for.
    """
    run = _Run(sandbox, assignment, cells, student, secret, given or {}, known)
    for item in assignment.items:
        run.results.setdefault(item.name, judging.unanswered(item))
    return Grade([run.results[name] for name in assignment.graded], run.remarks)


class _Budget:
    """What one submission may still use, all its children together.

    Until something has had to be ended a child may take all that is left; from then on half of it, so that an answer
    without an end cannot use up the time of the others.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits, self._wall, self._cpu = limits, limits.wall, 3.0 * limits.cpu_total
        self._ended_one = False

    def next_limits(self) -> Limits:
        """The limits of the next child."""
        if not self._ended_one:
            return self._limits
        wall, cpu = max(2.0, self._wall / 2), max(2 * self._limits.seconds, self._cpu / 2)
        return replace(self._limits, wall=wall, cpu_total=max(1, round(min(cpu, self._limits.cpu_total))))

    def spend(self, seconds: float, cpu: float, ended: bool) -> None:
        """Take off what a child has used."""
        self._wall, self._cpu = self._wall - seconds, self._cpu - cpu
        self._ended_one |= ended


class _Run:
    """The requests one submission needs, to one child when all goes well, to more when answers end their process."""

    def __init__(
        self,
        sandbox: Sandbox,
        assignment: Assignment,
        cells: list,
        student: str,
        secret: bytes,
        given: Any,
        known: Sequence[Result] = (),
    ) -> None:
        self.sandbox, self.assignment = sandbox, assignment
        self.items = {item.name: item for item in assignment.items}
        self.calls = {
            item.name: draw_calls(item, seed_for(secret, assignment.slug, student, item.name), given)
            for item in assignment.items
        }
        self.asking = Asking(assignment, cells, self.calls)
        self.results: dict[str, Result] = {result.name: result for result in known}
        self.asked = [name for name in self.items if name not in self.results]
        self.remarks: list[Remark] = []
        self.uses: dict[str, list[str]] = {}
        self.outcomes: dict[str, list[attempt.Outcome]] = {}  # what a mistake is named by, at the end
        self.served: dict[str, tuple[str, ...]] = {}  # the answers that were given from outside when it was judged
        self.requests = 0
        self.budget = _Budget(sandbox.limits)
        self.child: Child | None = None
        self.started = 0.0
        self.prepared_for: set[str] = set()  # the answers whose statements it has looked up
        learn(sandbox, assignment)
        try:
            self.answer_all(self.asked)
            self.regrade_dependents()
        finally:
            self.close()
        self.name_mistakes()
        try:
            self.mark_the_unknown()
        finally:
            self.close()

    # -- asking ----------------------------------------------------------------------------------------------------

    def ask(self, names: list[str], served: Sequence[str] = ()) -> Reply:
        """Ask for `names`: the child that answered for them before, or a fresh one when there is none left.

        A child that was `served` anything is asked nothing more: what it learnt can reach no other answer. All that are
        asked there together may have the same served, so they can tell each other nothing new either.
        """
        self.requests += 1
        questions = self.asking.questions(names, served)
        if self.child is not None and self.child.alive and self.prepared_for.issuperset(names):
            reply = self.child.ask(*self.asking.request(names, served), questions)
            if served or reply.ended:
                self.close(ended=bool(reply.ended))
            if not reply.ended:
                return reply
        self.close()
        self.child, self.started = self.sandbox.child(self.budget.next_limits()), time.monotonic()
        self.prepared_for = set(names)
        reply = self.child.ask(*self.asking.request(names, served, notebook=True), questions)
        if served or reply.ended:
            self.close(ended=bool(reply.ended))
        return reply

    def close(self, ended: bool = False) -> None:
        """End the child, if there is one, and note what it has used."""
        if self.child is not None:
            self.child.close()
            self.budget.spend(time.monotonic() - self.started, self.child.cpu, ended)
            self.child = None

    def answer_all(self, names: list[str]) -> None:
        """Ask for everything; when an answer takes its process down, blame it alone and ask for the rest again."""
        waiting = list(names)
        while waiting and self.requests <= 2 * len(self.items) + 2:
            reply = self.ask(waiting)
            self.note_findings(reply, first=self.requests == 1)
            answered = self.take_answers(reply, waiting)
            waiting = [name for name in waiting if name not in answered and not self.depends_on_a_timeout(name)]
            if not reply.ended or not waiting:
                if not reply.ended and not answered:
                    return
                continue
            if reply.prepared:  # answers come in order, so the first that is missing was running
                blamed = waiting.pop(0)
                self.results[blamed] = judging.ended_badly(self.items[blamed], reply)
                waiting = [name for name in waiting if not self.depends_on_a_timeout(name)]
            elif len(waiting) == 1:  # the statements before it never finished
                self.results[waiting[0]] = judging.ended_badly(self.items[waiting[0]], reply)
                return
            else:  # which answer needs the statement that broke? ask for each by itself
                for name in waiting:
                    self.answer_all([name])
                return

    def depends_on_a_timeout(self, name: str) -> bool:
        """Whether asking would only wait for the same loop, or die of the same exit, a second time."""
        found = (self.results.get(other) for other in self.uses.get(name, []))
        return any(result is not None and result.mistake in _NO_END for result in found)

    def take_answers(self, reply: Reply, asked: list[str]) -> set[str]:
        """Judge every answer that arrived for something that was asked."""
        answers = reply.answers(asked)
        for name, heard in answers.items():
            self.results[name], self.outcomes[name] = self.judged(name, heard)
        return set(answers)

    def note_findings(self, reply: Reply, first: bool) -> None:
        """Keep what the child says about how it found the answers."""
        if first and reply.found:
            told = [remarks.of_finding(finding, self.assignment.graded) for finding in reply.found.findings]
            self.remarks += [remark for remark in told if remark is not None]
            self.uses = {
                name: [other for other in used if other in self.items] for name, used in reply.found.uses.items()
            }
        if first and reply.prepared:
            self.remarks += [remarks.of_problem(problem) for problem in reply.prepared.problems]

    def regrade_dependents(self) -> None:
        """Ask again for what failed while it stood on answers that are lost, those being answered from outside.

        What an answer may stand on is what its solution stands on. The answers at the root are served first; what is
        still wrong then is wrong by itself, and is served in turn to what stands on it.
        """
        graph = stands_on(self.assignment)
        served: dict[str, set[str]] = {name: set() for name in self.asked}
        for _ in self.items:
            doubtful = {name: below for name in self.asked if (below := self.lost_below(name, graph)) - served[name]}
            groups: dict[frozenset[str], list[str]] = {}
            for name, below in doubtful.items():
                if root_causes := below - set(doubtful):
                    groups.setdefault(frozenset(root_causes | served[name]), []).append(name)
            if not groups or self.requests > 4 * len(self.items) + 4:
                return
            for causes, names in groups.items():
                self.ask_without(names, sorted(causes, key=self.assignment.graded.index))
                for name in names:
                    served[name] |= causes

    def lost_below(self, name: str, graph: dict[str, frozenset[str]]) -> set[str]:
        """The lost answers on which this one stands; none when it is right itself, or not there."""
        result = self.results.get(name)
        if result is not None and (result.status == "correct" or result.mistake == "not-found"):
            return set()
        return {other for other in self.uses.get(name, []) if other in graph[name] and self.lost(other)}

    def ask_without(self, names: list[str], root_causes: list[str]) -> None:
        """Judge `names` again with their calls to the root causes answered from outside."""
        waiting = list(names)
        while waiting:
            reply = self.ask(waiting, served=root_causes)
            answers = reply.answers(waiting)
            for name, heard in answers.items():
                self.take_second_answer(name, heard, root_causes)
            left = [name for name in waiting if name not in answers]
            if reply.ended and reply.prepared and left:
                ended = left.pop(0)
                self.results.setdefault(ended, judging.ended_badly(self.items[ended], reply))
            if len(left) == len(waiting):
                return
            waiting = left

    def take_second_answer(self, name: str, heard: Any, root_causes: list[str]) -> None:
        """Let an answer that ran with others served stand for the first one, where it ran to its end."""
        result, outcomes = self.judged(name, heard)
        if name not in self.results or {outcome.kind for outcome in outcomes} == {"returned"}:
            listed = " and ".join(f"`{other}`" for other in root_causes if other in self.uses[name])
            result.note = f"Graded with a right {listed} in place of yours, which is marked where it stands."
            self.served[name] = tuple(root_causes)
            self.results[name], self.outcomes[name] = result, outcomes

    def lost(self, name: str) -> bool:
        """Whether there is no right answer to it so far."""
        return name not in self.results or self.results[name].status != "correct"

    # -- judging ---------------------------------------------------------------------------------------------------

    def judged(self, name: str, heard: Any) -> tuple[Result, list[attempt.Outcome]]:
        """The verdict on one answer, its mistake not yet named, and the outcomes that will name it."""
        return judging.judged(self.items[name], self.calls[name], heard, self.sandbox.limits.seconds)

    def name_mistakes(self) -> None:
        """Say what is wrong with the answers that stayed wrong: the costly part, and wasted on all others."""
        for name, outcomes in self.outcomes.items():
            if self.lost(name) and outcomes:
                note = self.results[name].note
                self.results[name] = judging.explained(self.items[name], self.calls[name], outcomes)
                self.results[name].note = note

    def mark_the_unknown(self) -> None:
        """Run what no misconception explains on the inputs that all students share, and keep a mark of what it gives.

        Only such answers cost anything, and what comes back is compared with nothing: it groups alike ones (`inbox`).
        """
        unknown = {name for name in self.asked if name in self.results and self.results[name].unknown}
        for served in sorted({self.served.get(name, ()) for name in unknown}):
            names = sorted(name for name in unknown if self.served.get(name, ()) == served)
            for name in names:
                self.calls[name], self.results[name].unknown = inbox.probe(name), ""
            for name, heard in self.ask(names, served).answers(names).items():
                outcomes = judging.outcomes_of(self.items[name], heard)
                self.results[name].unknown = inbox.mark_of(outcomes) if outcomes else ""

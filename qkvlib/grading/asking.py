"""What a child in the sandbox is asked about one notebook: the notebook itself, which answers, on which inputs."""

from __future__ import annotations

from collections.abc import Sequence

from qkvlib.check.registry import exercises
from qkvlib.check.spec import Call
from qkvlib.grading.assignment import Assignment
from qkvlib.grading.inside import wire
from qkvlib.grading.questions import Questions, examples, offered_functions
from qkvlib.grading.sandbox import Sandbox


class Asking:
    """The requests about one notebook. `calls` says on which inputs each answer is called, and may change between."""

    def __init__(self, assignment: Assignment, cells: list[dict], calls: dict[str, list[Call]]) -> None:
        self.assignment, self.cells, self.calls = assignment, cells, calls
        self.items = {item.name: item for item in assignment.items}
        self.offered = offered_functions(assignment)

    def questions(self, names: Sequence[str], served: Sequence[str]) -> Questions:
        """Who answers what the child asks meanwhile."""
        return Questions(self.offered, served, {name: self.calls[name] for name in names})

    def request(self, names: Sequence[str], served: Sequence[str], notebook: bool = False) -> tuple[dict, wire.Packer]:
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
        header = {"asks": asks, "served": list(served)}
        if notebook:
            header |= {
                "cells": [cell if _may_hold_code(cell) else {**cell, "source": ""} for cell in self.cells],
                "provided": [{"source": source} for source in self.assignment.provided],
                "graded": self.assignment.graded,
                "given": {name: packer.pack(dict(exercises()[name].given)) for name in self.items},
                "offered": self.offered,
                "examples": packer.pack(examples(self.assignment)),
            }
        return header, packer


def learn(sandbox: Sandbox, assignment: Assignment) -> None:
    """Have the hand-out's own cells read before the first child starts."""
    sandbox.learn((*assignment.provided, *(item.source for item in assignment.items)))


def _may_hold_code(cell: dict) -> bool:
    """Whether answers are looked for in a cell: not in prose, unless a definition was lost there."""
    return cell["type"] == "code" or "def" in cell["source"]

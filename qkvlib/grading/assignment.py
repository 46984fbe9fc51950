"""What is graded: the exercises of one notebook, read from the course's own exercises/ and solutions/.

Everything here comes from the teacher's side and is trusted. The check cells say what is graded and how
(`check.scores(scores)`), the exercise cells carry the points, the other code cells are the scaffold that a damaged
submission may have lost, and the solution cells stand in for an earlier wrong answer.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from qkvlib.check.registry import exercises
from qkvlib.course.root import NotTheCourse, course_root, shipped
from qkvlib.grading import version


class AssignmentError(ValueError):
    """The exercise notebook cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Item:
    """One graded exercise: the check that judges it, and what the notebook's check cell hands to that check."""

    name: str
    points: float
    expressions: tuple[str, ...]
    named: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    title: str = ""  # the heading it stands under
    source: str = ""  # the check cell as it was handed out

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names the student's notebook must define."""
        texts = [*self.expressions, *self.named.values()]
        found = [n.id for text in texts for n in ast.walk(ast.parse(text, mode="eval")) if isinstance(n, ast.Name)]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Assignment:
    """The graded exercises of one notebook, in order, with the scaffold and the solutions around them."""

    slug: str
    title: str
    items: tuple[Item, ...]
    provided: tuple[str, ...]
    solutions: dict[str, str]
    parameters: str = ""  # the source of the parameters cell, "" without one

    @property
    def graded(self) -> list[str]:
        """The names of everything graded, in notebook order."""
        return [item.name for item in self.items]

    @property
    def number(self) -> str:
        """The two digits the notebook's name starts with."""
        return self.slug[:2]

    @property
    def total(self) -> float:
        """The points of all exercises together."""
        return sum(item.points for item in self.items)

    @property
    def digest(self) -> str:
        """Changes whenever anything that decides a grade changes, but for the exercises' own checks (see `prints`)."""
        parts: list[Any] = [version.checks(), self.slug, self.provided, sorted(self.solutions.items()), self.parameters]
        parts += [
            (i.name, i.points, i.expressions, sorted(i.named.items()), sorted(i.given.items())) for i in self.items
        ]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    @property
    def prints(self) -> dict[str, str]:
        """{exercise: the fingerprint of its check}: a mended check changes its own alone."""
        return {name: version.check_of(name) for name in self.graded}


def find(number: str, root: Path | None = None) -> Path:
    """The exercise notebook for "04", "4", "04_it_to_dog" or a path. Raises `AssignmentError` with what there is."""
    if number.endswith(".ipynb"):
        path = Path(number)
        if path.is_file():
            return path
        raise AssignmentError(f"There is no notebook {number}.")
    folder = (root or _course()) / "exercises"
    wanted = number.zfill(2)
    found = sorted(p for p in folder.glob("*.ipynb") if p.stem == wanted or p.stem.split("_")[0] == wanted)
    if not found:
        there = ", ".join(p.stem for p in sorted(folder.glob("*.ipynb"))) or "none"
        raise AssignmentError(f"There is no exercise notebook {number} in {folder}. There are: {there}.")
    return found[0]


def _course() -> Path:
    """The clone; where there is none, what an installed qkvlib carries."""
    try:
        return course_root()
    except NotTheCourse:
        return shipped()


def load(exercise_notebook: Path, solution_notebook: Path | None = None) -> Assignment:
    """Read an exercise notebook and its solutions. Raises `AssignmentError`."""
    exercise_notebook = Path(exercise_notebook)
    if solution_notebook is None:
        solution_notebook = exercise_notebook.parent.parent / "solutions" / exercise_notebook.name
        if not solution_notebook.is_file():
            raise AssignmentError(f"The solutions of {exercise_notebook.name} were not found at {solution_notebook}.")
    handed_out, solved = _cells(exercise_notebook), _cells(Path(solution_notebook))
    items, solutions, provided, parameters, heading = [], {}, [], "", ""
    for cell in handed_out:
        if cell["cell_type"] == "markdown":
            heading = (re.findall(r"^##+ (.+)$", _source(cell), re.MULTILINE) or [heading])[-1].strip()
        if _role(cell) == "check":
            items.append(_item(cell, exercise_notebook.name, heading))
            heading = ""  # a second exercise below the same heading goes without
        elif _role(cell) == "plain" and cell["cell_type"] == "code":
            provided.append(_source(cell))
            if "parameters" in cell["metadata"].get("tags", []):
                parameters = _source(cell)
    for cell in solved:
        if _role(cell) == "exercise":
            solutions[_name(cell)] = _source(cell)
    if not items:
        raise AssignmentError(f"{exercise_notebook.name} has no check cells, so there is nothing to grade.")
    unknown = [item.name for item in items if item.name not in exercises()]
    if unknown:
        raise AssignmentError(f"{exercise_notebook.name} checks {', '.join(unknown)}, which this qkvlib does not know.")
    return Assignment(
        slug=exercise_notebook.stem,
        title=_title(handed_out, exercise_notebook.stem),
        items=tuple(items),
        provided=tuple(provided),
        solutions=solutions,
        parameters=parameters,
    )


def _cells(path: Path) -> list[dict]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError) as error:
        raise AssignmentError(f"{path} is not a readable notebook.") from error


def _source(cell: dict) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _role(cell: dict) -> str:
    tags, nbgrader = cell["metadata"].get("tags", []), cell["metadata"].get("nbgrader", {})
    if "check" in tags or nbgrader.get("grade"):
        return "check"
    return "exercise" if "exercise" in tags or nbgrader.get("solution") else "plain"


def _name(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id") or cell.get("id", "")


def _title(cells: list[dict], fallback: str) -> str:
    for cell in cells:
        match = re.search(r"^# (.+)$", _source(cell), re.MULTILINE) if cell["cell_type"] == "markdown" else None
        if match:
            return match[1].strip()
    return fallback


def _item(cell: dict, where: str, title: str) -> Item:
    """Read `check.NAME(...)` out of a check cell."""
    for node in ast.walk(ast.parse(_source(cell))):
        if not isinstance(node, ast.Call):
            continue
        func = node.func
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "check":
            exercise = exercises().get(func.attr)
            parts = exercise.parts if exercise is not None else ()
            keywords = {k.arg: ast.unparse(k.value) for k in node.keywords if k.arg}
            return Item(
                name=func.attr,
                points=float(cell["metadata"].get("nbgrader", {}).get("points", 1)),
                expressions=tuple(ast.unparse(argument) for argument in node.args),
                named={name: text for name, text in keywords.items() if name in parts and not node.args},
                given={name: text for name, text in keywords.items() if name not in parts},
                title=re.sub(r"^\d+\.\s*", "", title),
                source=_source(cell),
            )
    raise AssignmentError(f"{where}: the check cell {cell.get('id', '')} does not call check.<name>(...).")

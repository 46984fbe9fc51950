"""Hand out an assignment: one notebook per student with that student's own numbers, and an answer key."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qkvlib.check.registry import exercises
from qkvlib.grading import assignment as assignments
from qkvlib.grading import variants
from qkvlib.grading.assignment import Assignment, AssignmentError
from qkvlib.grading.coursefile import CourseFile
from qkvlib.grading.draw import draw_calls
from qkvlib.grading.journal import hold
from qkvlib.grading.roster import Student
from qkvlib.grading.secret import mark_for, seed_for
from qkvlib.grading.terms import Policy
from qkvlib.grading.text import as_markdown, clean, file_name, number


@dataclass
class HandOut:
    """What `hand_out` wrote."""

    folder: Path
    notebooks: int
    parameters: tuple[str, ...]  # the names that differ between students
    before: str = ""  # how it had been handed out before, if otherwise


def hand_out(
    exercise_notebook: Path,
    roster: list[Student],
    out: Path,
    course: CourseFile,
    same_for_all: bool = False,
    due: str = "",
) -> HandOut:
    """Write `out/<student>/<assignment>.ipynb` for everybody and `out/answer_key.json`, all or nothing.

    The same roster, notebook, date and course file give the same files, byte for byte. `due` is shown as it is written.
    """
    task = assignments.load(exercise_notebook)
    template = read_notebook(exercise_notebook)
    out = Path(out)
    if out.exists() and any(out.iterdir()):
        raise AssignmentError(f"{out} exists and is not empty: name another folder with --out, or move it away.")
    out.parent.mkdir(parents=True, exist_ok=True)
    _clear_away_killed(out.parent)
    place = Path(tempfile.mkdtemp(prefix=".handout-", dir=out.parent))
    alive = open(place / _ALIVE, "wb")  # noqa: SIM115  - held until the folder has taken its place
    hold(alive)
    own = {} if same_for_all else {s.id: variants.values_for(task, course.secret, s.id) for s in roster}
    names = tuple(n for n, value in variants.defaults(task).items() if any(own[s][n] != value for s in own))
    key: dict[str, Any] = {"assignment": task.slug, "title": task.title, "individual": bool(names), "students": {}}
    try:
        for student in roster:
            values = {name: own[student.id][name] for name in names}
            own_due = Policy(task.number).own_due(student.terms)
            until = own_due.isoformat(" ", "minutes") if own_due else due
            book = for_student(template, task, student, values, mark_for(course.secret, task.slug, student.id), until)
            folder = place / file_name(student.id)
            folder.mkdir()
            _write(folder / f"{task.slug}.ipynb", json.dumps(book, indent=1, ensure_ascii=False) + "\n")
            key["students"][student.id] = {"name": student.name, "parameters": values, "answers": answers(task, values)}
        _write(place / "answer_key.json", json.dumps(key, indent=1, ensure_ascii=False) + "\n")
        (place / "answer_key.json").chmod(0o600)
        (place / _ALIVE).unlink()
        place.chmod(0o755)
        if out.exists():
            out.rmdir()
        os.replace(place, out)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    finally:
        alive.close()
    before, now = course.assigned.get(task.slug, ""), "individual" if names else "same"
    course.note(task.slug, now, clean(due, 80))
    return HandOut(out, len(roster), names, before if before != now else "")


_ALIVE = ".being-written"


def _clear_away_killed(folder: Path) -> None:
    """Delete what hand-outs that were killed had begun to write: nobody holds their file any more."""
    for left in folder.glob(".handout-*"):
        with contextlib.suppress(OSError), open(left / _ALIVE, "r+b") as file:
            hold(file)
            shutil.rmtree(left)


def for_student(template: dict, task: Assignment, student: Student, values: dict, mark: str, due: str = "") -> dict:
    """One student's notebook: a greeting, the assignment switch, and their own parameters after the default ones."""
    book = copy.deepcopy(template)
    _clear_outputs(book)
    _drop_links(book)
    _drop_solutions(book)
    if values:
        book = _parameterised(book, values)
    switch = f'import os\n\nos.environ["QKV_ASSIGNMENT"] = "{task.slug}"  # an assignment: hints yes, solutions no'
    who = as_markdown(student.name) or as_markdown(student.id)
    until = f" Due: {as_markdown(due)}." if due else ""
    numbers = " It has its own numbers, so compare methods with others, not results." if values else ""
    worth = f"{number(task.total)} points in {len(task.items)} exercise{'s' if len(task.items) > 1 else ''}."
    greeting = (
        f"**{task.number} · an assignment for {who}.**{until} {worth}{numbers} Hints work here, `.solution()` does "
        "not. Save the notebook under the same name and hand it in."
    )
    book["cells"].insert(1, {"cell_type": "markdown", "id": "assignment", "metadata": {}, "source": greeting})
    _switch_on(book, switch)
    book["metadata"]["qkv"] = {"assignment": task.slug, "student": student.id, "mark": mark}
    return book


def _parameterised(book: dict, values: dict) -> dict:
    """The notebook with papermill's cell of injected parameters after the `parameters` cell."""
    import nbformat

    for cell in book["cells"]:
        cell["metadata"].setdefault("tags", [])  # papermill counts on these and the next
    book["metadata"]["papermill"] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # papermill's own, on newer Pythons
        from papermill.parameterize import parameterize_notebook

        filled = parameterize_notebook(
            nbformat.from_dict(book), values, comment="Your own numbers", kernel_name="python3", language="python"
        )
    filled = json.loads(nbformat.writes(filled, version=4))
    filled["metadata"].pop("papermill", None)
    for cell in filled["cells"]:
        if not cell["metadata"].get("tags", ["kept"]):
            del cell["metadata"]["tags"]
        if "injected-parameters" in cell["metadata"].get("tags", []):
            cell["id"] = "your-parameters"
    return filled


def _drop_links(book: dict) -> None:
    """Take out the links to lessons and solutions: in a student's folder they lead nowhere."""
    for cell in book["cells"]:
        if cell.get("id") == "header":
            lines = "".join(cell["source"]).split("\n")
            kept = [line for line in lines if not re.match(r"\[[^\]]*\]\(\.\./|.*\|.*\]\(\.\./", line)]
            cell["source"] = re.sub(r"\n{3,}", "\n\n", "\n".join(kept))
    book["cells"] = [cell for cell in book["cells"] if cell.get("id") != "footer"]


_OFFER = "solution-offer"  # the tag of a lesson's cell that says how a solution is shown


def _drop_solutions(book: dict) -> None:
    """Take out the cells that offer a solution: an assignment shows none."""
    book["cells"] = [cell for cell in book["cells"] if _OFFER not in cell["metadata"].get("tags", [])]


def _switch_on(book: dict, switch: str) -> None:
    """Put the switch into the very cell that imports the checks: whoever skips it has no checks to ask.

    The cell keeps its id and its text; without such a cell the switch gets one of its own.
    """
    for cell in book["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code" and re.search(r"^(from|import) qkvlib\b.*\bcheck\b", text, re.MULTILINE):
            cell["source"] = f"{switch}\n\n{text}"
            return
    place = {"cell_type": "code", "id": "assignment-switch", "metadata": {"tags": ["assignment"]}}
    book["cells"].insert(2, {**place, "source": switch, "outputs": [], "execution_count": None})


def _clear_outputs(book: dict) -> None:
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None


def answers(task: Assignment, values: dict) -> dict:
    """The right result of every exercise whose answer is numbers rather than a function."""
    found = {}
    for item in task.items:
        exercise = exercises()[item.name]
        if exercise.kind == "value":
            (call,) = draw_calls(item, seed_for(b"", task.slug, item.name), values)
            found[item.name] = _jsonable(exercise.reference(*call.args))
    return found


def _jsonable(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_jsonable(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _jsonable(item) for key, item in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def read_notebook(path: Path) -> dict:
    """The hand-out's own notebook. Raises `AssignmentError`."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AssignmentError(f"{path} is not a readable notebook.") from error


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")

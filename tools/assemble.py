"""A lesson as notebooks yet to run: generated header and footer, fixed cell ids, nbgrader's metadata."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from qkvlib.check.forms import RULE
from tools import predictions
from tools.lessonfile import Cell, Lesson, Refusal
from tools.narration import script
from tools.stubs import CannotStub, stub
from tools.typography import typeset

HEADER, FOOTER, PLAYER = "header", "footer", "narration"
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}  # for JupyterLab and Notebook; for Colab
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


@dataclass(frozen=True)
class Draft:
    """One notebook to be: where it goes, what is in it, and which line of the lesson each cell came from."""

    target: Path  # relative to the repository: notebooks/01_one_token.ipynb
    notebook: NotebookNode
    lesson: Lesson
    cells: dict[str, Cell]  # cell id -> authored cell; generated cells are absent
    predictions: dict[str, dict] = field(default_factory=dict)  # what its predictions say: see predictions.py
    narration: list[dict] = field(default_factory=list)  # what is said in it: see narration/script.py


def drafts(lesson: Lesson, course: list[Lesson]) -> list[Draft]:
    """The notebooks of `lesson`: one for a lesson, a solution and a stub for an exercise file."""
    if not lesson.is_exercises:
        return [_draft(lesson, course, "notebooks")]
    return [_draft(lesson, course, "solutions"), _draft(lesson, course, "exercises")]


def refresh_generated(notebook: NotebookNode, draft: Draft) -> bool:
    """Give a built notebook the header and footer it would get today; True when one of them changed."""
    fresh = {cell.id: cell.source for cell in draft.notebook.cells if cell.id in (HEADER, FOOTER)}
    changed = False
    for cell in notebook.cells:
        if cell.id in fresh and cell.source != fresh[cell.id]:
            cell.source = fresh[cell.id]
            changed = True
    return changed


def _draft(lesson: Lesson, course: list[Lesson], folder: str) -> Draft:
    cells = [_markdown(HEADER, _header(lesson, course, folder))]
    origin: dict[str, Cell] = {}
    said = [] if lesson.is_exercises else script.script(lesson)
    if said:
        cells.append(_player(lesson))
        origin[PLAYER] = Cell("code", cells[-1].source, 1)
    points = {f"{cell.name}-check": cell.options["points"] for cell in lesson.cells if cell.has("exercise")}
    for cell in lesson.cells:
        made = _cell(lesson, cell, folder, points.get(cell.name))
        while made.id in origin:
            made.id += "x"
        origin[made.id] = cell
        cells.append(made)
        if cell.options.get("alt"):
            cells.append(_markdown(f"{made.id[:56]}-caption", f"*Figure: {cell.options['alt']}*"))
    cells.append(_markdown(FOOTER, _footer(lesson, course, folder)))
    source = f"lessons/{lesson.path.name}"
    notebook = new_notebook(cells=cells, metadata={**METADATA, "qkv": {"built_from": source}})
    nbformat.validate(notebook)
    return Draft(Path(folder, f"{lesson.slug}.ipynb"), notebook, lesson, origin, predictions.words(lesson), said)


def _markdown(name: str, source: str) -> NotebookNode:
    cell = new_markdown_cell(typeset(source))
    cell.id = name
    return cell


def _player(lesson: Lesson) -> NotebookNode:
    """The cell that reads the lesson aloud; no author writes it."""
    made = new_code_cell(f'from qkvlib.widgets import Narration\n\nNarration("{lesson.number}")')
    made.id = PLAYER
    made.metadata = {"tags": ["narration"], **FOLDED}
    return made


def _cell(lesson: Lesson, cell: Cell, folder: str, points: int | None) -> NotebookNode:
    made = new_markdown_cell(typeset(cell.source)) if cell.kind == "markdown" else new_code_cell(cell.source)
    made.id = cell.name or f"{cell.kind}-{hashlib.sha256(cell.source.encode()).hexdigest()[:8]}"
    if cell.tags:
        made.metadata["tags"] = list(cell.tags)
    if cell.options.get("alt"):
        made.metadata["alt"] = cell.options["alt"]
    if own := {key: cell.options[key] for key in ("objectives", "minutes") if key in cell.options}:
        made.metadata["qkv"] = own
    if cell.has("prediction"):
        made.source = predictions.asking(lesson, cell)
    if cell.has("prediction") or cell.has("fold"):  # only words: JupyterLab folds its source
        made.metadata |= FOLDED
    if cell.has("exercise"):
        made.metadata["nbgrader"] = _nbgrader(cell.name, solution=True)
        if folder == "exercises":
            try:
                made.source = stub(cell.source)
            except CannotStub as error:
                raise Refusal(lesson.at(cell.line + error.offset, f"cannot stub `{cell.name}`: {error}")) from error
    if cell.has("check"):
        made.metadata["nbgrader"] = _nbgrader(cell.name, grade=True, locked=True, points=points)
    return made


def _nbgrader(
    name: str, *, grade: bool = False, solution: bool = False, locked: bool = False, points: int | None = None
) -> dict:
    """nbgrader's cell metadata, schema 3."""
    metadata = {
        "schema_version": 3,
        "grade_id": name,
        "cell_type": "code",
        "grade": grade,
        "solution": solution,
        "locked": locked,
        "task": False,
    }
    return metadata if points is None else {**metadata, "points": points}


def _label(lesson: Lesson) -> str:
    return f"{int(lesson.number)} · {lesson.title}"


def _links(lesson: Lesson, course: list[Lesson], folder: str) -> str:
    """Previous, index and next, as relative links: JupyterLab and GitHub both follow them."""
    lessons = [other for other in course if not other.is_exercises]
    to_lessons = "" if folder == "notebooks" else "../notebooks/"
    before = [other for other in lessons if other.slug < lesson.slug]
    after = [other for other in lessons if other.slug > lesson.slug]
    parts = []
    if before:
        parts.append(f"[← {_label(before[-1])}]({to_lessons}{before[-1].slug}.ipynb)")
    first = lessons[0] if lessons else lesson
    parts.append("[Index](../README.md)" if lesson.slug == first.slug else f"[Index]({to_lessons}{first.slug}.ipynb)")
    if after:
        parts.append(f"[{_label(after[0])} →]({to_lessons}{after[0].slug}.ipynb)")
    return " | ".join(parts)


def _companions(lesson: Lesson, course: list[Lesson], folder: str) -> str:
    """Where to go from here to the same lesson's other notebooks."""
    has_exercises = any(other.is_exercises and other.slug == lesson.slug for other in course)
    name = f"{lesson.slug}.ipynb"
    if folder == "notebooks":
        return f"**Now you:** [the exercises of this lesson](../exercises/{name})" if has_exercises else ""
    back = f"[the lesson](../notebooks/{name})"
    if folder == "exercises":
        return f"Back to {back}. When you have tried: [the solutions](../solutions/{name})"
    return f"Back to {back} or to [the exercises](../exercises/{name})"


def _header(lesson: Lesson, course: list[Lesson], folder: str) -> str:
    """Three lines before the lesson: its name, its question with what it takes, the way to its neighbours."""
    kind = {"notebooks": "", "exercises": ": exercises", "solutions": ": solutions"}[folder]
    meta = lesson.meta
    line = [f"**{meta['answers']}**" if meta.get("answers") else "", f"{meta['minutes']} minutes"]
    if meta.get("needs"):
        line.append(f"You need: {meta['needs'].rstrip('.')}")
    blocks = [f"# {_label(lesson)}{kind}", " · ".join(part for part in line if part), _links(lesson, course, folder)]
    if plans := [item for key in ("do", "learn") for item in meta.get(key, [])]:
        inside = "\n".join(f"- {item}" for item in plans)
        blocks.append(f"<details><summary>What you will do and learn</summary>\n\n{inside}\n\n</details>")
    if folder == "exercises":
        blocks.append('Fill in each cell, run it, then run the check below it. A blank answer is "todo", never wrong.')
        blocks.append(RULE)
    return "\n\n".join(blocks)


def _footer(lesson: Lesson, course: list[Lesson], folder: str) -> str:
    blocks = ["---", _companions(lesson, course, folder), _links(lesson, course, folder)]
    return "\n\n".join(block for block in blocks if block)

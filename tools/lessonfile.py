"""Read one authored lesson (`lessons/*.md`, MyST) and say, with file and line, what is wrong with it."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from jupytext.myst import MystMetadataParsingError, myst_to_notebook
from nbformat import NotebookNode

TAGS = frozenset(
    (
        *("prediction", "instrument", "figure", "recall"),
        *("exercise", "check"),
        *("parameters", "setup", "raises-exception", "solution-offer", "fold"),
    )
)
OPTIONS = frozenset(["tags", "objectives", "name", "alt", "points", "minutes"])
LESSON_KEYS = ("title", "minutes", "needs", "answers", "do", "learn", "objectives")
EXERCISE_KEYS = ("title", "minutes")

_FILE_NAME = re.compile(r"(?P<number>\d\d)_[a-z0-9_]+\.md")
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DIRECTIVE = re.compile(r"^\s*[`~:]{3,}\{(?P<name>[\w-]+)\}")
_ROLE = re.compile(r"(?:^|[\s(])\{(?P<name>[a-z][\w:-]*)\}`[^`]+`")
_TAGS_NOT_A_LIST = re.compile(r"\s*:tags:\s*[^\[\s]")
_BARE_IMAGE = re.compile(r"!\[\s*\]\(")


class Refusal(Exception):
    """The build cannot go on; each line of the message names a file, a line and what to do."""


@dataclass(frozen=True)
class Cell:
    kind: str  # "markdown" or "code"
    source: str
    line: int  # where the source starts in the lesson file, counted from 1
    options: dict = field(default_factory=dict)

    @property
    def tags(self) -> list[str]:
        return self.options.get("tags", [])

    @property
    def name(self) -> str:
        return self.options.get("name", "")

    def has(self, tag: str) -> bool:
        return tag in self.tags


@dataclass(frozen=True)
class Lesson:
    path: Path
    meta: dict  # the `qkv` part of the front matter
    cells: tuple[Cell, ...]

    @property
    def is_exercises(self) -> bool:
        return self.path.stem.endswith("_exercises")

    @property
    def slug(self) -> str:
        """`01_one_token`, for the lesson and for its exercises alike."""
        return self.path.stem.removesuffix("_exercises")

    @property
    def number(self) -> str:
        return self.slug[:2]

    @property
    def title(self) -> str:
        return self.meta["title"]

    def at(self, line: int, text: str) -> str:
        return f"{self.path.parent.name}/{self.path.name}:{line}: {text}"


def lesson_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.md"))


def read_lesson(path: Path) -> Lesson:
    """The lesson in `path`; raises Refusal naming every line that cannot be built."""
    where = f"{path.parent.name}/{path.name}"
    if not _FILE_NAME.fullmatch(path.name):
        raise Refusal(f"{where}:1: a lesson file is named like 04_it_to_dog.md; rename it")
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        if _TAGS_NOT_A_LIST.match(line):
            raise Refusal(f"{where}:{number}: `:tags:` is a list: `:tags: [figure]`")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            notebook = myst_to_notebook(text, add_source_map=True)
    except (MystMetadataParsingError, yaml.YAMLError, UserWarning) as error:
        found = re.search(r"at line (\d+)", str(error))
        raise Refusal(f"{where}:{found[1] if found else 1}: {' '.join(str(error).split())}") from error

    lines = text.splitlines()
    cells = tuple(
        _cell(cell, start, lines) for cell, start in zip(notebook.cells, notebook.metadata["source_map"], strict=True)
    )
    meta = notebook.metadata.get("qkv", {})
    lesson = Lesson(path, meta if isinstance(meta, dict) else {}, cells)
    problems = [*_front_matter_problems(lesson), *_cell_problems(lesson), *_pairing_problems(lesson)]
    if problems:
        raise Refusal("\n".join(problems))
    return lesson


def _cell(cell: NotebookNode, start: int, lines: list[str]) -> Cell:
    """`start` is where prose begins counted from 0, or a code cell's opening fence counted from 1."""
    line = start
    if cell.cell_type == "code":
        if line < len(lines) and lines[line].startswith("---"):
            line += 1
            while line < len(lines) and not lines[line].startswith("---"):
                line += 1
            line += 1
        while line < len(lines) and lines[line].lstrip().startswith(":"):
            line += 1
    while cell.source.strip() and not lines[line].strip():
        line += 1
    return Cell(cell.cell_type, cell.source, line + 1, dict(cell.metadata))


def _front_matter_problems(lesson: Lesson) -> Iterator[str]:
    keys = EXERCISE_KEYS if lesson.is_exercises else LESSON_KEYS
    missing = [key for key in keys if not lesson.meta.get(key)]
    if missing:
        yield lesson.at(1, f"the front matter's `qkv:` part lacks {', '.join(missing)}")
    if not isinstance(lesson.meta.get("minutes", 1), int):
        yield lesson.at(1, "`minutes` is a whole number")
    for key in ("do", "learn"):
        if not isinstance(lesson.meta.get(key, []), list):
            yield lesson.at(1, f"`{key}` is a list, one short sentence each")
    if not isinstance(lesson.meta.get("objectives", {}), dict):
        yield lesson.at(1, "`objectives` maps a slug to one sentence")


def _cell_problems(lesson: Lesson) -> Iterator[str]:
    seen: dict[str, int] = {}
    parameters = 0
    objectives = lesson.meta.get("objectives")
    known = set(objectives) if isinstance(objectives, dict) else set()
    for cell in lesson.cells:
        if cell.kind == "raw":
            yield lesson.at(cell.line, "a raw cell shows nothing; use prose or a code cell")
            continue
        if cell.kind == "markdown":
            yield from _prose_problems(lesson, cell)
        if unknown := sorted(set(cell.options) - OPTIONS):
            yield lesson.at(cell.line, f"unknown cell option {', '.join(unknown)}; known: {', '.join(sorted(OPTIONS))}")
        if unknown := sorted(set(cell.tags) - TAGS):
            yield lesson.at(cell.line, f"unknown tag {', '.join(unknown)}; known: {', '.join(sorted(TAGS))}")
        if cell.name:
            if not _CELL_ID.fullmatch(str(cell.name)):
                yield lesson.at(cell.line, f"`{cell.name}` cannot be a cell id: letters, digits, - and _ only")
            if cell.name in seen:
                yield lesson.at(cell.line, f"the name `{cell.name}` is taken by the cell at line {seen[cell.name]}")
            seen[cell.name] = cell.line
        elif cell.has("exercise") or cell.has("check"):
            yield lesson.at(cell.line, "an exercise or check cell needs a `:name:`")
        if cell.has("figure") and not cell.options.get("alt"):
            yield lesson.at(cell.line, "a figure needs `:alt:`, one sentence that says what it shows")
        parameters += cell.has("parameters")
        if parameters > 1 and cell.has("parameters"):
            yield lesson.at(cell.line, "one cell per lesson carries the tag `parameters`; this is the second")
        touched = cell.options.get("objectives", [])
        if not isinstance(touched, list):
            yield lesson.at(cell.line, "`:objectives:` is a list")
        elif not lesson.is_exercises and (unknown := sorted(set(touched) - known)):
            yield lesson.at(cell.line, f"objective {', '.join(unknown)} is not in this lesson's front matter")
        if cell.kind == "code":
            yield from _code_problems(lesson, cell)


def _prose_problems(lesson: Lesson, cell: Cell) -> Iterator[str]:
    fenced = False
    for offset, text in enumerate(cell.source.splitlines()):
        if match := _DIRECTIVE.match(text):
            yield lesson.at(
                cell.line + offset,
                f"JupyterLab and GitHub cannot draw {{{match['name']}}}; write plain Markdown",
            )
        if text.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        if fenced:
            continue
        if match := _ROLE.search(text):
            yield lesson.at(cell.line + offset, f"JupyterLab and GitHub cannot draw the role {{{match['name']}}}")
        if _BARE_IMAGE.search(text):
            yield lesson.at(cell.line + offset, "an image needs alt text between its square brackets")


def _code_problems(lesson: Lesson, cell: Cell) -> Iterator[str]:
    if not cell.source.strip():
        yield lesson.at(cell.line, "an empty code cell")
        return
    if cell.source.rstrip().endswith(";"):
        yield lesson.at(
            cell.line, "a trailing `;` hides the value from the reader and from the tests; assign it instead"
        )
    if cell.source.lstrip().startswith(("%", "!")):
        return  # a magic is not Python; running it is the test
    try:
        ast.parse(cell.source)
    except SyntaxError as error:
        yield lesson.at(cell.line + (error.lineno or 1) - 1, f"not valid Python: {error.msg}")


def _pairing_problems(lesson: Lesson) -> Iterator[str]:
    """Every exercise is followed by its check; points and minutes stand on the exercise."""
    exercises = [cell for cell in lesson.cells if cell.has("exercise")]
    checks = {cell.name: cell for cell in lesson.cells if cell.has("check")}
    for cell in exercises:
        if not lesson.is_exercises:
            yield lesson.at(cell.line, f"an exercise belongs in {lesson.slug}_exercises.md")
        for key in ("points", "minutes"):
            if not isinstance(cell.options.get(key), int):
                yield lesson.at(cell.line, f"an exercise says how many {key} it takes: `:{key}: 2`")
        check = checks.pop(f"{cell.name}-check", None)
        if check is None:
            yield lesson.at(cell.line, f"no check cell named `{cell.name}-check` (tag it `check`)")
        elif check.line < cell.line:
            yield lesson.at(check.line, f"the check stands before its exercise `{cell.name}`")
    if lesson.is_exercises:
        for name, cell in checks.items():
            yield lesson.at(cell.line, f"the check `{name}` belongs to no exercise")

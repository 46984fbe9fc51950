"""How long a first reading of each lesson takes, by the rates below, beside what its header promises.

    python -m tools.minutes                 every lesson

Words are those of the prose and of the predictions, answers and reading list included. Minutes end where "Going
further" or "Further reading" begins, and count the cards that the lesson turns in one day.
"""

import ast
import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tools.lessonfile import Cell, Lesson, lesson_files, read_lesson

WORDS_A_MINUTE = 180  # technical prose
SECONDS = {"prediction": 50, "instrument": 90, "recall": 60, "fold": 24}  # what a cell of this tag takes, words aside
OUTPUT_SECONDS = 16  # to look at what any other cell shows
CARD_SECONDS = 18
WHY_READ = 15  # words of the one `why` that a wrong guess shows
MOST_MINUTES, MOST_WORDS = 25, 2000
_AFTERWARDS = re.compile(r"^## (Going further|Further reading)", re.MULTILINE)


def words(lesson: Lesson) -> int:
    """All words of a lesson that a reader may come to read, predictions with every answer included."""
    return sum(map(_count, [_prose(lesson.cells), *_predicted(lesson.cells)]))


def minutes(lesson: Lesson, cards: int) -> float:
    """Minutes of a first reading, with `cards` recall cards turned at the end."""
    cells = _for_today(lesson.cells)
    asked = sum(cell.has("prediction") for cell in cells)
    read = sum(map(_count, [_prose(cells), *_predicted(cells, without="why")])) + WHY_READ * asked
    seconds = CARD_SECONDS * cards
    for cell in cells:
        deck = cell.has("recall") and ".before(" not in cell.source  # its cards are counted by themselves
        if cell.kind == "code" and not (deck or cell.has("setup") or cell.has("parameters")):
            seconds += next((SECONDS[tag] for tag in SECONDS if cell.has(tag)), OUTPUT_SECONDS)
    return read / WORDS_A_MINUTE + seconds / 60


def cards_of(lesson: Lesson, folder: Path) -> int:
    """How many recall cards a lesson turns: its deck, or the `most` it asks for."""
    deck = len(tomllib.loads((folder / f"{lesson.number}.toml").read_text(encoding="utf-8"))["card"])
    most = (re.search(r"\bmost=(\d+)", cell.source) for cell in lesson.cells if cell.has("recall"))
    return min([deck, *(int(found[1]) for found in most if found)])


def _for_today(cells: Sequence[Cell]) -> list[Cell]:
    """The cells before what is there for another day."""
    kept: list[Cell] = []
    for cell in cells:
        later = _AFTERWARDS.search(cell.source) if cell.kind != "code" else None
        if later:
            return [*kept, replace(cell, source=cell.source[: later.start()])]
        kept.append(cell)
    return kept


def _count(text: str) -> int:
    """How many words: what stands between spaces and has a letter or a digit in it, so no bullet and no rule."""
    return sum(any(map(str.isalnum, part)) for part in text.split())


def _prose(cells: Sequence[Cell]) -> str:
    text = "\n".join(cell.source for cell in cells if cell.kind != "code")
    return re.sub(r"\]\([^)]*\)", "]", re.sub(r"<[^>]+>", " ", text))


def _predicted(cells: Sequence[Cell], without: str = "") -> list[str]:
    return [text for cell in cells if cell.kind == "code" and cell.has("prediction") for text in _texts(cell, without)]


def _texts(cell: Cell, without: str) -> list[str]:
    """The strings of a `Predict(...)` but its name and the keyword `without`."""
    call = ast.parse(cell.source).body[0]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    shown = [*call.value.args[1:]]
    shown += [k.value for k in call.value.keywords if k.arg not in (without, "show_in", "show_state")]
    return [
        node.value
        for part in shown
        for node in ast.walk(part)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def main() -> None:
    """Print a line a lesson."""
    for path in lesson_files(Path.cwd() / "lessons"):
        lesson = read_lesson(path)
        if not lesson.is_exercises:
            took = minutes(lesson, cards_of(lesson, Path.cwd() / "qkvlib" / "data" / "cards"))
            print(f"{path.name:24} {words(lesson):5} words, {took:5.1f} minutes, header {lesson.meta['minutes']}")


if __name__ == "__main__":
    main()

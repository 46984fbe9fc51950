"""How long a first reading of each lesson takes, by the rates below, beside what its header promises.

    python -m tools.minutes                 every lesson

Words are those of the prose and of the predictions, answers and reading list included. Minutes leave the reading list
out.
"""

import ast
import re
import tomllib
from pathlib import Path

from tools.lessonfile import Cell, Lesson, lesson_files, read_lesson

WORDS_A_MINUTE = 180  # technical prose
SECONDS = {"prediction": 50, "instrument": 90, "recall": 60, "fold": 24}  # what a cell of this tag takes, words aside
OUTPUT_SECONDS = 16  # to look at what any other cell shows
CARD_SECONDS = 18
WHY_READ = 15  # words of the one `why` that a wrong guess shows
MOST_MINUTES, MOST_WORDS = 25, 2000


def words(lesson: Lesson) -> int:
    """All words of a lesson that a reader may come to read, predictions with every answer included."""
    return len(_prose(lesson).split()) + sum(
        len(text.split()) for cell in _predictions(lesson) for text in _texts(cell)
    )


def minutes(lesson: Lesson, cards: int) -> float:
    """Minutes of a first reading, with `cards` recall cards turned at the end."""
    read = len(_prose(lesson).split("## Further reading")[0].split())
    for cell in _predictions(lesson):
        read += sum(len(text.split()) for text in _texts(cell, without="why")) + WHY_READ
    seconds = CARD_SECONDS * cards
    for cell in lesson.cells:
        if cell.kind != "code" or cell.has("setup") or cell.has("parameters"):
            continue
        own = next((SECONDS[tag] for tag in SECONDS if cell.has(tag)), OUTPUT_SECONDS)
        seconds += 0 if cell.has("recall") and ".before(" not in cell.source else own
    return read / WORDS_A_MINUTE + seconds / 60


def cards_of(lesson: Lesson, folder: Path) -> int:
    """How many recall cards a lesson has."""
    return len(tomllib.loads((folder / f"{lesson.number}.toml").read_text(encoding="utf-8"))["card"])


def _prose(lesson: Lesson) -> str:
    text = "\n".join(cell.source for cell in lesson.cells if cell.kind != "code")
    return re.sub(r"\]\([^)]*\)", "]", re.sub(r"<[^>]+>", " ", text))


def _predictions(lesson: Lesson) -> list[Cell]:
    return [cell for cell in lesson.cells if cell.kind == "code" and cell.has("prediction")]


def _texts(cell: Cell, without: str = "") -> list[str]:
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

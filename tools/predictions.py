"""Predictions, taken out of their cells: a built notebook asks, and only the library knows the answer.

Wherever a notebook is shown with its sources (a code host, VS Code, nbconvert), a cell that holds an answer would show
it above its question. So the lesson keeps the whole `Predict(...)`, and the build leaves its name in the cell and puts
the words into `qkvlib/data/predictions/`, where `Predict` finds them. A computed answer stays: it is not its value.
"""

import ast
import json
from pathlib import Path

from tools.lessonfile import Cell, Lesson, Refusal

FOLDER = Path("qkvlib", "data", "predictions")
_POSITIONAL = ("name", "question", "choices")
_COMPUTED = "answer"  # the one argument that may be an expression of the lesson's own numbers


def target(lesson: Lesson) -> Path:
    """Where the words of a lesson file's predictions are kept, relative to the repository."""
    return FOLDER / f"{lesson.path.stem}.json"


def words(lesson: Lesson) -> dict[str, dict]:
    """{name: arguments of `Predict`} of every prediction in a lesson file, in its order."""
    found: dict[str, dict] = {}
    for cell in lesson.cells:
        if cell.has("prediction"):
            name, given, _ = _read(lesson, cell)
            if name in found:
                raise Refusal(lesson.at(cell.line, f"the prediction `{name}` stands in this file already"))
            found[name] = given
    return found


def as_text(found: dict[str, dict]) -> str:
    """The file that holds them."""
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def asking(lesson: Lesson, cell: Cell) -> str:
    """The source that is left in the built cell: `Predict("l1-shape-q")`."""
    name, _, computed = _read(lesson, cell)
    return f'Predict("{name}"{computed})'


def _read(lesson: Lesson, cell: Cell) -> tuple[str, dict, str]:
    """(name, what can be written down, the computed answer as source) of a cell that is one `Predict(...)`."""
    try:
        call = ast.parse(cell.source, mode="eval").body
    except SyntaxError:
        call = None
    if not (isinstance(call, ast.Call) and ast.unparse(call.func) == "Predict" and call.args):
        raise Refusal(lesson.at(cell.line, 'a prediction cell is one `Predict("name", ...)` and nothing else'))
    arguments = dict(zip(_POSITIONAL, call.args, strict=False))
    arguments |= {word.arg: word.value for word in call.keywords if word.arg}
    name = ast.literal_eval(arguments.pop("name"))
    given, computed = {}, ""
    for word, node in arguments.items():
        if any(isinstance(part, ast.Name) for part in ast.walk(node)):
            if word != _COMPUTED:
                line = cell.line + node.lineno - 1
                raise Refusal(
                    lesson.at(line, f"`{word}=` of a prediction is plain text or numbers; only answer= is computed")
                )
            computed = f", answer={ast.get_source_segment(cell.source, node)}"
        else:
            given[word] = eval(compile(ast.Expression(node), "prediction", "eval"), {"__builtins__": {}})
    return name, given, computed

"""How much of the lessons' visible code is the idea, and how much only formats or plots what was computed.

    python -m tools.visible_code            every lesson and the sum

Visible are the code cells whose source a reader sees (not `prediction`, not `fold`). A statement formats when all it
does is print, lay out or put text together; it plots when all it does is draw. A loop or a function that does nothing
else counts as a whole. Blank lines and comments do not count.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

from tools.lessonfile import Lesson, lesson_files, read_lesson

HIDDEN = ("prediction", "fold")
_SHOWS = {"print", "display", "table", "matrices", "shapes"}
_DRAWS = {"plt", "ax", "axes", "fig", "figures"}


@dataclass(frozen=True)
class Count:
    """Lines of visible code: all of them, those that only format, those that only plot."""

    lines: int
    formats: int
    plots: int


def count(lesson: Lesson) -> Count:
    """The visible code of one lesson file."""
    lines = formats = plots = 0
    for cell in lesson.cells:
        if cell.kind != "code" or any(map(cell.has, HIDDEN)):
            continue
        text = cell.source.splitlines()
        code = {n for n, line in enumerate(text, 1) if line.strip() and not line.lstrip().startswith("#")}
        kinds = _kinds(ast.parse(cell.source).body)
        lines += len(code)
        formats += sum(kinds.get(n) == "formats" for n in code)
        plots += sum(kinds.get(n) == "plots" for n in code)
    return Count(lines, formats, plots)


def _kinds(statements: list[ast.stmt]) -> dict[int, str]:
    """{line: "formats" or "plots"} of the statements that do nothing else."""
    found: dict[int, str] = {}
    for statement in statements:
        if kind := _kind(statement):
            found |= dict.fromkeys(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1), kind)
        else:
            found |= _kinds([inner for inner in ast.iter_child_nodes(statement) if isinstance(inner, ast.stmt)])
    return found


def _kind(statement: ast.stmt) -> str:
    """What a statement does and nothing else: "formats", "plots", or "" for work of its own."""
    match statement:
        case ast.Import() | ast.ImportFrom():
            return "plots" if "matplotlib" in ast.unparse(statement) else ""
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))) if name in _SHOWS:
            return "formats"
        case ast.Expr(value=ast.Call()) if ast.unparse(statement).startswith("np.set_printoptions("):
            return "formats"
        case ast.Expr(value=ast.Call() as call) | ast.Assign(value=ast.Call() as call) if _root(call) in _DRAWS:
            return "plots"
        case ast.Assign(value=value) | ast.Return(value=value) if value is not None and _is_text(value):
            return "formats"
        case ast.For(body=body, orelse=rest) | ast.If(body=body, orelse=rest):
            kinds = {_kind(inner) for inner in [*body, *rest]}
        case ast.FunctionDef(body=[ast.Expr(value=ast.Constant()), *body]) | ast.FunctionDef(body=body):
            kinds = {_kind(inner) for inner in body}
        case _:
            return ""
    return "" if "" in kinds else "plots" if "plots" in kinds else "formats"


def _is_text(value: ast.expr) -> bool:
    match value:
        case ast.JoinedStr() | ast.Constant(value=str()):
            return True
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            return _is_text(one) or _is_text(other)
        case ast.Call(func=ast.Attribute(value=text)):
            return _is_text(text)
        case ast.Tuple(elts=parts):
            return all(map(_is_text, parts))
    return False


def _root(node: ast.expr) -> str:
    """The name an expression begins with: `axes` of `axes[0].set(...)`."""
    while not isinstance(node, ast.Name):
        match node:
            case ast.Call(func=inner) | ast.Attribute(value=inner) | ast.Subscript(value=inner):
                node = inner
            case _:
                return ""
    return node.id


def course_counts(folder: Path) -> dict[str, Count]:
    """{file: count} of every lesson in a folder; exercises are not lessons."""
    lessons = (read_lesson(path) for path in lesson_files(folder) if not path.stem.endswith("_exercises"))
    return {lesson.path.name: count(lesson) for lesson in lessons}


def total(counts: dict[str, Count]) -> Count:
    """The sum over a course."""
    every = list(counts.values())
    return Count(*(sum(getattr(one, part) for one in every) for part in ("lines", "formats", "plots")))


def main() -> None:
    """Print a line a lesson, and the sum."""
    counts = course_counts(Path.cwd() / "lessons")
    for name, one in {**counts, "all lessons": total(counts)}.items():
        print(f"{name:28} {one.lines:5} lines, {one.formats:4} format, {one.plots:4} plot")


if __name__ == "__main__":
    main()

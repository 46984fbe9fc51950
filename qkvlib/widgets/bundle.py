"""What of a widget's source is sent to the browser: JavaScript files joined in the order of their imports, and CSS.

Browsers get a widget's code as one string, so it cannot import a neighbour: joining the files is the whole build.
Every notebook with the widget carries the result, so comments and indentation stay here.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import\s[^;]*?from\s"(\.[\w./]+\.js)";\n', re.M)


@cache
def module(*entries: str) -> str:
    """The ES module of the last entry: every file that an entry imports before it, each once. Paths are from here.

    Only the last entry keeps its exports. What exports something shares one scope, so its top-level names must differ;
    a file that exports nothing, such as a view, has a scope of its own.
    """
    order = _order(entries)
    last = (HERE / entries[-1]).resolve()
    parts = []
    for path in order:
        source = _IMPORT.sub("", path.read_text(encoding="utf-8"))
        alone = path != last and not re.search(r"^export ", source, flags=re.M)
        slimmed = slim(source if path == last else re.sub(r"^export (?=\w)", "", source, flags=re.M))
        parts.append(f"{{{slimmed}}}\n" if alone else slimmed)
    return "".join(parts)


def paths(*entries: str) -> list[Path]:
    """The files that `module` joins, in their order."""
    return list(_order(entries))


def files(*entries: str) -> list[str]:
    """The names of the files that `module` joins, in their order."""
    return [path.name for path in _order(entries)]


def script(name: str, *entries: str) -> str:
    """The same for a page's own script: what the last entry exports by default is called `name`."""
    return module(*entries).replace("export default", f"const {name} =")


@cache
def styles(*names: str) -> str:
    """The style sheets of those names, slimmed and joined."""
    return "".join(slim_style((HERE / name).read_text(encoding="utf-8")) for name in names)


def _order(entries: tuple[str, ...]) -> dict[Path, None]:
    order: dict[Path, None] = {}
    for entry in entries:
        _visit((HERE / entry).resolve(), order)
    return order


def _visit(path: Path, order: dict[Path, None]) -> None:
    if path in order:
        return
    for found in _IMPORT.finditer(path.read_text(encoding="utf-8")):
        _visit((path.parent / found[1]).resolve(), order)
    order[path] = None


_KEPT = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|//[^\n]*|/\*.*?\*/|`""", re.S)
_START = re.compile(r"[\"'`/]")
_REGEX = re.compile(r"/(?![/*])(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n\[])+/[a-z]*")
_BEFORE_REGEX = re.compile(r"(?:^|[(,=:\[!&|?{};+>]|\breturn)\s*$")


def slim(source: str) -> str:
    """JavaScript without comments, indentation, and spaces beside punctuation. Strings stay as they are."""
    parts, at, code = [], 0, ""  # code and literals in turn
    for start in _START.finditer(source):
        if start.start() < at:  # inside the literal before
            continue
        code += source[at : start.start()]
        at = start.start()
        literal = _literal(source, at, code)
        at += len(literal)
        if literal and not literal.startswith(("//", "/*")):
            parts += [code, literal]
            code = ""
    parts.append(code + source[at:])
    literals = iter(parts[1::2])
    joined = _tight(_LITERAL.join(parts[::2]))
    return re.sub(_LITERAL, lambda _: next(literals), joined).strip() + "\n"


def slim_style(source: str) -> str:
    """CSS without comments, indentation, and spaces that part nothing."""
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.S)
    return re.sub(r"\s*([{};,>]|(?<=[a-z]):(?= ))\s*", r"\1", source).replace(";}", "}").strip() + "\n"


def _literal(source: str, at: int, code: str) -> str:
    """The string, template, regular expression or comment that starts here, or ""."""
    if source[at] not in "\"'`/":
        return ""
    found = _KEPT.match(source, at)
    if found and found[0] == "`":
        return source[at : _end_of_template(source, at)]
    if found:
        return found[0]
    pattern = _REGEX.match(source, at)
    return pattern[0] if pattern and _BEFORE_REGEX.search(code[-40:]) else ""


def _end_of_template(source: str, at: int) -> int:
    """Just behind the ` that ends the template literal at `at`; what stands in ${} may hold others."""
    at += 1
    while source[at] != "`":
        if source[at] == "\\":
            at += 1
        elif source.startswith("${", at):
            depth, at = 1, at + 2
            while depth:
                if source[at] == "`":
                    at = _end_of_template(source, at) - 1
                elif found := (source[at] in "\"'" and _KEPT.match(source, at)):
                    at = found.end() - 1
                depth += {"{": 1, "}": -1}.get(source[at], 0)
                at += 1
            continue
        at += 1
    return at + 1


_LITERAL = "\0"  # stands for a literal while the code around it is made tight
_BETWEEN = re.compile(rf"(?<=[\w)\]{_LITERAL}]) ?([-+*/%]) (?=[\w(\[{_LITERAL}])")
_NEW_LINE = re.compile(r"(?<=[^\w+-])\n(?=[^+-])|\n(?=[^\w+-])")  # eslint: no line without its semicolon
_TWO_CONSTANTS = re.compile(r"(?:^|(?<=[;{}\n]))(const\b[^;{}]*);const(?=[\s\[{])\s?")
_ONE_PARAMETER = re.compile(r"(?<![\w$)\]])\((\w+)\)=>")


def _tight(code: str) -> str:
    """Code without the spaces and words it can do without."""
    code = re.sub(r"[ \t]*\n\s*", "\n", code)
    code = re.sub(r"[ \t]+", " ", code)
    code = re.sub(r" ?([{}()\[\],;:=<>*?&|!]) ?", r"\1", code)
    code = _BETWEEN.sub(r"\1", code)
    code = re.sub(rf" ?{_LITERAL}", _LITERAL, code)
    code = _NEW_LINE.sub("", _ONE_PARAMETER.sub(r"\1=>", code))
    while code != (code := _TWO_CONSTANTS.sub(r"\1,", code)):
        pass
    return code.replace(";}", "}")  # eslint: no statement is empty

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

    Only the last entry keeps its exports; the top-level names of all files share one scope, so they must differ.
    """
    order: dict[Path, None] = {}
    for entry in entries:
        _visit((HERE / entry).resolve(), order)
    last = (HERE / entries[-1]).resolve()
    parts = []
    for path in order:
        source = slim(_IMPORT.sub("", path.read_text(encoding="utf-8")))
        parts.append(source if path == last else re.sub(r"^export (?=\w)", "", source, flags=re.M))
    return "".join(parts)


def script(name: str, *entries: str) -> str:
    """The same for a page's own script: what the last entry exports by default is called `name`."""
    return module(*entries).replace("export default", f"const {name} =")


@cache
def styles(*names: str) -> str:
    """The style sheets of those names, slimmed and joined."""
    return "".join(slim((HERE / name).read_text(encoding="utf-8")) for name in names)


def _visit(path: Path, order: dict[Path, None]) -> None:
    if path in order:
        return
    for found in _IMPORT.finditer(path.read_text(encoding="utf-8")):
        _visit((path.parent / found[1]).resolve(), order)
    order[path] = None


def slim(source: str) -> str:
    """JavaScript or CSS without the lines of comment and the indentation."""
    source = re.sub(r"^\s*/\*.*?\*/\n", "", source, flags=re.M | re.S)
    source = re.sub(r"^\s*//.*\n", "", source, flags=re.M)
    return re.sub(r"^[ \t]+|\n(?=\n)", "", source, flags=re.M)

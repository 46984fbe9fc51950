"""Which version of the course a grade comes from, told from the source files themselves."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

from qkvlib.grading.inside.contents import FILES

_LIBRARY = Path(__file__).resolve().parent.parent
# Where the way to a verdict starts; what these import, directly or through others, is followed from their text.
_JUDGES = ("check/judge.py", "check/registry.py")
_EXERCISES = "check/exercises"


@cache
def checks() -> str:
    """Changes whenever a file changes that decides how any answer is judged or run; `check_of` tells one exercise's.

    How answers are found is told apart: by `secret.RULES`.
    """
    return _digest(_with_imports({_LIBRARY / name for name in (*_JUDGES, *FILES)}))


@cache
def check_of(exercise: str) -> str:
    """Changes whenever the check of this exercise changes, or what it imports."""
    return _digest(_with_imports(set((_LIBRARY / _EXERCISES).glob(f"*/{exercise}.py"))))


@cache
def library() -> str:
    """Changes whenever any Python file of the library changes."""
    return _digest(set(_LIBRARY.rglob("*.py")))


def _with_imports(files: set[Path]) -> set[Path]:
    """`files` and every file of the library that they import."""
    found, waiting = set(), list(files)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += imported(path)
    return found


def imported(path: Path) -> set[Path]:
    """The library's files that the file at `path` imports itself, for types alone or not."""
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] == "qkvlib":
                place = _LIBRARY.joinpath(*name.split(".")[1:])
                found |= {p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file()}
    return found


def _digest(files: set[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(_LIBRARY).as_posix().encode() + b"\0")
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:16]

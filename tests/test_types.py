"""Everything is typed: mypy agrees, and every public function says what it takes and gives."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
Function = ast.FunctionDef | ast.AsyncFunctionDef


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def public_functions(body: list[ast.stmt]) -> Iterator[Function]:
    for node in body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body)


def is_annotated(function: Function) -> bool:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    given = [argument for argument in every if argument is not None and argument.arg not in ("self", "cls")]
    return function.returns is not None and all(argument.annotation is not None for argument in given)


def unannotated(source: str) -> list[str]:
    return [function.name for function in public_functions(ast.parse(source).body) if not is_annotated(function)]


def test_what_counts_as_annotated():
    assert unannotated(
        "def f(x): ...\ndef _g(x): ...\nclass A:\n    def h(self) -> None: ...\n    def i(self, x: int): ..."
    ) == [
        "f",
        "i",
    ]


def test_every_public_function_is_annotated():
    lacking = {}
    for path in sorted([*ROOT.glob("qkvlib/**/*.py"), *ROOT.glob("tools/*.py")]):
        if names := unannotated(path.read_text(encoding="utf-8")):
            lacking[module_of(path)] = names
    assert lacking == {}


@pytest.mark.slow
def test_mypy_agrees(tmp_path):
    checked = subprocess.run(
        [shutil.which("mypy", path=Path(sys.executable).parent), "--cache-dir", tmp_path, "--no-error-summary"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr

"""The shape of the house: small files, no circles, imports that go down, a math that needs numpy alone."""

import ast
import graphlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

from tools.new import MARK

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 400
CODE = (".py", ".js", ".mjs", ".css", ".toml", ".html")

# What may run where only numpy is: also inside the browser and the sandbox. `check` draws on it. In
# `clinic` that holds for the sheets too: they are drawn on a `Sheet` that they are handed, and name its type only.
NUMPY_ALONE = ("atomic", "attention", "clinic", "colour", "examples", "grammar", "rotary", "shapes")

_OF_A_MACHINE = re.compile(r"(?<![\w.<>-])/(?:root|work|home/(?!jovyan)[a-z]\w*|Users/\w+)/")


def tracked():
    """Every file git would commit, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if listed.returncode:
        pytest.skip("not a clone")
    return [Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("qkvlib", "tools", "benchmarks", exclude_type_checking_imports=True, cache_dir=None)


def test_no_file_is_over_400_lines():
    lines = {}
    for path in tracked():
        if path.suffix in CODE and path.parts[0] in ("qkvlib", "tools", "benchmarks", "tests"):
            lines[path.as_posix()] = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    data = "qkvlib/data/"
    long = {name for name, length in lines.items() if length > MAX_LINES and not name.startswith(data)}
    assert not long, f"split these: {sorted(long)}"


def test_nothing_imports_itself_by_a_detour(graph):
    graphlib.TopologicalSorter({m: graph.find_modules_directly_imported_by(m) for m in graph.modules}).prepare()


def test_every_room_has_its_layer(graph):
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract["name"] == "imports go down")
    placed = {name.strip() for layer in layers for name in layer.split("|")}
    rooms = graph.find_children("qkvlib") - {"qkvlib.course"} | graph.find_children("qkvlib.course")
    assert placed == rooms


@pytest.mark.parametrize("name", NUMPY_ALONE)
def test_the_math_imports_numpy_alone(name):
    room = ROOT / "qkvlib" / name
    files = sorted(room.rglob("*.py")) or [room.with_suffix(".py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    allowed = {"numpy", "__future__", *sys.stdlib_module_names}
    run = [n for tree in trees for n in tree.body if getattr(getattr(n, "test", None), "id", "") != "TYPE_CHECKING"]
    for node in ast.walk(ast.Module(run, [])):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, ast.unparse(node)
            names = [f"{node.module}.{a.name}" for a in node.names] if node.module == "qkvlib" else [node.module]
        for imported in names:
            top, _, inner = imported.partition(".")
            assert inner.partition(".")[0] in NUMPY_ALONE if top == "qkvlib" else top in allowed, imported


def test_nothing_begun_with_qkv_new_was_left_half_filled():
    begun = ("lessons", "qkvlib", "tests/exercises")
    paths = [path for path in tracked() if path.as_posix().startswith(begun) and path.suffix in (".md", ".py", ".toml")]
    assert [path for path in paths if MARK in (ROOT / path).read_text(encoding="utf-8")] == []


def test_no_file_names_a_folder_of_one_machine():
    found = []
    for path in tracked():
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path}: {match[0]}" for match in _OF_A_MACHINE.finditer(text)]
    assert found == []

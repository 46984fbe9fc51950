"""CONTRIBUTING.md names only what is there: every path, every command, every room on its map."""

import re
from pathlib import Path

import typer.main

from qkvlib.cli import app

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
WORDS = [
    word
    for span in re.findall(r"`([^`\n]+)`", re.sub(r"^````.*?^````", "", TEXT, flags=re.M | re.S))
    for word in span.split()
]


def test_every_path_is_there():
    """A word with a slash is a path from the root, unless it stands for several (NN, NAME, <module>)."""
    of_several = re.compile(r"NN|NAME|[<>…*]")
    paths = [
        word for word in WORDS if "/" in word and not of_several.search(word) and not word.startswith((".venv", "1/"))
    ]
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_command_is_there():
    known = typer.main.get_command(app)
    for name in set(re.findall(r"\bqkv ([a-z]+)\b", TEXT)):
        assert name in known.commands, name


def test_every_benchmark_is_listed_and_no_other():
    listed = set(re.findall(r"^\| `(\w+)` \|", TEXT, flags=re.MULTILINE))
    assert listed == {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - {
        "__init__",
        "report",
        "widgets_strokes",
    }


def test_every_room_of_the_library_is_on_the_map():
    map_of_it = TEXT[TEXT.index("## Where things are") : TEXT.index("## Run one thing")]
    rooms = {path.parent.name for path in (ROOT / "qkvlib").glob("*/__init__.py")}
    assert [room for room in sorted(rooms) if f"`qkvlib/{room}/`" not in map_of_it] == []

"""The JavaScript, of widgets and pages: tsc finds no fault with its types (JSDoc), eslint none with the rest."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import required

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "node_modules" / ".bin"


@pytest.fixture(scope="module")
def checker():
    """Runs one of the checkers; what it prints."""
    required("the checkers of the JavaScript (make .venv/dev.json)", (TOOLS / "tsc").exists())
    node = Path(sys.executable).with_name("node")

    def run(name, *arguments):
        line = [node if node.exists() else "node", (TOOLS / name).resolve(), *arguments]
        done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=250)
        assert done.returncode in (0, 1, 2), done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


@pytest.mark.slow
def test_the_types_are_right(checker):
    printed = checker("tsc", "--project", "jsconfig.json", "--pretty", "false")
    assert printed.strip() == ""


@pytest.mark.slow
def test_the_linter_agrees(checker):
    printed = checker("eslint", "--format", "json", "qkvlib", "tools/lite/page")
    found = {
        Path(entry["filePath"]).relative_to(ROOT).as_posix(): [m["message"] for m in entry["messages"]]
        for entry in json.loads(printed)
        if entry["messages"]
    }
    assert found == {}

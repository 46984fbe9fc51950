"""The teacher's guide: the notebook shows what really happens, and the page names files and commands that exist."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from typer.testing import CliRunner

from qkvlib.cli import app

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.sandbox
def test_the_notebook_shows_what_happens(bubblewrap):
    stored = nbformat.read(DOCS / "teaching.ipynb", as_version=4)
    run = nbformat.read(DOCS / "teaching.ipynb", as_version=4)
    client = NotebookClient(run, timeout=200, kernel_name="python3", resources={"metadata": {"path": str(DOCS)}})
    client.execute()
    said = {c.id: [o.get("text", o) for o in c.outputs] for c in run.cells if c.cell_type == "code"}
    assert said == {c.id: [o.get("text", o) for o in c.outputs] for c in stored.cells if c.cell_type == "code"}
    assert sum(map(len, said.values())) >= 5


def test_the_guide_names_what_exists():
    text = (DOCS / "teaching.md").read_text(encoding="utf-8")
    for command in ("assign", "grade"):
        shown = re.sub(r"\x1b\[[0-9;]*m", "", CliRunner().invoke(app, [command, "--help"], terminal_width=200).output)
        for option in re.findall(rf"qkv {command} [^\n`]*", text):
            for flag in re.findall(r"--[\w-]+", option):
                assert flag in shown, (command, flag)
    for path in re.findall(r"`(tests/[\w./]+|qkvlib/[\w./]+)`", text):
        assert (DOCS.parent / path).exists(), path

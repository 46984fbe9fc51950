"""“it → dog” re-runs on another sentence, and refuses one that its models do not know."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "04_it_to_dog.ipynb"


def papermill(sentence, out):
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", "-p", "sentence", sentence]
    environment = {**os.environ, "QKV_HOME": str(out.parent / "home")}
    return subprocess.run(
        [*command, str(NOTEBOOK), str(out)], env=environment, capture_output=True, text=True, timeout=240
    )


def printed(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    outputs = [o for cell in cells if cell["cell_type"] == "code" for o in cell["outputs"]]
    return "\n".join("".join(o.get("data", {}).get("text/plain", "")) for o in outputs)


@pytest.mark.slow
def test_papermill_runs_it_on_another_sentence(tmp_path):
    sentence = "the big wheel hit the goat because it was lonely"
    done = papermill(sentence, tmp_path / "lesson.ipynb")
    assert done.returncode == 0, done.stderr[-2000:]
    row = next(line for line in printed(tmp_path / "lesson.ipynb").splitlines() if line.startswith(sentence))
    assert row.removeprefix(sentence).split()[0] == "goat"


@pytest.mark.slow
def test_a_sentence_it_does_not_know_stops_it_with_the_reason(tmp_path):
    done = papermill("the zebra waited because it was tired", tmp_path / "lesson.ipynb")
    assert done.returncode != 0
    assert "does not know the word 'zebra'" in done.stderr

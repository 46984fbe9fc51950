"""Lessons 0 and 1 re-run on other numbers: every output follows, none is typed in. (Lesson 2: test_papermill.py.)"""

import nbformat
import numpy as np
import papermill
import pytest

from qkvlib import examples
from qkvlib.figures import vector_text

pytestmark = pytest.mark.slow
MATRICES = (examples.W_Q, examples.W_K, examples.W_V)


@pytest.fixture
def rerun(root, tmp_path, monkeypatch):
    """`rerun("02_two_tokens", X=...)` -> the text that each cell printed, by cell id."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))

    def run(slug, **parameters):
        target = tmp_path / "out.ipynb"
        source = root / "notebooks" / f"{slug}.ipynb"
        papermill.execute_notebook(str(source), str(target), parameters, cwd=tmp_path, progress_bar=False)
        notebook = nbformat.read(target, as_version=4)
        return {cell.id: "".join(map(_text, cell.get("outputs", []))) for cell in notebook.cells}

    return run


def _text(output):
    """What a cell printed, and the text twin of its result; a figure has none worth reading."""
    if output.output_type == "stream":
        return output.text
    text = output.get("data", {}).get("text/plain", "")
    return "" if text.startswith("<Figure") else f"{text}\n"


def test_lesson_0_looks_round_in_another_sentence(rerun):
    said = rerun("00_start_here", sentence="The dog chased the ball.", reader="chased")
    assert said["exam-hall"].startswith("Instrument(exam_hall: reader=2)\n  weights [5, 5] = [[1, 0, 0, 0, 0], ")


def test_lesson_1_projects_another_token(rerun):
    x = [1, 2, 1, 0]
    said = rerun("01_one_token", x=x)
    for name, W in zip("qkv", MATRICES, strict=True):
        steps = said["by-hand"].split(f"{name} so far")[1].splitlines()
        assert steps[len(x)].endswith(vector_text(np.array(x) @ W))

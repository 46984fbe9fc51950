"""A lesson re-runs on other numbers: papermill replaces the `parameters` cell and the outputs follow."""

import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest

from qkvlib import attention, examples
from tools.build import read_course

X = [[3.0, 1.0, 0.0, 2.0], [1.0, 0.0, 2.0, 1.0]]  # the first token is not the lesson's


def printed(notebook, cell_id):
    """What a cell printed, and the text twin of the table it ends in."""
    outputs = next(cell for cell in notebook.cells if cell.id == cell_id).outputs
    return "".join(
        output.text if output.output_type == "stream" else output.data["text/plain"]
        for output in outputs
        if output.output_type in ("stream", "execute_result")
    )


@pytest.mark.slow
def test_the_outputs_follow_the_parameters(root, tmp_path):
    lesson, out = root / "notebooks" / "02_two_tokens.ipynb", tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", str(lesson), str(out), "--no-progress-bar", "-y", f"X: {X}"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert said.returncode == 0, said.stderr
    before, after = (nbformat.read(path, as_version=4) for path in (lesson, out))

    assert not np.array_equal(X, examples.X)
    Q, K, _ = attention.project_qkv(np.array(X), examples.W_Q, examples.W_K, examples.W_V)
    weights = attention.softmax(attention.scores(Q, K))[1]
    scores = Q[1] @ K.T
    sums = [line.split()[-1] for line in printed(after, "two-scores").splitlines()[1:]]
    assert sums == [f"{score:g}" for score in scores]
    told = [re.search(r"(0\.\d{3}) +\[", line)[1] for line in printed(after, "blend").splitlines()[1:3]]
    assert told == [f"{weight:.3f}" for weight in weights]
    for cell in ("two-scores", "blend"):
        assert printed(after, cell) != printed(before, cell)


def test_every_lesson_with_numbers_of_its_own_has_one_parameters_cell(root):
    for lesson in read_course(root):
        if not lesson.is_exercises and 0 <= int(lesson.number) <= 8:
            assert sum(cell.has("parameters") for cell in lesson.cells) == 1, lesson.path.name

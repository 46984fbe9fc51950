"""A small assignment and submissions to it: what attacks and tests of grading are run on."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SECRET = b"a secret for tests only"

IMPORTS = """
import numpy as np
from qkvlib import check
"""
PARAMETERS = "x = np.array([1, 2, 1, 0])"
ANSWERS = {
    "scores": """
def scores(Q, K):
    \"\"\"Scaled scores of every query with every key.\"\"\"
    return Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
""",
    "softmax": """
def softmax(z, axis=-1):
    \"\"\"Softmax along one axis.\"\"\"
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
""",
    "blend": """
def blend(weights, V):
    \"\"\"Weighted average of the values.\"\"\"
    return weights @ V
""",
    "attention": """
def attention(Q, K, V):
    \"\"\"Out and weights.\"\"\"
    weights = softmax(scores(Q, K))
    return blend(weights, V), weights
""",
}
STUBS = {name: text[: text.rindex('"""') + 3] + "\n    raise NotImplementedError\n" for name, text in ANSWERS.items()}
POINTS = {"scores": 2, "softmax": 2, "blend": 1, "attention": 3}


def code(source: str, name: str = "", **metadata: Any) -> dict:
    """A code cell."""
    cell = {"cell_type": "code", "source": textwrap.dedent(source).strip(), "metadata": metadata, "outputs": []}
    return {**cell, "execution_count": None, **({"id": name} if name else {})}


def markdown(source: str) -> dict:
    """A text cell."""
    return {"cell_type": "markdown", "source": source, "metadata": {}, "id": f"text-{len(source)}"}


def notebook(cells: list[dict]) -> dict:
    """A notebook of format 4.5."""
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _graded(name: str, source: str) -> list[dict]:
    flags = {"schema_version": 3, "cell_type": "code", "locked": False, "task": False}
    answer = {**flags, "grade_id": name, "solution": True, "grade": False}
    check = {**flags, "grade_id": f"{name}-check", "solution": False, "grade": True, "points": POINTS[name]}
    return [
        code(source, name, tags=["exercise"], nbgrader=answer),
        code(f"check.{name}({name})", f"{name}-check", tags=["check"], nbgrader=check),
    ]


def course(folder: Path) -> Path:
    """Write exercises/ and solutions/ below `folder`; the path of the exercise notebook."""
    for place, texts in (("exercises", STUBS), ("solutions", ANSWERS)):
        cells = [markdown("# 2 · Attention by hand: exercises"), code(IMPORTS, "imports")]
        for name in ANSWERS:
            cells += _graded(name, texts[name])
        path = folder / place / "02_two_tokens.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook(cells)), encoding="utf-8")
    return folder / "exercises" / "02_two_tokens.ipynb"


def submission(changes: dict | None = None, extra: Iterable[str] = (), imports: str = IMPORTS) -> dict:
    """A notebook with right answers, some replaced: {name: source or None to leave the cell out}."""
    answers = {**ANSWERS, **(changes or {})}
    cells = [code(imports, "imports")] if imports else []
    for name, source in answers.items():
        if source is not None:
            cells.append(code(source, name))
            cells.append(code(f"check.{name}({name})", f"{name}-check"))
    return notebook([*cells, *[code(source) for source in extra]])


def as_cells(book: dict) -> list[dict]:
    """A notebook's cells in the form the grader takes."""
    return [{"type": cell["cell_type"], "source": cell["source"], "name": cell.get("id", "")} for cell in book["cells"]]

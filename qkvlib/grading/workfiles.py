"""A learner's work file handed in instead of a notebook: the one notebook in it that is graded."""

from __future__ import annotations

import json

from qkvlib.course.workfile import SUFFIX, Refused, is_workfile, unpack
from qkvlib.grading.notebook import NotebookProblem

MAX_WORKFILE = 60 << 20  # it may hold every notebook of the course


def notebook_in(data: bytes, slug: str) -> bytes:
    """The exercises of the lesson `slug` in a work file. Raises NotebookProblem with a sentence for the student."""
    try:
        notebooks = unpack(data).notebooks
    except Refused as problem:
        raise NotebookProblem(str(problem)) from problem
    for path, book in notebooks.items():
        if path == f"exercises/{slug}.ipynb":
            return json.dumps(book).encode()
    for path, book in notebooks.items():
        if path.startswith("exercises/") and slug in path:
            return json.dumps(book).encode()
    raise NotebookProblem(
        f"The file of your work holds nothing of exercises/{slug}.ipynb: answer them, save your work again and hand in "
        "the new file."
    )


def as_notebook(label: str) -> str:
    """The label as it would be were the work file a notebook: whose it is hangs on the rest."""
    return f"{label[: -len(SUFFIX)]}.ipynb" if is_workfile(label) else label

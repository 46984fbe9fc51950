"""A small assignment and submissions to it, for the tests of grading: the one that the attacks are run on."""

from qkvlib.grading.attacks.classroom import (
    ANSWERS,
    IMPORTS,
    PARAMETERS,
    POINTS,
    SECRET,
    STUBS,
    as_cells,
    code,
    course,
    markdown,
    notebook,
    submission,
)

__all__ = [
    "ANSWERS",
    "IMPORTS",
    "PARAMETERS",
    "POINTS",
    "SECRET",
    "STUBS",
    "as_cells",
    "code",
    "course",
    "markdown",
    "notebook",
    "submission",
]

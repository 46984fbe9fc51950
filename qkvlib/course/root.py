"""Where the course's own files are."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


class NotTheCourse(Exception):
    """The course's files are not there; the message says what to do."""


def course_root() -> Path:
    """The folder with `lessons/` and `notebooks/`: this one or one above, else the clone qkvlib runs from."""
    here = Path.cwd()
    for folder in (here, *here.parents, PACKAGE.parent):
        if is_clone(folder):
            return folder
    raise NotTheCourse("The course is not in this folder; change into the folder you cloned and run the command again.")


def is_clone(folder: Path) -> bool:
    """Whether the course is developed there: with its sources, and not only a learner's copy of the notebooks."""
    return (folder / "lessons").is_dir() and (folder / "qkvlib").is_dir()


def shipped() -> Path:
    """The folder whose notebooks are as the build wrote them: in an installed qkvlib, or the clone it runs from."""
    carried = PACKAGE / "data" / "course"
    return carried if carried.is_dir() else PACKAGE.parent

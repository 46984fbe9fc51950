"""Where the course's own files are."""

from pathlib import Path


class NotTheCourse(Exception):
    """The course's files are not there; the message says what to do."""


def course_root() -> Path:
    """The folder with `lessons/` and `notebooks/`: this one or one above, else the clone qkvlib runs from."""
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if (folder / "lessons").is_dir() and (folder / "qkvlib").is_dir():
            return folder
    raise NotTheCourse("The course is not in this folder; change into the folder you cloned and run the command again.")

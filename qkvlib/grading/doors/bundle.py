"""The common part of the bundles that grade on a platform: qkvlib itself, one assignment, and what it needs to run.

The files are those of the qkvlib that runs here, so a grade there is the grade `qkv grade` would give here; the
versions of Python, numpy and msgspec are pinned to the ones here for the same reason.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import msgspec

from qkvlib.atomic import write_together
from qkvlib.course.root import PACKAGE
from qkvlib.grading.assignment import Assignment, find, load
from qkvlib.grading.coursefile import CourseFileError, find_course, open_course
from qkvlib.grading.doors.results import DoorError, Export
from qkvlib.grading.doors.setup import FILE, Setup, people
from qkvlib.grading.roster import read_roster

PYTHON = ".".join(map(str, sys.version_info[:2]))
_NEEDS = ("msgspec", "numpy", "platformdirs")
_LEFT_OUT = ("data/course", "data/predictions", "data/cards", "data/jupyter", "instruments")


def requirements() -> bytes:
    """What has to be installed on the platform, pinned."""
    return "".join(f"{name}=={version(name)}\n" for name in _NEEDS).encode()


def common(task: Assignment, notebook: Path, setup: Setup) -> dict[str, bytes]:
    """{path in the bundle: content} of what every bundle holds, for an exercise notebook. Raises `DoorError`."""
    solutions = notebook.parent.parent / "solutions" / notebook.name
    try:
        files = {f"qkvlib/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes() for path in _library()}
        files[f"exercises/{task.slug}.ipynb"] = notebook.read_bytes()
        files[f"solutions/{task.slug}.ipynb"] = solutions.read_bytes()
    except OSError as error:
        raise DoorError(f"{error.filename} cannot be read: {error.strerror}.") from error
    files[FILE] = msgspec.json.format(msgspec.json.encode(setup), indent=1) + b"\n"
    files["requirements.txt"] = requirements()
    return files


def _library() -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*")):
        name = path.relative_to(PACKAGE).as_posix()
        wanted = path.suffix == ".py" or name.startswith("data/")
        if path.is_file() and wanted and not name.startswith(_LEFT_OUT) and "__pycache__" not in path.parts:
            yield path


def make(
    door: str,
    export: Callable[[Assignment, Path, Setup], Export],
    assignment: str,
    roster: Path | None,
    course: Path,
    out: Path | None,
) -> Export:
    """Make a bundle that grades on a platform, and write it below `out`. Raises what its parts raise."""
    notebook = find(assignment)
    task = load(notebook)
    path = find_course(course)
    if not path.exists():
        raise CourseFileError(
            f"{course} is not here. Name the course file of this class with --course, or run `qkv assign` first."
        )
    file, _ = open_course(path)
    individual = file.assigned.get(task.slug) == "individual"
    students = read_roster(roster) if roster else []
    if individual and door == "gradescope" and not students:
        raise DoorError(
            f"{task.slug} was handed out with own numbers: name the roster (--roster), so that it is known whose."
        )
    setup = Setup(task.slug, task.title, task.total, file.secret.hex(), individual, people(students))
    made = export(task, notebook, setup)
    place = out or Path(f"{door}-{task.number}")
    contents = {place / name: content for name, content in made.files.items()}
    secret = {path for path in contents if path.name == FILE or path.suffix == ".zip"}
    write_together(contents, private=secret)
    made.notes.insert(
        0, f"{place}: {len(made.files)} files." if len(made.files) > 1 else f"{place / next(iter(made.files))}"
    )
    return made

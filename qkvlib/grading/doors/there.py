"""Grade one submission where the platform runs it: the same verdict as `qkv grade`, in the form that platform reads.

Started by a bundle's own script as `python -m qkvlib.grading.doors.there PLATFORM ROOT`. Whatever happens, a result is
left that says so: nobody's grade depends on a process that came to its end.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from qkvlib.atomic import write_atomically
from qkvlib.grading import assignment as assignments
from qkvlib.grading.assignment import Assignment
from qkvlib.grading.collect import Source, preference
from qkvlib.grading.doors import classroom50, gradescope, prairielearn
from qkvlib.grading.doors.setup import FILE, Place, Setup, read_setup
from qkvlib.grading.notebook import NotebookProblem
from qkvlib.grading.sandbox import Sandbox, SandboxUnavailable, choose
from qkvlib.grading.text import quoted
from qkvlib.grading.worker import Job, grade_submission, record

PLACES: dict[str, Callable[[Path], Place]] = {
    "gradescope": gradescope.Place,
    "classroom50": classroom50.Place,
    "prairielearn": prairielearn.Place,
}
NO_GRADE = "Grading did not come to its end, so this is no grade. Hand in again, or ask your teacher."


def grade_folder(folder: Path, task: Assignment, setup: Setup, student: str) -> dict:
    """The record of what one student handed in. Raises `SandboxUnavailable` where no wall stands."""
    job = Job(task, bytes.fromhex(setup.secret), individual=setup.individual, wall=choose())
    with Source(folder, task.slug) as source:
        label, problem = _the_notebook(source, task.slug)
        data = b""
        if label and not problem:
            try:
                data = source.read(label)
            except NotebookProblem as error:
                problem = str(error)
    base = job.base(student, data, problem, label)
    item: dict = {"key": job.key(base), "base": base, "student": student, "file": label, "problem": problem}
    if not student:
        return record(job, {**item, "remarks": []}, problem=_STRANGER)
    with Sandbox(job.limits, job.wall) as sandbox:
        return grade_submission(sandbox, job, data=data, remarks=[], **item)


_STRANGER = "You are not on the roster that this autograder was made with. Ask your teacher to add you and grade again."


def _the_notebook(source: Source, slug: str) -> tuple[str, str]:
    """(label, problem) of the notebook that is graded; no label where there is none."""
    found = source.files()
    if found:
        return max(found, key=lambda file: (not file[1], *preference(file[0], slug)))
    others = ", ".join(quoted(name, 60) for name in source.others()[:3])
    return "", f"No notebook was handed in{', but ' + others if others else ''}. Hand in the file that ends in .ipynb."


def main(platform: str, root: Path) -> int:
    """Grade what lies below `root` and leave the result where `platform` looks for it. The exit code."""
    place = PLACES[platform](root)
    result: dict | None
    try:
        setup = read_setup(place.bundle / FILE)
        task = assignments.load(place.bundle / "exercises" / f"{setup.assignment}.ipynb")
        result = place.result(grade_folder(place.submission, task, setup, place.student(setup)), task)
    except Exception as error:  # the platform waits for a result, and so does the student
        said = str(error) if isinstance(error, SandboxUnavailable) else f"{type(error).__name__}: {error}"
        print(f"qkv: {said}", file=sys.stderr)
        result = place.failure(NO_GRADE)
    if result is None:
        return 1
    write_atomically(place.target, json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))

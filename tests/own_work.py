"""Which notebooks hold a learner's own work, so that `make test` does not judge them as if the course had written them.

Somebody who learns with the course fills in exercises, saves lessons with their own predictions, adds a notebook. Those
are no faults. So where the course itself (lessons, library, tools, tests) is exactly as git holds it, a notebook that
is not is somebody's own, and skipped. Whoever works on the course has changed more than notebooks, and gets every test;
so does CI.
"""

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

from qkvlib.course.trust import FOLDERS, unchanged

COURSE = ("lessons", "qkvlib", "tools", "tests")


@cache
def own_work(root: Path) -> frozenset[Path]:
    """The notebooks under `root` that a learner has changed or added."""
    ours = unchanged(root)
    if os.environ.get("CI") == "true" or not ours or _course_is_being_changed(root):
        return frozenset()
    return frozenset(path for folder in FOLDERS for path in (root / folder).glob("*.ipynb")) - frozenset(ours)


def skip_own_work(path: Path, root: Path) -> None:
    """Skips the running test when the notebook it is about is a learner's own."""
    if path in own_work(root):
        pytest.skip(f"{path.relative_to(root)} holds your own work, which nobody judges here")


def _course_is_being_changed(root: Path) -> bool:
    command = ["git", "-C", str(root), "status", "--porcelain", "--", *COURSE]
    try:
        return bool(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    except (OSError, subprocess.CalledProcessError):  # without git nobody can tell, so everything is judged
        return True

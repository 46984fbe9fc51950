"""Classroom 50: an autograder for an assignment of GitHub Classroom's open successor.

Read in foundation50/classroom50: the wiki's "Advanced Autograding", and `validate_result` and `render_release_body` of
cli/gh-teacher/skeleton/dotgithub/scripts/runner.py, which takes whole points alone. The bundle is served to everybody
from a public page, so nothing secret is in it: inputs come from a seed that anybody can read.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from qkvlib.grading.assignment import Assignment
from qkvlib.grading.doors import bundle
from qkvlib.grading.doors.results import DoorError, Export
from qkvlib.grading.doors.setup import Setup, caution
from qkvlib.grading.text import HEADINGS, as_markdown

_FROM_ENVIRONMENT = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
}


def public_seed(slug: str) -> str:
    """What inputs are drawn from where nothing can be kept secret."""
    return hashlib.sha256(f"public inputs of {slug}".encode()).hexdigest()


@dataclass(frozen=True)
class Place:
    """Where things lie when the runner starts the bundle, `root`; the student's checkout is the working directory."""

    root: Path

    @property
    def bundle(self) -> Path:
        """The autograder's own files."""
        return self.root

    @property
    def submission(self) -> Path:
        """What the student handed in."""
        return Path.cwd()

    @property
    def target(self) -> Path:
        """Where the result belongs."""
        return Path.cwd() / "result.json"

    def student(self, setup: Setup) -> str:
        """The owner of the repository."""
        return os.environ.get("OWNER") or os.environ.get("USERNAME") or "nobody"

    def result(self, record: dict, task: Assignment) -> dict:
        """What result.json says of a graded submission."""
        said = {name: os.environ[variable] for name, variable in _FROM_ENVIRONMENT.items()}
        tests = [
            {
                "test-name": r["name"],
                "passed": r["status"] == "correct",
                "score": round(r["points"]),
                "max-score": round(r["out_of"]),
            }
            for r in record["results"]
        ]
        scores = [test["score"] for test in tests]
        (Path.cwd() / "release-body.md").unlink(missing_ok=True)
        (Path.cwd() / "release-body.md").write_text(_body(record, sum(scores), round(task.total)), encoding="utf-8")
        return {
            "schema": "classroom50/result/v1",
            **said,
            "review": os.environ.get("REVIEW_URL") or said["commit"],
            "owner": self.student(Setup("", "", 0, "", False)),
            "assignment_type": os.environ.get("ASSIGNMENT_TYPE") or "individual",
            "datetime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "score": sum(scores),
            "max-score": round(task.total),
            "tests": tests,
        }

    def failure(self, why: str) -> None:
        """Nothing: the runner writes an error of its own when the autograder fails, and no stale result may stand."""
        self.target.unlink(missing_ok=True)


def _body(record: dict, score: int, total: int) -> str:
    """What the student reads on the release, every word of it as text."""
    lines = [f"### {score} of {total} points", ""]
    if record["problem"]:
        lines += [as_markdown(record["problem"], 400), ""]
    for r in record["results"]:
        said = " ".join(part for part in (r["message"], r["note"]) if part)
        lines.append(f"- **{as_markdown(r['name'])}**: {HEADINGS[r['status']]}. {as_markdown(said, 600)}".rstrip())
    told = [caution(record), *(remark["text"] for remark in record["remarks"])]
    lines += [f"- {as_markdown(text, 600)}" for text in told if text]
    return "\n".join(lines) + "\n"


_AUTOGRADER = '''#!/usr/bin/env python3
"""Started by Classroom 50's runner in the student's checkout, with this file's folder as the bundle."""

import importlib.metadata
import os
import pathlib
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
wanted = [line.split("==") for line in (here / "requirements.txt").read_text().split()]


def is_here(name, version):
    try:
        return importlib.metadata.version(name) == version
    except importlib.metadata.PackageNotFoundError:
        return False


python = sys.executable
if not all(is_here(*one) for one in wanted):
    place = tempfile.mkdtemp()
    subprocess.run([sys.executable, "-P", "-m", "venv", place], check=True)  # -P: nothing of the checkout is imported
    python = os.path.join(place, "bin", "python")
    subprocess.run([python, "-P", "-m", "pip", "install", "--quiet", "-r", here / "requirements.txt"], check=True)
environment = {**os.environ, "PYTHONPATH": str(here), "PYTHONSAFEPATH": "1"}
command = [python, "-m", "qkvlib.grading.doors.there", "classroom50", str(here)]
sys.exit(subprocess.run(command, env=environment).returncode)
'''


def export(task: Assignment, notebook: Path, setup: Setup) -> Export:
    """The files for CLASSROOM/autograders/ASSIGNMENT/. Raises `DoorError`."""
    if setup.individual:
        raise DoorError(
            f"{task.slug} was handed out with own numbers, which need the course secret, and everybody can read what "
            "Classroom 50 serves. Hand it out with --same-for-all there."
        )
    if any(item.points != round(item.points) for item in task.items):
        raise DoorError(f"{task.slug} gives parts of a point, and Classroom 50 takes whole points alone.")
    public = Setup(task.slug, task.title, task.total, public_seed(task.slug), False)
    files = {"autograder.py": _AUTOGRADER.encode(), **bundle.common(task, notebook, public)}
    notes = ["Everybody can read this bundle: neither its inputs nor the solutions in it are a secret."]
    return Export({f"{task.slug}/{name}": content for name, content in files.items()}, 0, notes)

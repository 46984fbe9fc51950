"""Gradescope: an autograder that grades each submission there, and the form of the results that it writes.

Specification: gradescope-autograders.readthedocs.io, "Autograder Specifications" and "Submission Metadata" (their
source is docs/ of gradescope/autograder_samples).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from qkvlib.grading.assignment import Assignment
from qkvlib.grading.doors import bundle
from qkvlib.grading.doors.results import Export, zipped
from qkvlib.grading.doors.setup import Setup, caution
from qkvlib.grading.text import HEADINGS, number

_NOT_ENDED = "Grading was ended before it was done, so this is no grade. Hand in again, or ask your teacher."


def results_json(record: dict) -> dict:
    """A journal's record in the form of results.json, with every output as plain text: nothing in it is markup."""
    tests = [
        {
            "name": r["name"],
            "score": r["points"],
            "max_score": r["out_of"],
            "status": "passed" if r["status"] == "correct" else "failed",
            "output": " ".join(part for part in (HEADINGS[r["status"]] + ".", r["message"], r["note"]) if part),
            "output_format": "text",
            "visibility": "visible",
        }
        for r in record["results"]
    ]
    told = [caution(record), record["problem"], *(remark["text"] for remark in record["remarks"])]
    reached = sum(r["points"] for r in record["results"])
    return {**_whole(reached, " ".join(part for part in told if part)), "tests": tests}


def _whole(score: float, output: str) -> dict:
    return {"score": score, "output": output, "output_format": "text", "stdout_visibility": "hidden"}


@dataclass(frozen=True)
class Place:
    """Where things lie when Gradescope runs an autograder; `root` is /autograder there."""

    root: Path

    @property
    def bundle(self) -> Path:
        """The autograder's own files."""
        return self.root / "source"

    @property
    def submission(self) -> Path:
        """What the student handed in."""
        return self.root / "submission"

    @property
    def target(self) -> Path:
        """Where the result belongs."""
        return self.root / "results" / "results.json"

    def student(self, setup: Setup) -> str:
        """Whose submission it is, by email; "" where own numbers cannot be known. A group has its first."""
        users = json.loads((self.root / "submission_metadata.json").read_text(encoding="utf-8"))["users"]
        by_email = {person.email.casefold(): person.id for person in setup.roster if person.email}
        known = [by_email[email] for user in users if (email := str(user.get("email", "")).casefold()) in by_email]
        if known:
            return known[0]
        return "" if setup.individual or not users else f"gradescope-{users[0]['id']}"

    def result(self, record: dict, task: Assignment) -> dict:
        """What results.json says of a graded submission."""
        return results_json(record)

    def failure(self, why: str) -> dict:
        """What it says when grading broke."""
        return {**_whole(0, why), "tests": []}


_SETUP = f"""#!/usr/bin/env bash
# Run once by Gradescope, as root, while it builds the image: a Python of the version these grades were made with.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ -f "$here/requirements.txt" ] || here=/autograder/source
apt-get update
apt-get install -y --no-install-recommends python3-pip ca-certificates
python3 -m pip install uv
UV_PYTHON_INSTALL_DIR=/opt/qkv uv venv --python {bundle.PYTHON} /autograder/python
uv pip install --python /autograder/python/bin/python -r "$here/requirements.txt"
chmod -R go-rwx "$here/setup.json" "$here/solutions"  # the course secret: for root alone
"""

_RUN = f"""#!/usr/bin/env bash
# Run by Gradescope, as root, for every submission. The answer is there before anything else happens.
root=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$root/results"
echo '{json.dumps({**_whole(0, _NOT_ENDED), "tests": []})}' > "$root/results/results.json"
chmod -R go-rwx "$root/source/setup.json" "$root/source/solutions"  # the course secret: for root alone
cd "$root/source" && PYTHONPATH="$root/source" PYTHONSAFEPATH=1 \\
  "$root/python/bin/python" -m qkvlib.grading.doors.there gradescope "$root"
exit 0
"""


def export(task: Assignment, notebook: Path, setup: Setup) -> Export:
    """`autograder.zip`, for "Configure Autograder"."""
    files = bundle.common(task, notebook, setup)
    archive = zipped({"setup.sh": _SETUP.encode(), "run_autograder": _RUN.encode(), **files})
    unknown = [person for person in setup.roster if not person.email]
    notes = [f"autograder.zip holds the course secret. It is out of {number(task.total)} points."]
    if unknown:
        notes.append(
            f"{len(unknown)} on the roster have no email, by which Gradescope knows a student. They "
            + ("cannot be graded there." if setup.individual else "are graded under Gradescope's own number.")
        )
    return Export({"autograder.zip": archive}, len(setup.roster), notes)

"""PrairieLearn: a question that takes the notebook as an upload and grades it in its own container.

Read in PrairieLearn's source: docs/externalGrading.md, and `buildDirectory` and `makeGradingResult` of
apps/prairielearn/src/lib/externalGraderCommon.ts. The grader is told no student, only the variant's number, so a
hand-out with own numbers cannot be graded there.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path

from qkvlib.grading.assign import for_student, read_notebook
from qkvlib.grading.assignment import Assignment
from qkvlib.grading.doors import bundle
from qkvlib.grading.doors.results import DoorError, Export
from qkvlib.grading.doors.setup import Setup, caution
from qkvlib.grading.roster import Student
from qkvlib.grading.text import HEADINGS

_NOT_ENDED = {
    "gradable": False,
    "format_errors": ["Grading was ended before it was done. Nothing is lost: submit again, or ask your teacher."],
}


@dataclass(frozen=True)
class Place:
    """Where things lie in PrairieLearn's container; `root` is /grade there."""

    root: Path

    @property
    def bundle(self) -> Path:
        """The question's own tests."""
        return self.root / "tests"

    @property
    def submission(self) -> Path:
        """What the student handed in."""
        return self.root / "student"

    @property
    def target(self) -> Path:
        """Where the result belongs."""
        return self.root / "results" / "results.json"

    def student(self, setup: Setup) -> str:
        """The variant: nobody says whose it is, and each student has another."""
        data = json.loads((self.root / "data" / "data.json").read_text(encoding="utf-8"))
        return f"variant-{data['variant_seed']}"

    def result(self, record: dict, task: Assignment) -> dict:
        """What results.json says of a graded submission; one that cannot be read costs no attempt."""
        if record["problem"]:
            return {"gradable": False, "format_errors": [record["problem"]]}
        tests = [
            {
                "name": r["name"],
                "description": HEADINGS[r["status"]],
                "points": r["points"],
                "max_points": r["out_of"],
                "message": " ".join(part for part in (r["message"], r["note"]) if part),
            }
            for r in record["results"]
        ]
        reached = sum(r["points"] for r in record["results"])
        said = " ".join(part for part in (caution(record), *(remark["text"] for remark in record["remarks"])) if part)
        score = reached / task.total if task.total else 0.0
        return {"gradable": True, "score": score, "message": said, "tests": tests}

    def failure(self, why: str) -> dict:
        """What it says when grading broke."""
        return {"gradable": False, "format_errors": [why]}


_RUN = f"""#!/bin/bash
# The entry point in PrairieLearn's container, run as root for every submission.
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$root/results"
echo '{json.dumps(_NOT_ENDED)}' > "$root/results/results.json"
chmod -R go-rwx "$root/tests/setup.json" "$root/tests/solutions"  # the course secret: for root alone
cd "$root/tests" && PYTHONPATH="$root/tests" PYTHONSAFEPATH=1 \\
  "${{QKV_PYTHON:-python3}}" -m qkvlib.grading.doors.there prairielearn "$root"
exit 0
"""


def export(task: Assignment, notebook: Path, setup: Setup, image: str) -> Export:
    """A question's folder, and `image/`, from which its container is built. Raises `DoorError`."""
    if setup.individual:
        raise DoorError(
            f"{task.slug} was handed out with own numbers, and PrairieLearn does not tell the grader whose submission "
            "it is. Hand it out with --same-for-all there."
        )
    info = {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{setup.secret} {task.slug}")),
        "title": task.title,
        "topic": "Attention",
        "type": "v3",
        "singleVariant": True,
        "gradingMethod": "External",
        "externalGradingOptions": {
            "enabled": True,
            "image": image,
            "entrypoint": "/grade/tests/run.sh",
            "timeout": 120,
        },
    }
    page = f"""<pl-question-panel>
  <p>Download <pl-file-download file-name="{task.slug}.ipynb"></pl-file-download>, work on it, and upload it here.</p>
  <pl-file-upload file-names="{task.slug}.ipynb"></pl-file-upload>
</pl-question-panel>
<pl-submission-panel>
  <pl-external-grader-results></pl-external-grader-results>
</pl-submission-panel>
"""
    blank = for_student(read_notebook(notebook), task, Student("", "you"), {}, "")
    pins = " ".join(bundle.requirements().decode().split())
    files = {
        "info.json": (json.dumps(info, indent=4) + "\n").encode(),
        "question.html": page.encode(),
        f"clientFilesQuestion/{task.slug}.ipynb": (json.dumps(blank, indent=1, ensure_ascii=False) + "\n").encode(),
        "tests/run.sh": _RUN.encode(),
        **{f"tests/{name}": content for name, content in bundle.common(task, notebook, setup).items()},
    }
    container = f"FROM prairielearn/grader-python\nRUN python3 -m pip install {pins}\n"
    whole = {f"{task.slug}/{name}": content for name, content in files.items()} | {
        "image/Dockerfile": container.encode()
    }
    notes = [
        f"Build image/ as {image} and push it. {task.slug}/tests holds the course secret: keep that course private."
    ]
    return Export(whole, 0, notes)

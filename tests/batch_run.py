"""A class graded as a batch: its submissions, one run over them, and a record as a run writes it."""

import json
from pathlib import Path

import pytest
from classroom import SECRET, STUBS, course, submission

from qkvlib.grading import assignment, collect
from qkvlib.grading.batch import grade_batch
from qkvlib.grading.collect import Source
from qkvlib.grading.journal import Journal
from qkvlib.grading.roster import Student
from qkvlib.grading.sandbox import Limits
from qkvlib.grading.worker import Job

LIMITS = Limits(seconds=0.5, cpu_total=2, wall=30)
WRONG = {
    "no-scale": {"scores": "def scores(Q, K):\n    return Q @ np.swapaxes(K, -1, -2)"},
    "no-exp": {"softmax": "def softmax(z, axis=-1):\n    return z"},
    "blank": {"blend": STUBS["blend"]},
    "loops": {"blend": "def blend(weights, V):\n    while True: pass"},
    "leaves": {"attention": "import os\ndef attention(Q, K, V):\n    os._exit(0)"},
}


def write_class(folder: Path, n: int) -> list[Student]:
    """`n` submissions: every fifth has one of the kinds above, one is missing, one is damaged."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = list(WRONG.values())
    students = []
    for i in range(n):
        student = Student(f"s{i:03d}", f"Student {i}")
        students.append(student)
        if i == 3:
            continue
        text = json.dumps(submission(kinds[(i // 5) % len(kinds)] if i % 5 == 1 else {}, [f"mine = {i}"]))
        (folder / f"{student.id}.ipynb").write_text(text[:-9] if i == 4 else text)
    return students


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return assignment.load(course(tmp_path_factory.mktemp("course")))


def run(task, place, students, journal_path, engine, secret=SECRET, progress=lambda state: None, wall="bubblewrap"):
    """Grade the folder; the records in order of student."""
    job = Job(task, secret, wall=wall, limits=LIMITS)
    with Source(place) as source, Journal(journal_path) as journal:
        found = collect.collect(source, students, task.slug)
        keys = grade_batch(job, source, found, journal, engine, progress)
        return list(journal.records(keys))


def a_record(student, task, **changes):
    results = [
        {
            "name": item.name,
            "points": item.points,
            "out_of": item.points,
            "status": "correct",
            "mistake": "",
            "message": "Right.",
            "note": "",
        }
        for item in task.items
    ]
    record = {"key": f"{student:0>32}", "student": student, "file": f"{student}.ipynb", "problem": "", "remarks": []}
    return {**record, "failed": False, "results": results, "answers": {}, "unsafe": False, **changes}

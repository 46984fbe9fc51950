"""A grader under attack: a sandbox for a module's attacks, and what must hold after each of them."""

import textwrap
from pathlib import Path

import pytest
from classroom import SECRET, as_cells, course, submission
from processes import descendants

from qkvlib.grading import assignment, grader
from qkvlib.grading.sandbox import Limits, Sandbox

MARK = "qkv-attack-mark"
PLACES = ["/tmp", "/dev/shm", "/dev", "/", "/usr", "/sandbox", "/proc", "/var/tmp", str(Path.home())]
LIMITS = Limits(seconds=0.5, cpu_total=2, wall=12)


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return assignment.load(course(tmp_path_factory.mktemp("course")))


@pytest.fixture(scope="module")
def sandbox(bubblewrap):
    with Sandbox(LIMITS) as started:
        yield started


@pytest.fixture
def grade(sandbox, task):
    """Grade a submission with `softmax` replaced (and other changes); afterwards everything must be as before."""
    mine = grader.grade_cells(sandbox, task, as_cells(submission()), "bystander", SECRET)
    warm = descendants(sandbox._process.pid)

    def run(softmax=None, extra=(), **changes):
        if softmax is not None:
            changes["softmax"] = textwrap.dedent(softmax)
        return grader.grade_cells(sandbox, task, as_cells(submission(changes, extra)), "attacker", SECRET)

    yield run
    again = grader.grade_cells(sandbox, task, as_cells(submission()), "bystander", SECRET)
    assert again == mine, "a bystander's grade changed"
    assert again.score == task.total
    assert descendants(sandbox._process.pid) == warm, "a process was left behind"
    left = [place for place in PLACES if Path(place, MARK).exists()]
    assert not left, f"a file was left behind in {left}"


def verdicts(grade):
    return {r.name: (r.status, r.mistake) for r in grade.results}


def alone_wrong(grade, mistake):
    """softmax is wrong for this reason, and nothing else is lost."""
    found = verdicts(grade)
    assert found.pop("softmax") == ("wrong", mistake)
    assert set(found.values()) == {("correct", "")}, found


WRONG = "def softmax(z, axis=-1):\n    return z\n"


SNOOP = """
def softmax(z, axis=-1):
    raise ValueError(repr(look()))
"""


def snoop(look):
    """An answer that raises what its `look` found."""
    return textwrap.dedent(look) + SNOOP


def seen(result):
    """What a snooping answer found, as it appears in the message."""
    said = next(r.message for r in result.results if r.name == "softmax")
    return said.replace("“", "").replace("”", "")  # what a student's code says is quoted

"""What a worker does: grade a few submissions in its own sandbox, each with one record whatever happens.

Student code never runs in a worker process, only in that worker's sandbox. What a worker is told is bytes; what it
tells is verdicts. Whatever reading, running or judging one submission raises becomes that submission's record.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field

from qkvlib.grading import variants
from qkvlib.grading.assignment import Assignment
from qkvlib.grading.grader import grade_cells
from qkvlib.grading.handedin import answers
from qkvlib.grading.inside.wire import WireError
from qkvlib.grading.judging import Result
from qkvlib.grading.notebook import Notebook, NotebookProblem, parse
from qkvlib.grading.remarks import Remark
from qkvlib.grading.sandbox import Limits, Sandbox, SandboxUnavailable, available
from qkvlib.grading.secret import is_mark, key_for, normal_id
from qkvlib.grading.text import quoted

_MAX_REMARKS = 30


@dataclass(frozen=True)
class Job:
    """Everything a worker needs, the same for every chunk of a run."""

    assignment: Assignment
    secret: bytes
    individual: bool = False
    wall: str = "bubblewrap"
    limits: Limits = field(default_factory=Limits)

    @property
    def unsafe(self) -> bool:
        """Whether students' code runs without any wall."""
        return self.wall == "none"

    def base(self, student: str, data: bytes, *about: str) -> str:
        """Names a grading but for the exercises' own checks. Keyed with the secret, so it gives nothing away."""
        facts = [self.assignment.digest, student, str(self.individual), self.wall, *about]
        return key_for(self.secret, data, *facts)

    def key(self, base: str) -> str:
        """Names a grading: the same key means the same grade."""
        return key_for(self.secret, base.encode(), *(f"{name}={its}" for name, its in self.assignment.prints.items()))


_local = threading.local()
_open: list[Sandbox] = []


def grade_chunk(job: Job, chunk: list[dict]) -> list[dict]:
    """Grade a few submissions in this worker's own sandbox; plain records come back, in order."""
    sandbox = getattr(_local, "sandbox", None)
    if sandbox is None or (sandbox.limits, sandbox.wall) != (job.limits, job.wall):
        if sandbox is not None:
            sandbox.close()
        sandbox = _local.sandbox = Sandbox(job.limits, job.wall)
        _open.append(sandbox)
    return [grade_submission(sandbox, job, **item) for item in chunk]


def grade_submission(
    sandbox: Sandbox,
    job: Job,
    key: str,
    student: str,
    file: str,
    data: bytes,
    problem: str,
    remarks: list[Remark],
    base: str = "",
    known: list[dict] | None = None,
    origin: dict[str, str] | None = None,
) -> dict:
    """One record: results per exercise, remarks, and why it could not be graded if it could not.

    `known` are results of an earlier grading that still hold: these exercises are not asked for again.
    """
    item: dict = {"key": key, "student": student, "file": file, "problem": problem, "remarks": remarks, "base": base}
    item |= {"known": known or [], "origin": origin or {}}
    if problem:
        return record(job, item, problem=problem)
    try:
        return {**_graded(sandbox, job, item, parse(data)), "wall": sandbox.standing}
    except NotebookProblem as error:
        return record(job, item, problem=str(error))
    except WireError:
        return record(job, item, problem="The notebook holds more code and text than can be graded.")
    except SandboxUnavailable as error:
        sandbox.close()
        if sandbox_is_gone(job):
            raise
        return failed_record(job, item, f"The sandbox broke over this submission ({quoted(error)}).")
    except Exception as error:  # one submission, one failure: the run goes on, and this is named in the report
        return failed_record(job, item, f"Grading it stopped with {type(error).__name__}.")


def sandbox_is_gone(job: Job) -> bool:
    """Whether no sandbox can be started on this machine at all."""
    try:
        available(job.wall)
    except SandboxUnavailable:
        return True
    return False


def _graded(sandbox: Sandbox, job: Job, item: dict, book: Notebook) -> dict:
    student, task = item["student"], job.assignment
    given = variants.values_for(task, job.secret, student) if job.individual else variants.defaults(task)
    known = [Result(**result) for result in item["known"]]
    grade = grade_cells(sandbox, task, book.cells, student, job.secret, given, known)
    begun = {result.name for result in grade.results if result.status != "todo"}
    remarks = [*book.remarks, *_whose(job, student, book), *grade.remarks]
    if not begun and book.assignment not in ("", task.slug):
        text = f"This notebook calls itself {quoted(book.assignment)}, and {task.slug} was graded."
        remarks.append(Remark("another-assignment", text))
    handed_in = answers(book.cells, {i.name: i.names for i in task.items if i.name in begun})
    return record(job, item, grade.results, remarks, handed_in)


def _whose(job: Job, student: str, book: Notebook) -> list[Remark]:
    """Whether the notebook carries another student's mark: theirs can be handed on, so it says no more than that."""
    other = book.handed_to
    if (
        not other
        or normal_id(other) == normal_id(student)
        or not is_mark(job.secret, job.assignment.slug, other, book.mark)
    ):
        return []
    return [Remark("handed-to-another", f"It carries the mark of the notebook that was handed out to {quoted(other)}.")]


def record(
    job: Job,
    item: dict,
    results: list[Result] | None = None,
    remarks: list[Remark] | None = None,
    handed_in: dict[str, str] | None = None,
    problem: str = "",
    failed: bool = False,
) -> dict:
    """What is journalled of one submission."""
    if results is None:
        results = [Result(i.name, 0, i.points, "todo") for i in job.assignment.items]
    return {
        "key": item["key"],
        "student": item["student"],
        "file": item["file"],
        "problem": problem,
        "failed": failed,
        "remarks": [vars(remark) for remark in [*item["remarks"], *(remarks or [])][:_MAX_REMARKS]],
        "results": [vars(result) for result in results],
        "answers": handed_in or {},
        "unsafe": job.unsafe,
        "wall": job.wall,
        "origin": item.get("origin", {}),
        "base": item.get("base", ""),
        "prints": job.assignment.prints,
    }


def failed_record(job: Job, item: dict, why: str) -> dict:
    """A submission that grading itself failed over: nobody's points, and the teacher is told which file it was."""
    problem = f"{why} This is not your fault alone: please ask your teacher to look at the file."
    return record(
        job,
        item,
        remarks=[Remark("failed", f"{why} The file is {quoted(item['file'])}.")],
        problem=problem,
        failed=True,
    )


def close_sandboxes() -> None:
    """Close every sandbox of this process."""
    while _open:
        _open.pop().close()
    _local.__dict__.clear()


def start_worker(parent: int) -> None:
    """A local worker dies with the process that started it, even when that one is killed outright."""
    from multiprocessing.util import Finalize

    Finalize(None, close_sandboxes, exitpriority=100)
    if os.path.exists("/proc/self"):
        import ctypes
        import signal

        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)

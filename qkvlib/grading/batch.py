"""Grade a whole class: what the journal does not have yet, chunk by chunk, every result journalled.

The outcome of a submission depends on nothing but the submission, the assignment and the secret, so any engine, order
and number of workers gives the same grades, and a chunk that is run twice changes nothing.
"""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from qkvlib.grading.assignment import Assignment
from qkvlib.grading.collect import Source, Submission
from qkvlib.grading.engines import DaskEngine, LocalEngine
from qkvlib.grading.journal import Journal
from qkvlib.grading.notebook import NotebookProblem
from qkvlib.grading.questions import stands_on
from qkvlib.grading.worker import Job, close_sandboxes

CHUNK = 20
_CHUNK_BYTES = 8 << 20


@dataclass
class Progress:
    """How far a run is, for whoever shows it."""

    total: int
    done: int = 0
    skipped: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def remaining(self) -> float | None:
        """Seconds still needed, at the pace of this run; None while there is too little to go by."""
        elapsed, fresh = time.monotonic() - self.started, self.done - self.skipped
        return remaining(fresh, self.total - self.done, elapsed)


def remaining(fresh: int, left: int, elapsed: float) -> float | None:
    """An honest estimate: nothing before 2 seconds and 20 results (or a tenth of the work), then the mean pace."""
    if left == 0:
        return 0.0
    if elapsed < 2 or fresh < min(20, (fresh + left) / 10) or fresh == 0:
        return None
    return left * elapsed / fresh


def grade_batch(
    job: Job,
    source: Source,
    submissions: list[Submission],
    journal: Journal,
    engine: LocalEngine | DaskEngine,
    progress: Callable[[Progress], None] = lambda state: None,
    again: bool = False,
) -> list[str]:
    """Grade what the journal does not have yet, or everything `again`. The keys of all submissions, in their order.

    Where only some exercises' checks have changed since a submission was graded, only these are graded anew, with
    what stands on them.
    """
    keys: dict[str, str] = {}
    state = Progress(len(submissions))

    def chunks() -> Iterator[list[dict]]:
        chunk, size = [], 0
        for submission in submissions:
            data, problem = b"", submission.problem
            if not problem:
                try:
                    data = source.read(submission.file)
                except NotebookProblem as error:
                    problem = str(error)
            about = (problem, submission.file, *(remark.text for remark in submission.remarks))
            base = job.base(submission.student, data, *about)
            key = keys[submission.student] = job.key(base)
            if key in journal.keys and not again:
                state.done += 1
                state.skipped += 1
                progress(state)
                continue
            facts: dict = {
                "key": key,
                "base": base,
                "student": submission.student,
                "file": submission.file,
                "data": data,
            }
            facts["origin"] = submission.origin
            known = [] if again else still_hold(job.assignment, journal.last_of_base(base))
            chunk.append({**facts, "problem": problem, "remarks": submission.remarks, "known": known})
            size += len(data)
            if len(chunk) >= CHUNK or size >= _CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def done(records: list[dict]) -> None:
        journal.append(records, again)
        state.done += len(records)
        progress(state)

    todo = chunks()
    first = next(todo, None)
    if first is not None:
        engine.run(job, _chain(first, todo), done)
    return [keys[submission.student] for submission in submissions]


def still_hold(assignment: Assignment, before: dict | None) -> list[dict]:
    """The results of an earlier grading of the same submission that no mended check can have changed."""
    if before is None or before["problem"]:
        return []
    now, then = assignment.prints, before["prints"]
    mended = {name for name in assignment.graded if now[name] != then.get(name)}
    touched = mended | {name for name, below in stands_on(assignment).items() if below & mended}
    return [result for result in before["results"] if result["name"] not in touched]


def _chain(first: Any, rest: Iterable) -> Iterator:
    yield first
    yield from rest


atexit.register(close_sandboxes)

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

from qkvlib.grading.collect import Source, Submission
from qkvlib.grading.engines import DaskEngine, LocalEngine
from qkvlib.grading.journal import Journal
from qkvlib.grading.notebook import NotebookProblem
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
) -> list[str]:
    """Grade what the journal does not have yet. The keys of all submissions, in their order."""
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
            key = job.key(submission.student, data, *about)
            keys[submission.student] = key
            if key in journal.keys:
                state.done += 1
                state.skipped += 1
                progress(state)
                continue
            facts = {"key": key, "student": submission.student, "file": submission.file, "data": data}
            chunk.append({**facts, "problem": problem, "remarks": submission.remarks})
            size += len(data)
            if len(chunk) >= CHUNK or size >= _CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def done(records: list[dict]) -> None:
        journal.append(records)
        state.done += len(records)
        progress(state)

    todo = chunks()
    first = next(todo, None)
    if first is not None:
        engine.run(job, _chain(first, todo), done)
    return [keys[submission.student] for submission in submissions]


def _chain(first: Any, rest: Iterable) -> Iterator:
    yield first
    yield from rest


atexit.register(close_sandboxes)

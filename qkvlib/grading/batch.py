"""Grade a whole class: chunks of submissions on local processes or on a Dask cluster, every result journalled.

Student code never runs in a worker process, only in that worker's sandbox. What a worker is told is bytes; what it
tells is verdicts. The outcome of a submission depends on nothing but the submission, the assignment and the secret, so
any engine, order and number of workers gives the same grades, and a chunk that is run twice changes nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from qkvlib.grading import variants
from qkvlib.grading.assignment import Assignment
from qkvlib.grading.collect import NotebookProblem, Source, Submission, parse
from qkvlib.grading.grader import RULES, Result, grade_cells
from qkvlib.grading.handedin import answers
from qkvlib.grading.journal import Journal
from qkvlib.grading.sandbox import ONE_THREAD, Limits, Sandbox, SandboxUnavailable

CHUNK = 20
_CHUNK_BYTES = 8 << 20


class BatchError(RuntimeError):
    """The run ended early; what is graded is safe. The message says how to go on."""


@dataclass(frozen=True)
class Job:
    """Everything a worker needs, the same for every chunk of a run."""

    assignment: Assignment
    secret: bytes
    individual: bool = False
    unsafe: bool = False
    limits: Limits = field(default_factory=Limits)

    def key(self, student: str, data: bytes, problem: str) -> str:
        """Names a grading: the same key means the same grade. Keyed with the secret, so it gives nothing away."""
        parts = [RULES, self.assignment.digest, student, problem, str(self.individual), str(self.unsafe)]
        message = "\0".join(parts).encode("utf-8", "surrogatepass") + b"\0" + hashlib.sha256(data).digest()
        return hmac.new(self.secret, message, hashlib.sha256).hexdigest()[:32]

    def mark(self, student: str) -> str:
        """What `CourseFile.mark` writes into this student's notebook."""
        message = f"handout\0{self.assignment.slug}\0{student}".encode("utf-8", "surrogatepass")
        return hmac.new(self.secret, message, hashlib.sha256).hexdigest()[:32]


# -- in a worker ----------------------------------------------------------------------------------------------------

_local = threading.local()
_open: list[Sandbox] = []


def grade_chunk(job: Job, chunk: list[dict]) -> list[dict]:
    """Grade a few submissions in this worker's own sandbox; plain records come back, in order."""
    sandbox = getattr(_local, "sandbox", None)
    if sandbox is None or (sandbox.limits, sandbox.unsafe) != (job.limits, job.unsafe):
        if sandbox is not None:
            sandbox.close()
        sandbox = _local.sandbox = Sandbox(job.limits, job.unsafe)
        _open.append(sandbox)
    return [grade_submission(sandbox, job, **item) for item in chunk]


def grade_submission(
    sandbox: Sandbox, job: Job, key: str, student: str, file: str, data: bytes, problem: str, remarks: list[str]
) -> dict:
    """One record: results per exercise, remarks, and why it could not be graded if it could not."""
    remarks, results, handed_in = list(remarks), [], {}
    if not problem:
        try:
            book = parse(data)
            remarks += book.remarks
            if (
                book.handed_to
                and book.handed_to != student
                and hmac.compare_digest(job.mark(book.handed_to).encode(), book.mark.encode("utf-8", "replace"))
            ):
                remarks.append(f"This notebook was handed out to {book.handed_to}.")
            given = (
                variants.values_for(job.assignment, job.secret, student)
                if job.individual
                else variants.defaults(job.assignment)
            )
            grade = grade_cells(sandbox, job.assignment, book.cells, student, job.secret, given)
            results, remarks = grade.results, remarks + grade.remarks
            begun = {result.name for result in results if result.status != "todo"}
            if not begun and book.assignment not in ("", job.assignment.slug):
                remarks.append(f"This notebook is {book.assignment}, not {job.assignment.slug}.")
            handed_in = answers(book.cells, {i.name: i.names for i in job.assignment.items if i.name in begun})
        except NotebookProblem as error:
            problem = str(error)
    if problem:
        results = [Result(item.name, 0, item.points, "todo") for item in job.assignment.items]
    return {
        "key": key,
        "student": student,
        "file": file,
        "problem": problem,
        "remarks": remarks[:30],
        "results": [vars(result) for result in results],
        "answers": handed_in,
        "unsafe": job.unsafe,
    }


def close_sandboxes() -> None:
    """Close every sandbox of this process."""
    while _open:
        _open.pop().close()
    _local.__dict__.clear()


def _start_worker(parent: int) -> None:
    """A local worker dies with the process that started it, even when that one is killed outright."""
    from multiprocessing.util import Finalize

    Finalize(None, close_sandboxes, exitpriority=100)
    if os.path.exists("/proc/self"):
        import ctypes
        import signal

        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


# -- the engines ----------------------------------------------------------------------------------------------------


class LocalEngine:
    """Worker processes on this machine, one per core."""

    def __init__(self, workers: int | None = None):
        self.workers = workers or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else [0])

    def run(self, job: Job, chunks: Iterator[list[dict]], done: Callable[[list[dict]], None]) -> None:
        """Grade all chunks, calling `done` with the records of each as it is ready."""
        import multiprocessing
        from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
        from concurrent.futures.process import BrokenProcessPool

        context = multiprocessing.get_context("spawn")
        failures, again = 0, []
        os.environ.update(ONE_THREAD)  # for the workers: threads of matrix products this small only wait for each other
        others = set(multiprocessing.active_children())
        while True:
            pool = ProcessPoolExecutor(self.workers, context, initializer=_start_worker, initargs=(os.getpid(),))
            waiting = {}
            try:
                more = True
                while more or waiting:
                    while more and len(waiting) < 2 * self.workers:
                        chunk = again.pop() if again else next(chunks, None)
                        if chunk is None:
                            more = False
                        else:
                            again.append(chunk)  # until it is safely in the pool, which may be broken by now
                            future = pool.submit(grade_chunk, job, chunk)
                            waiting[future] = again.pop()
                    ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in ready:
                        records = future.result()
                        del waiting[future]
                        done(records)
                return
            except BrokenProcessPool:  # a worker was killed from outside: its chunks are run again
                failures += 1
                if failures > 5:
                    raise BatchError(
                        "Grading processes keep being killed (short of memory?). What is graded is safe: free some "
                        "memory or give --workers 1, and run the same command again."
                    ) from None
                again += waiting.values()
            except BaseException:  # an interrupt: the pool would wait for what the workers are at, endless loops even
                for worker in set(multiprocessing.active_children()) - others:
                    worker.kill()
                raise
            finally:
                pool.shutdown(cancel_futures=True)


class DaskEngine:
    """A Dask cluster: one that is running already (`scheduler`), or workers on this machine."""

    def __init__(self, scheduler: str | None = None, workers: int | None = None):
        self.scheduler, self.workers = scheduler, workers

    def run(self, job: Job, chunks: Iterator[list[dict]], done: Callable[[list[dict]], None]) -> None:
        """Grade all chunks, calling `done` with the records of each as it is ready."""
        try:
            import distributed
        except ImportError as error:
            raise BatchError("The Dask engine needs `pip install 'qkvlib[dask]'`.") from error
        with contextlib.ExitStack() as stack:
            try:
                address = self.scheduler
                if address is None:
                    # a cluster of our own listens on this machine alone
                    address = stack.enter_context(
                        distributed.LocalCluster(
                            n_workers=self.workers or os.cpu_count(),
                            threads_per_worker=1,
                            dashboard_address=None,
                            host="127.0.0.1",
                        )
                    )
                client = stack.enter_context(distributed.Client(address, timeout="20s", set_as_default=False))
            except (OSError, TimeoutError, ValueError) as error:
                raise BatchError(f"There is no Dask scheduler at {self.scheduler}: {error}") from error
            self._submit(client, job, chunks, done)
            with contextlib.suppress(OSError, TimeoutError):
                client.run(close_sandboxes)

    def _submit(self, client, job, chunks, done):
        deaths: dict[str, int] = {}
        waiting = {}
        more = True
        while more or waiting:
            slots = _slots(client) if more else 0
            while more and len(waiting) < slots:
                chunk = next(chunks, None)
                if chunk is None:
                    more = False
                else:
                    waiting[client.submit(grade_chunk, job, chunk, pure=False, retries=3)] = chunk
            for future in self._some_ready(client, waiting):
                chunk = waiting.pop(future)
                if future.status == "finished":
                    done(future.result())
                    continue
                error = future.exception() if future.status == "error" else None
                if isinstance(error, SandboxUnavailable):
                    raise error
                first = chunk[0]["key"]
                deaths[first] = deaths.get(first, 0) + 1
                if deaths[first] > 5:
                    raise BatchError(f"{_SAFE} A chunk failed on every worker: {error or future.status}.")
                if future.status == "cancelled" or not _alive(client):
                    raise BatchError(f"The Dask scheduler went away. {_SAFE}")
                waiting[client.submit(grade_chunk, job, chunk, pure=False, retries=3)] = chunk

    @staticmethod
    def _some_ready(client, waiting):
        """Futures that ended; polls, so that a scheduler that vanished is noticed."""
        while waiting:
            ready = [future for future in waiting if future.status != "pending"]
            if ready:
                return ready
            if not _alive(client):
                raise BatchError(f"The Dask scheduler went away. {_SAFE}")
            time.sleep(0.02)
        return []


_SAFE = "What is graded is safe in the journal: run the same command again to go on from there."


def _slots(client) -> int:
    """How many chunks to have under way: two for each thread that the cluster has just now."""
    try:
        return max(2, 2 * sum(client.nthreads().values()))
    except OSError as error:
        raise BatchError(f"The Dask scheduler went away. {_SAFE}") from error


def _alive(client) -> bool:
    return client.status == "running" and client.scheduler is not None and client.scheduler_comm is not None


# -- the run --------------------------------------------------------------------------------------------------------


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
    engine,
    progress: Callable[[Progress], None] = lambda state: None,
) -> list[str]:
    """Grade what the journal does not have yet. The keys of all submissions, in their order."""
    keys: dict[str, str] = {}
    state = Progress(len(submissions))

    def chunks():
        chunk, size = [], 0
        for submission in submissions:
            data, problem = b"", submission.problem
            if not problem:
                try:
                    data = source.read(submission.file)
                except NotebookProblem as error:
                    problem = str(error)
            key = job.key(submission.student, data, problem + submission.file + "".join(submission.remarks))
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

    def done(records):
        journal.append(records)
        state.done += len(records)
        progress(state)

    todo = chunks()
    first = next(todo, None)
    if first is not None:
        engine.run(job, _chain(first, todo), done)
    return [keys[submission.student] for submission in submissions]


def _chain(first, rest):
    yield first
    yield from rest


atexit.register(close_sandboxes)

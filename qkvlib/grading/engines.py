"""Where submissions are graded: worker processes on this machine, or a Dask cluster."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from qkvlib.grading.sandbox import SandboxUnavailable
from qkvlib.grading.sandbox.command import ONE_THREAD
from qkvlib.grading.worker import Job, close_sandboxes, failed_record, grade_chunk, start_worker


class BatchError(RuntimeError):
    """The run ended early; what is graded is safe. The message says how to go on."""


class LocalEngine:
    """Worker processes on this machine, one per core."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else [0])

    def run(self, job: Job, chunks: Iterator[list[dict]], done: Callable[[list[dict]], None]) -> None:
        """Grade all chunks, calling `done` with the records of each as it is ready."""
        import multiprocessing
        from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
        from concurrent.futures.process import BrokenProcessPool

        context = multiprocessing.get_context("spawn")
        os.environ.update(ONE_THREAD)  # for the workers: threads of matrix products this small only wait for each other
        others = set(multiprocessing.active_children())
        todo = _Chunks(chunks)
        while not todo.empty:
            pool = ProcessPoolExecutor(self.workers, context, initializer=start_worker, initargs=(os.getpid(),))
            try:
                waiting: dict[Any, list[dict]] = {}
                while waiting or not todo.empty:
                    while len(waiting) < todo.at_a_time(2 * self.workers) and (chunk := todo.take()) is not None:
                        waiting[pool.submit(grade_chunk, job, chunk)] = chunk
                    ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in ready:
                        records = future.result()
                        todo.finished(waiting.pop(future))
                        done(records)
            except BrokenProcessPool:  # a worker was killed: what was under way is run again, one by one
                given_up = todo.broke()
                if given_up:
                    done([failed_record(job, item, _KILLED) for item in given_up])
            except BaseException:  # an interrupt: the pool would wait for what the workers are at, endless loops even
                for worker in set(multiprocessing.active_children()) - others:
                    worker.kill()
                raise
            finally:
                pool.shutdown(cancel_futures=True)


_KILLED = "The grading process was killed several times while this submission was graded (short of memory?)."
_MOST_DEATHS = 3
_FETCH_SECONDS = 5
_TRIED_BY_DASK = 4  # workers that die over a task, or over another on the same worker, before Dask gives it up


class _Chunks:
    """The chunks of a run, and those under way when a worker died: these go again one submission at a time, alone.

    So a submission that kills whoever grades it is found, and given up after a few deaths; its neighbours are not.
    """

    def __init__(self, chunks: Iterator[list[dict]]) -> None:
        self._fresh, self._next = chunks, next(chunks, None)
        self._suspects: list[list[dict]] = []
        self._under_way: list[list[dict]] = []
        self._deaths: dict[str, int] = {}
        self._alone = False

    @property
    def empty(self) -> bool:
        """Whether nothing is left to be handed out."""
        return self._next is None and not self._suspects

    def at_a_time(self, many: int) -> int:
        """How many chunks may be under way now."""
        return 1 if self._suspects or self._alone else many

    def take(self) -> list[dict] | None:
        """The next chunk; None when there is none."""
        self._alone = bool(self._suspects)
        chunk = self._suspects.pop() if self._suspects else self._next
        if chunk is self._next:
            self._next = next(self._fresh, None)
        if chunk is not None:
            self._under_way.append(chunk)
        return chunk

    def finished(self, chunk: list[dict]) -> None:
        """Its records are there."""
        self._under_way.remove(chunk)
        self._alone = False

    def broke(self, chunks: Sequence[list[dict]] | None = None, times: int = 1) -> list[dict]:
        """Workers died over these chunks, or over all that are under way. The submissions that are given up now."""
        given_up = []
        for chunk in [*(self._under_way if chunks is None else chunks)]:
            self._under_way.remove(chunk)
            for item in chunk:
                died = self._deaths[item["key"]] = self._deaths.get(item["key"], 0) + times
                if died > _MOST_DEATHS and self._alone:
                    given_up.append(item)
                else:
                    self._suspects.append([item])
        self._alone = self._alone and bool(self._under_way)
        return given_up


class DaskEngine:
    """A Dask cluster: one that is running already (`scheduler`), or workers on this machine."""

    def __init__(self, scheduler: str | None = None, workers: int | None = None) -> None:
        self.scheduler, self.workers = scheduler, workers or os.cpu_count() or 1
        self._own: Any = None  # the cluster of our own, while there is one

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
                    address = self._own = stack.enter_context(
                        distributed.LocalCluster(
                            n_workers=self.workers,
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

    def _submit(self, client: Any, job: Job, chunks: Iterator[list[dict]], done: Callable[[list[dict]], None]) -> None:
        from distributed import KilledWorker

        todo = _Chunks(chunks)
        waiting: dict[Any, list[dict]] = {}
        while waiting or not todo.empty:
            slots = todo.at_a_time(_slots(client)) if not todo.empty else 0
            while len(waiting) < slots and (chunk := todo.take()) is not None:
                waiting[client.submit(grade_chunk, job, chunk, pure=False, retries=3)] = chunk
            for future in self._some_ready(client, waiting):
                chunk = waiting.pop(future)
                if future.status == "finished":
                    try:
                        records = future.result(timeout=_FETCH_SECONDS)
                    except (TimeoutError, KilledWorker):  # they lay on a worker that has died, and are made again
                        waiting[future] = chunk
                        continue
                    todo.finished(chunk)
                    done(records)
                    continue
                error = future.exception() if future.status == "error" else None
                if isinstance(error, SandboxUnavailable):
                    raise error
                if future.status == "cancelled" or not _alive(client):
                    raise BatchError(f"The Dask scheduler went away. {_SAFE}")
                if given_up := todo.broke([chunk], _TRIED_BY_DASK):
                    done([failed_record(job, item, _KILLED) for item in given_up])

    def _some_ready(self, client: Any, waiting: dict) -> list:
        """Futures that ended; polls, so that a scheduler that vanished is noticed, and workers of our own that did.

        Who dies while it is being started is not started again by Dask, which would leave nobody to wait for.
        """
        while waiting:
            if self._own is not None and not self._own.scheduler_info["workers"]:
                self._own.scale(self.workers)  # starts those that are gone; those that are starting already go on
            ready = [future for future in waiting if future.status in ("finished", "error", "cancelled")]
            if ready:
                return ready
            if not _alive(client):
                raise BatchError(f"The Dask scheduler went away. {_SAFE}")
            time.sleep(0.02)
        return []


_SAFE = "What is graded is safe in the journal: run the same command again to go on from there."


def _slots(client: Any) -> int:
    """How many chunks to have under way: two for each thread that the cluster has just now."""
    try:
        return max(2, 2 * sum(client.nthreads().values()))
    except OSError as error:
        raise BatchError(f"The Dask scheduler went away. {_SAFE}") from error


def _alive(client: Any) -> bool:
    return client.status == "running" and client.scheduler is not None and client.scheduler_comm is not None

"""Where submissions are graded: worker processes on this machine, or a Dask cluster."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator

from qkvlib.grading.sandbox import SandboxUnavailable
from qkvlib.grading.sandbox.command import ONE_THREAD
from qkvlib.grading.worker import Job, close_sandboxes, failed_record, grade_chunk, start_worker


class BatchError(RuntimeError):
    """The run ended early; what is graded is safe. The message says how to go on."""


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
        deaths, again = Deaths(), []
        os.environ.update(ONE_THREAD)  # for the workers: threads of matrix products this small only wait for each other
        others = set(multiprocessing.active_children())
        while True:
            pool = ProcessPoolExecutor(self.workers, context, initializer=start_worker, initargs=(os.getpid(),))
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
                for chunk in [*waiting.values(), *again]:
                    deaths.count(chunk)
                again, given_up = deaths.sorted_out([*again, *waiting.values()])
                if given_up:
                    done([failed_record(job, item, KILLED) for item in given_up])
            except BaseException:  # an interrupt: the pool would wait for what the workers are at, endless loops even
                for worker in set(multiprocessing.active_children()) - others:
                    worker.kill()
                raise
            finally:
                pool.shutdown(cancel_futures=True)


KILLED = "The grading process was killed several times while this submission was graded (short of memory?)."
_MOST_DEATHS = 3


class Deaths:
    """How often a worker died over each submission. What keeps killing workers is graded alone, then given up."""

    def __init__(self):
        self._of: dict[str, int] = {}

    def count(self, chunk: list[dict]) -> None:
        """A worker died over this chunk."""
        for item in chunk:
            self._of[item["key"]] = self._of.get(item["key"], 0) + 1

    def sorted_out(self, chunks: list[list[dict]]) -> tuple[list[list[dict]], list[dict]]:
        """(the chunks to run again, one submission each where a worker died before; the submissions given up)."""
        items = [item for chunk in chunks for item in chunk]
        given_up = [item for item in items if self._of.get(item["key"], 0) > _MOST_DEATHS]
        return [[item] for item in items if item not in given_up], given_up


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
        deaths = Deaths()
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
                if future.status == "cancelled" or not _alive(client):
                    raise BatchError(f"The Dask scheduler went away. {_SAFE}")
                deaths.count(chunk)
                again, given_up = deaths.sorted_out([chunk])
                if given_up:
                    done([failed_record(job, item, KILLED) for item in given_up])
                for part in again:
                    waiting[client.submit(grade_chunk, job, part, pure=False, retries=3)] = part

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

"""A whole class: the journal, both engines, and kills in mid-run."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import dying
import pytest
from batch_run import run, task, write_class  # noqa: F401 - task is a fixture
from classroom import SECRET, course, submission
from processes import command_line, descendants

from qkvlib.grading import batch, engines
from qkvlib.grading.batch import Progress, remaining
from qkvlib.grading.cluster import check_workers
from qkvlib.grading.engines import BatchError, DaskEngine, LocalEngine
from qkvlib.grading.journal import Journal, JournalBusy
from qkvlib.grading.worker import Job

# -- the journal -------------------------------------------------------------------------------------------------------


def test_a_journal_keeps_whole_lines_and_cuts_a_torn_one(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.append([{"key": "a", "x": "é\n\u2028"}, {"key": "b"}])
        journal.append([{"key": "a", "x": "again"}])
    whole = path.read_bytes()
    for cut in range(1, 12):
        path.write_bytes(whole[:-cut])
        with Journal(path) as journal:
            assert list(journal.keys) == ["a"]
            journal.append([{"key": "b"}])
        assert path.read_bytes() == whole
    with Journal(path) as journal:
        assert list(journal.records(["b", "a"])) == [{"key": "b"}, {"key": "a", "x": "é\n\u2028"}]


def test_a_journal_with_rubbish_at_the_end(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"key": "a"}\n{"key": 3}\n[]\n')
    with Journal(path) as journal:
        assert list(journal.keys) == ["a"]
    assert path.read_bytes() == b'{"key": "a"}\n'


def test_two_runs_cannot_share_a_journal(tmp_path):
    with Journal(tmp_path / "j"), pytest.raises(JournalBusy, match="Another grading run"), Journal(tmp_path / "j"):
        pass


def test_the_estimate_waits_until_it_knows():
    assert remaining(0, 100, 60) is None
    assert remaining(50, 50, 1) is None
    assert remaining(5, 95, 10) is None
    assert remaining(20, 180, 10) == 90
    assert remaining(3, 0, 0.1) == 0


# -- runs --------------------------------------------------------------------------------------------------------------


@pytest.mark.sandbox
def test_resume_and_regrade(task, tmp_path, bubblewrap):
    students = write_class(tmp_path / "in", 12)
    journal = tmp_path / "out" / "journal.jsonl"
    states = []
    first = run(task, tmp_path / "in", students, journal, LocalEngine(1))
    size = journal.stat().st_size
    again = run(task, tmp_path / "in", students, journal, None, progress=lambda s: states.append((s.done, s.skipped)))
    assert again == first
    assert journal.stat().st_size == size
    assert states[-1] == (12, 12)
    assert {r["student"]: bool(r["problem"]) for r in first} == {s.id: s.id in ("s003", "s004") for s in students}
    # one student hands in again: that one alone is graded
    (tmp_path / "in" / "s001.ipynb").write_text(json.dumps(submission()))
    third = run(task, tmp_path / "in", students, journal, LocalEngine(1))
    assert len(journal.read_bytes().splitlines()) == 13
    changed = [r["student"] for r, old in zip(third, first, strict=True) if r != old]
    assert changed == ["s001"]
    # another secret draws other inputs, so nothing is carried over
    assert {r["key"] for r in third}.isdisjoint(
        r["key"] for r in run(task, tmp_path / "in", students, tmp_path / "j2", LocalEngine(1), secret=b"x" * 32)
    )


@pytest.fixture(params=["bubblewrap", "second"])
def wall(request):
    """The name of each wall in turn, the second in the form it has here."""
    found = request.getfixturevalue("bubblewrap" if request.param == "bubblewrap" else "second_wall")
    return "bubblewrap" if request.param == "bubblewrap" else found


@pytest.mark.sandbox
def test_a_run_killed_at_any_moment_loses_nothing_and_leaves_no_process(task, tmp_path, wall):
    students = write_class(tmp_path / "in", 20)
    whole = run(task, tmp_path / "in", students, tmp_path / "whole.jsonl", LocalEngine(2), wall=wall)
    script = textwrap.dedent(
        """
        import sys
        sys.path.insert(0, sys.argv[1])
        if __name__ == "__main__":
            import batch_run, classroom
            from pathlib import Path
            from qkvlib.grading import assignment, batch, engines
            batch.CHUNK = 3
            place = Path(sys.argv[2])
            students = [batch_run.Student(f"s{i:03d}", f"Student {i}") for i in range(20)]
            task = assignment.load(Path(sys.argv[3]))
            batch_run.run(task, place / "in", students, place / "journal.jsonl", engines.LocalEngine(2),
                           wall=sys.argv[4], progress=lambda state: print(state.done, flush=True))
        """
    )
    (tmp_path / "grade.py").write_text(script)
    exercise = course(tmp_path / "course")
    command = [
        sys.executable,
        str(tmp_path / "grade.py"),
        str(Path(__file__).parent),
        str(tmp_path),
        str(exercise),
        wall,
    ]
    kills = 0
    for stop_after in (1, 3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for _ in range(stop_after):
                if not process.stdout.readline():
                    break
            tree = descendants(process.pid)
            kills += process.poll() is None
            process.kill()
        deadline = time.monotonic() + 20
        while any(Path(f"/proc/{pid}").exists() for pid in tree) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not [pid for pid in tree if Path(f"/proc/{pid}").exists()], "a killed run left a process behind"
    assert kills
    before = (tmp_path / "journal.jsonl").read_bytes().splitlines()
    resumed = run(task, tmp_path / "in", students, tmp_path / "journal.jsonl", LocalEngine(2), wall=wall)
    after = (tmp_path / "journal.jsonl").read_bytes().splitlines()
    assert resumed == whole
    assert 0 < len(before) <= len(after) == 20
    assert len({json.loads(line)["key"] for line in after}) == 20


@pytest.mark.sandbox
def test_a_killed_worker_process_loses_nothing(task, tmp_path, wall, monkeypatch):
    monkeypatch.setattr(batch, "CHUNK", 4)
    students = write_class(tmp_path / "in", 24)
    whole = run(task, tmp_path / "in", students, tmp_path / "whole.jsonl", LocalEngine(1), wall=wall)
    killed = []

    def kill_one(state: Progress):
        if not killed:
            workers = [p for p in descendants(os.getpid()) if b"spawn_main" in command_line(p)]
            killed.append(workers[0])
            os.kill(workers[0], signal.SIGKILL)

    again = run(task, tmp_path / "in", students, tmp_path / "again.jsonl", LocalEngine(2), progress=kill_one, wall=wall)
    assert killed
    assert again == whole


def test_a_pool_that_breaks_while_a_chunk_is_handed_over_loses_nothing(task, monkeypatch):
    class Pool:
        broken = iter([False, True, False, False, False])

        def __init__(self, *arguments, **more):
            pass

        def submit(self, function, job, chunk):
            if next(self.broken):
                raise BrokenProcessPool("a worker was killed")
            future = Future()
            future.set_result(chunk)
            return future

        def shutdown(self, cancel_futures):
            pass

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", Pool)
    done = []
    LocalEngine(1).run(Job(task, SECRET), iter([[{"key": key}] for key in "abc"]), done.extend)
    assert sorted(record["key"] for record in done) == ["a", "b", "c"]


def run_with_a_killer(engine, task):
    """Grade eleven, one of whom kills whoever grades it: each must have one record, and that one says why."""
    students = [f"s{i}" for i in range(5)] + ["killer"] + [f"s{i}" for i in range(5, 10)]
    items = [{"key": f"k-{s}", "student": s, "file": f"{s}.ipynb", "problem": "", "remarks": []} for s in students]
    done = []
    engine.run(Job(task, SECRET), iter([items[:4], items[4:8], items[8:]]), done.extend)
    assert sorted(record["student"] for record in done) == sorted(students), "each once"
    (failed,) = (record for record in done if record["problem"])
    assert (failed["student"], failed["failed"]) == ("killer", True)
    assert "killer.ipynb" in failed["remarks"][0]["text"]


def test_a_submission_that_kills_its_worker_again_and_again_is_named_and_costs_itself_alone(task, monkeypatch):
    deaths = []
    monkeypatch.setattr(engines, "grade_chunk", dying.grade_chunk)
    broke = engines._Chunks.broke
    monkeypatch.setattr(engines._Chunks, "broke", lambda self: deaths.append(1) or broke(self))
    run_with_a_killer(LocalEngine(2), task)
    assert len(deaths) == engines._MOST_DEATHS + 1, "bounded"


# -- Dask: the worker dies, the scheduler dies -----------------------------------------------------------------------


@contextlib.contextmanager
def dask_process(*arguments):
    """`dask scheduler` or `dask worker` as a process of its own, ended afterwards."""
    command = [sys.executable, "-c", f"from distributed.cli.dask_{arguments[0]} import main; main()", *arguments[1:]]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.stderr.close()


def line_with(process, text):
    """The first line of its log that has `text` in it."""
    for line in process.stderr:
        if text in line:
            return line
    raise AssertionError(f"it ended without saying {text!r}")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.sandbox
def test_a_dask_worker_and_then_the_scheduler_are_killed(task, tmp_path, bubblewrap, monkeypatch):
    """One cluster for both: a killed worker's chunks are run by another; a killed scheduler ends the run, resumed."""
    monkeypatch.setattr(batch, "CHUNK", 2)
    students = write_class(tmp_path / "in", 24)
    whole = run(task, tmp_path / "in", students, tmp_path / "whole.jsonl", LocalEngine(1))
    space = ["--local-directory", str(tmp_path / "dask")]
    journal = tmp_path / "journal.jsonl"
    with dask_process("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard") as scheduler:
        address = line_with(scheduler, "Scheduler at:").split()[-1]
        worker = ("worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny", *space)
        monkeypatch.setenv("PYTHONPATH", str(Path(batch.__file__).parents[2]))
        with dask_process(*worker) as one, dask_process(*worker) as other:
            for started in (one, other):
                line_with(started, "Registered to")
            assert check_workers(address) == 2

            def kill(state: Progress):
                if state.done >= 3 and one.poll() is None:
                    one.kill()
                if state.done >= 12 and scheduler.poll() is None:
                    scheduler.kill()

            with pytest.raises(BatchError, match="run the same command again"):
                run(task, tmp_path / "in", students, journal, DaskEngine(address), progress=kill)
    half = journal.read_bytes().splitlines()
    assert 12 <= len(half) < 24
    assert run(task, tmp_path / "in", students, journal, LocalEngine(1)) == whole
    assert journal.read_bytes().splitlines()[: len(half)] == half


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore::UserWarning")  # Dask's own, about workers it starts again
def test_a_submission_that_kills_dask_workers_again_and_again_is_named_as_well(task, tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "grade_chunk", dying.grade_chunk)
    monkeypatch.setenv("DASK_TEMPORARY_DIRECTORY", str(tmp_path))
    run_with_a_killer(DaskEngine(workers=2), task)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_dask_workers_that_nobody_starts_again_are_replaced(task, tmp_path, monkeypatch):
    """As when one dies while it is being started: its nanny leaves with it."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(distributed.Nanny, "_on_worker_exit", lambda self, status: self.close())
    monkeypatch.setattr(engines, "grade_chunk", dying.grade_chunk)
    monkeypatch.setenv("DASK_TEMPORARY_DIRECTORY", str(tmp_path))
    dask = pytest.importorskip("dask")
    with dask.config.set({"distributed.deploy.lost-worker-timeout": "100ms"}):
        run_with_a_killer(DaskEngine(workers=2), task)


def test_a_scheduler_that_is_not_there(task, tmp_path):
    students = write_class(tmp_path / "in", 2)
    with pytest.raises(BatchError, match="no Dask scheduler at"):
        run(task, tmp_path / "in", students, tmp_path / "j", DaskEngine("not-an-address"))

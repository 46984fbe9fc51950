"""A whole class: the journal, both engines, kills in mid-run, and what is written."""

import contextlib
import csv
import io
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

import pytest
from classroom import SECRET, STUBS, course, submission

from qkvlib.grading import assignment, batch, collect, report
from qkvlib.grading.batch import Progress, grade_batch, remaining
from qkvlib.grading.cluster import check_workers
from qkvlib.grading.collect import Source
from qkvlib.grading.engines import BatchError, DaskEngine, LocalEngine
from qkvlib.grading.journal import Journal, JournalBusy
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


def run(task, place, students, journal_path, engine, secret=SECRET, progress=lambda state: None):
    """Grade the folder; the records in order of student."""
    job = Job(task, secret, limits=LIMITS)
    with Source(place) as source, Journal(journal_path) as journal:
        found = collect.collect(source, students, task.slug)
        keys = grade_batch(job, source, found, journal, engine, progress)
        return list(journal.records(keys))


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


@pytest.mark.sandbox
def test_a_run_killed_at_any_moment_loses_nothing_and_leaves_no_process(task, tmp_path, bubblewrap):
    students = write_class(tmp_path / "in", 20)
    whole = run(task, tmp_path / "in", students, tmp_path / "whole.jsonl", LocalEngine(2))
    script = textwrap.dedent(
        """
        import sys
        sys.path.insert(0, sys.argv[1])
        if __name__ == "__main__":
            import test_batch, classroom
            from pathlib import Path
            from qkvlib.grading import assignment, batch, engines
            batch.CHUNK = 3
            place = Path(sys.argv[2])
            students = [test_batch.Student(f"s{i:03d}", f"Student {i}") for i in range(20)]
            task = assignment.load(Path(sys.argv[3]))
            test_batch.run(task, place / "in", students, place / "journal.jsonl", engines.LocalEngine(2),
                           progress=lambda state: print(state.done, flush=True))
        """
    )
    (tmp_path / "grade.py").write_text(script)
    exercise = course(tmp_path / "course")
    command = [sys.executable, str(tmp_path / "grade.py"), str(Path(__file__).parent), str(tmp_path), str(exercise)]
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
    resumed = run(task, tmp_path / "in", students, tmp_path / "journal.jsonl", LocalEngine(2))
    after = (tmp_path / "journal.jsonl").read_bytes().splitlines()
    assert resumed == whole
    assert 0 < len(before) <= len(after) == 20
    assert len({json.loads(line)["key"] for line in after}) == 20


def descendants(pid):
    """Every process below `pid`, by /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found, grew = {pid}, True
    while grew:
        grew = {p for p, parent in parents.items() if parent in found} - found
        found |= grew
    return found - {pid}


def command_line(pid):
    """What a process was started as; nothing if it ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.sandbox
def test_a_killed_worker_process_loses_nothing(task, tmp_path, bubblewrap, monkeypatch):
    monkeypatch.setattr(batch, "CHUNK", 4)
    students = write_class(tmp_path / "in", 24)
    whole = run(task, tmp_path / "in", students, tmp_path / "whole.jsonl", LocalEngine(1))
    killed = []

    def kill_one(state: Progress):
        if not killed:
            workers = [p for p in descendants(os.getpid()) if b"spawn_main" in command_line(p)]
            killed.append(workers[0])
            os.kill(workers[0], signal.SIGKILL)

    again = run(task, tmp_path / "in", students, tmp_path / "again.jsonl", LocalEngine(2), progress=kill_one)
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


# -- what is written ------------------------------------------------------------------------------------------------

HOSTILE = '=cmd|"/c calc"!A1<script>alert(1)</script>`x`"\'&\u202e'


def table(path):
    """The rows of a CSV."""
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


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


def test_nothing_a_student_writes_becomes_markup_or_a_formula(task, tmp_path):
    bad = a_record("s2", task, remarks=[{"kind": "failed", "text": HOSTILE}])
    bad["results"][0].update(status="wrong", points=0, mistake="raised", message=HOSTILE, note=HOSTILE)
    records = [a_record("s1", task), bad, a_record("+s3", task, problem=HOSTILE, file=HOSTILE)]
    report.write_report(tmp_path, task, records, [Student("s2", HOSTILE, HOSTILE)])
    for page in [tmp_path / "class.html", *(tmp_path / "feedback").glob("*.html")]:
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text.lower()
        assert "&lt;script&gt;" in text or page.name == "s1.html"
        policy = text.split('http-equiv="Content-Security-Policy" content="')[1].split('"')[0]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert " style=" not in text
    for path in tmp_path.glob("*.csv"):
        for row in table(path):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))], path


def test_the_tables_and_files_of_the_platforms(task, tmp_path):
    half = a_record("s2", task)
    half["results"][3].update(status="todo", points=0)
    missing = a_record("s3", task, file="", problem="Nothing was handed in.")
    for result in missing["results"]:
        result.update(status="todo", points=0)
    students = [Student("s1", "Ada Byron", "ada@example.org"), Student("s2", "Emmy"), Student("s3", "Sofya")]
    summary = report.write_report(tmp_path, task, [a_record("s1", task), half, missing], students)
    assert (summary["graded"], summary["missing"], summary["mean"]) == (2, 1, 6.5)
    head, *grades = table(tmp_path / "grades.csv")
    assert head[:6] == ["student_id", "name", "scores", "softmax", "blend", "attention"]
    assert [row[:9] for row in grades] == [
        ["s1", "Ada Byron", "2", "2", "1", "3", "8", "8", "100.0"],
        ["s2", "Emmy", "2", "2", "1", "0", "5", "8", "62.5"],
        ["s3", "Sofya", "0", "0", "0", "0", "0", "8", "0.0"],
    ]
    canvas = table(tmp_path / "canvas.csv")
    assert canvas[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert [(row[2], row[-1]) for row in canvas[1:]] == [("", "8"), ("s1", "8"), ("s2", "5")]
    moodle = table(tmp_path / "moodle.csv")
    assert moodle[1][:4] == ["s1", "Ada Byron", "ada@example.org", "8"]
    assert moodle[2][5] == "3 of 4 exercises are right and 1 was left blank."
    assert len(moodle) == 3
    scope = json.loads((tmp_path / "gradescope" / "s2" / "results.json").read_text())
    assert scope["score"] == 5
    assert [t["score"] for t in scope["tests"]] == [2, 2, 1, 0]
    assert {t["output_format"] for t in scope["tests"]} == {"text"}


def test_a_report_is_swapped_in_whole(task, tmp_path):
    report.write_report(tmp_path, task, [a_record("s1", task), a_record("s2", task)], [])
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    def broken():
        yield a_record("s1", task)
        raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError):
        report.write_report(tmp_path, task, broken(), [])
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    report.write_report(tmp_path, task, [a_record("s1", task)], [])
    assert not (tmp_path / "feedback" / "s2.html").exists()
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


@pytest.mark.sandbox
def test_hostile_names_all_the_way(task, tmp_path, bubblewrap):
    names = ["<script>alert(1)<", "=1+1", "a b;rm -rf", "..", "x" * 200, "‮gnp", "a'\"&"]
    (tmp_path / "in").mkdir()
    for name in names:
        (tmp_path / "in" / f"{name}.ipynb").write_text(json.dumps(submission()))
    records = run(task, tmp_path / "in", [], tmp_path / "journal.jsonl", LocalEngine(1))
    assert len(records) == len(names)
    assert {sum(r["points"] for r in record["results"]) for record in records} == {task.total}
    report.write_report(tmp_path / ".", task, records, [])
    pages = sorted((tmp_path / "feedback").glob("*.html"))
    assert len(pages) == len(names)
    assert not [p for p in pages if "<script" in p.read_text() or "script>" in p.name]


def test_unsafe_is_written_on_everything(task, tmp_path):
    report.write_report(tmp_path, task, [a_record("s1", task, unsafe=True)], [])
    for name in ("class.html", "feedback/s1.html"):
        assert "Graded without the sandbox" in (tmp_path / name).read_text()
    assert "do not trust this grade" in (tmp_path / "grades.csv").read_text()
    assert json.loads((tmp_path / "feedback" / "s1.json").read_text())["unsafe"]
    assert "without the sandbox" in json.loads((tmp_path / "gradescope/s1/results.json").read_text())["output"]


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


def test_a_scheduler_that_is_not_there(task, tmp_path):
    students = write_class(tmp_path / "in", 2)
    with pytest.raises(BatchError, match="no Dask scheduler at"):
        run(task, tmp_path / "in", students, tmp_path / "j", DaskEngine("not-an-address"))

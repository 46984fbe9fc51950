"""Grading a class: qkv in its sandbox beside nbgrader's autograde, on the same submissions, in the same run.

    python -m benchmarks.grading                 # add --json FILE for machines, --largest 2000 for a shorter table

Keys: `qkv` is `qkv grade` (local engine, sandboxed, every report written), `qkv_second_wall` the same with `--wall
second`, for containers (in the form that stands here: run it as root), `dask` the same on two local Dask workers,
`nbgrader` is `nbgrader autograde` 0.9.6 in an environment of its own, which this script makes. `cpu_ms` is CPU time of
everything a run starts, per submission, its start-up left out: the slope between a small and a larger class, for both
alike, measured in turn; `with_start_up` is a whole run divided by its submissions. `size_N` is a class of N: cost must
stay linear and memory flat. `lost_*` counts submissions without a grade after a kill and one resume.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.report import Limit, Row, finish, parser  # noqa: E402

NBGRADER = "0.9.6"  # it calls alembic by bare name, so its own bin must be on PATH
NOTEBOOK = "02_two_tokens"
ROUNDS = 3  # of nbgrader and qkv in turn, the least counts: a machine's other guests only ever add
WRONG = (
    {},
    {},
    {"scores": "def scores(Q, K):\n    return Q @ np.swapaxes(K, -1, -2)"},
    {"softmax": "def softmax(z, axis=-1):\n    return np.exp(z) / np.exp(z).sum()"},
    {"blend": "def blend(weights, V):\n    return np.swapaxes(weights, -1, -2) @ V"},
)


@dataclass
class Cost:
    """What one run took, everything it started included."""

    wall: float
    cpu: float
    memory: int  # bytes of its largest process


@dataclass
class Slope:
    """What each submission between the `few` and the `many` took: start-up is in both runs, and so in neither."""

    few: int
    early: Cost
    many: int
    late: Cost

    @property
    def cpu_ms(self) -> float:
        return 1000 * (self.late.cpu - self.early.cpu) / (self.many - self.few)

    @property
    def per_second(self) -> float:
        return (self.many - self.few) / (self.late.wall - self.early.wall)


# Python keeps its bytecode for both graders, as it does wherever nobody forbade it.
USUAL = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def measured(command, cwd, env=USUAL) -> Cost:
    """Run a command to its end; fails loudly when it does."""
    start = time.perf_counter()
    log = tempfile.TemporaryFile()  # noqa: SIM115  - closed below
    process = subprocess.Popen([str(c) for c in command], cwd=cwd, env=env, stdout=log, stderr=log)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    log.seek(0)
    said = log.read().decode(errors="replace")
    log.close()
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{said[-3000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


# -- submissions ---------------------------------------------------------------------------------------------------


def book_of(i: int) -> dict:
    """Student i's notebook: right for two in five, wrong in a named way for the others."""
    book = json.loads((ROOT / "exercises" / f"{NOTEBOOK}.ipynb").read_text(encoding="utf-8"))
    solved = json.loads((ROOT / "solutions" / f"{NOTEBOOK}.ipynb").read_text(encoding="utf-8"))
    answers = {name(c): "".join(c["source"]) for c in solved["cells"] if role(c) == "solution"}
    answers |= WRONG[i % len(WRONG)]
    for cell in book["cells"]:
        if role(cell) == "solution":
            cell["source"] = answers[name(cell)] + f"\n# student {i}"
    return book


def name(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def role(cell):
    return "solution" if cell["metadata"].get("nbgrader", {}).get("solution") else ""


def write_zip(path: Path, n: int) -> None:
    """A class of n as one zip; five kinds of notebook, each its student's own."""
    kinds = [json.dumps(book_of(i)) for i in range(len(WRONG))]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(n):
            kind = i % len(WRONG)
            archive.writestr(f"s{i:05d}/{NOTEBOOK}.ipynb", kinds[kind].replace(f"# student {kind}", f"# student {i}"))


# -- qkv ------------------------------------------------------------------------------------------------------------


def qkv(place: Path, n: int, *options) -> Cost:
    """Grade a class of n with `qkv grade`; every submission must have its grade."""
    write_zip(place / f"{n}.zip", n)
    out = Path(tempfile.mkdtemp(prefix="results-", dir=place))  # deleting others first makes files dear for a while
    command = [sys.executable, "-c", "from qkvlib.cli import app; app()", "grade", place / f"{n}.zip"]
    command += ["--assignment", ROOT / "exercises" / f"{NOTEBOOK}.ipynb", "--out", out, "--workers", "2", *options]
    cost = measured(command, place)
    graded = json.loads((out / "class.json").read_text())["graded"]
    if graded != n:
        raise SystemExit(f"{graded} of {n} were graded")
    (place / f"{n}.zip").unlink()
    return cost


# -- nbgrader ------------------------------------------------------------------------------------------------------


class Nbgrader:
    """nbgrader in an environment of its own, with one assignment released."""

    def __init__(self, place: Path):
        environment, self.course = place / "venv", place / "course"
        uv = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
        if uv is None:
            raise SystemExit("uv is needed to set up nbgrader: make .venv/dev.json")
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, environment], check=True)
        self.bin = environment / "bin"
        packages = [f"nbgrader=={NBGRADER}", "numpy", "platformdirs"]
        subprocess.run([uv, "pip", "install", "-q", "--python", self.bin / "python", *packages], check=True)
        (site,) = environment.glob("lib/python*/site-packages")
        (site / "qkvlib-here.pth").write_text(f"{ROOT}\n", encoding="utf-8")
        self.env = {"PATH": f"{self.bin}:{os.defpath}", "HOME": str(place), "QKV_HOME": str(place / "progress")}
        self.env["JUPYTER_PLATFORM_DIRS"] = "1"
        source = self.course / "source" / "two"
        source.mkdir(parents=True)
        shutil.copy(ROOT / "solutions" / f"{NOTEBOOK}.ipynb", source)
        measured([self.bin / "nbgrader", "generate_assignment", "two"], self.course, self.env)

    def autograde(self, first: int, n: int) -> Cost:
        """Autograde students first ... first + n - 1."""
        for folder in ("submitted", "autograded"):
            shutil.rmtree(self.course / folder, ignore_errors=True)
        for i in range(first, first + n):
            folder = self.course / "submitted" / f"s{i:05d}" / "two"
            folder.mkdir(parents=True)
            (folder / f"{NOTEBOOK}.ipynb").write_text(json.dumps(book_of(i)), encoding="utf-8")
        return measured([self.bin / "nbgrader", "autograde", "two"], self.course, self.env)


# -- kills ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def dask(kind, *options):
    """`dask scheduler` or `dask worker`, ended afterwards; its address or name once it is ready."""
    command = [sys.executable, "-c", f"from distributed.cli.dask_{kind} import main; main()", *map(str, options)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            ready = "Scheduler at:" if kind == "scheduler" else "Registered to"
            line = next(line for line in process.stderr if ready in line)
            yield process, line.split()[-1]
        finally:
            process.kill()
            process.stderr.close()


def kill_mid_run(place: Path, n: int, whom: str, *behind) -> int:
    """Kill a worker or the scheduler when a third is graded, run again if need be: how many of n lack a grade."""
    write_zip(place / "kill.zip", n)
    out = place / "-".join(["killed", whom, *behind])
    command = [sys.executable, "-c", "from qkvlib.cli import app; app()", "grade", place / "kill.zip", "--out", out]
    command += ["--assignment", ROOT / "exercises" / f"{NOTEBOOK}.ipynb", *behind]
    journal = out / "journal.jsonl"
    with dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard") as (scheduler, address):
        options = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--local-directory", place / "dask")
        with dask("worker", address, *options) as (worker, _), dask("worker", address, *options):
            run = subprocess.Popen(
                [*map(str, command), "--engine", "dask", "--scheduler", address],
                cwd=place,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            while run.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < n // 3):
                time.sleep(0.01)
            if run.poll() is not None:
                raise SystemExit("the run ended before anything could be killed")
            os.kill((worker if whom == "worker" else scheduler).pid, signal.SIGKILL)
            status = run.wait(600)
    if whom == "worker" and status:
        raise SystemExit("a run whose worker was killed did not finish by itself")
    if whom == "scheduler":
        measured(command, place)  # the same command again, on this machine's own processes
    keys = [json.loads(line)["key"] for line in journal.read_bytes().splitlines()]
    return n - len(set(keys)) if len(keys) == len(set(keys)) else n


# -- the whole -----------------------------------------------------------------------------------------------------


def main(arguments=None):
    made: argparse.ArgumentParser = parser(__doc__.splitlines()[0])
    made.add_argument("--largest", type=int, default=10_000, help="the largest class of the table (10000)")
    made.add_argument("--nbgrader", type=int, default=20, metavar="N", help="submissions given to nbgrader (20)")
    options = made.parse_args(arguments)
    rows, limits = [], []
    with tempfile.TemporaryDirectory(prefix="qkv-bench-") as folder:
        place = Path(folder)
        other = Nbgrader(place / "nbgrader")
        few, many = max(2, options.nbgrader // 5), options.nbgrader
        small, middle = 100, min(1_000, options.largest)
        theirs, ours, second = [], [], []
        behind = ("--wall", "second")
        for _ in range(ROUNDS):
            theirs.append(Slope(few, other.autograde(0, few), many, other.autograde(0, many)))
            ours.append(Slope(small, qkv(place, small), middle, qkv(place, middle)))
            second.append(Slope(small, qkv(place, small, *behind), middle, qkv(place, middle, *behind)))
        nb_ms, cpu_ms = min(s.cpu_ms for s in theirs), min(s.cpu_ms for s in ours)
        per_second = max(s.per_second for s in ours)
        least = f"per submission, the least of {ROUNDS} rounds, each"
        rows.append(Row("nbgrader.cpu_ms", nb_ms, "ms", f"{least} {few} to {many} submissions"))
        rows.append(Row("nbgrader.with_start_up", 1000 * theirs[0].late.cpu / many, "ms", f"{many} submissions"))
        rows.append(Row("nbgrader.per_second", max(s.per_second for s in theirs), "1/s"))
        rows.append(Row("qkv.cpu_ms", cpu_ms, "ms", f"{least} {small} to {middle} submissions"))
        rows.append(Row("qkv.per_second", per_second, "1/s", f"2 workers on {os.cpu_count()} cores"))
        second_ms = min(s.cpu_ms for s in second)
        rows.append(Row("qkv_second_wall.cpu_ms", second_ms, "ms", f"{least} {small} to {middle} submissions"))
        limits.append(Limit("qkv.cpu_ms / nbgrader.cpu_ms", cpu_ms / nb_ms, at_most=1 / 50))
        limits.append(Limit("qkv_second_wall.cpu_ms / qkv.cpu_ms", second_ms / cpu_ms, at_most=1.5))
        limits.append(Limit("qkv.per_second", per_second, at_least=50))

        same = qkv(place, many)
        rows.append(Row("qkv.same_submissions", 1000 * same.cpu / many, "ms", f"{many} submissions, with start-up"))
        costs = {small: ours[-1].early, middle: ours[-1].late}
        if options.largest > middle:
            costs[options.largest] = qkv(place, options.largest)
            late = Slope(middle, costs[middle], options.largest, costs[options.largest])
            early = statistics.median(s.cpu_ms for s in ours)
            limits.append(Limit("cost of a late submission / an early one", late.cpu_ms / early, at_most=1.25))
        for n, cost in costs.items():
            note = f"{n / cost.wall:.0f} per second with start-up, {cost.wall:.1f} s"
            rows.append(Row(f"qkv.size_{n}.with_start_up", 1000 * cost.cpu / n, "ms", note))
            rows.append(Row(f"qkv.size_{n}.memory", cost.memory / 2**20, "MiB", "the largest process"))
        grown = costs[max(costs)].memory / costs[small].memory
        limits.append(Limit("memory, largest class / smallest", grown, at_most=1.5))

        cost = qkv(place, middle, "--engine", "dask")
        note = f"{middle} submissions, start-up of the cluster included"
        rows.append(Row("dask.per_second", middle / cost.wall, "1/s", note))
        rows.append(Row("dask.cpu_ms", 1000 * cost.cpu / middle, "ms", note))
        for whom in ("worker", "scheduler"):
            lost = kill_mid_run(place, min(600, options.largest), whom)
            rows.append(Row(f"dask.lost_{whom}_killed", lost, "grades", "killed with a third done"))
            limits.append(Limit(f"lost when the {whom} is killed", lost, at_most=0))
            lost = kill_mid_run(place, min(600, options.largest), whom, *behind)
            limits.append(Limit(f"lost behind the second wall when the {whom} is killed", lost, at_most=0))
    return finish(options, "grading a class, sandboxed, and nbgrader beside it", rows, limits)


if __name__ == "__main__":
    sys.exit(main())

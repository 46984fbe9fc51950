"""How soon a learner is there: fresh clone to JupyterLab answering, cold, against pip; import; the first instrument.

    python -m benchmarks.startup [--json FILE] [--skip-install]

Both installs start from a fresh clone and empty caches, and fetch the same packages from the same place in this run.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from benchmarks.report import Limit, Row, finish, parser, seconds
from qkvlib.course.doctor import find_chromium
from tools.jupyterlab import chromium_browser, course_copy, end, free_port, running_lab

ROOT = Path(__file__).resolve().parent.parent
INSTALL_SECONDS = 900
IMPORTS = 15
PAINTS = 3


@contextmanager
def fresh_clone():
    """A clone of what is committed here, and an environment whose caches are empty."""
    with tempfile.TemporaryDirectory(prefix="qkv-startup-", ignore_cleanup_errors=True) as place:
        clone = Path(place, "course")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        caches = {name: str(Path(place, name.lower())) for name in ("PIP_CACHE_DIR", "UV_CACHE_DIR", "QKV_HOME")}
        yield clone, {**os.environ, **caches}


def base_python() -> str:
    """The Python that .venv was made from: a learner has no virtual environment yet."""
    return getattr(sys, "_base_executable", sys.executable)


def until_lab_answers(clone: Path, environment: dict[str, str]) -> float:
    """Seconds from typing `make lab` to JupyterLab's first answer."""
    port = free_port()
    line = ["make", "lab", "BROWSER=none", f"PORT={port}", f"PYTHON={base_python()}"]
    return until_answers(line, port, clone, environment)


def until_answers(line: list[str], port: int, place: Path, environment: dict[str, str]) -> float:
    """Seconds from starting a command in `place` to the first answer of the server it starts at `port`."""
    log = place.parent / "said.log"
    with open(log, "wb") as out:
        start = time.perf_counter()
        process = subprocess.Popen(
            line, cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
        try:
            while time.perf_counter() - start < INSTALL_SECONDS and process.poll() is None:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=5) as answer:
                        json.load(answer)
                        return time.perf_counter() - start
                except (urllib.error.URLError, ConnectionError, TimeoutError):
                    time.sleep(0.05)
        finally:
            end(process)
    raise RuntimeError(f"{line[0]} did not answer:\n{log.read_text(errors='replace')[-2000:]}")


def pip_install(clone: Path, environment: dict[str, str]) -> float:
    """Seconds that a virtual environment and `pip install` of the same packages take."""
    venv = clone / ".venv-pip"
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]

    def install():
        subprocess.run([base_python(), "-m", "venv", str(venv)], check=True)
        line = [*pip, "--requirement", "requirements.lock"]
        said = subprocess.run(line, cwd=clone, env=environment, capture_output=True, text=True)
        if said.returncode:
            raise RuntimeError(f"pip install failed:\n{said.stderr[-2000:]}")

    return seconds(install)[0]


def import_seconds(*statements: str) -> list[float]:
    """The median time of a fresh Python that runs each statement, less that of one that runs none; taken in turns."""
    programs = ("pass", *statements)
    taken: dict[str, list[float]] = {program: [] for program in programs}
    for _ in range(IMPORTS + 1):
        for program in programs:
            command = [sys.executable, "-c", program]
            taken[program] += seconds(lambda command=command: subprocess.run(command, check=True))
    medians = [statistics.median(times[1:]) for times in taken.values()]  # the first one reads from disk
    return [median - medians[0] for median in medians[1:]]


def first_paint_seconds(chromium: str) -> list[float]:
    """From running lesson 1's first instrument cell to its numbers on the screen; a new kernel each time."""
    taken = []
    with (
        course_copy(ROOT) as course,
        running_lab(course, course / "home") as lab,
        chromium_browser(chromium) as browser,
    ):
        for attempt in range(PAINTS):
            name = f"notebooks/attempt_{attempt}.ipynb"
            shutil.copy(course / "notebooks" / "01_one_token.ipynb", course / name)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            lab.open(page, name)
            taken.append(lab.run_to_first_instrument(page))
            page.close()
    return taken


def main(arguments: list[str] | None = None) -> int:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--skip-install", action="store_true", help="leave out the two cold installs")
    options = options.parse_args(arguments)
    rows, limits = [], []
    if not options.skip_install:
        with fresh_clone() as (clone, environment):
            cold = until_lab_answers(clone, environment)
            warm = until_lab_answers(clone, environment)
        with fresh_clone() as (clone, environment):
            pip = pip_install(clone, environment)
        rows += [
            Row("qkv", cold, "s", "fresh clone, empty caches: `make lab` until JupyterLab answers"),
            Row(
                "pip",
                pip,
                "s",
                "the same packages: venv and `pip install -r requirements.lock`, JupyterLab not started",
            ),
            Row("second", warm, "s", "`make lab` again until JupyterLab answers"),
        ]
        limits += [Limit("qkv / pip", cold / pip, at_most=0.5), Limit("second", warm, at_most=5)]
    numpy, qkvlib = import_seconds("import numpy", "import qkvlib")
    rows += [Row("import numpy", 1000 * numpy, "ms"), Row("import qkvlib", 1000 * qkvlib, "ms")]
    limits.append(Limit("import qkvlib / import numpy", qkvlib / numpy, at_most=1.3))
    chromium = find_chromium()
    if chromium is None:
        print("no Chromium: the first paint is not measured; `qkv doctor` says how to get one")
    else:
        paint = statistics.median(first_paint_seconds(chromium))
        rows.append(Row("first paint", paint, "s", "lesson 1: from running the first instrument's cell to its numbers"))
        limits.append(Limit("first paint", paint, at_most=1))
    return finish(options, "From a fresh clone to a learner dragging numbers", rows, limits)


if __name__ == "__main__":
    sys.exit(main())

"""How soon somebody without a clone is there: the wheel in an empty folder, against a fresh clone and plain pip.

    python -m benchmarks.package [--json FILE]

All start from empty caches and fetch from the same place in this run. Two commands each: `git clone` (not counted) and
`make lab`; `pip install uv` and `uvx --from WHEEL qkv lab`; `pip install WHEEL` and `qkv lab`. The pips run in a new
environment, whose making is counted, as the clone's is. All are done in turn ROUNDS times, and the quickest of each is
compared, as whatever else the machine does only slows.
"""

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from benchmarks.report import Limit, Row, finish, parser, seconds
from benchmarks.startup import base_python, fresh_clone, until_answers, until_lab_answers
from tools.jupyterlab import free_port

ROUNDS = 3


def build_wheel(out: Path) -> Path:
    """The wheel of what is committed here."""
    with fresh_clone() as (clone, _):
        line = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
        subprocess.run(line, cwd=clone, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@contextmanager
def empty_folder():
    """An empty folder, the bin of a virtual environment to be, and an environment whose caches are empty."""
    with tempfile.TemporaryDirectory(prefix="qkv-package-", ignore_cleanup_errors=True) as place:
        folder = Path(place, "empty")
        folder.mkdir()
        names = ("PIP_CACHE_DIR", "UV_CACHE_DIR", "UV_TOOL_DIR", "QKV_HOME", "JUPYTER_DATA_DIR")
        yield folder, Path(place, "env", "bin"), {**os.environ, **{name: str(Path(place, name)) for name in names}}


def pip_install(what: str, bin_folder: Path, environment: dict[str, str]) -> float:
    """Seconds that a virtual environment and `pip install` take."""

    def install():
        subprocess.run([base_python(), "-m", "venv", str(bin_folder.parent)], check=True)
        line = [str(bin_folder / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", what]
        said = subprocess.run(line, env=environment, capture_output=True, text=True)
        if said.returncode:
            raise RuntimeError(f"pip install failed:\n{said.stderr[-2000:]}")

    return seconds(install)[0]


def with_uv(wheel: Path) -> tuple[float, float]:
    """Seconds until the course from the wheel answers, and until it does so again."""
    with empty_folder() as (folder, bin_folder, environment):
        installed = pip_install("uv", bin_folder, environment)
        taken = []
        for _ in range(2):
            port = free_port()
            line = [str(bin_folder / "uvx"), "--python", base_python(), "--from", str(wheel), "qkv", "lab"]
            taken.append(until_answers([*line, "--no-browser", "--port", str(port)], port, folder, environment))
        return installed + taken[0], taken[1]


def with_pip(wheel: Path) -> float:
    with empty_folder() as (folder, bin_folder, environment):
        installed, port = pip_install(str(wheel), bin_folder, environment), free_port()
        line = [str(bin_folder / "qkv"), "lab", "--no-browser", "--port", str(port)]
        return installed + until_answers(line, port, folder, environment)


def main(arguments: list[str] | None = None) -> int:
    options = parser(__doc__.splitlines()[0]).parse_args(arguments)
    clones, wheels, again, pips = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="qkv-wheel-") as place:
        wheel = build_wheel(Path(place))
        size = wheel.stat().st_size / 2**20
        for _ in range(ROUNDS):
            with fresh_clone() as (clone, environment):
                clones.append(until_lab_answers(clone, environment))
            first, second = with_uv(wheel)
            wheels.append(first)
            again.append(second)
            pips.append(with_pip(wheel))
    clone, first, second, pip = map(min, (clones, wheels, again, pips))
    rows = [
        Row("clone", clone, "s", "in a fresh clone: `make lab` until JupyterLab answers"),
        Row("wheel", first, "s", "in an empty folder: `pip install uv`, `uvx --from WHEEL qkv lab` until it answers"),
        Row("again", second, "s", "the second of these again"),
        Row("pip", pip, "s", "in an empty folder: `pip install WHEEL`, `qkv lab` until it answers"),
        Row("size", size, "MiB", "the wheel"),
    ]
    limits = [Limit("wheel / clone", first / clone, at_most=1.2)]
    return finish(options, f"From the wheel to a running course, the best of {ROUNDS}", rows, limits)


if __name__ == "__main__":
    sys.exit(main())

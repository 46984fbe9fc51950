"""What is missing or wrong on this machine, in plain words, and how to fix it."""

import importlib.metadata
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qkvlib.course.root import shipped

NEEDED_PYTHON = (3, 11)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
MINIMUM_FREE_MIB = 100
INSTALL_AGAIN = "Install it again: `python -m pip install --force-reinstall qkvlib`."


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `needed_for` is empty when every learner needs it."""

    ok: bool
    what: str
    fix: str = ""
    needed_for: str = ""

    @property
    def serious(self) -> bool:
        return not self.ok and not self.needed_for


def find_chromium() -> str | None:
    """The browser the tests drive: `CHROMIUM` when set, else the first one on the path."""
    names = (os.environ["CHROMIUM"],) if os.environ.get("CHROMIUM") else CHROMIUM_NAMES
    return next((found for name in names if (found := shutil.which(name))), None)


def examine(root: Path | None) -> Iterator[Finding]:
    """Look at everything in turn; `root` is the course's folder, or None when it was not found."""
    yield python_version(sys.version_info[:2])
    yield packages(root)
    yield from widget_extensions(jupyter_path())
    yield lab_settings(Path(sys.prefix))
    yield kernel()
    yield course_files(root)
    yield progress_folder()
    yield browser()
    yield from walls()


def python_version(version: tuple[int, int]) -> Finding:
    said = f"Python {version[0]}.{version[1]}"
    if version >= NEEDED_PYTHON:
        return Finding(True, said)
    return Finding(False, f"{said} is too old", "Install Python 3.11 or newer and run `make lab PYTHON=python3.12`.")


def packages(root: Path | None, installed: Callable[[str], str] = importlib.metadata.version) -> Finding:
    """Whether what is installed is what a clone's lock file names here; without a clone, what qkvlib asks for."""
    if root is None:
        return asked_for(installed)
    lock = root / "requirements.lock"
    if not lock.is_file():
        return Finding(
            False, "requirements.lock was not found", "Clone the course again, or put the file back with git."
        )
    wrong = []
    for name, version, marker in re.findall(r"^([\w.-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+))?", lock.read_text(), re.M):
        if marker and not applies(marker.strip()):
            continue
        try:
            found = installed(name)
        except importlib.metadata.PackageNotFoundError:
            found = "missing"
        if found != version:
            wrong.append(f"{name} ({found}, not {version})")
    if not wrong:
        return Finding(True, "every package is the one the lock file names")
    shown = ", ".join(wrong[:4]) + (f" and {len(wrong) - 4} more" if len(wrong) > 4 else "")
    return Finding(False, f"packages differ from the lock file: {shown}", "Delete the folder .venv and run `make lab`.")


def asked_for(
    installed: Callable[[str], str] = importlib.metadata.version,
    required: Callable[[str], list[str] | None] = importlib.metadata.requires,
) -> Finding:
    """Whether what an installed qkvlib needs is here, in the versions it asks for; extras aside."""
    from packaging.requirements import Requirement

    wrong = []
    for each in map(Requirement, required("qkvlib") or ()):
        if each.marker and not each.marker.evaluate({"extra": ""}):
            continue
        try:
            found = installed(each.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{each.name} (missing)")
        else:
            if not each.specifier.contains(found, prereleases=True):
                wrong.append(f"{each.name} ({found}, not {each.specifier})")
    if not wrong:
        return Finding(True, "every package that the course needs is installed")
    return Finding(False, f"packages are not as the course needs them: {', '.join(wrong)}", INSTALL_AGAIN)


def applies(marker: str) -> bool:
    from packaging.markers import Marker

    return Marker(marker).evaluate()


def jupyter_path() -> list[Path]:
    from jupyter_core.paths import jupyter_path

    return [Path(place) for place in jupyter_path("labextensions")]


def widget_extensions(places: list[Path]) -> Iterator[Finding]:
    for name, package in (("@jupyter-widgets/jupyterlab-manager", "jupyterlab-widgets"), ("anywidget", "anywidget")):
        if any((place / name / "package.json").is_file() for place in places):
            yield Finding(True, f"JupyterLab finds the widgets extension {name}")
        else:
            yield Finding(
                False,
                f"JupyterLab cannot find the widgets extension {name}",
                f"Install {package} in the environment JupyterLab runs from; deleting .venv and `make lab` does it.",
            )


def lab_settings(prefix: Path) -> Finding:
    """Whether JupyterLab will keep the widgets of a saved notebook alive."""
    path = prefix / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    fix = "Run `pip install --no-deps --no-build-isolation -e .` in the course's folder."
    try:
        saved = json.loads(path.read_text())["@jupyter-widgets/jupyterlab-manager:plugin"]["saveState"]
    except (OSError, ValueError, KeyError, TypeError):
        saved = False
    if saved:
        return Finding(True, "saved notebooks keep their widgets alive")
    return Finding(False, "JupyterLab will not save the widgets' state with a notebook", fix)


def kernel() -> Finding:
    """Whether the kernel named python3 runs this very Python, where qkvlib is installed."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding(False, "there is no Python kernel", "Delete the folder .venv and run `make lab`.")
    runs = spec.argv[0]
    if runs in ("python", "python3", sys.executable) or os.path.realpath(runs) == os.path.realpath(sys.executable):
        return Finding(True, "notebooks run with this Python")
    return Finding(
        False,
        f"notebooks would run with another Python ({runs}), where the course is not installed",
        f"Remove that kernel: `jupyter kernelspec remove python3`, or delete {spec.resource_dir}.",
    )


def course_files(root: Path | None) -> Finding:
    if ((root or shipped()) / "notebooks" / "00_start_here.ipynb").is_file():
        return Finding(True, "the course's notebooks are here")
    fix = "Run `make build`, or clone the course again." if root else INSTALL_AGAIN
    return Finding(False, "the course's notebooks are not here", fix)


def progress_folder() -> Finding:
    """Whether what a learner did can be kept."""
    import platformdirs

    place = Path(os.environ.get("QKV_HOME") or platformdirs.user_data_dir("qkvlib"))
    above = next(folder for folder in (place, *place.parents) if folder.exists())
    fix = "Set QKV_HOME to a folder of yours with some space."
    if not (above.is_dir() and os.access(above, os.W_OK)):
        return Finding(False, f"your progress cannot be kept: {above} is not writable", fix)
    if shutil.disk_usage(above).free < MINIMUM_FREE_MIB * 2**20:
        return Finding(False, f"your progress cannot be kept: the disk of {above} is full", fix)
    return Finding(True, f"your progress is kept in {place}")


def browser() -> Finding:
    if found := find_chromium():
        return Finding(True, f"a browser for the tests: {found}", needed_for="make test")
    return Finding(
        False,
        "no Chromium found for the browser tests (they skip; any browser will do for learning)",
        "Debian and Ubuntu: `apt install chromium`; elsewhere install Chromium or Chrome and set CHROMIUM to its path.",
        needed_for="make test",
    )


def walls() -> Iterator[Finding]:
    """Each wall is started just as `qkv grade` starts it: bubblewrap may be there and still not be allowed to work."""
    try:
        from qkvlib.grading.sandbox import walls_here
    except ModuleNotFoundError as error:
        fix = "Run `python -m pip install 'qkvlib[grading]'`."
        yield Finding(False, f"{error.name} is not installed", fix, needed_for="qkv grade")
        return
    standing, absent = walls_here()
    for name, why in absent.items():
        what = f"the wall {name} does not stand here" + ("" if standing else "; grading others' notebooks needs a wall")
        yield Finding(False, what, why, needed_for="qkv grade")
    for name, fences in standing.items():
        yield Finding(True, f"a wall for grading: {name} ({', '.join(fences)})", needed_for="qkv grade")

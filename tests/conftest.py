"""What every test may ask for. Nothing here touches the person's own settings, progress or Jupyter."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from qkvlib.course.doctor import find_chromium
from tools.jupyterlab import chromium_browser, course_copy, running_lab

ROOT = Path(__file__).resolve().parent.parent
settings.register_profile("course", deadline=None)  # a busy machine is no failure
settings.load_profile("course")
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)  # the one that .venv was made from


def required(part: str, present: object) -> None:
    """Skip with a reason where a system part is missing; in CI its absence is a failure."""
    if present:
        return
    reason = f"{part} is not here; `qkv doctor` says how to get what is missing"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """A fresh place for progress, so that no test sees another's or the learner's own."""
    place = tmp_path / "qkv-home"
    monkeypatch.setenv("QKV_HOME", str(place))
    return place


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    found = find_chromium()
    required("a Chromium browser", found)
    return found


@pytest.fixture(scope="session")
def bubblewrap() -> str:
    """The path of bubblewrap's `bwrap`."""
    found = shutil.which("bwrap")
    required("the bubblewrap sandbox", found)
    return found


@pytest.fixture(scope="session")
def second_wall() -> str:
    """The strongest form of the second wall that stands here, as `qkv grade` finds it."""
    from qkvlib.grading.sandbox import SandboxUnavailable, choose

    try:
        return choose("second")
    except SandboxUnavailable as error:
        required(f"the second wall ({error})", False)
        raise


@pytest.fixture(scope="session")
def node() -> str:
    """The path of node, which runs the browser side of the worksheet without a browser."""
    found = shutil.which("node")
    required("node", found)
    return found


# A module's worth, not a session's: while playwright is open its event loop is the running one, and
# `asyncio.run` in another file's test would refuse to start.
@pytest.fixture(scope="module")
def browser(chromium):
    """A playwright Browser, shared by the tests of one file."""
    with chromium_browser(chromium) as opened:
        yield opened


@pytest.fixture
def page(browser):
    """A blank page, 1280 x 900, that fails its test when a script on it throws."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert not errors, f"scripts on the page threw: {errors}"


@pytest.fixture(scope="session")
def lab(tmp_path_factory, chromium):
    """One running JupyterLab on a copy of the built course, shared by every browser test of the session."""
    with course_copy(ROOT) as course, running_lab(course, tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def offline(monkeypatch):
    """uv takes packages from its cache alone; the first install of this very environment put them there."""
    uv = shutil.which("uv", path=Path(sys.executable).parent)
    monkeypatch.setenv("UV", uv)
    monkeypatch.setenv("UV_OFFLINE", "1")
    lock = ROOT / "requirements.lock"  # uv itself is in the other one, and came by pip
    dry = [uv, "pip", "install", "--dry-run", "--reinstall", "--python", sys.executable, "--requirement", lock]
    cached = subprocess.run(dry, capture_output=True, text=True, timeout=120)
    required("what the lock file names, in uv's cache,", cached.returncode == 0)
    return uv

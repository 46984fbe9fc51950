"""The tools that read the code agree with it; none of them changes a file here."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        "ruff check --no-cache",
        "ruff format --check --no-cache",
        "lint-imports --no-cache",
        "python -m tools.environment --check",
    ],
)
def test_the_checkers_agree(command):
    name, *arguments = command.split()
    checked = subprocess.run(
        [shutil.which(name, path=BIN), *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_importing_the_library_loads_nothing_heavy():
    """By name, not by the clock: the benchmark measures the time."""
    heavy = ["matplotlib", "IPython", "ipywidgets", "anywidget", "jupyter_client", "ipykernel", "PIL", "rich", "typer"]
    program = f"import qkvlib, sys; print([name for name in {heavy!r} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.strip() == "[]"


def test_learners_install_no_more_than_the_lock_file_names():
    """One lock file is a part of the other, so `make test` after `make lab` changes no version."""
    from tools.environment import pins

    def versions(name):
        return {pin.split(" ;")[0] for pin in pins((ROOT / name).read_text())}

    assert versions("requirements.lock") <= versions("requirements-dev.lock")


def test_no_lock_file_names_a_place_to_download_from():
    for name in (
        "requirements.lock",
        "requirements-dev.lock",
        "requirements-uv.lock",
        "requirements-browser.lock",
        "environment.yml",
        "package-lock.json",
    ):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text, name
        assert "index-url" not in text, name
        assert "resolved" not in text, name
    # npm names a package without a name after the folder it lies in
    assert json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["name"] == "qkvlib"

"""What both walls have in common: which files enter, what they are called inside, and how the warm process is begun."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np

import qkvlib
from qkvlib.grading.inside.contents import FILES, PACKAGES

_PACKAGE = Path(qkvlib.__file__).parent
LIBRARY, PACKAGES_PLACE = "/sandbox/library", "/sandbox/packages"
FLAGS = ["-I", "-S", "-B"]
_SERVE = (
    "import sys; sys.path[:0] = [sys.argv[2]]; sys.path.append(sys.argv[3])\n"
    "from qkvlib.grading.inside.serve import serve\n"
    "serve(int(sys.argv[1]), *sys.argv[4:])"
)
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
ENVIRONMENT = {**ONE_THREAD, "LC_ALL": "C.UTF-8", "HOME": "/tmp", "PATH": "/usr/bin:/bin"}

UNSAFE = "`--unsafe-no-sandbox` grades without walls, only for code you would run yourself; every result is marked."


class SandboxUnavailable(RuntimeError):
    """The sandbox cannot be started here; the message says what to do."""


def serve_command(python: str, control: int, place: str, kind: str, facts: dict | None = None) -> list[str]:
    """The warm process, for files that lie below `place` as they are named inside."""
    arguments = [str(control), place + LIBRARY, place + PACKAGES_PLACE, kind, json.dumps(facts or {})]
    return [python, *FLAGS, "-c", _SERVE, *arguments]


def course_files() -> list[tuple[str, str]]:
    """(where it lies, where it is seen) of every file of qkvlib that enters, wherever the course is installed."""
    return [(str(_PACKAGE / name), f"{LIBRARY}/qkvlib/{name}") for name in FILES]


def packages() -> list[tuple[str, str]]:
    """The same for the installed packages that enter; one that has no folder of its own is not there."""
    place = place_of_packages()
    return [(str(place / name), f"{PACKAGES_PLACE}/{name}") for name in PACKAGES if (place / name).is_dir()]


def place_of_packages() -> Path:
    """Where numpy is installed."""
    return Path(np.__file__).resolve().parent.parent


def launch(script: str, config: dict) -> list[str]:
    """The command that runs one of the two launchers in this folder, with all it needs to know as one JSON argument."""
    return [sys.executable, *FLAGS, str(Path(__file__).with_name(script)), json.dumps(config)]


def unsafe_command(control: int) -> list[str]:
    """The same process without any wall."""
    if not hasattr(os, "fork"):
        raise SandboxUnavailable("Grading needs Linux (or WSL 2 on Windows): this system cannot fork.")
    paths = [str(_PACKAGE.parent), str(place_of_packages())]
    return [sys.executable, *FLAGS, "-c", _SERVE, str(control), *paths, "none"]


def last_line(text: str) -> str:
    """The last line of what was said that says anything."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""

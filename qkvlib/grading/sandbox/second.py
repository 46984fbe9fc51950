"""The second wall: what its launcher is told, and what is said when it cannot work."""

from __future__ import annotations

import os
import platform
import tempfile
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

# Ranges that Debian, systemd and the containers' default mapping (65,536 users) all leave alone.
UIDS = range(60_700, 61_100)
_PLACES = ["/tmp", "/var/tmp", "/opt", "/srv"]
# Changing owners, entering others' folders, ending others' processes, becoming another group and user, a root folder of
# its own: capabilities(7).
NEEDED = {"CHOWN": 0, "DAC_OVERRIDE": 1, "KILL": 5, "SETGID": 6, "SETUID": 7, "SYS_CHROOT": 18}


def can_change_user() -> bool:
    """Whether this process may give children a user of their own, as root in a container of Docker's may."""
    status = Path("/proc/self/status").read_text()
    held = int(next(line for line in status.splitlines() if line.startswith("CapEff:")).split()[1], 16)
    return os.geteuid() == 0 and all(held >> bit & 1 for bit in NEEDED.values())


def launch_command(control: int, own_user: bool) -> list[str]:
    """The command that builds the wall, with a user of its own or under this one."""
    if platform.system() != "Linux":
        raise SandboxUnavailable(f"Grading needs Linux, or WSL 2 on Windows. {UNSAFE}")
    if own_user and not can_change_user():
        raise SandboxUnavailable(f"Only root can give submissions a user of their own. {UNSAFE}")
    parts = find_parts()
    config = {
        "control": control,
        "own_user": own_user,
        "uids": [UIDS.start, UIDS.stop],
        # without a root folder of its own the place can be seen, so it should say nothing about anybody
        "places": [tempfile.gettempdir(), *_PLACES] if own_user else [*_PLACES, tempfile.gettempdir()],
        "binds": [*parts.binds, *course_files(), *packages()],
        "covered": [*parts.covered_folders, *parts.covered_files],
        "environment": {**ENVIRONMENT, "LD_LIBRARY_PATH": f"{FOLDER}/shared"},
        "command": serve_command(parts.python, 3, "", "second"),
    }
    return launch("second_launch.py", config)


def explain(said: str) -> str:
    """Turn what its launcher or the kernel said into a sentence for a teacher."""
    return f"The second wall does not stand here: {last_line(said) or 'it ended without a word'}. {UNSAFE}"

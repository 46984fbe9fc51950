"""Processes of this machine, by /proc: who is below whom, and what each was started as."""

import contextlib
from pathlib import Path


def descendants(pid):
    """Every process below `pid`, by /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found, grew = {pid}, True
    while grew:
        grew = {p for p, parent in parents.items() if parent in found} - found
        found |= grew
    return found - {pid}


def command_line(pid):
    """What a process was started as; nothing if it ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""

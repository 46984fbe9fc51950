"""What one submission uses as a whole, all its processes together, looked up in /proc by the warm process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

EVERY = 0.02  # seconds between two looks: what can be touched meanwhile is the most by which a limit is passed
_PAGE, _TICK = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
_PARENT, _TIMES = 1, slice(11, 15)  # in /proc/PID/stat behind the name; its own times, and its ended children's


def processes_but(own: int, proc: str | int = "/proc") -> list[int]:
    """All processes here but this one. `proc` may be an open folder, for where there is no /proc in sight."""
    return [int(entry) for entry in os.listdir(proc) if entry.isdigit() and int(entry) != own]


def descendants(root: int, proc: str | int) -> list[int]:
    """All processes that `root` started, directly or not."""
    parents = {}
    for pid in processes_but(root, proc):
        if fields := _stat(pid, proc):
            parents[pid] = int(fields[_PARENT])
    found, waiting = [], [root]
    while waiting:
        parent = waiting.pop()
        children = [pid for pid, its in parents.items() if its == parent]
        found += children
        waiting += children
    return found


def used(processes: Iterable[int], proc: str | int = "/proc") -> tuple[int, float]:
    """(bytes of memory, seconds of processor time) of these processes."""
    memory = ticks = 0
    for pid in processes:
        with contextlib.suppress(ValueError, IndexError):  # it may end while we look
            memory += int(_read(f"{pid}/statm", proc).split()[1]) * _PAGE
            ticks += sum(map(int, _stat(pid, proc)[_TIMES]))
    return memory, ticks / _TICK


def _stat(pid: int, proc: str | int) -> list[bytes]:
    """The fields of /proc/PID/stat behind the name, which may hold anything; none when the process is gone."""
    return _read(f"{pid}/stat", proc).rpartition(b")")[2].split()


def _read(name: str, proc: str | int) -> bytes:
    try:
        if isinstance(proc, str):
            file = os.open(f"{proc}/{name}", os.O_RDONLY)
        else:
            file = os.open(name, os.O_RDONLY, dir_fd=proc)
    except OSError:
        return b""
    try:
        return os.read(file, 4096)
    except OSError:
        return b""
    finally:
        os.close(file)

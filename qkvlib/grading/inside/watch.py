"""What one submission uses as a whole, all its processes together, looked up in /proc by the warm process.

The warm process is the first of its namespace and forks one child at a time, so every other process there belongs to
the submission that runs, whatever it has forked.
"""

from __future__ import annotations

import contextlib
import os

EVERY = 0.02  # seconds between two looks: what can be touched meanwhile is the most by which a limit is passed
_PAGE, _TICK = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


def used() -> tuple[int, float]:
    """(bytes of memory, seconds of processor time) of everything here but this process."""
    memory = ticks = 0
    own = os.getpid()
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != own:
            with contextlib.suppress(OSError, ValueError, IndexError):  # it may end while we look
                with open(f"/proc/{entry}/statm", "rb") as file:
                    memory += int(file.read().split()[1]) * _PAGE
                with open(f"/proc/{entry}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
                ticks += sum(map(int, fields[11:15]))  # its own, and that of its children it has seen end
    return memory, ticks / _TICK

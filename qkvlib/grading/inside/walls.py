"""What every wall around a submission does: no capabilities, no new privileges, a filter for system calls, hard limits.

Linux alone, the standard library alone. `Wall` is what the warm process knows of its wall; `namespaces` and `second`
are the two there are. `fork` is called by the warm process, `enter` and `seal` by the child before it has read a byte
of the student's.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
from typing import Any, Protocol

from qkvlib.grading.inside import refused

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 4, 38, 22

libc = ctypes.CDLL(None, use_errno=True)
_held = ctypes.PyDLL(None, use_errno=True)  # the same without letting go of the interpreter's lock during a call


class Wall(Protocol):
    """What the warm process does with its wall."""

    fences: tuple[str, ...]  # what it is made of here, for whoever asks

    def fork(self) -> int:
        """Fork: 0 in the child, its number in the warm process."""

    def enter(self, limits: dict) -> None:
        """In the child, first of all: a place of its own, to stand in."""

    def limit(self, limits: dict) -> None:
        """In the child: the limits of one process."""

    def seal(self) -> None:
        """In the child, last of all: give up every right for good."""

    def keep(self) -> set[int]:
        """The file descriptors that `seal` needs, and closes."""

    def used(self, pid: int, limits: dict) -> tuple[int, float, int]:
        """(bytes of memory, seconds of processor time, bytes on disk) of the submission, all its processes together."""

    def kill(self, pid: int) -> None:
        """Kill the child and everything it started."""

    def sweep(self, pid: int) -> None:
        """After the child was waited for: nothing of it may be left."""


def fork_apart(flags: int) -> int:
    """Fork, with the child in the new namespaces that `flags` name.

    One clone system call does what unshare and two forks would, and each fork of a warm process costs a millisecond
    and more of copied pages. Python's own work after a fork is left out, for the same reason: it puts locks and thread
    lists in order, and this process has one thread.
    """
    pid = _held.syscall(refused.CLONE_NUMBER, flags | signal.SIGCHLD, 0, 0, 0, 0)
    if pid < 0:
        raise OSError(ctypes.get_errno(), "clone")
    return pid


def give_back_memory() -> None:
    """Return to the system what was freed, so that no fork copies its page tables (with the GNU C library)."""
    with contextlib.suppress(AttributeError):
        libc.malloc_trim(0)


def stay_unreadable() -> None:
    """No other process may read this one's memory (Linux)."""
    if sys.platform == "linux":
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def be_readable() -> None:
    """Undo it for a moment, while /proc must belong to this process and not to root."""
    libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def limits_of(limits: dict, processes: bool) -> dict[int, int]:
    """The limits of one process; `processes` says whether those of its user may be counted too."""
    values = {
        resource.RLIMIT_AS: limits["memory"],
        resource.RLIMIT_CPU: limits["cpu_total"],
        resource.RLIMIT_FSIZE: limits["disk"],
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
    }
    return values | ({resource.RLIMIT_NPROC: limits["processes"]} if processes else {})


def set_limits(limits: dict, processes: bool) -> None:
    """Set all of them, soft and hard."""
    for what, value in limits_of(limits, processes).items():
        resource.setrlimit(what, (value, value))


def give_up_privileges() -> None:
    """Give up every capability for good, and forbid gaining any."""
    header = struct.pack("<II", 0x20080522, 0)
    if libc.capset(header, bytes(24)):
        raise OSError(ctypes.get_errno(), "capset")
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def filter_calls(program: Any) -> None:
    """Install a filter of `refused`."""
    count = len(program) // refused.INSTRUCTION_BYTES
    told = struct.pack("<HxxxxxxQ", count, ctypes.addressof(program))
    if libc.prctl(_PR_SET_SECCOMP, 2, told, 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


class NoWall:
    """`--unsafe-no-sandbox`: a process of its own and nothing else. It must work wherever Python can fork."""

    fences: tuple[str, ...] = ()

    def fork(self) -> int:
        """See `Wall`."""
        return os.fork()

    def enter(self, limits: dict) -> None:
        """See `Wall`."""
        os.setpgid(0, 0)
        os.chdir(limits["cwd"])

    def limit(self, limits: dict) -> None:
        """See `Wall`."""
        for what, value in limits_of(limits, processes=False).items():
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(what, (value, value))

    def seal(self) -> None:
        """See `Wall`."""

    def keep(self) -> set[int]:
        """See `Wall`."""
        return set()

    def used(self, pid: int, limits: dict) -> tuple[int, float, int]:
        """Nothing is counted: there may be no /proc."""
        return 0, 0.0, 0

    def kill(self, pid: int) -> None:
        """See `Wall`."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    def sweep(self, pid: int) -> None:
        """See `Wall`."""
        self.kill(pid)  # whatever it left behind in its process group

"""The first wall, inside bubblewrap: every submission in user, pid, mount, ipc and uts namespaces of its own.

The network namespace is the sandbox's, with no way out; the filter keeps children from opening sockets.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal

from qkvlib.grading.inside import refused, walls, watch

_NEW = {"mnt": 0x20000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000, "pid": 0x20000000}
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8


class Namespaces:
    """See `walls.Wall`."""

    fences: tuple[str, ...] = ("namespaces", "system call filter")

    def __init__(self) -> None:
        self._own_ids = os.getuid(), os.getgid()
        self._filter = refused.first_filter()

    def fork(self) -> int:
        """The child is the first process of a new pid namespace."""
        return walls.fork_apart(sum(_NEW.values()))

    def enter(self, limits: dict) -> None:
        """A private /tmp without execution, and an empty /proc."""
        _map_user(*self._own_ids)
        _mount("/tmp", size=limits["disk"], flags=_MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
        os.chdir("/tmp")
        _mount("/proc", size=4096, flags=_MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)

    def limit(self, limits: dict) -> None:
        """See `Wall`."""
        walls.set_limits(limits, processes=True)

    def seal(self) -> None:
        """See `Wall`."""
        walls.give_up_privileges()
        walls.filter_calls(self._filter)

    def keep(self) -> set[int]:
        """See `Wall`."""
        return set()

    def used(self, pid: int, limits: dict) -> tuple[int, float, int]:
        """The warm process is the first of its namespace, so all others there belong to the submission that runs."""
        memory, cpu = watch.used(watch.processes_but(os.getpid()))
        return memory, cpu, 0  # /tmp has its size from the kernel

    def kill(self, pid: int) -> None:
        """It is the first process of its own pid namespace: everything it started dies with it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def sweep(self, pid: int) -> None:
        """Nothing is left: the namespaces went with their first process."""


def _map_user(uid: int, gid: int) -> None:
    """In a new user namespace: the same user and group as outside, and no others."""
    walls.be_readable()  # or the kernel gives /proc/self/uid_map to root
    for name, text in (("uid_map", f"{uid} {uid} 1"), ("setgroups", "deny"), ("gid_map", f"{gid} {gid} 1")):
        file = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(file, text.encode())
        os.close(file)
    walls.stay_unreadable()


def _mount(target: str, size: int, flags: int) -> None:
    options = f"size={size},mode=0700,nr_inodes=256".encode()
    if walls.libc.mount(b"tmpfs", target.encode(), b"tmpfs", ctypes.c_ulong(flags), options):
        raise OSError(ctypes.get_errno(), f"mount {target}")

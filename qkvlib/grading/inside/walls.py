"""The walls around one submission: namespaces of its own, no capabilities, no risky system calls.

Linux alone, the standard library alone. `fork_apart` and what stands above it are called by the warm process, the rest
by the child, before it has read a byte of the student's.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import struct
import sys
from typing import Any

# The network namespace is the sandbox's own, with no way out; `seccomp_filter` keeps children from opening sockets.
_NEW = {"mnt": 0x20000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000, "pid": 0x20000000}
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 4, 38, 22

libc = ctypes.CDLL(None, use_errno=True)
_held = ctypes.PyDLL(None, use_errno=True)  # the same without letting go of the interpreter's lock during a call


def fork_apart() -> int:
    """Fork into namespaces of its own: the child is the first process of a new pid namespace.

    One clone system call does what unshare and two forks would, and each fork of a warm process costs a millisecond
    and more of copied pages. Python's own work after a fork is left out, for the same reason: it puts locks and thread
    lists in order, and this process has one thread.
    """
    pid = _held.syscall(CLONE_NUMBER, sum(_NEW.values()) | signal.SIGCHLD, 0, 0, 0, 0)
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


def map_own_user(uid: int, gid: int) -> None:
    """In a new user namespace: the same user and group as outside, and no others."""
    libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # or the kernel gives /proc/self/uid_map to root
    for name, text in (("uid_map", f"{uid} {uid} 1"), ("setgroups", "deny"), ("gid_map", f"{gid} {gid} 1")):
        file = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(file, text.encode())
        os.close(file)
    stay_unreadable()


def mount(target: str, size: int, flags: int) -> None:
    options = f"size={size},mode=0700,nr_inodes=256".encode()
    if libc.mount(b"tmpfs", target.encode(), b"tmpfs", ctypes.c_ulong(flags), options):
        raise OSError(ctypes.get_errno(), f"mount {target}")


# -- the second fence: no capabilities, no new privileges, no risky system calls --------------------------------------

# What a numpy answer never needs and a break-out might: name -> (x86_64 number, aarch64 number).
_DENIED = {
    "ptrace": (101, 117), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "clone3": (435, 435), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "mq_open": (240, 180),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "kexec_load": (246, 104), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "open_by_handle_at": (304, 265), "fsopen": (430, 430),
    "move_mount": (429, 429), "open_tree": (428, 428), "mount_setattr": (442, 442), "acct": (163, 89),
    "swapon": (167, 224), "reboot": (169, 142), "syslog": (103, 116), "personality": (135, 92),
    "memfd_create": (319, 279), "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190),
    "memfd_secret": (447, 447), "pidfd_getfd": (438, 438), "kcmp": (312, 272),
}  # fmt: skip
MACHINES = {"x86_64": (0, 0xC000003E, 56), "aarch64": (1, 0xC00000B7, 220)}  # column above, audit id, clone's number
_COLUMN, _AUDIT, CLONE_NUMBER = MACHINES.get(os.uname().machine, (0, 0, 0))
_CLONE_NEW_ANY = 0x7E020080
_SOCKET, _AF_UNIX = (41, 198), 1  # the call's numbers, as above; the one family that is no network


def seccomp_filter() -> tuple[int, Any]:
    """A classic BPF program that answers EPERM to the calls above and to sockets of any network, ENOSYS to clone3."""
    load, jump_eq, jump_set, jump_ge, give = 0x20, 0x15, 0x45, 0x35, 0x06
    allow, kill, eperm, enosys = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
    code = [(load, 0, 0, 4), (jump_eq, 1, 0, _AUDIT), (give, 0, 0, kill), (load, 0, 0, 0)]
    if _COLUMN == 0:  # the x32 numbers are a second way to the same calls
        code += [(jump_ge, 0, 1, 0x40000000), (give, 0, 0, eperm)]
    for name, numbers in _DENIED.items():
        answer = enosys if name == "clone3" else eperm  # ENOSYS makes the C library fall back to clone
        code += [(jump_eq, 0, 1, numbers[_COLUMN]), (give, 0, 0, answer)]
    code += [(jump_eq, 0, 3, CLONE_NUMBER), (load, 0, 0, 16), (jump_set, 0, 1, _CLONE_NEW_ANY), (give, 0, 0, eperm)]
    code += [(load, 0, 0, 0), (jump_eq, 0, 3, _SOCKET[_COLUMN]), (load, 0, 0, 16), (jump_eq, 1, 0, _AF_UNIX)]
    code += [(give, 0, 0, eperm)]
    code += [(give, 0, 0, allow)]
    raw = b"".join(struct.pack("<HBBI", *instruction) for instruction in code)
    return len(code), ctypes.create_string_buffer(raw, len(raw))


def drop_everything(filters: Any) -> None:
    """Give up every capability for good, forbid gaining any, and install the system call filter."""
    header = struct.pack("<II", 0x20080522, 0)
    if libc.capset(header, bytes(24)):
        raise OSError(ctypes.get_errno(), "capset")
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    length, buffer = filters
    program = struct.pack("<HxxxxxxQ", length, ctypes.addressof(buffer))
    if libc.prctl(_PR_SET_SECCOMP, 2, program, 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")

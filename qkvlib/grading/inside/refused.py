"""The system calls that code behind the walls may not make, as a filter for the kernel (seccomp, classic BPF).

Both walls refuse what a numpy answer never needs and a break-out might. The second has no namespaces to make the rest
of the machine invisible, so it also refuses what names another process, a socket, an owner or a place outside.
Linux alone, the standard library alone.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Any

MACHINES = {"x86_64": (0, 0xC000003E, 56), "aarch64": (1, 0xC00000B7, 220)}  # column below, audit id, clone's number
COLUMN, AUDIT, CLONE_NUMBER = MACHINES.get(os.uname().machine, (0, 0, 0))

# name -> (x86_64 number, aarch64 number); None where a processor does not have the call.
Numbers = dict[str, tuple[int | None, int | None]]
ALWAYS: Numbers = {
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

# What a namespace or a mount makes harmless behind the first wall.
WITHOUT_NAMESPACES: Numbers = {
    # programs of the machine
    "execve": (59, 221), "execveat": (322, 281),
    # every socket: a pair of datagram sockets can be connected to any name
    "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    # other processes of the same user
    "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "tkill": (200, 130), "setpriority": (141, 140), "ioprio_set": (251, 30),
    "sched_setattr": (314, 274), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setaffinity": (203, 122), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "process_madvise": (440, 440), "process_mrelease": (448, 448),
    # what others share by name: System V and POSIX
    "shmat": (30, 196), "shmctl": (31, 195), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192), "mq_unlink": (241, 181),
    # owners, modes, times and lengths of files, over which Landlock has no say; folders, links and devices
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "setxattrat": (463, 463), "removexattrat": (466, 466), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "truncate": (76, 45), "mkdir": (83, None), "mkdirat": (258, 34),
    "symlink": (88, None), "symlinkat": (266, 36), "link": (86, None), "linkat": (265, 37), "mknod": (133, None),
    "mknodat": (259, 33),
    # watching what happens to files
    "inotify_init": (253, None), "inotify_init1": (294, 26), "fanotify_init": (300, 262),
    # the machine's name
    "uname": (63, 160),
}  # fmt: skip
# No new process: without a user of its own, nothing could count them, or find them all afterwards.
FORKS: Numbers = {"fork": (57, None), "vfork": (58, None)}

_SOCKET, _AF_UNIX = (41, 198), 1  # the one family that is no network
_KILL, _TGKILL, _PRLIMIT, _GETPPID = (62, 129), (234, 131), (302, 261), (110, 173)
# How a file or a socket is told whom to signal, and with what: fcntl's and ioctl's numbers, and their commands.
_OWNERS = (
    ((72, 25), (8, 10, 15)),  # F_SETOWN, F_SETSIG, F_SETOWN_EX
    ((16, 29), (0x8901, 0x8902)),  # FIOSETOWN, SIOCSPGRP
)
_CLONE_NEW_ANY, _CLONE_THREAD = 0x7E020080, 0x10000

_LOAD, _JUMP_EQ, _JUMP_SET, _JUMP_GE, _GIVE = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _STOP, _ZERO, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x00050000, 0x00050001, 0x00050026
_NUMBER, _MACHINE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24  # where they lie in what the filter looks at
_OWN_PID = 0xFFFFFFFE  # stands for the process's own number, which is known after the fork

Instruction = tuple[int, int, int, int]


def denied(numbers: Numbers) -> list[tuple[str, int]]:
    """(name, number) of the calls that this processor has."""
    return [(name, number[COLUMN] or 0) for name, number in numbers.items() if number[COLUMN] is not None]


def first_filter() -> Any:
    """For the first wall: EPERM to the calls of `ALWAYS`, and to sockets of any network."""
    return _program([*_refuse(ALWAYS), *_no_namespaces(), *_only_if(_SOCKET, _FIRST_ARGUMENT, _AF_UNIX)])


def second_filter(forks: bool) -> Any:
    """For the second wall; `patched` makes it ready for one process. `forks` says whether new processes may be made."""
    code = _refuse({**ALWAYS, **WITHOUT_NAMESPACES, "socket": _SOCKET, **({} if forks else FORKS)})
    code += _no_namespaces()
    if not forks:
        number = CLONE_NUMBER
        code += [(_LOAD, 0, 0, _NUMBER), (_JUMP_EQ, 0, 3, number), (_LOAD, 0, 0, _FIRST_ARGUMENT)]
        code += [(_JUMP_SET, 1, 0, _CLONE_THREAD), (_GIVE, 0, 0, _EPERM)]
    for numbers in (_KILL, _TGKILL):
        code += _only_if(numbers, _FIRST_ARGUMENT, _OWN_PID)
    code += _only_if(_PRLIMIT, _FIRST_ARGUMENT, 0)
    for call, commands in _OWNERS:
        for command in commands:
            code += [(_LOAD, 0, 0, _NUMBER), (_JUMP_EQ, 0, 3, call[COLUMN]), (_LOAD, 0, 0, _SECOND_ARGUMENT)]
            code += [(_JUMP_EQ, 0, 1, command), (_GIVE, 0, 0, _EPERM)]
    code += [(_LOAD, 0, 0, _NUMBER), (_JUMP_EQ, 0, 1, _GETPPID[COLUMN]), (_GIVE, 0, 0, _ZERO)]  # as in a namespace
    return _program(code)


def patched(program: Any, pid: int) -> Any:
    """The second filter with the number of the process that it is for: it may signal itself and no other."""
    return ctypes.create_string_buffer(bytes(program).replace(struct.pack("<I", _OWN_PID), struct.pack("<I", pid)))


def _refuse(numbers: Numbers) -> list[Instruction]:
    code: list[Instruction] = []
    for name, number in denied(numbers):
        answer = _ENOSYS if name == "clone3" else _EPERM  # ENOSYS makes the C library fall back to clone
        code += [(_JUMP_EQ, 0, 1, number), (_GIVE, 0, 0, answer)]
    return code


def _no_namespaces() -> list[Instruction]:
    return [
        (_JUMP_EQ, 0, 3, CLONE_NUMBER),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_JUMP_SET, 0, 1, _CLONE_NEW_ANY),
        (_GIVE, 0, 0, _EPERM),
    ]


def _only_if(numbers: tuple[int, int], argument: int, value: int) -> list[Instruction]:
    """EPERM to a call unless one argument has this value."""
    return [
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_EQ, 0, 3, numbers[COLUMN]),
        (_LOAD, 0, 0, argument),
        (_JUMP_EQ, 1, 0, value),
        (_GIVE, 0, 0, _EPERM),
    ]


def _program(code: list[Instruction]) -> Any:
    """The whole filter: only this processor's own calls, what `code` says, and everything else allowed."""
    start = [(_LOAD, 0, 0, _MACHINE), (_JUMP_EQ, 1, 0, AUDIT), (_GIVE, 0, 0, _STOP), (_LOAD, 0, 0, _NUMBER)]
    if COLUMN == 0:  # the x32 numbers are a second way to the same calls
        start += [(_JUMP_GE, 0, 1, 0x40000000), (_GIVE, 0, 0, _EPERM)]
    raw = b"".join(struct.pack("<HBBI", *each) for each in [*start, *code, (_GIVE, 0, 0, _ALLOW)])
    return ctypes.create_string_buffer(raw, len(raw))


INSTRUCTION_BYTES = 8

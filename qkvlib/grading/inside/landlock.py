"""Landlock, the kernel's way for a process to give up rights to files: which version is here, and rules for it.

See landlock(7) and the kernel's Documentation/userspace-api/landlock.rst. Each version (ABI) knows more rights than the
one before; what this kernel does not know cannot be asked for, so the rules are cut down to what it has.
Linux alone, the standard library alone.
"""

from __future__ import annotations

import ctypes
import os
import struct

CREATE, ADD, RESTRICT = 444, 445, 446  # the calls have one number on all processors
_VERSION, _PATH_BENEATH = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_FILE, MAKE_REG, TRUNCATE = (1 << n for n in (0, 1, 2, 3, 5, 8, 14))
# How many rights to files each version knows: execute .. make_sym, then refer (2), truncate (3), ioctl_dev (5).
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NETWORK = 0b11  # binding and connecting TCP, from version 4 on
_SCOPES = 0b11  # abstract sockets and signals, from version 6 on

LOOK = READ_FILE | READ_DIR
USE = LOOK | WRITE_FILE | MAKE_REG | REMOVE_FILE | TRUNCATE
_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

libc = ctypes.CDLL(None, use_errno=True)


class LandlockError(OSError):
    """The kernel has Landlock and refused a rule."""


def version() -> int:
    """The version of Landlock in this kernel, 0 where there is none or it is switched off."""
    return max(0, libc.syscall(CREATE, None, ctypes.c_size_t(0), _VERSION))


def rights(abi: int) -> int:
    """All rights to files that a version knows."""
    return (1 << _FILE_RIGHTS[min(abi, 5)]) - 1


def ruleset(allowed: dict[str, int], abi: int) -> int:
    """A file descriptor for rules that refuse every right to files but these: {path: rights to it and what is below}.

    From version 4 on TCP is refused as well, from 6 on abstract sockets and signals to processes that stand outside.
    """
    handled = rights(abi)
    attributes = struct.pack("<QQQ", handled, _NETWORK, _SCOPES)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    rules = libc.syscall(CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        raise LandlockError(ctypes.get_errno(), "landlock_create_ruleset")
    for path, wanted in allowed.items():
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            granted = wanted & handled & (-1 if os.path.isdir(path) else _OF_FILES)
            rule = struct.pack("<Qi", granted, place)
            if libc.syscall(ADD, rules, _PATH_BENEATH, rule, 0):
                raise LandlockError(ctypes.get_errno(), f"landlock_add_rule {path}")
        finally:
            os.close(place)
    return rules


def restrict(rules: int) -> None:
    """Put this process, and all it will start, under the rules for good. It must have given up new privileges."""
    if libc.syscall(RESTRICT, rules, 0):
        raise LandlockError(ctypes.get_errno(), "landlock_restrict_self")

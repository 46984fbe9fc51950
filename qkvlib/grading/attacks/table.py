"""The whole list of attacks, and what of each wall stops each of them."""

from __future__ import annotations

from collections.abc import Iterable

from qkvlib.grading.attacks import inside, outside, shared, values
from qkvlib.grading.attacks.attack import Attack, Theft
from qkvlib.grading.inside.refused import ALWAYS, WITHOUT_NAMESPACES

INSIDE: list[Attack] = [*inside.INSIDE, *inside.system_calls(ALWAYS), *shared.SHARED]
# Refused by the second wall alone: behind the first these calls reach nothing, or nothing of others.
SECOND_ONLY: list[Attack] = [
    Attack("system calls of the second wall", attack.name, "", attack.body)
    for attack in inside.system_calls(WITHOUT_NAMESPACES)
]
OUTSIDE: list[Attack | Theft] = [*outside.FORGERIES, *outside.HOGS, *outside.THEFTS, *values.LIES]
TABLE: list[Attack | Theft] = [*INSIDE, *SECOND_ONLY, *OUTSIDE]

# What stops, behind the second wall, what this stops behind the first. What is not named is stopped by the same.
_SECOND = {
    "files: only named parts are bound": "files: a root folder of its own, Landlock",
    "files: no programs": "seccomp filter: no new program",
    "files: covered": "files: left out",
    "a network namespace": "seccomp filter: no sockets",
    "seccomp filter and a network namespace": "seccomp filter: no sockets",
    "network and mount namespaces": "seccomp filter: no sockets",
    "pid namespace": "seccomp filter: itself alone, a user of its own",
    "not dumpable, pid namespace": "not dumpable, no /proc",
    "user namespace": "a user of its own",
    "uts namespace": "seccomp filter: no name of the machine",
    "no new privileges": "seccomp filter: no new program",
    "no capabilities": "a user of its own, no capabilities",
    "a /tmp without execution": "seccomp filter: no new program",
    "a read-only system, a private /tmp": "a root folder of others' files, Landlock",
    "size of /tmp": "size of a file, and of /tmp as looked up",
    "files of /tmp": "files of /tmp as looked up",
    "": "seccomp filter",
}
# Without a user of its own.
_AS_YOU = {
    "files: only named parts are bound": "Landlock, seccomp filter",
    "pid namespace": "seccomp filter: itself alone",
    "no capabilities": "no capabilities",
    "a read-only system, a private /tmp": "Landlock",
    "number of processes": "seccomp filter: no new process",
    "wall clock of the submission": "seccomp filter: no new process",
}
# It is the grader's own user and group, and may start no process, so there is no number of them to raise.
_NOT_AS_YOU = {"be root", "become root", "another group", "more processes"}


def stopped_by(attack: Attack | Theft, wall: str) -> str:
    """What of a wall stops an attack; "" where that wall promises nothing against it."""
    if wall == "bubblewrap":
        return attack.wall
    if wall == "second-as-you" and attack.name in _NOT_AS_YOU:
        return ""
    if wall == "second-as-you" and attack.wall in _AS_YOU:
        return _AS_YOU[attack.wall]
    return _SECOND.get(attack.wall, attack.wall)


def of(wall: str, attacks: Iterable[Attack | Theft] = TABLE) -> list[Attack | Theft]:
    """The attacks that a wall promises to stop."""
    return [attack for attack in attacks if stopped_by(attack, wall)]

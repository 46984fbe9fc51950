"""Run a command as a container of Docker's default profile would: no namespaces, no mounts, few capabilities.

`python tests/in_a_container.py [--no-landlock] [--no-rights] COMMAND...`, as root. The capabilities are those that
Docker's manual lists, the refused calls the ones of its default profile (moby/profiles, seccomp/default.json) that
matter to a sandbox.
`--no-rights` takes all capabilities away; `--no-landlock` is a kernel without it.
"""

import ctypes
import os
import sys

from qkvlib.grading.inside import landlock, refused, walls

_PR_CAPBSET_DROP = 24
KEPT = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}  # chown ... setfcap
REFUSED = (
    "mount",
    "umount2",
    "unshare",
    "setns",
    "pivot_root",
    "clone3",
    "bpf",
    "perf_event_open",
    "open_by_handle_at",
)


def main(arguments):
    flags = {argument for argument in arguments if argument in ("--no-landlock", "--no-rights")}
    command = arguments[len(flags) :]
    numbers = {name: refused.ALWAYS[name] for name in REFUSED}
    if "--no-landlock" in flags:
        numbers["landlock_create_ruleset"] = (landlock.CREATE, landlock.CREATE)
    code = [*refused._refuse(numbers), *refused._no_namespaces()]
    walls.filter_calls(refused._program(code))  # while there is the right to
    for capability in range(41):
        if capability not in KEPT or "--no-rights" in flags:
            ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])

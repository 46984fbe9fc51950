"""Build the walls, then become bubblewrap: run by `host.py` as a short-lived process of its own.

Started as root it first makes a private mount namespace in which the interpreter and the packages are visible to an
unprivileged user (they often live under a home directory closed to others), then drops to that user for good.
Bubblewrap itself never runs as root: as root, files under /proc/sys would stay writable inside. Started as a normal
user it goes straight to bubblewrap. Standard library alone.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys

_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
_CLONE_NEWNS = 0x20000


def stage(paths: list[str], staging: str) -> dict[str, str]:
    """As root: mirror `paths` read-only below a tmpfs that only this process and its children see."""
    libc = ctypes.CDLL(None, use_errno=True)

    def must(result: int, what: str) -> None:
        if result:
            number = ctypes.get_errno()
            sys.exit(f"{what}: {os.strerror(number)}")

    must(libc.unshare(_CLONE_NEWNS), "unshare")
    must(libc.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None), "make mounts private")
    must(libc.mount(b"tmpfs", staging.encode(), b"tmpfs", ctypes.c_ulong(0), b"mode=0755,size=64k"), "mount tmpfs")
    staged = {}
    for number, path in enumerate(paths):
        place = os.path.join(staging, str(number))
        if os.path.isdir(path):
            os.mkdir(place, 0o755)
        else:
            os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o644))
        must(libc.mount(path.encode(), place.encode(), None, ctypes.c_ulong(_MS_BIND | _MS_REC), None), f"bind {path}")
        staged[path] = place
    return staged


def main(config: dict) -> None:
    """Stage, drop privileges, exec bubblewrap with the control socket as file descriptor 3."""
    os.dup2(config["control"], 3, inheritable=True)
    sources, bwrap, below = [source for source, _ in config["binds"]], config["bwrap"], config["bwrap_below"]
    staged = {path: path for path in sources}
    if os.geteuid() == 0:
        staged = stage([*sources, *([below] if below else [])], config["staging"])
        bwrap = staged.get(below, "") + bwrap[len(below) :]
        os.setgroups([])
        os.setresgid(config["uid"], config["uid"], config["uid"])
        os.setresuid(config["uid"], config["uid"], config["uid"])
    os.chdir("/")
    arguments = [bwrap, *config["walls"]]
    for source, target in config["binds"]:
        arguments += ["--ro-bind", staged[source], target]
    for folder in config["covered_folders"]:
        arguments += ["--tmpfs", folder, "--remount-ro", folder]
    for file in config["covered_files"]:
        arguments += ["--ro-bind", "/dev/null", file]
    arguments += ["--remount-ro", "/dev", "--remount-ro", "/", "--", *config["command"]]
    os.execve(bwrap, arguments, {})


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

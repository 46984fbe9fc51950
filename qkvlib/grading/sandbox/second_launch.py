"""Build the second wall, then wait for what runs behind it and clear up: run by `host.py` as a process of its own.

What may be seen is laid out in a new folder under the names it has behind the first wall. As root that folder becomes
the root folder of the warm process, and the submissions get a user that nobody else has: the folder's name claims it,
and a lock that this process holds says that the claim is in use. Standard library alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import grp
import json
import os
import pwd
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import Iterator

PREFIX = "qkv-wall-"
CONTROL, PROC = 3, 4  # what the warm process finds where
_PR_SET_PDEATHSIG = 1
# What no answer needs: a third of the files there are to link or copy.
_FOLDERS_LEFT_OUT = {"idlelib", "turtledemo", "ensurepip", "lib2to3", "tkinter", "test", "tests", "pydoc_data"}
_FILES_LEFT_OUT = (".opt-1.pyc", ".opt-2.pyc", ".pyi")


def main(config: dict) -> None:
    """Claim, lay out, start the warm process, wait for its end, clear up."""
    own_user = config["own_user"]
    os.umask(0o022)
    folder, number, lock = claim(config)
    status = 1
    try:
        root = os.path.join(folder, "root")
        os.mkdir(root, 0o755)
        for source, target in config["binds"]:
            lay_out(source, target, root, set(config["covered"]), links=own_user)
        os.mkdir(os.path.join(root, "tmp"), 0o700)
        warm = os.fork()
        if warm == 0:
            try:
                become_warm(config, root, number if own_user else None)
            except OSError as error:
                print(f"{error.strerror}: {error.filename or 'the second wall'}", file=sys.stderr, flush=True)
            finally:
                os._exit(1)
        os.close(config["control"])
        status = os.waitstatus_to_exitcode(os.waitpid(warm, 0)[1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
    print("STATUS", status, file=sys.stderr)
    sys.exit(status if status >= 0 else 1)


def become_warm(config: dict, root: str, uid: int | None) -> None:
    """In the forked process: take the root folder where that is possible, and exec Python."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # short of memory, the kernel takes this process and its children first
    os.dup2(config["control"], 100)  # first out of the way of the numbers wanted
    os.dup2(os.open("/proc", os.O_RDONLY | os.O_DIRECTORY), 101)
    for wanted, here in ((CONTROL, 100), (PROC, 101)):
        os.dup2(here, wanted, inheritable=True)
    os.closerange(PROC + 1, 256)
    environment, command = dict(config["environment"]), list(config["command"])
    place = "" if uid is not None else root
    look = [f"{place}/{name}" for name in ("sandbox", "lib64", "lib")]
    tmp = f"{place}/tmp"
    facts = {"uid": uid, "proc": PROC, "tmp": tmp, "look": look}
    command[-1] = json.dumps(facts)
    if uid is not None:
        os.chroot(root)
        os.chdir("/")
    else:
        command = [root + part if part.startswith("/sandbox/") else part for part in command]
        environment["LD_LIBRARY_PATH"] = root + environment["LD_LIBRARY_PATH"]
        environment |= {"HOME": tmp, "TMPDIR": tmp}
        os.chdir(tmp)
    os.execve(command[0], command, environment)


# -- a folder, and a user with it -------------------------------------------------------------------------------------


def claim(config: dict) -> tuple[str, int, int]:
    """(a new folder that is ours alone, its number, an open lock on it). Folders that killed runs left are cleared."""
    place = next((place for place in config["places"] if usable(place)), None)
    if place is None:
        sys.exit(f"none of {', '.join(config['places'])} can be written to and run programs")
    fresh = tempfile.mkdtemp(prefix=f".{PREFIX}", dir=place)
    lock = os.open(os.path.join(fresh, "lock"), os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    for name, number in numbers(config):
        folder = os.path.join(place, name)
        clear_left(folder)
        try:
            os.rename(fresh, folder)
            return folder, number, lock
        except OSError:  # another grader has it
            continue
    shutil.rmtree(fresh, ignore_errors=True)
    sys.exit("all of its folders are in use: too many graders at once")


def usable(place: str) -> bool:
    """Whether programs in a folder may be run, and something can be written there."""
    return os.access(place, os.W_OK | os.X_OK) and not os.statvfs(place).f_flag & os.ST_NOEXEC


def numbers(config: dict) -> Iterator[tuple[str, int]]:
    """The names that may be claimed: of unused users as root, else simply counted, apart for each user."""
    for number in range(*config["uids"]):
        if not config["own_user"]:
            yield f"{PREFIX}{os.getuid()}-{number}", number
        elif not is_somebody(number):
            yield f"{PREFIX}{number}", number


def is_somebody(number: int) -> bool:
    """Whether a user or a group has this number."""
    for look in (pwd.getpwuid, grp.getgrgid):
        with contextlib.suppress(KeyError):
            look(number)
            return True
    return False


def clear_left(folder: str) -> None:
    """Remove the folder of a run that is over, which nobody holds the lock of any more. Others' are left alone."""
    with contextlib.suppress(OSError):
        about = os.lstat(folder)
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
            return
        lock = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


# -- what may be seen -------------------------------------------------------------------------------------------------


def lay_out(source: str, target: str, root: str, covered: set[str], links: bool) -> None:
    """Put a file or a folder at its name below `root`, without what is covered. Links out of a folder are left out."""
    place, source = root + target, os.path.realpath(source)
    os.makedirs(os.path.dirname(place), 0o755, exist_ok=True)
    if not os.path.isdir(source):
        put(source, place, links)
        return
    for top, folders, files in os.walk(source):
        inside = target + top[len(source) :]
        folders[:] = [name for name in folders if f"{inside}/{name}" not in covered and name not in _FOLDERS_LEFT_OUT]
        os.makedirs(root + inside, 0o755, exist_ok=True)
        for name in files:
            path, seen = os.path.realpath(os.path.join(top, name)), f"{inside}/{name}"
            if seen not in covered and path.startswith(f"{source}/") and not name.endswith(_FILES_LEFT_OUT):
                put(path, root + seen, links)


def put(source: str, place: str, links: bool) -> None:
    """Link a file where it is safe to: readable by all, writable by its owner alone. Else copy it."""
    mode = os.stat(source).st_mode
    if links and mode & 0o044 == 0o044 and not mode & 0o7022:
        with contextlib.suppress(OSError):  # another disk, or links are not allowed
            os.link(source, place)
            return
    shutil.copy2(source, place)  # with its time: Python's compiled files name that of their source
    os.chmod(place, 0o755 if mode & 0o111 else 0o644)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

"""The second wall, where no namespaces can be made: a user of its own, Landlock, a longer list of refused calls.

As root the warm process stands in a root folder of its own (`sandbox.second_launch` put it there) and stays root, as it
must turn children into another user and end what they leave behind; it never reads a submission. Its children get a
user that owns nothing, whose processes are all theirs. Started by an ordinary user there is no other user to become:
then Landlock closes the files, and no child may start a process, since nothing could find them all again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys

from qkvlib.grading.inside import landlock, refused, walls, watch

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_FILES = 256  # in its /tmp, as behind the first wall


class Second:
    """See `walls.Wall`. `uid` is the children's user, None when they have to run as this one.

    `proc` is an open /proc, which lies outside of the root folder. `look` are the folders that may be read.
    """

    def __init__(self, uid: int | None, proc: int, tmp: str, look: list[str]) -> None:
        self._uid, self._proc, self._tmp, self._warm = uid, proc, tmp, os.getpid()
        abi = landlock.version()
        if uid is None and not abi:
            sys.exit("this kernel has no Landlock")
        allowed = {path: landlock.LOOK for path in look if os.path.exists(path)} | {tmp: landlock.USE}
        allowed |= {"/dev/null": landlock.READ_FILE | landlock.WRITE_FILE} if os.path.exists("/dev/null") else {}
        self._rules = landlock.ruleset(allowed, abi) if abi else None
        self._filter = refused.second_filter(forks=uid is not None)
        walls.libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what loses its parent becomes this process's child
        if uid is not None:
            os.chown(tmp, uid, uid)
            self._kill_all()  # of a run before, whose grader was killed
        self.fences = (
            *(() if uid is None else ("own user", "own root folder")),
            *((f"Landlock {abi}",) if abi else ()),
            "system call filter",
        )

    def fork(self) -> int:
        """See `Wall`."""
        return walls.fork_apart(0)

    def enter(self, limits: dict) -> None:
        """See `Wall`. Its /tmp is there already, emptied after the one before."""
        os.setsid()
        os.chdir(self._tmp)

    def limit(self, limits: dict) -> None:
        """The processes of a user can be limited where all of them are the submission's."""
        walls.set_limits(limits, processes=self._uid is not None)

    def seal(self) -> None:
        """See `Wall`."""
        if self._uid is not None:
            _become(self._uid)
        walls.give_up_privileges()
        walls.libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != self._warm:
            os._exit(70)  # it died before it could have been noticed
        if self._rules is not None:
            landlock.restrict(self._rules)
            os.close(self._rules)
        walls.filter_calls(refused.patched(self._filter, os.getpid()))

    def keep(self) -> set[int]:
        """See `Wall`."""
        return set() if self._rules is None else {self._rules}

    def used(self, pid: int, limits: dict) -> tuple[int, float, int]:
        """All below the warm process belongs to the submission that runs."""
        alone = self._uid is None
        memory, cpu = watch.used([pid] if alone else watch.descendants(self._warm, self._proc), self._proc)
        disk = 0
        with contextlib.suppress(OSError):  # a file may go while we look
            for entry in os.scandir(self._tmp):
                disk += max(512 * entry.stat(follow_symlinks=False).st_blocks, limits["disk"] // _FILES)
        return memory, cpu, disk

    def kill(self, pid: int) -> None:
        """See `Wall`."""
        if self._uid is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        else:
            self._kill_all()

    def sweep(self, pid: int) -> None:
        """End what the child left behind, and empty its /tmp."""
        with contextlib.suppress(ChildProcessError):  # raised when there is no process left
            while self._uid is not None:
                if not os.waitpid(-1, os.WNOHANG)[0]:
                    self._kill_all()
                    os.waitpid(-1, 0)
        for entry in list(os.scandir(self._tmp)):
            with contextlib.suppress(OSError):
                shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)

    def _kill_all(self) -> None:
        """Kill every process of the children's user at one go, so that none can be missed while it forks."""
        assert self._uid is not None
        helper = walls.fork_apart(0)
        if helper == 0:
            try:
                _become(self._uid)
                if os.getresuid() == (self._uid,) * 3:  # as root it would mean every process there is
                    os.kill(-1, signal.SIGKILL)
            finally:
                os._exit(0)
        os.waitpid(helper, 0)


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)

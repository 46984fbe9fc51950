"""The trusted side of the sandbox: start it, hand it one submission at a time, read back values.

One warm process with numpy and the course's library sits behind a wall (`kinds`): no network, nothing in sight but
what is named, no environment. Every submission gets a child of its own, forked from the warm process and given up to a
user or to namespaces that hold nothing else, with a private /tmp and hard limits, and without the right to open a
network socket. When the child's first process ends, whatever else it started is killed: nothing outlives a submission.

The student's code sees inputs and returns arrays. It never sees an expected value, another submission, or a grade.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Self

from qkvlib.grading.inside import wire
from qkvlib.grading.sandbox.child import GRACE, Child, Limits, Reply
from qkvlib.grading.sandbox.command import ENVIRONMENT, SandboxUnavailable
from qkvlib.grading.sandbox.kinds import WALLS, standing

_CONTROL_KIND = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_STREAM


class Sandbox:
    """One warm process and, one after another, its children. Use as a context manager; not shared between threads."""

    def __init__(self, limits: Limits | None = None, wall: str = "bubblewrap") -> None:
        self.limits = limits or Limits()
        self.wall = wall
        self.standing = wall  # the same with what it lacks on this kernel, once it has started
        self.fences: list[str] = []
        self._process: Any = None
        self._control: Any = None
        self._errors: Any = None
        self._scratch: str | None = None
        self._learned: set[str] = set()

    @property
    def unsafe(self) -> bool:
        """Whether there is no wall at all."""
        return self.wall == "none"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the warm process. Raises `SandboxUnavailable` with one sentence that says what to do."""
        if self._process is not None:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, _CONTROL_KIND)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  - closed in close()
        try:
            command = WALLS[self.wall].command(theirs.fileno())
            if self.unsafe:
                self._scratch = tempfile.mkdtemp(prefix="qkv-unsafe-")
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                env=ENVIRONMENT if self.unsafe else {},
                cwd=self._scratch or "/",
                start_new_session=True,  # Ctrl-C reaches the grader, which then closes the sandbox itself
            )
        except BaseException:
            ours.close()
            self._errors.close()
            raise
        finally:
            theirs.close()
        self._control = ours
        ours.settimeout(60)
        try:
            self.fences = json.loads(ours.recv(4096))["fences"]
        except (OSError, ValueError):
            said = self.said()
            self.close()
            raise SandboxUnavailable(self.explain(said)) from None
        self.standing = standing(self.wall, self.fences)

    def explain(self, said: str) -> str:
        """Turn what was said into a sentence for a teacher."""
        return WALLS[self.wall].explain(said)

    def close(self) -> None:
        """End the warm process and everything below it."""
        if self._control is not None:
            self._control.close()  # the warm process sees the end of the stream, kills its child and leaves
        if self._process is not None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._errors is not None:
            self._errors.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
        self._process = self._control = self._errors = self._scratch = None
        self._learned = set()

    def run(self, header: dict, packer: wire.Packer | None = None) -> Reply:
        """Run one request in a child of its own. Never raises for what the child does."""
        with self.child() as child:
            return child.ask(header, packer)

    def child(self, limits: Limits | None = None) -> Child:
        """A fresh child, within other limits if wanted. The one before must be closed: one at a time is watched."""
        self.start()
        limits = limits or self.limits
        told = json.dumps({**asdict(limits), **({"cwd": self._scratch} if self._scratch else {})}).encode()
        try:
            return Child(self, limits, *self._hand_over(told))
        except OSError:  # the warm process is gone: begin again with a new one
            self.close()
            self.start()
            return Child(self, limits, *self._hand_over(told))

    def learn(self, cells: Iterable[str]) -> None:
        """Have the hand-out's own cells read before the first child starts, so that no child needs to read them again.

        Only ever for the teacher's text: it is parsed in the warm process, which every child inherits.
        """
        self.start()
        if self.unsafe:
            return  # its control socket may be a stream, which does not keep messages apart
        for cell in set(cells) - self._learned:
            self._learned.add(cell)
            message = json.dumps({"learn": cell}).encode()
            if len(message) <= wire.CONTROL_LIMIT:
                with contextlib.suppress(OSError):  # a warm process that is gone is noticed, and replaced, by `child`
                    self._control.sendall(message)

    def stop_child(self) -> None:
        """Have the child that runs killed, with everything it started."""
        with contextlib.suppress(OSError):
            self._control.sendall(b'{"stop": true}')

    def _hand_over(self, limits: bytes) -> tuple[socket.socket, int]:
        """Send a socket and a pipe to the warm process, for the next child; keep our ends."""
        ours, childs = socket.socketpair()
        answers, said = os.pipe()
        try:
            socket.send_fds(self._control, [limits], [childs.fileno(), said])
        except OSError:
            ours.close()
            os.close(answers)
            raise
        finally:
            childs.close()
            os.close(said)
        os.set_blocking(answers, False)
        return ours, answers

    def report(self) -> dict | None:
        """How the child ended, once it and all its descendants are gone; None when the warm process went with it."""
        try:
            self._control.settimeout(self.limits.wall + GRACE)
            report = json.loads(self._control.recv(4096))
        except (OSError, ValueError):
            return None
        if "failed" in report:
            self.close()
            raise SandboxUnavailable(self.explain(report["failed"]))
        if self._scratch:
            _empty(self._scratch)
        return report

    def said(self) -> str:
        self._process.poll()
        self._errors.seek(0)
        return self._errors.read(4000).decode(errors="replace")


def available(wall: str = "bubblewrap") -> list[str]:
    """Start a sandbox once and run an empty request in it: what the wall is made of. Raises `SandboxUnavailable`."""
    with Sandbox(wall=wall) as sandbox:
        sandbox.run({name: [] for name in ("cells", "provided", "asks", "graded", "served", "offered")} | _NOTHING)
        return sandbox.fences


_NOTHING = {"given": {}, "examples": wire.Packer().pack({})}


def _empty(folder: str) -> None:
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):
            shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)

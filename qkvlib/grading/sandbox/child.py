"""One child and the conversation with it: requests go in, typed messages come out, questions are answered between."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from qkvlib.grading.inside import wire
from qkvlib.grading.sandbox import replies
from qkvlib.grading.sandbox.command import SandboxUnavailable

if TYPE_CHECKING:
    from qkvlib.grading.sandbox.host import Sandbox

_MAX_MESSAGES = 5_000
_POLL_SECONDS = 0.05  # between two looks into the pipe of a child that has not rung: a full pipe would block it
_SHORT_POLL = 0.001  # while it is in the middle of saying something large
GRACE = 15.0  # seconds the warm process may take to clean up beyond a child's wall clock


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Times are in seconds, sizes in bytes."""

    seconds: float = 2.0  # CPU time of one call or one cell's statement
    cpu_total: int = 8  # CPU time of one child process, for code that ignores the limit above
    wall: float = 45.0  # wall clock of one child; generous, so that a busy machine changes no grade
    memory: int = 1 << 30  # address space of one process
    processes: int = 8  # processes and threads of one child
    disk: int = 16 << 20  # its private /tmp, and the largest file
    answer: int = 96 << 20  # everything it may send back


# A question from inside, and the frame that answers it.
Answering = Callable[[replies.Heard], bytes]


@dataclass
class Reply:
    """What a child said to one request: its messages in order, and how it ended if it did."""

    heard: list[replies.Heard] = field(default_factory=list)
    ended: str = ""  # "" = the child is still there; else "time", "memory", "disk", "killed", "garbage", "stopped"

    @property
    def finished(self) -> bool:
        """Whether the request was answered to its end."""
        return bool(self.heard) and isinstance(self.heard[-1].message, replies.Done)

    @property
    def found(self) -> replies.Found | None:
        """How the answers were found in the notebook."""
        return next((h.message for h in self.heard if isinstance(h.message, replies.Found)), None)

    @property
    def prepared(self) -> replies.Prepared | None:
        """That the statements which the answers need were run, and what went wrong in them."""
        return next((h.message for h in self.heard if isinstance(h.message, replies.Prepared)), None)

    def answers(self, asked: list[str]) -> dict[str, replies.Heard]:
        """The first answer to each name in `asked` that has one."""
        found: dict[str, replies.Heard] = {}
        for heard in self.heard:
            if isinstance(heard.message, replies.Answer) and heard.message.name in asked:
                found.setdefault(heard.message.name, heard)
        return found


class Child:
    """One child and the conversation with it: several requests may follow one another. Use as a context manager.

    Requests go out over a socket and answers come back through a pipe. The child rings over the socket when it has
    answered everything, so that this process is not woken for every single answer; what it said before it died is
    in the pipe all the same.
    """

    def __init__(self, sandbox: Sandbox, limits: Limits, channel: socket.socket, answers: int) -> None:
        self._sandbox, self._answers = sandbox, answers
        self._channel: Any = channel  # None once it is hung up
        self._limits = limits
        self._unread = bytearray()
        self._received = self._messages = 0
        self.cpu = 0.0  # seconds of processor time, known once it has ended
        self._deadline = time.monotonic() + self._limits.wall + GRACE

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether it can be asked (again)."""
        return self._channel is not None

    def ask(self, header: dict, packer: wire.Packer | None = None, answering: Answering | None = None) -> Reply:
        """Send one request and collect what the child says to it. Never raises for what the child does.

        Raises `wire.WireError` when the request itself is too large. Questions are put to `answering`.
        """
        request = wire.frame({**header, "seconds": self._limits.seconds, "patience": self._limits.wall / 3}, packer)
        self._channel.settimeout(self._limits.wall + GRACE)
        with contextlib.suppress(OSError):
            self._channel.sendall(request)
        reply = Reply()
        problem = self._listen(reply, answering)
        if problem or not reply.finished:
            self._end(reply, problem)
        return reply

    def close(self) -> None:
        """End the child, if it has not ended, with everything it started."""
        if self.alive:
            self._end(Reply(), "stopped")

    def _listen(self, reply: Reply, answering: Answering | None) -> str:
        """Take messages until the request is answered or the child hangs up; why it must be cut off, "" if not."""
        try:
            there = True
            while there and not reply.finished:
                there = self._wait_for_done()
                said = io.BytesIO(self._unread)
                self._unread = bytearray()
                while not reply.finished and (item := wire.read_frame(said.read)) is not None:
                    self._take(replies.parse(*item), reply, answering)
        except wire.WireError:
            return "garbage"
        except TimeoutError:
            return "stopped"
        return ""

    def _take(self, heard: replies.Heard, reply: Reply, answering: Answering | None) -> None:
        """Keep a message, or answer a question."""
        self._messages += 1
        if self._messages > _MAX_MESSAGES:
            raise wire.WireError("too many messages")
        if not isinstance(heard.message, replies.Question):
            reply.heard.append(heard)
        elif answering is not None:
            with contextlib.suppress(OSError):
                self._channel.settimeout(_POLL_SECONDS)  # a child that does not read its answer does without
                self._channel.sendall(answering(heard))

    def _wait_for_done(self) -> bool:
        """Wait until the child rings, taking in what it says meanwhile. False when it hung up instead."""
        pause = _POLL_SECONDS
        while True:
            self._channel.settimeout(pause)
            try:
                rang = bool(self._channel.recv(1))
            except TimeoutError:
                pause = _SHORT_POLL if self._take_in() else _POLL_SECONDS  # a child with much to say waits for us
                if time.monotonic() > self._deadline:
                    raise
                continue
            except OSError:
                rang = False
            self._take_in()
            return rang

    def _take_in(self) -> int:
        """Everything that is in the pipe by now; how many bytes that was."""
        before = self._received
        with contextlib.suppress(BlockingIOError):
            while part := os.read(self._answers, 1 << 18):
                self._unread += part
                self._received += len(part)
                if self._received > self._limits.answer:
                    raise wire.WireError("too much output")
        return self._received - before

    def _end(self, reply: Reply, problem: str) -> None:
        """Hang up, have it killed if it must be, and wait for the report that it is gone: that says how it ended."""
        self._channel.close()
        os.close(self._answers)
        self._channel = None
        if problem:
            self._sandbox.stop_child()
        report = self._sandbox.report()
        self.cpu = report["cpu"] if report else 0.0
        if report is None:
            said = self._sandbox.said()
            self._sandbox.close()
            if not self._messages:
                raise SandboxUnavailable(self._sandbox.explain(said))
            reply.ended = problem or "killed"
        elif problem and report["stopped"] == "stopped":
            reply.ended = problem
        elif report["stopped"] in ("memory", "disk"):
            reply.ended = report["stopped"]
        elif report["stopped"] or (report["signal"] and report["cpu"] >= self._limits.cpu_total - 0.5):
            reply.ended = "time"
        else:
            reply.ended = "killed"

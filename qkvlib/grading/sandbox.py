"""The trusted side of the sandbox: start it, hand it one submission at a time, read back values.

One warm process with numpy and the course's library sits inside bubblewrap: no network, a read-only system, no
environment, an unprivileged user. Every submission gets a child of its own, forked from the warm process into fresh
user, pid, ipc, uts and mount namespaces with a private /tmp and hard limits, and without the right to open a network
socket. When the child's first process ends the kernel kills whatever else it started, so nothing outlives a submission.

The student's code sees inputs and returns arrays. It never sees an expected value, another submission, or a grade.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

import qkvlib
from qkvlib.grading import wire

_HERE = Path(__file__).parent
_PACKAGE = Path(qkvlib.__file__).parent
_KEPT_OUT = {"clinic", "grading", "widgets", "instruments", "cli.py", "figures.py", "__pycache__"}
_MAX_EVENTS = 5_000
_GLANCE = 0.05  # seconds between two looks into the pipe of a child that has not rung, lest it should fill up
_GRACE = 15.0  # seconds the warm process may take to clean up beyond a child's wall clock

INSTALL = (
    "Grading runs students' code inside bubblewrap. Install it (Debian, Ubuntu: `apt install bubblewrap`; Fedora: "
    "`dnf install bubblewrap`), on Linux or in WSL 2."
)
UNSAFE = "`--unsafe-no-sandbox` grades without walls, only for code you would run yourself; every result is marked."


class SandboxUnavailable(RuntimeError):
    """The sandbox cannot be started here; the message says what to do."""


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


@dataclass
class Outcome:
    """What a child said to one request: its events in order, each with decoded values, and how it ended if it did."""

    events: list[dict] = field(default_factory=list)
    ended: str = ""  # "" = the child is still there; else "time", "killed", "garbage", "stopped"

    @property
    def finished(self) -> bool:
        """Whether the request was answered to its end."""
        return bool(self.events) and self.events[-1]["event"] == "done"


class Sandbox:
    """One warm process and, one after another, its children. Use as a context manager; not shared between threads."""

    def __init__(self, limits: Limits | None = None, unsafe: bool = False):
        self.limits = limits or Limits()
        self.unsafe = unsafe
        self._process = None
        self._control = None
        self._errors = None
        self._scratch = None
        self._learned: set[str] = set()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.close()

    def start(self) -> None:
        """Start the warm process. Raises `SandboxUnavailable` with one sentence that says what to do."""
        if self._process is not None:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, _CONTROL_KIND)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  - closed in close()
        try:
            command = self._unsafe_command(theirs.fileno()) if self.unsafe else _launch_command(theirs.fileno())
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                env=_ENVIRONMENT if self.unsafe else {},
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
            ready = bool(ours.recv(4096))
        except OSError:
            ready = False
        if not ready:
            said = self._said()
            self.close()
            raise SandboxUnavailable(_explain(said))

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

    def run(self, header: dict, packer: wire.Packer | None = None) -> Outcome:
        """Run one request in a child of its own. Never raises for what the child does."""
        with self.child() as child:
            return child.ask(header, packer)

    def child(self) -> Child:
        """A fresh child. The one before must be closed: the warm process watches one at a time."""
        self.start()
        limits = json.dumps({**asdict(self.limits), "cwd": self._scratch or "/tmp"}).encode()
        try:
            return Child(self, *self._hand_over(limits))
        except OSError:  # the warm process is gone: begin again with a new one
            self.close()
            self.start()
            return Child(self, *self._hand_over(limits))

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

    def _report(self) -> dict | None:
        """How the child ended, once it and all its descendants are gone; None when the warm process went with it."""
        try:
            self._control.settimeout(self.limits.wall + _GRACE)
            report = json.loads(self._control.recv(4096))
        except (OSError, ValueError):
            return None
        if "failed" in report:
            self.close()
            raise SandboxUnavailable(_explain(report["failed"]))
        if self._scratch:
            _empty(self._scratch)
        return report

    def _said(self) -> str:
        self._process.poll()
        self._errors.seek(0)
        return self._errors.read(4000).decode(errors="replace")

    def _unsafe_command(self, control: int) -> list[str]:
        if not hasattr(os, "fork"):
            raise SandboxUnavailable("Grading needs Linux (or WSL 2 on Windows): this system cannot fork.")
        self._scratch = tempfile.mkdtemp(prefix="qkv-unsafe-")
        runner = str(_HERE / "runner.py")
        return [sys.executable, *_FLAGS, runner, str(control), str(_PACKAGE.parent), _packages(), "unsafe"]


class Child:
    """One child and the conversation with it: several requests may follow one another. Use as a context manager.

    Requests go out over a socket and answers come back through a pipe. The child rings over the socket when it has
    answered everything, so that this process is not woken for every single answer; what it said before it died is
    in the pipe all the same.
    """

    def __init__(self, sandbox: Sandbox, channel: socket.socket, answers: int):
        self._sandbox, self._channel, self._answers = sandbox, channel, answers
        self._limits = sandbox.limits
        self._unread = bytearray()
        self._received = self._events = 0
        self._deadline = time.monotonic() + self._limits.wall + _GRACE

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    @property
    def alive(self) -> bool:
        """Whether it can be asked (again)."""
        return self._channel is not None

    def ask(self, header: dict, packer: wire.Packer | None = None) -> Outcome:
        """Send one request and collect what the child says to it. Never raises for what the child does."""
        request = wire.frame({**header, "seconds": self._limits.seconds, "patience": self._limits.wall / 3}, packer)
        self._channel.settimeout(self._limits.wall + _GRACE)
        with contextlib.suppress(OSError):
            self._channel.sendall(request)
        outcome = Outcome()
        problem = self._listen(outcome)
        if problem or not outcome.finished:
            self._end(outcome, problem)
        return outcome

    def close(self) -> None:
        """End the child, if it has not ended, with everything it started."""
        if self.alive:
            self._end(Outcome(), "stopped")

    def _listen(self, outcome: Outcome) -> str:
        """Take events until the request is answered or the child hangs up. "garbage", "stopped": it must be cut off."""
        try:
            there = True
            while there and not outcome.finished:
                there = self._rings()
                said = io.BytesIO(self._unread)
                self._unread = bytearray()
                while not outcome.finished and (item := wire.read_frame(said.read)) is not None:
                    outcome.events.append(_decode(*item))
                    self._events += 1
                if self._events > _MAX_EVENTS:
                    return "garbage"
        except wire.WireError:
            # a frame cut short by the child's death is no offence; the report below says how it died
            return "garbage"
        except TimeoutError:
            return "stopped"
        return ""

    def _rings(self) -> bool:
        """Wait until the child rings, taking in what it says meanwhile. False when it hung up instead."""
        self._channel.settimeout(_GLANCE)
        while True:
            try:
                rang = bool(self._channel.recv(1))
            except TimeoutError:
                self._take_in()
                if time.monotonic() > self._deadline:
                    raise
                continue
            except OSError:
                rang = False
            self._take_in()
            return rang

    def _take_in(self) -> None:
        """Everything that is in the pipe by now."""
        with contextlib.suppress(BlockingIOError):
            while part := os.read(self._answers, 1 << 18):
                self._unread += part
                self._received += len(part)
                if self._received > self._limits.answer:
                    raise wire.WireError("too much output")

    def _end(self, outcome: Outcome, problem: str) -> None:
        """Hang up, have it killed if it must be, and wait for the report that it is gone: that says how it ended."""
        self._channel.close()
        os.close(self._answers)
        self._channel = None
        if problem:
            with contextlib.suppress(OSError):
                self._sandbox._control.sendall(b'{"stop": true}')
        report = self._sandbox._report()
        if report is None:
            said = self._sandbox._said()
            self._sandbox.close()
            if not self._events:
                raise SandboxUnavailable(_explain(said))
            outcome.ended = problem or "killed"
        elif problem and report["stopped"] == "stopped":
            outcome.ended = problem
        elif report["stopped"] or (report["signal"] and report["cpu"] >= self._limits.cpu_total - 0.5):
            outcome.ended = "time"
        else:
            outcome.ended = "killed"


# -- how it is started ----------------------------------------------------------------------------------------------

_CONTROL_KIND = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_STREAM
_FLAGS = ["-I", "-S", "-B"]
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_ENVIRONMENT = {
    **ONE_THREAD,
    "LC_ALL": "C.UTF-8",
    "HOME": "/tmp",
    "PATH": "/usr/bin:/bin",
}


def _packages() -> str:
    """The directory numpy was installed into."""
    return str(Path(np.__file__).resolve().parent.parent)


def _launch_command(control: int) -> list[str]:
    """The command that builds the walls: `launch.py` with everything it needs to know as one JSON argument."""
    if platform.system() != "Linux":
        raise SandboxUnavailable(f"{INSTALL} {UNSAFE}")
    bwrap = shutil.which("bwrap", path=os.environ.get("PATH", "") + ":/usr/bin:/bin")
    if bwrap is None:
        raise SandboxUnavailable(f"bubblewrap was not found. {INSTALL} {UNSAFE}")
    packages = _packages()
    python = os.path.realpath(sys.executable)
    binds = [("/usr", "/usr")]
    walls = ["--unshare-all", "--new-session", "--as-pid-1", "--clearenv", "--cap-drop", "ALL", "--hostname", "exam"]
    for name, value in _ENVIRONMENT.items():
        walls += ["--setenv", name, value]
    for link in ("/bin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(link):
            walls += ["--symlink", os.readlink(link), link]
        elif os.path.isdir(link):
            binds.append((link, link))
    walls += ["--proc", "/proc", "--dev", "/dev", "--dir", "/tmp", "--chdir", "/"]
    for path in dict.fromkeys((os.path.realpath(sys.base_prefix), os.path.dirname(os.path.dirname(python)))):
        if not any(_lies_in(path, target) for _, target in binds):
            binds.append((path, path))
    # An own name for the packages: below a /tmp they would vanish behind each child's private one.
    places = [packages] if any(_lies_in(packages, target) for _, target in binds) else []
    places.append("/sandbox/packages")
    binds.append((packages, "/sandbox/packages"))
    for name in ("runner.py", "wire.py", "extract.py"):
        binds.append((str(_HERE / name), f"/sandbox/{name}"))
    for entry in sorted(_PACKAGE.iterdir()):
        if entry.name == "check":  # the judge's machinery comes along, the specs with their references do not
            binds += [(str(part), f"/sandbox/library/qkvlib/check/{part.name}") for part in sorted(entry.glob("*.py"))]
        elif entry.name not in _KEPT_OUT and not entry.name.startswith("."):
            binds.append((str(entry), f"/sandbox/library/qkvlib/{entry.name}"))
    installed = os.path.isdir(os.path.join(packages, "qkvlib"))
    config = {
        "control": control,
        "bwrap": bwrap,
        "walls": walls,
        "binds": binds,
        "hidden": [f"{place}/qkvlib" for place in places] if installed else [],
        "uid": 64_000 + os.getpid() % 1_000,  # one uid per grader, so that sandboxes cannot signal each other
        "staging": _staging([source for source, _ in binds]),
        "command": [python, *_FLAGS, "/sandbox/runner.py", "3", "/sandbox/library", "/sandbox/packages", "isolated"],
    }
    return [sys.executable, *_FLAGS, str(_HERE / "launch.py"), json.dumps(config)]


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def _staging(sources: list[str]) -> str:
    """A directory to mount over, in a namespace of our own: nothing on the disk changes, so nothing is left behind."""
    for place in ("/mnt", "/media", "/srv", "/opt"):
        if os.path.isdir(place) and not any(path.startswith(place + "/") for path in sources):
            return place
    raise SandboxUnavailable("None of /mnt, /media, /srv, /opt exists to build the sandbox in: create an empty /mnt.")


def _explain(said: str) -> str:
    """Turn what bubblewrap or the kernel said into a sentence for a teacher."""
    lowered = said.lower()
    if any(
        sign in lowered
        for sign in (
            "no permissions to create",
            "unshare",
            "uid map",
            "namespace",
            "operation not permitted",
            "creating new",
        )
    ):
        return (
            "This machine does not allow user namespaces, which the sandbox needs. In a container (Docker, Kubernetes) "
            "they are blocked by the default profile: grade on the host, or allow them for this container (Docker: "
            "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined --cap-add SYS_ADMIN`). "
            "On Ubuntu 24.04: `sysctl kernel.apparmor_restrict_unprivileged_userns=0`. "
            f"{UNSAFE} It was said: {_last_line(said)}"
        )
    return f"The sandbox did not start: {_last_line(said) or 'it ended without a word'}. {INSTALL} {UNSAFE}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def available(unsafe: bool = False) -> None:
    """Start a sandbox once and run an empty request in it. Raises `SandboxUnavailable`."""
    with Sandbox(unsafe=unsafe) as sandbox:
        sandbox.run({"cells": [], "provided": [], "asks": [], "graded": [], "substitutes": []})


# -- what a child says ----------------------------------------------------------------------------------------------


def _decode(header: dict, body: bytes) -> dict:
    """Decode the values of an answer; every other field is reduced to plain, bounded data."""
    event = str(header.get("event"))[:20]
    if event != "answer":
        return {"event": event, **{key: _plain(header[key]) for key in _FIELDS if key in header}}
    results = []
    for item in header.get("results") or []:
        if type(item) is not dict:
            raise wire.WireError("a result is not an object")
        result = {key: _plain(item[key]) for key in ("kind", "error", "detail", "changed", "unstable") if key in item}
        results.append({**result, "value": wire.unpack(item.get("value"), body)})
    facts = {key: _plain(header[key]) for key in ("name", "missing", "time") if key in header}
    return {"event": event, **facts, "results": results}


_FIELDS = ("name", "missing", "remarks", "uses", "problems", "cell", "line")


def _plain(value, depth: int = 0):
    """Strings, numbers, lists and objects of bounded size and depth; text cleaned of what a page cannot hold."""
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < 1 << 53):
        return value
    if depth < 3 and isinstance(value, list):
        return [_plain(item, depth + 1) for item in value[:50]]
    if depth < 3 and isinstance(value, dict):
        return {clean(key)[:40]: _plain(item, depth + 1) for key, item in list(value.items())[:20]}
    return None


def clean(said: object, limit: int = 400) -> str:
    """One line of printable text: no control characters, no lone surrogates, no direction overrides."""
    text = str(said)
    if len(text) <= limit and text.isprintable():
        return text
    kept = "".join(c if c.isprintable() else " " for c in text[: limit + 1])
    return kept if len(kept) <= limit else kept[:limit] + "…"


def _empty(folder: str) -> None:
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):
            shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)

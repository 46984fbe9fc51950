"""The inside of the sandbox: a warm process that forks one namespaced child per submission.

Started by `launch.py` inside bubblewrap with a control socket. For each submission the trusted side passes in one end
of a fresh socket and of a fresh pipe; the warm process forks and never reads from either, so nothing of one student's
is ever in the memory that the next child inherits. The child reads the request, runs the student's code and writes back
values. It holds no expected result: there is nothing here to steal.

Standalone on purpose (standard library and numpy, plus `wire` and `extract` beside it): this file is bound into the
sandbox alone, without the rest of the package's grading and checking code.
"""

from __future__ import annotations

import _thread
import ast
import builtins
import contextlib
import ctypes
import gc
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
import types
from functools import cache
from itertools import pairwise

# The network namespace is the sandbox's own, with no way out; `seccomp_filter` keeps children from opening sockets.
_NEW = {"mnt": 0x20000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000, "pid": 0x20000000}
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 4, 38, 22

# Modules a student's notebook may import that have no business in grading: importing them gives inert stand-ins.
INERT = [
    "matplotlib",
    "IPython",
    "ipywidgets",
    "anywidget",
    "plotly",
    "seaborn",
    "tkinter",
    "webbrowser",
    "turtle",
    "nbgrader",
    "otter",
    "papermill",
    "jupyter_client",
] + [f"qkvlib.{name}" for name in ("check", "clinic", "widgets", "instruments", "figures", "course", "grading", "cli")]

libc = ctypes.CDLL(None, use_errno=True)
_held = ctypes.PyDLL(None, use_errno=True)  # the same without letting go of the interpreter's lock during a call


# == the warm process ===============================================================================================


def serve(control_fd: int, library: str, packages: str, isolated: bool) -> None:
    """Load numpy and the course's library, then fork a child for every socket and pipe that arrive on `control_fd`."""
    sys.path[:0] = [library]
    sys.path.append(packages)
    import numpy  # noqa: F401  - warm, so that no child pays for it

    import qkvlib.examples  # noqa: F401

    sys.path.append(os.path.dirname(os.path.abspath(__file__)))
    Submission.load()

    if isolated and not _CLONE_NUMBER:
        sys.exit(f"it knows the processors {' and '.join(_MACHINES)}, not {os.uname().machine}")
    control = socket.socket(fileno=control_fd)
    stay_unreadable()
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # short of memory, the kernel takes this process and its children first
    filters = seccomp_filter() if isolated else None
    gc.freeze()  # what is loaded now is never garbage, and stays shared between the children
    control.sendall(b'{"ready": true}')
    while True:
        message, fds, _, _ = socket.recv_fds(control, Submission.wire.CONTROL_LIMIT, 2)
        if not message:
            os._exit(0)
        limits = json.loads(message)
        if "learn" in limits:
            Submission.learn(limits["learn"])
            gc.freeze()
        if not fds:
            continue  # that, or a "stop" for a child that ended by itself in the meantime
        report = run_child(control, fds, limits, isolated, filters)
        control.sendall(json.dumps(report).encode())


def run_child(control, fds: list[int], limits: dict, isolated: bool, filters) -> dict:
    """Fork, isolate, wait (killing on the wall clock or on request), and report how the child ended."""
    start = time.monotonic()
    told, tell = os.pipe()
    oneself = os.getuid(), os.getgid()
    pid = fork_apart() if isolated else os.fork()
    if pid == 0:
        status = 70
        try:
            os.close(told)
            control.close()
            child_main(*fds, tell, limits, isolated, filters, oneself)
            status = 0
        except BaseException as error:
            with contextlib.suppress(OSError):  # closed already when it is the student's part that failed
                os.write(tell, f"{type(error).__name__}: {error}"[:200].encode())
        finally:
            os._exit(status)
    for ours in (*fds, tell):
        os.close(ours)
    stopped = watch(pid, control, start + limits["wall"], isolated)
    _, status, usage = os.wait4(pid, 0)
    if not isolated:
        _kill(pid, isolated)  # whatever it left behind in its process group
    problem = os.read(told, 200)  # what kept the child from getting behind its walls
    os.close(told)
    if problem:
        return {"failed": problem.decode(errors="replace")}
    return {
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        "stopped": stopped,
        "cpu": usage.ru_utime + usage.ru_stime,
    }


def fork_apart() -> int:
    """Fork into namespaces of its own: the child is the first process of a new pid namespace.

    One clone system call does what unshare and two forks would, and each fork of a warm process costs a millisecond
    and more of copied pages. Python's own work after a fork is left out, for the same reason: it puts locks and thread
    lists in order, and this process has one thread.
    """
    pid = _held.syscall(_CLONE_NUMBER, sum(_NEW.values()) | signal.SIGCHLD, 0, 0, 0, 0)
    if pid < 0:
        raise OSError(ctypes.get_errno(), "clone")
    return pid


def watch(pid: int, control, deadline: float, isolated: bool) -> str:
    """Wait until the child ends, killing it at the deadline or on request. "" when it ended by itself."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    ended = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    if ended is not None:
        poll.register(ended, select.POLLIN)
    stopped = ""
    while not stopped:
        left = max(0.0, deadline - time.monotonic())
        events = dict(poll.poll((left if ended is not None else min(left, 0.005)) * 1000))
        if ended in events or (ended is None and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)):
            break
        if control.fileno() in events:
            if not control.recv(16):  # the trusted side is gone
                _kill(pid, isolated)
                os._exit(0)
            stopped = "stopped"
        elif time.monotonic() >= deadline:
            stopped = "wall"
    if stopped:
        _kill(pid, isolated)
    if ended is not None:
        os.close(ended)
    return stopped


def stay_unreadable() -> None:
    """No other process may read this one's memory (Linux)."""
    if sys.platform == "linux":
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _kill(pid: int, isolated: bool) -> None:
    """Kill the child: the first process of its own pid namespace, so everything it started dies with it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL) if isolated else os.killpg(pid, signal.SIGKILL)


def child_main(asked: int, said: int, tell: int, limits: dict, isolated: bool, filters, oneself: tuple) -> None:
    """Put up the walls and run the submission behind them."""
    if isolated:
        _stay_oneself(*oneself)
        _mount("/tmp", size=limits["disk"], flags=_MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
        _mount("/proc", size=4096, flags=_MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    else:
        os.setpgid(0, 0)
    os.chdir(limits.get("cwd", "/tmp"))
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    keep = {0, 1, 2, asked, said, tell}
    for kept, following in pairwise([*sorted(keep), 64]):
        os.closerange(kept + 1, following)
    for what, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["cpu_total"]),
        (resource.RLIMIT_FSIZE, limits["disk"]),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
        *([(resource.RLIMIT_NPROC, limits["processes"])] if isolated else []),
    ):
        with contextlib.nullcontext() if isolated else contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (value, value))
    if isolated:
        drop_everything(filters)
    stay_unreadable()
    os.close(tell)
    Submission(asked, said).run()
    os._exit(0)


def _stay_oneself(uid: int, gid: int) -> None:
    """In a new user namespace: the same user and group as outside, and no others."""
    libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # or the kernel gives /proc/self/uid_map to root
    for name, text in (("uid_map", f"{uid} {uid} 1"), ("setgroups", "deny"), ("gid_map", f"{gid} {gid} 1")):
        file = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(file, text.encode())
        os.close(file)
    stay_unreadable()


def _mount(target: str, size: int, flags: int) -> None:
    options = f"size={size},mode=0700,nr_inodes=256".encode()
    if libc.mount(b"tmpfs", target.encode(), b"tmpfs", ctypes.c_ulong(flags), options):
        raise OSError(ctypes.get_errno(), f"mount {target}")


# == the second fence: no capabilities, no new privileges, no risky system calls ====================================

# What a numpy answer never needs and a break-out might: name -> (x86_64 number, aarch64 number).
_DENIED = {
    "ptrace": (101, 117), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "clone3": (435, 435), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "kexec_load": (246, 104), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "open_by_handle_at": (304, 265), "fsopen": (430, 430),
    "move_mount": (429, 429), "open_tree": (428, 428), "mount_setattr": (442, 442), "acct": (163, 89),
    "swapon": (167, 224), "reboot": (169, 142), "syslog": (103, 116), "personality": (135, 92),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "pidfd_getfd": (438, 438), "kcmp": (312, 272),
}  # fmt: skip
_MACHINES = {"x86_64": (0, 0xC000003E, 56), "aarch64": (1, 0xC00000B7, 220)}  # column above, audit id, clone's number
_COLUMN, _AUDIT, _CLONE_NUMBER = _MACHINES.get(os.uname().machine, (0, 0, 0))
_CLONE_NEW_ANY = 0x7E020080
_SOCKET, _AF_UNIX = (41, 198), 1  # the call's numbers, as above; the one family that is no network


def seccomp_filter():
    """A classic BPF program that answers EPERM to the calls above and to sockets of any network, ENOSYS to clone3."""
    load, jump_eq, jump_set, jump_ge, give = 0x20, 0x15, 0x45, 0x35, 0x06
    allow, kill, eperm, enosys = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
    code = [(load, 0, 0, 4), (jump_eq, 1, 0, _AUDIT), (give, 0, 0, kill), (load, 0, 0, 0)]
    if _COLUMN == 0:  # the x32 numbers are a second way to the same calls
        code += [(jump_ge, 0, 1, 0x40000000), (give, 0, 0, eperm)]
    for name, numbers in _DENIED.items():
        answer = enosys if name == "clone3" else eperm  # ENOSYS makes the C library fall back to clone
        code += [(jump_eq, 0, 1, numbers[_COLUMN]), (give, 0, 0, answer)]
    code += [(jump_eq, 0, 3, _CLONE_NUMBER), (load, 0, 0, 16), (jump_set, 0, 1, _CLONE_NEW_ANY), (give, 0, 0, eperm)]
    code += [(load, 0, 0, 0), (jump_eq, 0, 3, _SOCKET[_COLUMN]), (load, 0, 0, 16), (jump_eq, 1, 0, _AF_UNIX)]
    code += [(give, 0, 0, eperm)]
    code += [(give, 0, 0, allow)]
    raw = b"".join(struct.pack("<HBBI", *instruction) for instruction in code)
    return len(code), ctypes.create_string_buffer(raw, len(raw))


def drop_everything(filters) -> None:
    """Give up every capability for good, forbid gaining any, and install the system call filter."""
    header = struct.pack("<II", 0x20080522, 0)
    if libc.capset(header, bytes(24)):
        raise OSError(ctypes.get_errno(), "capset")
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    length, buffer = filters
    program = struct.pack("<HxxxxxxQ", length, ctypes.addressof(buffer))
    if libc.prctl(_PR_SET_SECCOMP, 2, program, 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


# == one submission =================================================================================================


class OutOfTime(BaseException):
    """Raised inside a student's code when its CPU time is up. Not an Exception, so `except Exception` lets it pass."""


class Inert:
    """Accepts every use and does nothing: plots, widgets, `display`, `get_ipython`, the notebook's own checks."""

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return INERT_OBJECT

    def __call__(self, *args, **kwargs):
        return INERT_OBJECT

    def __iter__(self):
        return iter((INERT_OBJECT, INERT_OBJECT))  # so that `fig, ax = plt.subplots()` unpacks

    def __getitem__(self, key):
        return INERT_OBJECT

    def __setitem__(self, key, value):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return False

    def __repr__(self):
        return "<not used in grading>"


INERT_OBJECT = Inert()


class InertModule(types.ModuleType):
    """A module whose every name is inert."""

    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return INERT_OBJECT


class InertFinder:
    """Imports anything below an inert package as another inert module."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        from importlib.machinery import ModuleSpec

        if any(name == inert or name.startswith(inert + ".") for inert in INERT):
            return ModuleSpec(name, InertFinder, is_package=True)
        return None

    @staticmethod
    def create_module(spec):
        return InertModule(spec.name)

    @staticmethod
    def exec_module(module):
        pass


class Printed:
    """Stands in for sys.stdout: counts what is printed and keeps none of it."""

    encoding = "utf-8"

    def __init__(self):
        self.count = 0

    def write(self, text):
        self.count += len(text)
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return False


def no_input(prompt=""):
    """What `input` is during grading."""
    raise EOFError("nobody is there to answer input() while a notebook is graded")


def time_is_up(*_):
    """The handler of both clocks."""
    raise OutOfTime


@cache
def compiled(node: ast.stmt):
    """One statement as code that runs in a module. The name of its "file" tells a student's lines from others."""
    return compile(ast.Module([node], []), "cell", "exec")


class Submission:
    """Reads requests, runs the statements the answers need, calls the answers, sends each result as it is known."""

    @classmethod
    def load(cls):
        """Import what every submission needs, in the warm process. Nothing here has seen a student's code."""
        import extract
        import wire

        import qkvlib.attention  # noqa: F401
        from qkvlib.check import attempt

        cls.extract, cls.wire, cls.attempt = extract, wire, attempt
        cls.neutralise()

    @classmethod
    def neutralise(cls):
        """Put stand-ins in the place of prompts, plots, notebook helpers and the course's own checks."""
        import warnings

        import qkvlib

        builtins.input = no_input
        for name in [name for name in sys.modules if name.startswith("qkvlib.check")]:
            del sys.modules[name]
        for name in INERT:
            sys.modules[name] = InertModule(name)
            if name.startswith("qkvlib."):
                setattr(qkvlib, name.partition(".")[2], sys.modules[name])
        sys.meta_path.insert(0, InertFinder)
        signal.signal(signal.SIGPROF, time_is_up)
        signal.signal(signal.SIGALRM, time_is_up)
        warnings.simplefilter("ignore")

    @classmethod
    def learn(cls, source):
        """Read a cell of the hand-out once and for all."""
        for node, *_ in cls.extract.read_source(source)[0]:
            compiled(node)

    def __init__(self, asked, said):
        self.asked, self.said, self.pid = asked, said, os.getpid()
        self.printed = Printed()

    def receive(self):
        """Read the next request into `header` and `body`; False when there is none."""
        self.header, self.body = self.wire.read_frame(lambda n: os.read(self.asked, n)) or (None, b"")
        return self.header is not None

    def send(self, header, packer=None):
        if os.getpid() != self.pid:
            os._exit(0)  # a copy that the student's code forked: it has no say
        message = memoryview(self.wire.frame(header, packer))
        while message:
            message = message[os.write(self.said, message) :]
        if header["event"] == "done":
            os.write(self.asked, b".")  # ring

    def run(self):
        """Answer one request after another. The first brings the notebook; the next ask for some answers again."""
        if not self.receive():
            return
        sys.stdout = sys.stderr = self.printed
        self.show_given()
        asks, graded = self.header["asks"], self.header["graded"]
        wanted = list(dict.fromkeys(name for ask in asks for name in ask["names"]))
        self.plan = self.extract.plan(self.header["cells"], wanted, self.header["provided"], graded)
        uses = {ask["name"]: self.extract.uses(self.plan, ask["names"], graded) for ask in asks}
        self.send(
            {"event": "found", "missing": sorted(self.plan.missing), "remarks": self.plan.remarks[:20], "uses": uses}
        )
        self.block_graded_names(graded)
        while self.answer_all() and self.receive():
            pass

    def answer_all(self):
        """Run the statements in a namespace of their own and answer what is asked.

        False when the next request deserves a fresh child: after an answer without an end, and where processes or
        threads were left behind.
        """
        self.open_namespace()
        problems = self.execute()
        self.substitute()
        self.send({"event": "prepared", "problems": problems[:20]})
        in_time = all(self.answer(ask) for ask in self.header["asks"])
        self.send({"event": "done"})
        return in_time and not _thread._count() and not _has_children()

    def open_namespace(self):
        """A new, empty `__main__` for the student's statements."""
        module = sys.modules["__main__"] = types.ModuleType("__main__")
        self.space = module.__dict__
        self.space.update(get_ipython=INERT_OBJECT, display=INERT_OBJECT)

    def show_given(self):
        """Let `check.exercise(name).given` be what this student was given."""
        given = self.header["given"]
        shown = {name: self.wire.unpack(tree, self.body) for name, tree in given.items()}
        sys.modules["qkvlib.check"].exercise = lambda name: (
            types.SimpleNamespace(given=shown[name]) if name in shown else INERT_OBJECT
        )

    def block_graded_names(self, graded):
        """The library's own version of a graded function is not an answer to it."""
        import qkvlib
        import qkvlib.attention as real

        proxy = types.ModuleType("qkvlib.attention", real.__doc__)
        proxy.__dict__.update({k: v for k, v in vars(real).items() if not k.startswith("__")})
        for name in graded:
            if name in vars(real):
                setattr(proxy, name, _not_an_answer(name))
        sys.modules["qkvlib.attention"] = qkvlib.attention = proxy

    def limited(self, function, *args):
        """Call `function` under the CPU clock: ("ok", result), ("raised", facts) or ("time", None)."""
        outcome = None
        try:
            signal.setitimer(signal.ITIMER_PROF, self.header["seconds"], 0.05)
            signal.setitimer(signal.ITIMER_REAL, self.header["patience"], 0.05)  # for what sleeps or waits
            try:
                outcome = ("ok", function(*args))
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
                signal.setitimer(signal.ITIMER_REAL, 0)
        except OutOfTime:
            return "time", None
        except BaseException as error:  # SystemExit and KeyboardInterrupt too: whatever happens is the student's result
            return "raised", _facts(error)
        return outcome

    def execute(self):
        """Run the planned statements one by one; a failing one loses itself alone."""
        problems = []
        for statement in self.plan.statements:
            outcome, detail = self.limited(lambda statement=statement: exec(compiled(statement.node), self.space))
            if outcome != "ok" and statement.cell >= 0:
                problems.append(
                    {
                        "cell": statement.cell + 1,
                        "line": statement.node.lineno,
                        "time": outcome == "time",
                        **(detail or {}),
                    }
                )
        return problems

    def substitute(self):
        """Put correct code in place of earlier answers that were wrong, so that they cost nothing further on."""
        for item in self.header["substitutes"]:
            space = {"__name__": "substitute"}
            exec(compile(item["code"], "substitute", "exec"), space)
            self.space[self.plan.names.get(item["name"], item["name"])] = space[item["name"]]

    def answer(self, ask) -> bool:
        """Evaluate what one check would have been given, let qkvlib.check.attempt try it, send plain values back.

        False when the time was up: the next answer then deserves a fresh child.
        """
        space = self.space
        if self.plan.names:
            space = {**space, **{name: space[alias] for name, alias in self.plan.names.items() if alias in space}}
        missing = [name for name in ask["names"] if name not in space]
        if missing:
            self.send({"event": "answer", "name": ask["name"], "missing": missing})
            return True
        packer = self.wire.Packer()
        calls = [types.SimpleNamespace(args=self.wire.unpack(tree, self.body)) for tree in ask["calls"]]
        exercise = types.SimpleNamespace(
            kind=ask["kind"], parameters=tuple(ask["parameters"]), unpacked=tuple(ask["unpacked"])
        )
        outcome, found = self.limited(lambda: self.attempt.run(exercise, self.handed_over(ask, space), calls))
        if outcome == "time":
            self.send({"event": "answer", "name": ask["name"], "time": True})
            return False
        if outcome == "raised":  # outside any single call: while the answer was put together
            found = [types.SimpleNamespace(kind="raised", value=None, error=found["type"], detail=found["message"],
                                           changed=(), unstable=False)] * len(calls)  # fmt: skip
        results = []
        for o in found:
            result = {"kind": str(o.kind), "value": self.pack(packer, o.value)}
            if o.error or o.detail:
                result |= {"error": str(o.error)[:80], "detail": str(o.detail)[:300]}
            if o.changed or o.unstable:
                result |= {"changed": list(o.changed), "unstable": bool(o.unstable)}
            results.append(result)
        self.send({"event": "answer", "name": ask["name"], "results": results}, packer)
        return True

    def handed_over(self, ask, space):
        """What the notebook's own check cell hands over: one thing, several in order, or several by name."""
        parts = {name: eval(text, space) for name, text in ask["named"].items()}
        values = [eval(text, space) for text in ask["expressions"]]
        if parts:
            return parts
        return values[0] if len(values) == 1 else tuple(values)

    def pack(self, packer, value):
        """Pack a plain value, or say what it is when it may not cross."""
        try:
            return packer.pack(_without_unusable(value))
        except Exception as error:  # hostile, or enormous
            return {"k": "foreign", "t": str(error) if isinstance(error, self.wire.WireError) else "something unusable"}


def _without_unusable(value):
    """An `Unusable` as the wire's `Foreign`."""
    import wire

    if type(value) is tuple:
        return tuple(_without_unusable(item) for item in value)
    if type(value) is dict:
        return {key: _without_unusable(item) for key, item in value.items()}
    return wire.Foreign(value.what) if type(value).__name__ == "Unusable" else value


def _has_children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def _not_an_answer(name):
    def refuse(*args, **kwargs):
        raise RuntimeError(f"qkvlib's own {name} is not an answer to {name}: write it yourself")

    return refuse


def _facts(error: BaseException) -> dict:
    """What an exception says, in plain strings, whatever its class does."""
    try:
        line, trace = 0, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == "cell":
                line = trace.tb_lineno
            trace = trace.tb_next
        return {"type": type(error).__name__[:80], "message": str(error)[:300], "at": line}
    except BaseException:  # an exception whose str() raises
        return {"type": "an exception that cannot be shown", "message": "", "at": 0}


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4] == "isolated")

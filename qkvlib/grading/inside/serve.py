"""The inside of the sandbox: a warm process that forks one namespaced child per submission.

Started by `sandbox.launch` inside bubblewrap with a control socket. For each submission the trusted side passes in one
end of a fresh socket and of a fresh pipe; the warm process forks and never reads from either, so nothing of one
student's is ever in the memory that the next child inherits. The child reads the request, runs the student's code and
writes back values. It holds no expected result: there is nothing here to steal.

Of qkvlib only the files in `contents` are here, and they import numpy and the standard library alone.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from itertools import pairwise
from typing import Any

from qkvlib.grading.inside import walls, watch, wire
from qkvlib.grading.inside.rehearsal import rehearse
from qkvlib.grading.inside.submission import Submission


def serve(control_fd: int, isolated: bool) -> None:
    """Fork a child for every socket and pipe that arrive on `control_fd`. numpy is loaded: no child pays for it."""
    Submission.prepare()
    rehearse()
    if isolated and not walls.CLONE_NUMBER:
        sys.exit(f"it knows the processors {' and '.join(walls.MACHINES)}, not {os.uname().machine}")
    control = socket.socket(fileno=control_fd)
    walls.stay_unreadable()
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # short of memory, the kernel takes this process and its children first
    filters = walls.seccomp_filter() if isolated else None
    gc.collect()
    gc.freeze()  # what is loaded now is never garbage, and stays shared between the children
    gc.set_threshold(20_000, 20, 20)  # a child lives for a moment: nearly none has garbage worth looking for
    walls.give_back_memory()
    control.sendall(b'{"ready": true}')
    while True:
        message, fds, _, _ = socket.recv_fds(control, wire.CONTROL_LIMIT, 2)
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


def run_child(control: socket.socket, fds: list[int], limits: dict, isolated: bool, filters: Any) -> dict:
    """Fork, isolate, wait (killing on the wall clock or on request), and report how the child ended."""
    start = time.monotonic()
    told, tell = os.pipe()
    own_ids = os.getuid(), os.getgid()
    pid = walls.fork_apart() if isolated else os.fork()
    if pid == 0:
        status = 70
        try:
            os.close(told)
            control.close()
            child_main(fds[0], fds[1], tell, limits, isolated, filters, own_ids)
            status = 0
        except BaseException as error:
            with contextlib.suppress(OSError):  # closed already when it is the student's part that failed
                os.write(tell, f"{type(error).__name__}: {error}"[:200].encode())
        finally:
            os._exit(status)
    for ours in (*fds, tell):
        os.close(ours)
    stopped, cpu = wait_for_end(pid, control, start, limits, isolated)
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
        "cpu": max(cpu, usage.ru_utime + usage.ru_stime),
    }


def wait_for_end(pid: int, control: socket.socket, start: float, limits: dict, isolated: bool) -> tuple[str, float]:
    """Wait until the child ends; kill it when it is asked for, or when the submission has used up what it may.

    (why it was killed, "" when it ended by itself; the seconds of processor time that were seen).
    """
    deadline = start + limits["wall"]
    poll = select.poll()
    poll.register(control, select.POLLIN)
    ended = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    if ended is not None:
        poll.register(ended, select.POLLIN)
    stopped, cpu = "", 0.0
    while not stopped:
        left = max(0.0, deadline - time.monotonic())
        events = dict(poll.poll(min(left, watch.EVERY if ended is not None else 0.005) * 1000))
        if ended in events or (ended is None and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)):
            break
        if control.fileno() in events:
            if not control.recv(16):  # the trusted side is gone
                _kill(pid, isolated)
                os._exit(0)
            stopped = "stopped"
        elif time.monotonic() >= deadline:
            stopped = "wall"
        elif isolated:
            memory, cpu = watch.used()
            stopped = "memory" if memory > limits["memory"] else "cpu" if cpu > limits["cpu_total"] else ""
    if stopped:
        _kill(pid, isolated)
    if ended is not None:
        os.close(ended)
    return stopped, cpu


def _kill(pid: int, isolated: bool) -> None:
    """Kill the child: the first process of its own pid namespace, so everything it started dies with it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL) if isolated else os.killpg(pid, signal.SIGKILL)


def child_main(asked: int, said: int, tell: int, limits: dict, isolated: bool, filters: Any, own_ids: tuple) -> None:
    """Put up the walls and run the submission behind them."""
    if isolated:
        walls.map_own_user(*own_ids)
        walls.mount("/tmp", size=limits["disk"], flags=walls.MS_NOSUID | walls.MS_NODEV | walls.MS_NOEXEC)
        walls.mount("/proc", size=4096, flags=walls.MS_RDONLY | walls.MS_NOSUID | walls.MS_NODEV | walls.MS_NOEXEC)
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
        walls.drop_everything(filters)
    walls.stay_unreadable()
    os.close(tell)
    Submission(asked, said).run()
    os._exit(0)

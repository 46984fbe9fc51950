"""The inside of the sandbox: a warm process that forks one walled-in child per submission.

Started by `sandbox` behind one of its walls, with a control socket. For each submission the trusted side passes in one
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
import select
import socket
import sys
import time
from collections.abc import Callable
from itertools import pairwise

from qkvlib.grading.inside import refused, walls, watch, wire
from qkvlib.grading.inside.namespaces import Namespaces
from qkvlib.grading.inside.rehearsal import rehearse
from qkvlib.grading.inside.second import Second
from qkvlib.grading.inside.submission import Submission


def serve(control_fd: int, kind: str, facts: str = "{}") -> None:
    """Fork a child for every socket and pipe that arrive on `control_fd`. numpy is loaded: no child pays for it.

    `kind` names the wall, and `facts` is what it has to know, as JSON.
    """
    Submission.prepare()
    rehearse()
    if kind != "none" and not refused.CLONE_NUMBER:
        sys.exit(f"it knows the processors {' and '.join(refused.MACHINES)}, not {os.uname().machine}")
    wall = _WALLS[kind](**json.loads(facts))
    del sys.argv[1:], sys.orig_argv[1:]  # they say where things are
    control = socket.socket(fileno=control_fd)
    walls.stay_unreadable()
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # short of memory, the kernel takes this process and its children first
    gc.collect()
    gc.freeze()  # what is loaded now is never garbage, and stays shared between the children
    gc.set_threshold(20_000, 20, 20)  # a child lives for a moment: nearly none has garbage worth looking for
    walls.give_back_memory()
    control.sendall(json.dumps({"ready": True, "fences": wall.fences}).encode())
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
        report = run_child(wall, control, fds, limits)
        control.sendall(json.dumps(report).encode())


_WALLS: dict[str, Callable[..., walls.Wall]] = {"namespaces": Namespaces, "second": Second, "none": walls.NoWall}


def run_child(wall: walls.Wall, control: socket.socket, fds: list[int], limits: dict) -> dict:
    """Fork, isolate, wait (killing on the wall clock or on request), and report how the child ended."""
    start = time.monotonic()
    told, tell = os.pipe()
    pid = wall.fork()
    if pid == 0:
        status = 70
        try:
            os.close(told)
            control.close()
            child_main(wall, fds[0], fds[1], tell, limits)
            status = 0
        except BaseException as error:
            with contextlib.suppress(OSError):  # closed already when it is the student's part that failed
                os.write(tell, f"{type(error).__name__}: {error}"[:200].encode())
        finally:
            os._exit(status)
    for ours in (*fds, tell):
        os.close(ours)
    stopped, cpu = wait_for_end(wall, pid, control, start, limits)
    _, status, usage = os.wait4(pid, 0)
    wall.sweep(pid)
    problem = os.read(told, 200)  # what kept the child from getting behind its walls
    os.close(told)
    if problem:
        return {"failed": problem.decode(errors="replace")}
    return {
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        "stopped": stopped,
        "cpu": max(cpu, usage.ru_utime + usage.ru_stime),
    }


def wait_for_end(wall: walls.Wall, pid: int, control: socket.socket, start: float, limits: dict) -> tuple[str, float]:
    """Wait until the child ends; kill it when it is asked for, or when the submission has used up what it may.

    (why it was killed, "" when it ended by itself; the seconds of processor time that were seen).
    """
    deadline = start + limits["wall"]
    poll = select.poll()
    poll.register(control, select.POLLIN)
    ended = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    if ended is not None:
        poll.register(ended, select.POLLIN)
    stopped, cpu, pause = "", 0.0, watch.EVERY if ended is not None else 0.005
    while not stopped:
        left = max(0.0, deadline - time.monotonic())
        events = dict(poll.poll(min(left, pause) * 1000))
        if ended in events or (ended is None and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)):
            break
        looked = time.monotonic()
        if control.fileno() in events:
            if not control.recv(16):  # the trusted side is gone
                wall.kill(pid)
                wall.sweep(pid)
                os._exit(0)
            stopped = "stopped"
        elif looked >= deadline:
            stopped = "wall"
        else:
            memory, cpu, disk = wall.used(pid, limits)
            stopped = "memory" if memory > limits["memory"] else "cpu" if cpu > limits["cpu_total"] else ""
            stopped = "disk" if disk > limits["disk"] else stopped
            if ended is not None:  # looking at a machine with many processes takes a while, and must not be all we do
                pause = max(watch.EVERY, 10 * (time.monotonic() - looked))
    if stopped:
        wall.kill(pid)
    if ended is not None:
        os.close(ended)
    return stopped, cpu


def child_main(wall: walls.Wall, asked: int, said: int, tell: int, limits: dict) -> None:
    """Put up the walls and run the submission behind them."""
    wall.enter(limits)
    for standard in (1, 2):
        os.dup2(0, standard)  # which is /dev/null: the sandbox starts with it, and may have no such file in sight
    keep = {0, 1, 2, asked, said, tell, *wall.keep()}
    for kept, following in pairwise([*sorted(keep), 64]):
        os.closerange(kept + 1, following)
    wall.limit(limits)
    wall.seal()
    walls.stay_unreadable()
    os.close(tell)
    Submission(asked, said).run()
    os._exit(0)

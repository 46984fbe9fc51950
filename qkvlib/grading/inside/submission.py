"""One submission behind the walls: read the requests, run what the answers need, send back what came of each call."""

from __future__ import annotations

import _thread
import ast
import json
import os
import signal
import sys
import types
from collections.abc import Callable
from functools import cache
from types import CodeType
from typing import Any, NoReturn

from qkvlib.check import attempt
from qkvlib.grading.inside import cells, extract, wire
from qkvlib.grading.inside.outside import Outside
from qkvlib.grading.inside.stand_ins import INERT_OBJECT, Printed, install, show_given, show_library


class OutOfTime(BaseException):
    """Raised inside a student's code when its CPU time is up. Not an Exception, so `except Exception` lets it pass."""


def time_is_up(*_: object) -> NoReturn:
    """The handler of both clocks."""
    raise OutOfTime


@cache
def compiled(node: ast.stmt) -> CodeType:
    """One statement as code that runs in a module. The name of its "file" tells a student's lines from others."""
    return compile(ast.Module([node], []), "cell", "exec")


class Submission:
    """Reads requests, runs the statements the answers need, calls the answers, sends each result as it is known."""

    @staticmethod
    def prepare() -> None:
        """Put up the stand-ins and the clocks, in the warm process. Nothing here has seen a student's code."""
        install()
        signal.signal(signal.SIGPROF, time_is_up)
        signal.signal(signal.SIGALRM, time_is_up)

    @staticmethod
    def learn(source: Any) -> None:
        """Read a cell of the hand-out once and for all."""
        for node, *_ in cells.read_source(source)[0]:
            compiled(node)

    def __init__(self, asked: int, said: int) -> None:
        self.asked, self.said, self.pid = asked, said, os.getpid()
        self.printed = Printed()
        self.outside = Outside(self)

    def receive(self) -> bool:
        """Read the next request into `header` and `body`; False when there is none."""
        frame = wire.read_frame(lambda n: os.read(self.asked, n))
        if frame is None:
            return False
        self.header, self.body = json.loads(frame[0]), frame[1]
        return True

    def send(self, header: dict, packer: wire.Packer | None = None, ring: bool = False) -> None:
        """Write one event; `ring` when the other side has to react to it."""
        self.write(wire.frame(header, packer), ring)

    def write(self, frame: bytes, ring: bool = False) -> None:
        """Write one frame, whole."""
        if os.getpid() != self.pid:
            os._exit(0)  # a copy that the student's code forked: it has no say
        message = memoryview(frame)
        while message:
            message = message[os.write(self.said, message) :]
        if ring:
            os.write(self.asked, b".")

    def run(self) -> None:
        """Answer one request after another. The first brings the notebook; the next ask for some answers again."""
        if not self.receive():
            return
        sys.stdout = sys.stderr = self.printed
        graded = self.header["graded"]
        show_given({name: wire.unpack(tree, self.body) for name, tree in self.header["given"].items()})
        show_library(
            {name: self.outside.function("library", name) for name in self.header["offered"]},
            wire.unpack(self.header["examples"], self.body),
        )
        asks = self.header["asks"]
        wanted = list(dict.fromkeys(name for ask in asks for name in ask["names"]))
        self.plan = extract.plan(self.header["cells"], wanted, self.header["provided"], graded)
        uses = extract.uses(self.plan, {ask["name"]: ask["names"] for ask in asks}, graded)
        self.send(
            {"event": "found", "missing": sorted(self.plan.missing), "findings": self.plan.findings[:20], "uses": uses}
        )
        while self.answer_all() and self.receive():
            pass

    def answer_all(self) -> bool:
        """Run the statements in a namespace of their own and answer what is asked.

        False when the next request deserves a fresh child: after an answer without an end, and where processes or
        threads were left behind.
        """
        self.open_namespace()
        problems = self.execute()
        self.serve_dependencies()
        self.send({"event": "prepared", "problems": problems[:20]})
        in_time = all(self.answer(ask) for ask in self.header["asks"])
        self.send({"event": "done"}, ring=True)
        return in_time and not _thread._count() and not _has_children()

    def open_namespace(self) -> None:
        """A new, empty `__main__` for the student's statements."""
        module = sys.modules["__main__"] = types.ModuleType("__main__")
        self.space = module.__dict__
        self.space.update(get_ipython=INERT_OBJECT, display=INERT_OBJECT)

    def limited(self, function: Callable, *args: Any) -> tuple[str, Any]:
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

    def execute(self) -> list:
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

    def serve_dependencies(self) -> None:
        """Where an earlier answer was wrong, calls to it are answered from outside: no code comes in."""
        for name in self.header["served"]:
            self.space[self.plan.names.get(name, name)] = self.outside.function("answer", name)

    def answer(self, ask: dict) -> bool:
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
        packer = wire.Packer()
        calls: list[Any] = [types.SimpleNamespace(args=wire.unpack(tree, self.body)) for tree in ask["calls"]]
        exercise: Any = types.SimpleNamespace(
            kind=ask["kind"], parameters=tuple(ask["parameters"]), unpacked=tuple(ask["unpacked"])
        )
        outcome, found = self.limited(lambda: attempt.run(exercise, self.handed_over(ask, space), calls))
        if outcome == "time":
            self.send({"event": "answer", "name": ask["name"], "time": True})
            return False
        if outcome == "raised":  # outside any single call: while the answer was put together
            found = [types.SimpleNamespace(kind="raised", value=None, error=found["type"], detail=found["message"],
                                           changed=(), unstable=False)] * len(calls)  # fmt: skip
        results = []
        for o in found:
            result: dict[str, Any] = {"kind": str(o.kind), "value": self.pack(packer, o.value)}
            if o.error or o.detail:
                result |= {"error": str(o.error)[:80], "detail": str(o.detail)[:300]}
            if o.changed or o.unstable:
                result |= {"changed": list(o.changed), "unstable": bool(o.unstable)}
            results.append(result)
        self.send({"event": "answer", "name": ask["name"], "results": results}, packer)
        return True

    def handed_over(self, ask: dict, space: dict) -> Any:
        """What the notebook's own check cell hands over: one thing, several in order, or several by name."""
        parts = {name: eval(text, space) for name, text in ask["named"].items()}
        values = [eval(text, space) for text in ask["expressions"]]
        if parts:
            return parts
        return values[0] if len(values) == 1 else tuple(values)

    def pack(self, packer: wire.Packer, value: Any) -> dict:
        """Pack a plain value, or say what it is when it may not cross."""
        try:
            return packer.pack(_without_unusable(value))
        except Exception as error:  # hostile, or enormous
            return {"k": "foreign", "t": str(error) if isinstance(error, wire.WireError) else "something unusable"}


def _without_unusable(value: Any) -> Any:
    """An `Unusable` as the wire's `Foreign`."""
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

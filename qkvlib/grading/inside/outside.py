"""Questions to the grader: the one way in which code behind the walls gets something computed outside.

A function made here holds nothing but a name. Calling it sends the name and the arguments through the pipe and waits
for the value, or for a refusal, on the socket. What may be asked, how often and about how much is decided outside.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from qkvlib.grading.inside import wire

_CLOCKS = {signal.SIGPROF, signal.SIGALRM}


class Outside:
    """Asks over the pipe and the socket of one submission, one question at a time."""

    def __init__(self, submission: Any) -> None:
        self._submission, self._lock = submission, threading.Lock()

    def function(self, source: str, name: str) -> Callable:
        """A function that is answered from outside: one of the library's, or an earlier answer."""

        def asked(*args: Any, **kwargs: Any) -> Any:
            return self._ask(source, name, args, kwargs)

        asked.__name__ = asked.__qualname__ = name
        return asked

    def _ask(self, source: str, name: str, args: tuple, kwargs: dict) -> Any:
        packer = wire.Packer()
        question: dict[str, Any] = {"event": "call", "source": source, "name": name}
        question["args"] = [packer.pack(arg) for arg in args]
        question["keywords"] = {key: packer.pack(value) for key, value in kwargs.items()}
        with self._lock:
            before = signal.pthread_sigmask(signal.SIG_BLOCK, _CLOCKS)  # a question cut in two would mix up the next
            try:
                self._submission.send(question, packer, ring=True)
                header, body = wire.read_frame(lambda n: os.read(self._submission.asked, n)) or (b"{}", b"")
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        header = json.loads(header)
        if "value" not in header:
            raise ValueError(str(header.get("refused", "there is no answer")))
        return wire.unpack(header["value"], body)

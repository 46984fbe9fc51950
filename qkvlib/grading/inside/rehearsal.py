"""A submission of the grader's own, answered a few times in the warm process before the first child is forked.

Python adapts a function to what it is called with, and numpy and the standard library set things up at first use. What
happens before the fork happens once; afterwards every child would do it anew, and copy each page it writes to.
The notebook is written here and holds nothing of the course, so it can leave nothing behind that anyone could use.
"""

from __future__ import annotations

import os
import socket
import sys

import numpy as np

from qkvlib.grading.inside import wire
from qkvlib.grading.inside.submission import Submission

_TIMES = 12  # Python 3.11 and later adapt a function from its eighth call on, a loop a little later
_NOTEBOOK = """
import numpy as np
numbers = np.arange(6.0).reshape(2, 3)

def halves(x, axis=-1):
    \"\"\"Half of everything, by a roundabout way.\"\"\"
    doubled = np.exp(x - x.max(axis=axis, keepdims=True)) + x @ np.swapaxes(x, -1, -2)
    return [doubled / doubled.sum(axis=axis, keepdims=True)][0]

def quarters(x):
    return halves(halves(x)), "a quarter"
"""


def rehearse() -> None:
    """Answer the request below `_TIMES` times, and throw away what is said."""
    for number in range(_TIMES):
        ours, asked = socket.socketpair()
        heard, said = os.pipe()
        try:
            ours.sendall(_request(number))
            ours.shutdown(socket.SHUT_WR)
            Submission(asked.fileno(), said).run()
        finally:
            ours.close()
            asked.close()
            os.close(heard)
            os.close(said)
            sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # what goes wrong from here on must be heard


def _request(number: int) -> bytes:
    packer = wire.Packer()
    calls = [packer.pack((np.eye(3) * number,)) for _ in range(2)]
    asks: list[dict] = [
        {"name": name, "names": [name], "expressions": [name], "named": {}, "unpacked": [], "parameters": ["x"]}
        | ({"kind": "value", "calls": []} if name == "numbers" else {"kind": "function", "calls": calls})
        for name in ("halves", "quarters", "numbers")
    ]
    cells = [{"type": "code", "name": "", "source": f"{_NOTEBOOK}\n# number {number}"}]
    header = {"asks": asks, "served": [], "cells": cells, "provided": [], "graded": ["halves", "quarters"]}
    header |= {"given": {}, "offered": [], "examples": packer.pack({}), "seconds": 5.0, "patience": 10.0}
    return wire.frame(header, packer)

"""What is different where Python runs inside a web page (Pyodide in JupyterLite).

Files under /drive are kept by the browser: each is sent whole when it is closed, by requests that take far longer than
a disk. So what is remembered is read once a cell and written once, after the cell has answered. And every cell has a
context of its own there, so numpy would forget `np.set_printoptions` behind the cell.
"""

from __future__ import annotations

import asyncio
import copy
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

HERE = sys.platform == "emscripten"
_DRIVE = Path("/drive")


def home() -> Path | None:
    """The folder for progress that outlives the page; None where there is none (no browser, or it keeps nothing)."""
    return _DRIVE / ".qkv" if HERE and _DRIVE.is_dir() else None


def soon(act: Callable[[], None]) -> None:
    """Does it when the cell that runs now has answered; at once where nothing runs cells."""
    try:
        asyncio.get_running_loop().call_later(0, act)
    except RuntimeError:
        act()


class OncePerCell:
    """Tables of a file that is slow: one reading and one writing for all that a cell does.

    `read()` gives the tables, `write(tables)` keeps them, `after(act)` does `act` behind the cell. What another
    notebook wrote in between stays: the changes are made once more, to what stands in the file then.
    """

    def __init__(
        self,
        read: Callable[[], dict],
        write: Callable[[dict], None],
        after: Callable[[Callable[[], None]], None] = soon,
    ) -> None:
        self._read, self._write, self._after = read, write, after
        self._held: dict | None = None
        self._changes: list[Callable[[dict], object]] = []
        self._planned = False

    def load(self) -> dict:
        """The tables with every change, whether it is written yet or not. A copy."""
        tables = copy.deepcopy(self._tables())
        self._plan()
        return tables

    def change(self, act: Callable[[dict], object]) -> None:
        """Changes the tables by `act(tables)`."""
        act(self._tables())
        self._changes.append(act)
        self._plan()

    def _tables(self) -> dict:
        if self._held is None:
            self._held = self._read()
        return self._held

    def _plan(self) -> None:
        if not self._planned:
            self._planned = True
            self._after(self._finish)

    def _finish(self) -> None:
        self._planned, self._held = False, None
        changes, self._changes = self._changes, []
        if changes:
            tables = self._read()
            for act in changes:
                act(tables)
            self._write(tables)


def keep_print_options(shell: Any) -> None:
    """Lets numpy's print options (and what it warns of) last from cell to cell in this IPython shell."""
    import numpy as np

    kept: dict[str, Any] = {}

    def before(*_: object) -> None:
        if kept:
            np.set_printoptions(**kept["print"])
            np.seterr(**kept["errors"])

    def after(*_: object) -> None:
        kept["print"], kept["errors"] = np.get_printoptions(), np.geterr()

    shell.events.register("pre_run_cell", before)
    shell.events.register("post_run_cell", after)


def settle() -> None:
    """Does what a page needs, once, when qkvlib is imported there; elsewhere nothing."""
    if not HERE:
        return
    with suppress(ImportError):
        from IPython.core.getipython import get_ipython

        if (shell := get_ipython()) is not None:
            keep_print_options(shell)

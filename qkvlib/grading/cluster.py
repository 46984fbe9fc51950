"""Before a class is sent to a Dask cluster: does every worker have this qkvlib, and a sandbox?"""

from __future__ import annotations

import sys
import warnings
from typing import Any

from qkvlib.grading import version
from qkvlib.grading.sandbox import SandboxUnavailable, available
from qkvlib.grading.text import clean


class ClusterError(RuntimeError):
    """A worker would not grade as this machine does; the message names it and says what to do."""


def here(wall: str = "bubblewrap") -> dict:
    """What decides a grade on the machine where this runs."""
    import numpy

    try:
        available(wall)
        sandbox = ""
    except SandboxUnavailable as error:
        sandbox = str(error)
    python = ".".join(map(str, sys.version_info[:2]))
    return {"library": version.library(), "python": python, "numpy": numpy.__version__, "sandbox": sandbox}


def check_workers(address: str, wall: str = "bubblewrap") -> int:
    """The number of workers, all of which would grade as this machine does. Raises `ClusterError`."""
    try:
        import distributed
    except ImportError as error:
        raise ClusterError("The Dask engine needs `pip install 'qkvlib[dask]'`.") from error
    mine = here(wall)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Dask's own table of versions; ours is one sentence
            client = distributed.Client(address, timeout="20s", set_as_default=False)
        with client:
            answers = client.run(here, wall, on_error="return")
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(f"There is no Dask scheduler at {address}.") from error
    if not answers:
        raise ClusterError(f"The scheduler at {address} has no workers yet. Start some with `dask worker {address}`.")
    for worker, its in answers.items():
        problem = _problem(mine, its)
        if problem:
            raise ClusterError(f"The worker {worker} {problem}")
    return len(answers)


def _problem(mine: dict, its: Any) -> str:
    if isinstance(its, BaseException):
        return f"cannot grade with this qkvlib ({clean(its, 120)}). Install the same version there."
    if its["library"] != mine["library"]:
        return "has another version of qkvlib. Install the same one there, so that its grades are the same."
    if (its["python"], its["numpy"]) != (mine["python"], mine["numpy"]):
        theirs, ours = (f"Python {m['python']} with numpy {m['numpy']}" for m in (its, mine))
        return f"has {theirs}, and this machine has {ours}. Install the same ones there."
    return f"has no sandbox: {its['sandbox']}" if its["sandbox"] else ""

"""Open the course in JupyterLab: one address, on this machine only."""

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from qkvlib.course import workcopy
from qkvlib.course.root import PACKAGE, NotTheCourse, course_root
from qkvlib.course.trust import BUILT, trust

FIRST_PORT = 8888
TRIES = 20
START = "notebooks/00_start_here.ipynb"
COPY = Path("my-course")  # where a copy is written when nobody names a folder
SHOWN = 3  # file names in one sentence


class CannotOpen(Exception):
    """Why the course cannot be opened, in one sentence that says what to do."""


def command(root: Path, port: int, token: str, open_browser: bool) -> list[str]:
    """The command line of the server that shows `root`."""
    line = [
        *(sys.executable, "-m", "jupyterlab", "--log-level=WARN"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.root_dir={root}", f"--IdentityProvider.token={token}"),
        f"--LabApp.default_url=/lab/tree/{START}",
    ]
    line += own_styles()
    if not open_browser:
        line.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        line.append("--allow-root")  # in a container one is often root, and the server listens on this machine only
    return line


def own_styles() -> list[str]:
    """The options that make JupyterLab read the course's style sheet: it has no setting for the width of prose."""
    folder = PACKAGE / "data" / "jupyter" / "custom"
    return ["--LabApp.custom_css=True", f"--ServerApp.tornado_settings={ {'static_custom_path': [str(folder)]} }"]


def is_free(port: int) -> bool:
    """Whether a server may listen on this port of 127.0.0.1."""
    with socket.socket() as listener:
        if os.name == "posix":  # as the server does: a port that a closed connection still lingers on is free
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_port(wanted: int | None) -> int:
    """The port asked for, or the first free one from 8888 on; raises CannotOpen when there is none."""
    if wanted is not None:
        if not 1 <= wanted <= 65535:
            raise CannotOpen(f"{wanted} is not a port; choose one from 1024 to 65535.")
        if not is_free(wanted):
            raise CannotOpen(f"Port {wanted} is taken; choose another, such as PORT={free_one(wanted + 1)}.")
        return wanted
    return free_one(FIRST_PORT)


def free_one(first: int) -> int:
    candidates: Iterable[int] = range(min(first, 65535 - TRIES), min(first, 65535 - TRIES) + TRIES)
    for port in candidates:
        if is_free(port):
            return port
    raise CannotOpen(f"Ports {first} to {first + TRIES - 1} are all taken; name a free one with PORT=.")


def place(folder: Path | None) -> tuple[Path, Path | None]:
    """The folder to open, and the list of hashes that tells its notebooks, where that is not its own.

    A copy is written to `folder`, or brought up to date there; without one it is the copy this folder lies in, else the
    clone, else a copy in COPY. Raises NoCopy or OSError.
    """
    copy = folder or workcopy.copy_above(Path.cwd())
    if copy is None:
        try:
            return course_root(), None
        except NotTheCourse:
            copy = COPY
    for sentence in told(copy, workcopy.lay(copy)):
        print(sentence)
    return copy.resolve(), PACKAGE / Path(*BUILT.parts[1:])


def told(folder: Path, laid: workcopy.Laid) -> Iterator[str]:
    """What was done to a copy, a sentence each."""
    if laid.written:
        yield f"{folder}: {_count(laid.written)} written."
    if laid.renewed:
        yield f"{folder}: {_count(laid.renewed)} brought up to date ({_some(laid.renewed)}); you had not changed them."
    if laid.gone:
        yield f"{folder}: {_some(laid.gone)} removed: no longer in the course, and you had not changed it."
    if laid.kept:
        yield f"{folder}: {_count(laid.kept)} you have worked in kept as they are ({_some(laid.kept)})."
    for name in laid.newer:
        yield f"A newer {name} exists. Yours was kept; `qkv reset {folder / name}` takes the new one, and keeps yours."


def _count(names: list[str]) -> str:
    return f"{len(names)} file{'s' if len(names) > 1 else ''}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def open_lab(root: Path, port: int | None = None, open_browser: bool = True, listed: Path | None = None) -> int:
    """Serve the course until interrupted; the server's exit code. `listed`: the hashes of its notebooks, see trust."""
    if not (root / START).is_file():
        raise CannotOpen(f"{START} is not there; run `make build`, or clone the course again.")
    chosen = choose_port(port)
    try:
        trust(root, listed)
    except OSError as error:
        print(f"The notebooks could not be marked as trusted ({error}): saved ones may reopen with pictures.")
    token = secrets.token_hex(16)
    print(f"The course is opening at http://127.0.0.1:{chosen}/lab/tree/{START}?token={token}", flush=True)
    print("Stop it with Ctrl-C.", flush=True)
    return serve(command(root, chosen, token, open_browser))


def serve(line: list[str]) -> int:
    """Run the server; where it can, it takes this process's place, so that a signal reaches it."""
    if os.name == "posix":
        os.execv(line[0], line)
    return subprocess.run(line).returncode

"""A JupyterLab and a Chromium of our own, for tests and benchmarks: started, driven, ended by process id."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qkvlib.course.lab import own_styles

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_SECONDS = 90
CELL_MILLISECONDS = 60_000


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def chromium_browser(executable: str) -> Iterator:
    """A headless Chromium with a profile of its own, as a playwright Browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(CHROMIUM_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab; `root` is the folder it shows."""

    url: str
    token: str
    root: Path
    pid: int

    def address(self, path: str = "") -> str:
        place = f"lab/tree/{path}" if path else "lab"
        return f"{self.url}/{place}?reset&token={self.token}"

    def open(self, page: "Page", path: str) -> None:
        """Open a notebook and wait until its kernel is idle and every cell model is there."""
        page.goto(self.address(path))
        page.wait_for_function(
            """(path) => {
                const panel = window.jupyterapp?.shell.currentWidget;
                return panel?.context?.path === path && panel.isRevealed && panel.context.isReady
                    && panel.sessionContext.isReady && panel.sessionContext.session?.kernel?.status === "idle";
            }""",
            arg=path,
            timeout=CELL_MILLISECONDS,
        )

    def run_all(self, page: "Page") -> None:
        """Run every cell of the open notebook and wait until the last one is done."""
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def run_cell(self, page: "Page", cell_id: str) -> None:
        """Scroll to the cell with this id, run it, and wait until it is done."""
        found = page.evaluate(
            """async (id) => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                const index = notebook.widgets.findIndex((cell) => cell.model.id === id);
                if (index < 0) return false;
                notebook.activeCellIndex = index;
                await notebook.scrollToItem(index, 'center');
                await window.jupyterapp.commands.execute('notebook:run-cell');
                return true;
            }""",
            cell_id,
        )
        if not found:
            raise LookupError(f"no cell {cell_id!r} in the open notebook")

    def run_to_first_instrument(self, page: "Page") -> float:
        """Run the open notebook up to its first instrument; seconds from running that cell to painted numbers."""
        return page.evaluate(
            """async () => {
                const { commands, shell } = window.jupyterapp;
                const notebook = shell.currentWidget.content;
                const tags = (cell) => cell.model.getMetadata("tags") ?? [];
                const first = notebook.widgets.findIndex((cell) => tags(cell).includes("instrument"));
                if (first < 0) throw new Error("no cell is tagged instrument");
                for (let i = 0; i < first; i++) {
                    if (notebook.widgets[i].model.type !== "code") continue;
                    notebook.activeCellIndex = i;
                    await commands.execute("notebook:run-cell");
                }
                notebook.activeCellIndex = first;
                await notebook.scrollToItem(first, "center");
                const frame = () => new Promise(requestAnimationFrame);
                const start = performance.now();
                const done = commands.execute("notebook:run-cell");
                while (!notebook.widgets[first].node.querySelector(".ws-cell[data-i]")) {
                    if (performance.now() - start > 30000) throw new Error("the instrument was not drawn within 30 s");
                    await frame();
                }
                await frame();
                const seconds = (performance.now() - start) / 1000;
                await done;
                return seconds;
            }"""
        )

    def cell(self, page: "Page", cell_id: str) -> "Locator":
        """A locator for the cell with this id, scrolled into view."""
        index = page.evaluate(
            """async (id) => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                const index = notebook.widgets.findIndex((cell) => cell.model.id === id);
                if (index >= 0) await notebook.scrollToItem(index, 'center');
                return index;
            }""",
            cell_id,
        )
        if index < 0:
            raise LookupError(f"no cell {cell_id!r} in the open notebook")
        return page.locator(f'.jp-NotebookPanel:not(.lm-mod-hidden) [data-windowed-list-index="{index}"]')


@contextmanager
def running_lab(root: Path, home: Path, seconds: float = START_SECONDS) -> Iterator[Lab]:
    """JupyterLab on `root` at a free port of 127.0.0.1; everything it keeps goes under `home`."""
    port, token = free_port(), secrets.token_hex(16)
    home.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"),
        *own_styles(),
    ]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "IPYTHON"))}
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "QKV_HOME": "qkv",
    }
    environment = {**kept, **{name: str(home / folder) for name, folder in folders.items()}}
    with open(home / "server.log", "wb") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_answering(f"{url}/api/status?token={token}", process, seconds, home / "server.log")
            yield Lab(url, token, root, process.pid)
        finally:
            end(process)


def wait_until_answering(url: str, process: subprocess.Popen, seconds: float, log: Path) -> dict:
    """The JSON at `url` as soon as it answers; raises RuntimeError with the log's end when it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    raise RuntimeError(f"JupyterLab did not answer within {seconds:.0f} s:\n{tail}")


def end(process: subprocess.Popen) -> None:
    """End what was started as a session of its own, with all it started: politely first, then for certain."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=15)


@contextmanager
def course_copy(source: Path) -> Iterator[Path]:
    """A throw-away folder with the built notebooks of `source`: no browser touches the originals."""
    with tempfile.TemporaryDirectory(prefix="qkv-course-", ignore_cleanup_errors=True) as place:
        for folder in ("notebooks", "exercises", "solutions"):
            if (source / folder).is_dir():
                shutil.copytree(source / folder, Path(place, folder))
        yield Path(place)

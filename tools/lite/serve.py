"""The site, served and driven as JupyterLab is: for tests and benchmarks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from tools.jupyterlab import Lab
from tools.lite.site import address

if TYPE_CHECKING:
    from playwright.sync_api import Page

_RUN = """async (path) => {
    const app = window.jupyterapp;
    const panel = await app.commands.execute("docmanager:open", { path });
    await panel.context.ready;
    await panel.sessionContext.ready;
    const start = performance.now();
    await app.commands.execute("notebook:run-all-cells");
    const seconds = (performance.now() - start) / 1000;
    const text = (value) => [value ?? ""].flat().join("");
    const cells = {};
    for (const widget of panel.content.widgets) {
        if (widget.model.type !== "code") continue;
        cells[widget.model.id] = widget.model.outputs.toJSON().map((output) => ({
            kind: output.output_type,
            text: text(output.text ?? output.data?.["text/plain"] ?? `${output.ename}: ${output.evalue}`),
        }));
    }
    await panel.context.save();
    await panel.sessionContext.shutdown();
    panel.dispose();
    return { seconds, cells };
}"""


class _Quiet(SimpleHTTPRequestHandler):
    """Says nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass(frozen=True)
class LiteLab(Lab):
    """The course in the browser; `root` is the site's folder."""

    def address(self, path: str = "") -> str:
        return f"{self.url}/{address(path)}" if path else f"{self.url}/lab/index.html"

    def enter(self, page: Page) -> None:
        """Open the site with no notebook."""
        page.goto(self.address())
        page.wait_for_function("() => window.jupyterapp?.restored.then(() => true)", timeout=60_000)

    def run(self, page: Page, path: str) -> dict:
        """Open a notebook in the page that is open, run all of it, close it: {"seconds", "cells": {id: [output]}}.

        An output is {"kind", "text"}; a run stops behind a cell that raises.
        """
        return page.evaluate(_RUN, path)


@contextmanager
def serving(site: Path) -> Iterator[LiteLab]:
    """Serves a site at a free port of 127.0.0.1."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield LiteLab(f"http://127.0.0.1:{server.server_port}", "", site, 0)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

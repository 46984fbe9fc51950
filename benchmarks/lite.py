"""The course in the browser: the first cell of a lesson, a check, an instrument; each against what it is compared with.

    QKV_WASM_WHEELS=FOLDER python -m benchmarks.lite [--site FOLDER] [--json FILE]

A first cell is counted from opening the notebook in a page that was loaded already to the end of that cell: starting
Python, loading packages, running it. The bare one imports numpy and matplotlib.pyplot and draws nothing, on a copy of
the site whose kernel fetches nothing of the course. An instrument is counted from the press of an arrow key to the
frame that shows the change, on the same lesson in JupyterLab too.
"""

import json
import os
import shutil
import statistics
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import Limit, Row, finish, parser
from qkvlib.course.doctor import find_chromium
from tools.jupyterlab import Lab, chromium_browser, course_copy, running_lab
from tools.lite import packages
from tools.lite.__main__ import main as build
from tools.lite.serve import LiteLab, serving
from tools.lite.site import KERNEL, KERNELS_OWN

LESSON = "notebooks/01_one_token.ipynb"
EXERCISES = "exercises/02_two_tokens.ipynb"
BARE = "bare.ipynb"
BARE_SOURCE = "import numpy as np\nimport matplotlib.pyplot as plt\nprint(np.ones(2).sum())"
PAIRS = 3

# Seconds from opening a notebook to the end of its first code cell.
FIRST_CELL = """async (path) => {
    const app = window.jupyterapp;
    const start = performance.now();
    const panel = await app.commands.execute("docmanager:open", { path });
    await panel.context.ready;
    await panel.sessionContext.ready;
    const notebook = panel.content;
    notebook.activeCellIndex = notebook.widgets.findIndex((cell) => cell.model.type === "code");
    await app.commands.execute("notebook:run-cell");
    const seconds = (performance.now() - start) / 1000;
    const failed = notebook.activeCell.model.outputs.toJSON().find((output) => output.output_type === "error");
    if (failed) throw new Error(`${failed.ename}: ${failed.evalue}`);
    await panel.sessionContext.shutdown();
    panel.dispose();
    return seconds;
}"""
NEW_NOTEBOOK = """async ([path, source]) => {
    const cell = { cell_type: "code", id: "bare", source, metadata: {}, outputs: [], execution_count: null };
    const kernelspec = { name: "python", display_name: "Python", language: "python" };
    const metadata = { kernelspec, language_info: { name: "python" } };
    const content = { nbformat: 4, nbformat_minor: 5, metadata, cells: [cell] };
    await window.jupyterapp.serviceManager.contents.save(path, { type: "notebook", format: "json", content });
}"""
# Milliseconds of each of several checks, each a cell of its own, as the learner's answer to it is seen.
CHECKS = """async ([path, times]) => {
    const app = window.jupyterapp;
    const panel = await app.commands.execute("docmanager:open", { path });
    await panel.sessionContext.ready;
    const kernel = panel.sessionContext.session.kernel;
    const run = async (code) => {
        let answer, failed;
        const shown = new Promise((done) => { answer = done; });
        const future = kernel.requestExecute({ code });
        future.onIOPub = (message) => {
            if (message.header.msg_type === "error") failed = message.content.evalue;
            if (["execute_result", "display_data"].includes(message.header.msg_type)) answer();
        };
        const start = performance.now();
        await Promise.race([shown, future.done]);
        const taken = performance.now() - start;
        await future.done;
        if (failed) throw new Error(failed);
        return taken;
    };
    const setup = "import numpy as np\\nfrom qkvlib import check\\ndef scores(Q, K):\\n"
        + "    return Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])";
    await run(setup);
    await run("check.scores(scores)");
    const taken = [];
    for (let k = 0; k < times; k++) {
        await new Promise((done) => setTimeout(done, 500));
        taken.push(await run("check.scores(scores)"));
    }
    await panel.sessionContext.shutdown();
    panel.dispose();
    return taken;
}"""
# Milliseconds from an arrow key to the frame that shows the change, on the first number that can be changed.
PRESSES = """async (times) => {
    const frame = () => new Promise(requestAnimationFrame);
    const task = () => new Promise((done) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = done;
        channel.port2.postMessage(0);
    });
    const cell = document.querySelector(".ws-editable[data-node] td[data-i]");
    cell.focus({ preventScroll: true });
    const taken = [];
    for (let k = -2; k < times; k++) {
        await new Promise((done) => setTimeout(done, 5 + 16 * Math.random()));
        const before = cell.textContent, start = performance.now();
        const key = k % 2 ? "ArrowDown" : "ArrowUp";
        cell.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
        await frame();
        await task();
        if (k >= 0) taken.push(performance.now() - start);
        if (cell.textContent === before) throw new Error("a press changed nothing");
    }
    return taken;
}"""


def without_the_course(site: Path, copy: Path) -> Path:
    """The same site, whose kernel starts with what a kernel needs alone."""
    shutil.copytree(site, copy, copy_function=os.link)
    config = copy / "jupyter-lite.json"
    settings = json.loads(config.read_text(encoding="utf-8"))
    kernel = settings["jupyter-config-data"]["litePluginSettings"][KERNEL]
    kernel["loadPyodideOptions"]["packages"] = list(KERNELS_OWN)
    config.unlink()  # it is a link to the site's own
    config.write_text(json.dumps(settings), encoding="utf-8")
    return copy


def first_cells(lab: LiteLab, other: LiteLab, browser: object) -> tuple[list[float], list[float]]:
    """Seconds of a lesson's first cell and of the bare one on the `other` site, in turn."""
    pages = []
    for each in (lab, other):
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()  # type: ignore[attr-defined]
        each.enter(page)
        page.evaluate(NEW_NOTEBOOK, [BARE, BARE_SOURCE])
        page.evaluate(FIRST_CELL, BARE)  # what is loaded once, and does not count
        pages.append(page)
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(PAIRS):
        for page, path, seconds in zip(pages, (LESSON, BARE), taken, strict=True):
            seconds.append(page.evaluate(FIRST_CELL, path))
    for page in pages:
        page.context.close()
    return taken


def checks(lab: LiteLab, browser: object) -> list[float]:
    page = browser.new_context().new_page()  # type: ignore[attr-defined]
    lab.enter(page)
    taken = page.evaluate(CHECKS, [EXERCISES, 10])
    page.context.close()
    return taken


def presses(lab: Lab, browser: object) -> list[float]:
    """Milliseconds of a press on the first instrument of the lesson."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()  # type: ignore[attr-defined]
    lab.open(page, LESSON)
    lab.run_to_first_instrument(page)
    taken = page.evaluate(PRESSES, 30)
    page.context.close()
    return taken


def chromium() -> AbstractContextManager:
    return chromium_browser(find_chromium())


def measure(site: Path) -> tuple[list[Row], list[Limit]]:
    with TemporaryDirectory(prefix="qkv-lite-", dir=site.parent) as place, serving(site) as lite, chromium() as browser:
        with serving(without_the_course(site, Path(place, "bare"))) as other:
            lesson, bare = first_cells(lite, other, browser)
        check = checks(lite, browser)
        there = presses(lite, browser)
        with course_copy(Path.cwd()) as course, TemporaryDirectory() as home, running_lab(course, Path(home)) as lab:
            here = presses(lab, browser)
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) / 1e6
    first, plain = statistics.median(lesson), statistics.median(bare)
    fast, in_lab, slow = statistics.median(there), statistics.median(here), statistics.median(check)
    rows = [
        Row("site", size, "MB", "on disk"),
        Row("first cell of a lesson", first, "s", f"median of {PAIRS}"),
        Row(
            "numpy and matplotlib",
            plain,
            "s",
            f"a bare notebook, the course not fetched; in turn, {PAIRS} each",
        ),
        Row("check", slow, "ms", "from asking to the verdict shown; median of 10"),
        Row("press in the browser", fast, "ms", "arrow key to painted number; median of 30"),
        Row("press in JupyterLab", in_lab, "ms", "the same lesson and number"),
    ]
    limits = [
        Limit("site", size, at_most=65),
        Limit("first cell / numpy and matplotlib", first / plain, at_most=1.3),
        Limit("check", slow, at_most=100),
        Limit("press, browser / JupyterLab", fast / in_lab, at_most=1.3),
    ]
    return rows, limits


def main(arguments: list[str] | None = None) -> int:
    asked = parser(__doc__.splitlines()[0])
    asked.add_argument("--site", type=Path, help="a selfhost site that is built already")
    options = asked.parse_args(arguments)
    if not options.site and not os.environ.get(packages.VARIABLE):
        print(f"lite: {packages.VARIABLE} names no folder with WebAssembly wheels: nothing is measured (docs/lite.md).")
        return 0
    with TemporaryDirectory(prefix="qkv-lite-") as place:
        site = options.site or Path(place, "site")
        if not options.site and build(["--out", str(site)]):
            return 1
        rows, limits = measure(site)
    return finish(options, "The course in the browser", rows, limits)


if __name__ == "__main__":
    sys.exit(main())

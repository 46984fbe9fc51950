"""Whether Python hears everything: 90 presses one way on every instrument, in a real JupyterLab.

A burst that ends where it began could not show a lost update, so it goes one way: 90 presses of an arrow key must have
moved the first number that can be changed by 90 of its steps. An instrument without one has its first control pressed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from qkvlib import instruments

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tools.jupyterlab import Lab

_CELLS = (
    "from qkvlib import instruments\nshown = instruments.{name}()\nshown",
    "import json\nprint(json.dumps(shown.sheet.state()))",
)


def write_notebooks(root: Path) -> None:
    """One notebook per instrument into the folder `root`."""
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for name in instruments.REGISTRY:
        cells = [nbformat.v4.new_code_cell(text.format(name=name), id=f"cell-{k}") for k, text in enumerate(_CELLS)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), root / f"{name}.ipynb")


def unheard(lab: Lab, browser: Browser, name: str) -> float:
    """How many of the presses Python has not heard of."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    lab.open(page, f"{name}.ipynb")
    lab.run_cell(page, "cell-0")
    page.wait_for_selector(".qkv-ws [data-node]")
    page.wait_for_timeout(500)
    before = json.loads(printed(lab, page, "cell-1"))
    pressed = page.evaluate(_PRESS)
    after = json.loads(printed(lab, page, "cell-1"))
    context.close()
    if "node" not in pressed:
        return float(pressed["shown"] not in after["params"].values())
    node, i = pressed["node"], pressed["i"]
    step = getattr(instruments, name)().sheet.sheet.input_options[node]["step"]
    moved = after["inputs"][node]["data"][i] - before["inputs"][node]["data"][i]
    return round(90 - moved / step, 6)


def printed(lab: Lab, page: Page, cell: str) -> str:
    """What a cell prints, after the lazy sync."""
    page.wait_for_timeout(500)
    lab.run_cell(page, cell)
    output = page.locator('.jp-OutputArea-output[data-mime-type*="stdout"] pre').last
    output.wait_for()
    return output.inner_text()


_PRESS = """async () => {
    const cell = document.querySelector('.ws-editable td[data-i]');
    const controls = ['.noUi-handle', '.ws-controls select', '.ws-controls input[type=checkbox]'];
    const target = cell ?? document.querySelector(controls.join());
    const press = {
        TD: () => target.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true })),
        DIV: () => target.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true })),
        SELECT: (k) => {
            target.selectedIndex = k % target.options.length;
            target.dispatchEvent(new Event('change', { bubbles: true }));
        },
        INPUT: () => target.click(),
    }[target.tagName];
    target.focus();
    for (let k = 0; k < 90; k++) {
        press(k);
        await new Promise((done) => setTimeout(done, 33));
    }
    if (cell) return { node: cell.closest('[data-node]').dataset.node, i: Number(cell.dataset.i) };
    if (target.tagName === 'SELECT') return { shown: target.selectedIndex };
    return { shown: target.tagName === 'INPUT' ? target.checked : Number(target.ariaValueNow) };
}"""

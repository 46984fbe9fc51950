"""Whether Python hears everything: 90 presses one way on every instrument, in a real JupyterLab.

A burst that ends where it began could not show a lost update, so it goes one way: 90 presses of an arrow key must have
moved the first number that is seen and can be changed, in a table or a picture, by 90 of its steps (or to its limit).
An instrument without one has its first control turned, or another reader chosen, 90 times.
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

PRESSES = 90
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
    page.wait_for_selector(".qkv-ws .ws-title")
    page.wait_for_timeout(500)
    before = json.loads(printed(lab, page, "cell-1"))
    options = getattr(instruments, name)().sheet.sheet.input_options
    pressed = page.evaluate(_PRESS, [before["inputs"], options, PRESSES])
    after = json.loads(printed(lab, page, "cell-1"))
    context.close()
    if "shown" in pressed:
        turned = [value for key, value in after["params"].items() if value != before["params"][key]]
        return float(turned != [pressed["shown"]])
    return round(pressed["steps"] - _steps(before["inputs"], after["inputs"], options), 6)


def _steps(before: dict, after: dict, options: dict) -> float:
    """How many steps all numbers together have moved."""
    return sum(
        abs(new - old) / options[name]["step"]
        for name in before
        for old, new in zip(before[name]["data"], after[name]["data"], strict=True)
        if new != old
    )


def printed(lab: Lab, page: Page, cell: str) -> str:
    """What a cell prints, after the lazy sync."""
    page.wait_for_timeout(500)
    lab.run_cell(page, cell)
    output = page.locator('.jp-OutputArea-output[data-mime-type*="stdout"] pre').last
    output.wait_for()
    return output.inner_text()


# What is pressed: a cell, a mark that can be dragged, a slider, a list, a switch or a reader, whichever is found first.
_PRESS = """async ([inputs, options, presses]) => {
    const seen = (query) => [...document.querySelectorAll(query)].filter((node) => node.checkVisibility());
    const key = (node, name) => node.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
    const burst = async (press) => {
        for (let k = 0; k < presses; k++) {
            press(k);
            await new Promise((done) => setTimeout(done, 33));
        }
    };
    const [number] = [...seen('.ws-editable td[data-i]'), ...seen('svg [role=slider]')];
    if (number) {
        const node = number.closest('[data-node]').dataset.node, { step = 1, limits } = options[node] ?? {};
        const at = inputs[node]?.data[number.dataset.i], turn = limits && at === limits[1] ? 'Down' : 'Up';
        number.focus();
        await burst(() => key(number, `Arrow${turn}`));
        const room = limits ? (turn === 'Up' ? limits[1] - at : at - limits[0]) : Infinity;
        return { steps: Math.min(presses, room / step) };
    }
    const [handle] = seen('.ws-controls .noUi-handle');
    if (handle) {
        handle.focus();
        await burst(() => key(handle, 'ArrowRight'));
        return { shown: Number(handle.ariaValueNow) };
    }
    // Of several options each is chosen in turn, the last (or, where that was chosen already, the first) at the end.
    const cycle = async (n, start, choose) => {
        const end = start === n - 1 ? 0 : n - 1;
        await burst((k) => choose((end + presses - 1 - k) % n));
        return end;
    };
    const [list] = seen('.ws-controls select'), [tick] = seen('.ws-controls input[type=checkbox]');
    if (list) {
        return { shown: await cycle(list.options.length, list.selectedIndex, (k) => {
            list.selectedIndex = k;
            list.dispatchEvent(new Event('change', { bubbles: true }));
        }) };
    }
    if (tick) {
        const end = await cycle(2, Number(tick.checked), (k) => tick.checked === Boolean(k) || tick.click());
        return { shown: Boolean(end) };
    }
    const readers = seen('svg [role=radio]'), chosen = readers.findIndex((one) => one.ariaChecked === 'true');
    const choose = (k) => readers[k].dispatchEvent(new MouseEvent('click', { bubbles: true }));
    return { shown: await cycle(readers.length, chosen, choose) };
}"""

"""How soon an instrument answers, on a page of its own: every way to change it, and pointing at its cells.

A change is a key on the first cell of each editable matrix, on each mark that can be dragged, or a turn of each control;
it is timed from the event to the task after the frame that shows it. An answer within two frames is at most 33 ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qkvlib.widgets.page import save

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from qkvlib.widgets import Worksheet

MOST_CELLS = 150  # pointed at, spread over all that are to be seen


@dataclass(frozen=True)
class Strokes:
    """Milliseconds from event to paint: of changes by what was changed, and of pointing."""

    changes: dict[str, list[float]]
    pointing: list[float]

    @property
    def all_changes(self) -> list[float]:
        return [sample for samples in self.changes.values() for sample in samples]

    @property
    def slowest(self) -> str:
        """What was changed when the answer took longest, by its middle sample."""
        return max(self.changes, key=lambda name: sorted(self.changes[name])[len(self.changes[name]) // 2])


def timed(browser: Browser, worksheet: Worksheet, place: Path, samples: int, unfold: bool = False) -> Strokes:
    """Opens the worksheet's page in a window of a laptop and times at least `samples` changes in all."""
    save(worksheet, place / "strokes.html")
    context = browser.new_context(viewport={"width": 1100, "height": 785})
    page = context.new_page()
    page.goto((place / "strokes.html").as_uri())
    page.wait_for_selector(".qkv-ws")
    if unfold:
        page.evaluate("() => document.querySelectorAll('.ws-folded').forEach((fold) => { fold.open = true; })")
    page.wait_for_timeout(300)
    found = page.evaluate(_STROKES, [samples, MOST_CELLS])
    context.close()
    return Strokes(found["changes"], found["pointing"])


_STROKES = """async ([samples, most]) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const task = () => new Promise((done) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = done;
        channel.port2.postMessage(0);
    });
    const rest = (ms) => new Promise((done) => setTimeout(done, ms));
    const timed = async (act) => {
        await rest(5 + 16 * Math.random());   // events come at any time between two frames
        const start = performance.now();
        act();
        await frame();
        await task();
        return performance.now() - start;
    };
    const seen = (node) => !node.closest('.ws-closed, details:not([open])') && node.getBoundingClientRect().width > 0;
    const press = (node, key) => () => node.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    const ways = new Map();
    for (const panel of document.querySelectorAll('.ws-editable[data-node]')) {
        const cell = panel.querySelector('td[data-i]');
        if (cell && seen(cell)) ways.set(panel.dataset.node, { focus: cell, acts: [press(cell, 'ArrowUp'), press(cell, 'ArrowDown')] });
    }
    const mark = [...document.querySelectorAll('svg [role="slider"]')].find(seen);
    if (mark) ways.set('a mark', { focus: mark, acts: [press(mark, 'ArrowUp'), press(mark, 'ArrowDown')] });
    for (const input of document.querySelectorAll('#controls :is(select, input)')) {
        const name = input.closest('label').innerText.trim().split('\\n')[0], tell = () => input.dispatchEvent(new Event('input'));
        const turn = {
            'select-one': (k) => { input.selectedIndex = k % input.options.length; },
            checkbox: () => { input.checked = !input.checked; },
            range: (k) => { input.value = Number(input.min) + (Number(input.max) - Number(input.min)) * (0.3 + 0.4 * (k % 2)); },
            text: (k) => { input.value = input.value.split(' ').slice(0, 3).concat(k % 2 ? ['it'] : []).join(' '); },
        }[input.type];
        ways.set(name, { acts: [1, 2].map((k) => () => { turn(k); tell(); }) });
    }
    const changes = {}, rounds = Math.max(4, Math.ceil(samples / ways.size));
    for (const [name, { focus, acts }] of ways) {
        focus?.focus({ preventScroll: true });
        changes[name] = [];
        for (let k = -2; k < rounds; k++) {
            const sample = await timed(acts[(k + 2) % acts.length]);
            if (k >= 0) changes[name].push(sample);
        }
    }
    const cells = [...document.querySelectorAll('[data-i]')].filter(seen), step = Math.max(1, Math.ceil(cells.length / most));
    const pointing = [];
    for (let k = 0; k < cells.length; k += step)
        pointing.push(await timed(() => cells[k].dispatchEvent(new PointerEvent('pointermove', { bubbles: true }))));
    return { changes, pointing };
}"""

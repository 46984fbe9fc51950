"""How soon an instrument answers, on a page of its own: every way to change it, and pointing at its cells.

A change is a key on the first cell of each editable matrix or on a mark to drag, the choice of who reads, or
a turn of each control; it is timed from the event to the task after the frame that shows it. Within two frames means at
most 33 ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qkvlib.widgets.page import save

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from qkvlib.widgets import Worksheet

STROKES = Path(__file__).resolve().parent / "widgets_strokes.js"
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
    found = page.evaluate(STROKES.read_text(encoding="utf-8"), [samples, MOST_CELLS])
    context.close()
    return Strokes(found["changes"], found["pointing"])

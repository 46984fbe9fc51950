"""A counter-example in a worksheet: its numbers can be dragged, and the learner's own function is called on what they
become. The sheet holds the inputs alone; what comes back is written beside it, so no right number is on the sheet."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qkvlib.check import attempt
from qkvlib.check.candidates import is_promised
from qkvlib.check.counterexample import CounterExample, how_it_fails, place_of
from qkvlib.check.example_card import result_html, right_html, taken_apart

if TYPE_CHECKING:
    from qkvlib.widgets import Worksheet

_MOST_AXES = 3  # what a sheet can draw


class Touch:
    """The worksheet of a counter-example. `changed(html)` is called with what came back, at once and on each change."""

    def __init__(self, example: CounterExample, answer: Any, changed: Callable[[str], None], graded: bool) -> None:
        self.example, self._answer, self._changed, self.graded = example, answer, changed, graded
        self.shows_right = False
        self._paths: dict[str, str] = {}  # name on the sheet -> how the argument is reached
        self.sheet = self._worksheet()
        self.sheet.observe(lambda _: self.tell(), "inputs")
        self.tell()

    def show_right(self) -> None:
        """From now on the right result stands beside the learner's own. Nothing happens in graded work."""
        self.shows_right = not self.graded
        self.tell()

    def now(self) -> CounterExample:
        """The example with the numbers that stand on the sheet."""
        read = {path: self.sheet[name] for name, path in self._paths.items()}
        names = self.example.exercise.parameters
        args = tuple(_put(name, value, read) for name, value in zip(names, self.example.call.args, strict=False))
        call = replace(self.example.call, args=args)
        outcome = attempt.run(self.example.exercise, self._answer, [call])[0]
        return CounterExample(self.example.exercise, call, outcome, None)

    def tell(self) -> None:
        """Call the function on the numbers of the sheet, and hand on what came of it."""
        example = self.now()
        if not is_promised(example.exercise, example.call):
            self._changed("<p>The exercise promises no such input. Drag on, or undo.</p>")
            return
        agrees = not how_it_fails(example.exercise, example.call, example.outcome)
        example = replace(example, place=place_of(example, self.graded))
        said = "Here it agrees." if agrees else "Here it differs."
        right = right_html(example) if self.shows_right else ""
        row = "display:flex;flex-wrap:wrap;gap:.4em 1.4em;align-items:flex-start"
        self._changed(f'<p style="margin:.3em 0">{said}</p><div style="{row}">{result_html(example)}{right}</div>')

    def _worksheet(self) -> Worksheet:
        from qkvlib.widgets import Sheet, Worksheet

        hint = "Drag a number, or choose it and press an arrow key: your function is called again."
        sheet = Sheet(f"example_{self.example.exercise.name}", title="Drag these numbers", hint=hint)
        shown: list = []
        fixed: list[str] = []
        for name, value in zip(self.example.exercise.parameters, self.example.call.args, strict=False):
            for path, item in taken_apart(name, value):
                if _can_be_dragged(item):
                    own = re.sub(r"\W+", "_", path).strip("_")
                    self._paths[own] = path
                    node = sheet.input(own, np.asarray(item, float), step=1)
                    shown.append(sheet.panel(node, title=path))
                elif isinstance(item, str | list):
                    fixed.append(f"{path} = {item!r}")
        sheet.lay(shown, *([[sheet.say(", ".join(fixed).replace("{", "(").replace("}", ")"))]] if fixed else []))
        return Worksheet(sheet)


def _can_be_dragged(value: Any) -> bool:
    if isinstance(value, str) or value is None:
        return False
    array = np.asarray(value)
    return array.dtype.kind in "biuf" and array.ndim <= _MOST_AXES and array.size > 0


def _put(path: str, value: Any, read: dict[str, Any]) -> Any:
    """An argument with the numbers that stand on the sheet, in the types it had."""
    if path in read:
        if isinstance(value, np.ndarray):
            return (read[path] != 0) if value.dtype == bool else np.asarray(read[path]).astype(value.dtype)
        if isinstance(value, list):
            return [type(old)(new) for old, new in zip(value, read[path], strict=True)]
        return type(value)(round(read[path]) if isinstance(value, int) else read[path])
    if isinstance(value, dict):
        return {key: _put(f'{path}["{key}"]', item, read) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_put(f"{path}[{k}]", item, read) for k, item in enumerate(value))
    return value

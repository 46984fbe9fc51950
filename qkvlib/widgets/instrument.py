"""An instrument: a worksheet with its controls (ipywidgets, linked to it in the browser, so that no kernel is needed).

Writing one takes a `Sheet` (see sheet.py) and one line:

    def one_query():
        s = Sheet("one_query", title="One query", hint="Drag a number of X; point at any other number.")
        X = s.input("X", [[2, 1, 0, 0], [1, 0, 2, 1]], rows=["x1", "x2"])
        W_Q = s.input("W_Q", examples.W_Q)
        scaled = s.switch("scaled", True, label="divide by √d")
        Q = s.matmul("Q", X, W_Q)
        grid = s.scores("scores", Q, Q)
        s.softmax("weights", s.scale("scaled_scores", grid, like=Q, on=scaled))
        s.lay(["X", "·", "W_Q", "=", "Q"], ["scores", "→", s.panel("weights", max=1)])
        return Instrument(s)

Sliders, switches, choices and texts appear above the sheet in the order they were made. Heads: a stack [n, T, d] is
drawn as one grid per head, or as one of them with `s.panel(node, pick=choice)`. A worked example with all of it is
qkvlib/instruments/two_tokens.py.
"""

from __future__ import annotations

import math
from os import PathLike
from typing import Any

import ipywidgets as widgets

from .sheet import Param, Sheet
from .worksheet import Worksheet, with_picture


class Instrument(widgets.VBox):
    """`.sheet` is the Worksheet; `instrument["Q"]` reads, `instrument["X"] = ...`, `instrument["head"] = 1` write."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = Worksheet(sheet)
        turned = {name: param for name, param in sheet.params.items() if param.look != "none"}
        self.controls = {name: control(self.sheet, param) for name, param in turned.items()}
        # Classes given at once: add_class would be one more message before the first paint.
        row = [widgets.HBox(list(self.controls.values()), _dom_classes=["ws-controls"])] if self.controls else []
        super().__init__([*row, self.sheet], _dom_classes=["qkv-instrument"])

    def __getitem__(self, name: str) -> Any:
        return self.sheet[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.sheet[name] = value

    def save(self, path: str | PathLike) -> None:
        """One self-contained HTML file at `path`: live, with the controls, without network or kernel."""
        from .page import save

        save(self.sheet, path)

    def close(self) -> None:
        """Frees the worksheet, every control and what each of them brought along, in the kernel and in the browser."""
        for control in self.controls.values():
            control.link.unlink()
            control.link.close()
        for widget in [*self.controls.values(), *self.children, self]:
            if isinstance(widget, widgets.DOMWidget) and widget.comm is not None:
                for part in (widget.layout, getattr(widget, "style", None)):
                    if part is not None:
                        part.close()
            if widget is not self:
                widget.close()
        super().close()

    def __repr__(self) -> str:
        return repr(self.sheet).replace("Worksheet(", "Instrument(", 1)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_picture((super()._repr_mimebundle_(**kwargs), {}), self.sheet)


def control(worksheet: Worksheet, param: Param) -> widgets.Widget:
    """The ipywidgets control of a parameter, linked to it in the browser."""
    look = {"description": param.label, "style": {"description_width": "auto"}}
    trait, end = f"p_{param.name}", "value"
    value = getattr(worksheet, trait)
    if param.kind == "bool":
        made = widgets.Checkbox(value, indent=False, **look, layout={"width": "auto"})
    elif param.kind == "text":
        made = widgets.Text(value, continuous_update=True, **look, layout={"width": "440px"})
    elif param.kind == "choice":
        options = [(str(option), i) for i, option in enumerate(param.options)]
        kind, width = (widgets.SelectionSlider, "300px") if param.look == "slider" else (widgets.Dropdown, "auto")
        made, end = kind(options=options, value=value, **look, layout={"width": width}), "index"
    elif param.limits.get("log"):
        low, high = math.log10(param.limits["min"]), math.log10(param.limits["max"])
        step = param.limits["step"]
        made = widgets.FloatLogSlider(value, min=low, max=high, step=step, **look, layout={"width": "300px"})
    else:
        kind = widgets.IntSlider if param.kind == "int" else widgets.FloatSlider
        made = kind(value, **param.limits, **look, layout={"width": "300px"})
    made.link = widgets.jslink((made, end), (worksheet, trait))
    return made

"""The worksheet widget: a sheet that the browser computes and draws, and that Python can read and write.

State is two kinds of trait: `inputs` (every input matrix) and one `p_<name>` per parameter (of a choice: the position
of the option), so that any ipywidgets control can be linked to a parameter in the browser. Nothing computed travels:
both sides compute it from the same state.
"""

from __future__ import annotations

import anywidget
import numpy as np
import traitlets
from anywidget._util import repr_mimebundle

from . import bundle
from .numbers import short
from .ops import Value
from .sheet import Param, Sheet, SheetError, make_value

# Python hears of a change a little late, so its echo could put back an older state than the one under the hand.
SYNCED = {"sync": True, "echo_update": False}


class Worksheet(anywidget.AnyWidget):
    """A live `Sheet`. `worksheet["Q"]` is what the learner sees; `worksheet["X"] = [[...]]` redraws."""

    _esm = bundle.module("worksheet.js")
    _css = bundle.styles("worksheet.css")

    spec = traitlets.Dict().tag(sync=True)
    inputs = traitlets.Dict().tag(**SYNCED)

    def __init__(self, sheet: Sheet):
        self.sheet = sheet.check()
        inputs = {name: pack(value.array) for name, value in sheet.inputs.items()}
        params = {f"p_{name}": _position(param, param.value) for name, param in sheet.params.items()}
        initial = {"inputs": inputs, "params": {name.removeprefix("p_"): value for name, value in params.items()}}
        # Each sheet has its own parameters, so the class of this one widget gets its own traits.
        self.add_traits(**{f"p_{name}": _trait(param) for name, param in sheet.params.items()})
        super().__init__(spec={**sheet.spec(), "initial": initial}, inputs=inputs, **params)

    def __getitem__(self, name):
        """A matrix as numpy (a copy), or a parameter's value, as the learner sees it now."""
        if name in self.sheet.params:
            return self._params()[name]
        values = self.sheet.evaluate(self._inputs(), self._params())
        if name not in values:
            raise KeyError(f"{self.sheet.name} has no {name!r}; it has {', '.join([*values, *self.sheet.params])}")
        array = values[name].array
        return array.copy() if array.ndim else float(array)

    def __setitem__(self, name, value):
        """Another matrix for an input (its shape may change where the sheet can follow), or a parameter's value."""
        if name in self.sheet.params:
            setattr(self, f"p_{name}", _position(self.sheet.params[name], value))
            return
        if name not in self.sheet.inputs:
            raise KeyError(f"{self.sheet.name} has no input {name!r}; it has {', '.join(self.sheet.inputs)}")
        new = make_value(name, value)
        if new.array.shape != self.sheet.inputs[name].array.shape:
            start = self.sheet.inputs[name]
            raise SheetError(
                f"{name} is {list(start.array.shape)} on this sheet, and {list(new.array.shape)} was given: "
                "keep the shape"
            )
        self.inputs = {**self.inputs, name: pack(new.array)}

    def values(self) -> dict[str, Value]:
        """Everything on the sheet, computed from its present state."""
        return self.sheet.evaluate(self._inputs(), self._params())

    def _inputs(self):
        start = self.sheet.inputs
        return {
            name: Value(unpack(state), start[name].rows, start[name].cols, start[name].heads)
            for name, state in self.inputs.items()
        }

    def _params(self):
        now = {}
        for name, param in self.sheet.params.items():
            value = getattr(self, f"p_{name}")
            now[name] = param.options[value] if param.kind == "choice" else value
        return now

    def __repr__(self):
        """The parameters, then every matrix shown: its shape, and its numbers when few. The same in every run."""
        head = f"Worksheet({self.sheet.name}: " + ", ".join(f"{k}={v!r}" for k, v in self._params().items())
        try:
            values = self.values()
        except SheetError as error:
            return f"{head.rstrip(' :')})\n  {error}"
        shown = dict.fromkeys(entry["node"] for line in self.spec["layout"] for entry in line if "node" in entry)
        lines = [_in_words(name, values[name].array) for name in shown]
        return "\n  ".join([head.rstrip(" :") + ")", *lines])

    def _repr_mimebundle_(self, **kwargs):
        return with_picture(repr_mimebundle(model_id=self.model_id, repr_text=repr(self)), self)


def with_picture(bundle, worksheet: Worksheet):
    """The mime bundle of a widget, and beside it a PNG of the worksheet for places that run no widgets."""
    from .picture import png

    data, metadata = bundle
    return {**data, "image/png": png(worksheet)}, metadata


def pack(array: np.ndarray) -> dict:
    """An array as JSON; NaN and infinities travel as words."""
    data = [
        v if np.isfinite(v) else str(v).replace("inf", "Infinity").replace("nan", "NaN") for v in array.ravel().tolist()
    ]
    return {"shape": list(array.shape), "data": data}


def unpack(state: dict) -> np.ndarray:
    return np.array([float(v) for v in state["data"]], np.float64).reshape(state["shape"])


def _in_words(name, array):
    """ "Q [2, 2] = [[2, 1], [3, 3]]"; a matrix of more than 36 numbers gives its shape alone."""
    text = f"{name} {list(array.shape)}"
    if array.size > 36:
        return text
    numbers = np.vectorize(short, otypes=[object])(array).tolist() if array.size else array.tolist()
    return f"{text} = {numbers}".replace("'", "")


def _trait(param: Param):
    if param.kind == "choice":
        return traitlets.Int(0, min=0, max=len(param.options) - 1).tag(**SYNCED)
    kinds = {"float": traitlets.Float, "int": traitlets.Int}
    if param.kind in kinds:
        return kinds[param.kind](param.value, min=param.limits["min"], max=param.limits["max"]).tag(**SYNCED)
    return (traitlets.Bool if param.kind == "bool" else traitlets.Unicode)(param.value).tag(**SYNCED)


def _position(param: Param, value):
    if param.kind != "choice":
        return value
    if value not in param.options:
        raise SheetError(f"{param.name} can be {', '.join(map(repr, param.options))}, not {value!r}")
    return param.options.index(value)

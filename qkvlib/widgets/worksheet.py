"""The worksheet widget: a sheet that the browser computes and draws, and that Python can read and write.

State is two kinds of trait: `inputs` (every input matrix) and one `p_<name>` per parameter (of a choice: the position
of the option), so that any ipywidgets control can be linked to a parameter in the browser. Nothing computed travels:
both sides compute it from the same state.
"""

from __future__ import annotations

import numbers
from typing import Any
from weakref import WeakValueDictionary

import anywidget
import numpy as np
import traitlets
from anywidget._util import repr_mimebundle

from . import bundle, views
from .layout import entries, shown_nodes
from .numbers import short
from .ops import FAMILIES, Value
from .sheet import Param, Sheet, SheetError, make_value

# Python hears of a change a little late, so its echo could put back an older state than the one under the hand.
SYNCED = {"sync": True, "echo_update": False}


_latest: WeakValueDictionary[str, Worksheet] = WeakValueDictionary()  # name of a sheet -> the newest worksheet of it


def _earlier(spec: dict) -> dict:
    """The state of the newest worksheet of the same spec that a learner has changed; {} where there is none."""
    before = _latest.get(spec["name"])
    if before is None or before.spec != spec:
        return {}
    return before.earlier if before.state() == spec["initial"] else before.state()


def parts_of(spec: dict, sheet: Sheet) -> tuple[list[str], list[str]]:
    """(JavaScript files, style sheets) of a sheet: beside the engine and the grid, only what its spec uses."""
    kinds = sorted({entry["view"] for entry in entries(spec["layout"]) if "view" in entry})
    ops = {node["op"] for node in spec["nodes"]}
    scripts = [f"ops_{family}.js" for family, names in FAMILIES.items() if ops & names]
    scripts += ["heat_grid.js"] if _may_grow(sheet) else []
    panels = [entry for entry in entries(spec["layout"]) if "node" in entry]
    scripts += ["bands.js"] if any(entry.get("bands") for entry in panels) else []
    scripts += ["play.js"] if any(param["look"] == "play" for param in spec["params"]) else []
    styles = ["looks.css"] if any(entry.get("bands") or entry.get("look") for entry in panels) else []
    styles += ["scene.css"] if any(views.is_scene(kind) for kind in kinds) else []
    styles += [f"views/{kind}.css" for kind in kinds if (bundle.HERE / f"views/{kind}.css").exists()]
    return [*scripts, *(f"views/{kind}.js" for kind in kinds), "worksheet.js"], ["worksheet.css", *styles]


def _may_grow(sheet: Sheet) -> bool:
    """Whether a matrix of the sheet is, or may become by typing, too large for a table of cells (see panel.js)."""
    values = sheet.evaluate(sheet.inputs, sheet.values())
    texts = {name for name, param in sheet.params.items() if param.kind == "text"}
    embeds = [node["opts"] for node in sheet.nodes.values() if node["op"] == "embed"]
    free = [o["most"] for o in embeds if any(isinstance(w, dict) and w["param"] in texts for w in o["words"])]
    typed = max(free, default=0)
    for name in shown_nodes(sheet.layout) or values:
        n, m = (1, 1, *values[name].array.shape)[-2:]
        rows, columns = max(n, typed), max(m, typed) if m == n else m
        if rows > 24 or rows * columns > 400:
            return True
    return False


class Worksheet(anywidget.AnyWidget):
    """A live `Sheet`. `worksheet["Q"]` is what the learner sees; `worksheet["X"] = [[...]]` redraws."""

    spec = traitlets.Dict().tag(sync=True)
    inputs = traitlets.Dict().tag(**SYNCED)
    earlier = traitlets.Dict().tag(sync=True)  # the changed state of the sheet this one replaces, if any

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet.check()
        inputs = {name: pack(value.array) for name, value in sheet.inputs.items()}
        params = {f"p_{name}": _position(param, param.value) for name, param in sheet.params.items()}
        initial = {"inputs": inputs, "params": {name.removeprefix("p_"): value for name, value in params.items()}}
        # Each sheet has its own parameters, so the class of this one widget gets its own traits.
        self.add_traits(**{f"p_{name}": _trait(param) for name, param in sheet.params.items()})
        spec = {**sheet.spec(), "initial": initial}
        # Only what this sheet uses travels, so the code is the widget's and not its class's.
        self.parts = parts_of(spec, sheet)
        self._esm, self._css = bundle.module(*self.parts[0]), bundle.styles(*self.parts[1])
        # A page keeps one style sheet for each such name: without the files in it, the next sheet's would replace ours.
        styled = {"_anywidget_id": " ".join((f"{__name__}.Worksheet", *self.parts[1]))}
        super().__init__(spec=spec, inputs=inputs, **params, earlier=_earlier(spec), **styled)
        _latest[sheet.name] = self

    def state(self) -> dict:
        """What a learner can change: every input and every parameter (of a choice: the position), as JSON."""
        params = {name: getattr(self, f"p_{name}") for name in self.sheet.params}
        return {"inputs": self.inputs, "params": params}

    def __getitem__(self, name: str) -> Any:
        """A matrix as numpy (a copy), or a parameter's value, as the learner sees it now."""
        if name in self.sheet.params:
            return self._params()[name]
        values = self.sheet.evaluate(self._inputs(), self._params())
        if name not in values:
            raise KeyError(f"{self.sheet.name} has no {name!r}; it has {', '.join([*values, *self.sheet.params])}")
        array = values[name].array
        return array.copy() if array.ndim else float(array)

    def __setitem__(self, name: str, value: Any) -> None:
        """Another matrix for an input (its shape may change where the sheet can follow), or a parameter's value."""
        if name in self.sheet.params:
            setattr(self, f"p_{name}", _fitting(self.sheet.params[name], value))
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

    def _inputs(self) -> dict[str, Value]:
        start = self.sheet.inputs
        return {
            name: Value(unpack(state), start[name].rows, start[name].cols, start[name].heads)
            for name, state in self.inputs.items()
        }

    def _params(self) -> dict[str, Any]:
        now = {}
        for name, param in self.sheet.params.items():
            value = getattr(self, f"p_{name}")
            now[name] = param.options[value] if param.kind == "choice" else value
        return now

    def __repr__(self) -> str:
        """The parameters, then every matrix shown: its shape, and its numbers when few. The same in every run."""
        head = f"Worksheet({self.sheet.name}: " + ", ".join(f"{k}={v!r}" for k, v in self._params().items())
        try:
            values = self.values()
        except SheetError as error:
            return f"{head.rstrip(' :')})\n  {error}"
        lines = [_in_words(name, values[name].array) for name in shown_nodes(self.spec["layout"])]
        return "\n  ".join([head.rstrip(" :") + ")", *lines])

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_picture(repr_mimebundle(model_id=self.model_id, repr_text=repr(self)), self)


def with_picture(bundle: Any, worksheet: Worksheet) -> tuple:
    """The mime bundle of a widget, and beside it a PNG of the worksheet for places that run no widgets.

    Where Pillow came without fonts there is no picture: the widget matters more.
    """
    from .brush import has_fonts
    from .picture import png

    data, metadata = bundle
    if not has_fonts():
        return data, metadata
    return {**data, "image/png": png(worksheet)}, metadata


def pack(array: np.ndarray) -> dict:
    """An array as JSON; NaN and infinities travel as words."""
    data = [
        v if np.isfinite(v) else str(v).replace("inf", "Infinity").replace("nan", "NaN") for v in array.ravel().tolist()
    ]
    return {"shape": list(array.shape), "data": data}


def unpack(state: dict) -> np.ndarray:
    return np.array([float(v) for v in state["data"]], np.float64).reshape(state["shape"])


def _in_words(name: str, array: np.ndarray) -> str:
    """ "Q [2, 2] = [[2, 1], [3, 3]]"; a matrix of more than 36 numbers gives its shape alone."""
    text = f"{name} {list(array.shape)}"
    if array.size > 36:
        return text
    numbers = np.vectorize(short, otypes=[object])(array).tolist() if array.size else array.tolist()
    return f"{text} = {numbers}".replace("'", "")


def _trait(param: Param) -> traitlets.TraitType:
    if param.kind == "choice":
        return traitlets.Int(0, min=0, max=len(param.options) - 1).tag(**SYNCED)
    kinds: dict[str, Any] = {"float": traitlets.Float, "int": traitlets.Int}
    if param.kind in kinds:
        return kinds[param.kind](param.value, min=param.limits["min"], max=param.limits["max"]).tag(**SYNCED)
    kind: Any = traitlets.Bool if param.kind == "bool" else traitlets.Unicode
    return kind(param.value).tag(**SYNCED)


def _position(param: Param, value: Any) -> Any:
    return param.options.index(value) if param.kind == "choice" else value


def _fitting(param: Param, value: Any) -> Any:
    """The value as its trait takes it. SheetError, in the learner's words, for one that the parameter cannot have."""
    if param.kind == "choice" and value not in param.options:
        raise SheetError(f"{param.name} can be {', '.join(map(repr, param.options))}, not {value!r}")
    if param.kind in ("float", "int"):
        low, high = param.limits["min"], param.limits["max"]
        number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        whole = param.kind == "float" or (number and float(value).is_integer())
        if not number or not whole or not low <= value <= high:
            what = "a number" if param.kind == "float" else "a whole number"
            raise SheetError(f"{param.name} can be {what} from {low} to {high}, not {value!r}")
        return int(value) if param.kind == "int" else float(value)
    if param.kind == "text" and not isinstance(value, str):
        raise SheetError(f"{param.name} can be a text, not {value!r}")
    if param.kind == "bool" and not isinstance(value, bool | np.bool_):
        raise SheetError(f"{param.name} can be True or False, not {value!r}")
    return bool(value) if param.kind == "bool" else _position(param, value)

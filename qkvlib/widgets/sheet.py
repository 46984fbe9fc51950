"""The dataflow behind a worksheet: named inputs, parameters a learner turns, and nodes computed from them.

A `Sheet` is plain Python: it needs no kernel, no browser and no widget. `Instrument(sheet)` shows it.

    s = Sheet("one_query", hint="Drag a number of X.")
    X = s.input("X", [[2, 1, 0, 0], [1, 0, 2, 1]], rows=["x1", "x2"])
    W_Q = s.input("W_Q", W_Q)
    t = s.slider("temperature", 1.0, min=0.1, max=5)
    Q = s.matmul("Q", X, W_Q)
    grid = s.scores("scores", Q, Q)
    scaled = s.scale("scaled", grid, like=Q, temperature=t)      # grid / √d / t
    s.softmax("weights", scaled)
    s.lay(["X", "·", "W_Q", "=", "Q"], ["scores", "→", "weights"])

Every op method takes the new node's name first, then what it reads (the objects returned above, or their names), then
options, each a plain value or a parameter. Nodes that `lay` does not mention are computed but not shown.
"""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ..colour import ROLES
from . import views
from .layout import complete, shown_nodes
from .nodes import Node, Param, SheetError, make_value, name_of, params_in, plain, reference
from .ops import OPS, Op, Value


class Sheet:
    """A builder and evaluator of one worksheet. `name` is a Python name, used in reprs and file names."""

    def __init__(self, name: str, title: str = "", hint: str = "") -> None:
        self.name, self.title, self.hint = name, title or name.replace("_", " "), hint
        self.inputs: dict[str, Value] = {}
        self.params: dict[str, Param] = {}
        self.input_options: dict[str, dict] = {}
        self.nodes: dict[str, dict] = {}
        self.layout: list[list] = []

    # -- what a learner changes -----------------------------------------------------------------------------------

    def input(
        self,
        name: str,
        values: ArrayLike,
        rows: Sequence | None = None,
        cols: Sequence | None = None,
        heads: Sequence | None = None,
        editable: bool = True,
        step: float | None = None,
        about: str = "",
        limits: Sequence[float] | None = None,
    ) -> Node:
        """A matrix (0 to 3 axes). `rows`, `cols`, `heads` name its lines; `step` is what one drag step adds.

        `step` is 1 when all values are whole, else 0.1. `about` is one sentence, shown when the matrix is pointed at.
        `limits` (least, most) is as far as a hand can go, such as 0 and 1 in a mask.
        """
        self._claim(name)
        self.inputs[name] = make_value(name, values, rows, cols, heads)
        if step is None:
            array = self.inputs[name].array
            step = 1 if np.all(array == np.round(array)) else 0.1
        self.input_options[name] = {"editable": bool(editable), "step": step, "about": about}
        if limits:
            self.input_options[name]["limits"] = list(limits)
        return Node(name)

    def slider(
        self,
        name: str,
        value: float,
        min: float,
        max: float,
        step: float = 0.1,
        label: str = "",
        log: bool = False,
        play: bool = False,
    ) -> Param:
        """A number. Whole numbers only, when `value` and `step` are int.

        With `log`, equal ways along the slider are equal factors (0.1, 1, 10), and `step` is of the power of ten.
        With `play`, the sheet has a button that goes from step to step.
        """
        kind = "int" if isinstance(value, int) and isinstance(step, int) else "float"
        if not min <= value <= max:
            raise SheetError(f"{self.name}: slider {name} starts at {value}, outside {min} to {max}")
        if log and min <= 0:
            raise SheetError(f"{self.name}: slider {name} is logarithmic and starts at {min}: it must start above 0")
        steps = (math.log10(value) - math.log10(min)) / step if log else 0.0
        if abs(steps - round(steps)) > 1e-9:  # a slider would move to the nearest of its places by itself
            raise SheetError(
                f"{self.name}: slider {name} starts at {value}, between two of its places: from {min} they are "
                f"{step} powers of ten apart"
            )
        kind = "float" if log else kind
        limits = {"min": min, "max": max, "step": step, **({"log": True} if log else {})}
        return self._param(Param(name, kind, label, value, (), limits, look="play" if play else ""))

    def pointer(self, name: str, value: int, max: int, label: str = "") -> Param:
        """A whole number from 0 to `max` without a control of its own: a view sets it, such as the reader of `arcs`."""
        if not 0 <= value <= max:
            raise SheetError(f"{self.name}: pointer {name} starts at {value}, outside 0 to {max}")
        return self._param(Param(name, "int", label, value, (), {"min": 0, "max": max, "step": 1}, look="none"))

    def switch(self, name: str, value: bool = True, label: str = "") -> Param:
        """On or off."""
        return self._param(Param(name, "bool", label, bool(value)))

    def choice(self, name: str, options: Sequence, value: Any = None, label: str = "", look: str = "list") -> Param:
        """One of several: words or numbers. An option used in an op is the option itself, not its position.

        `look` is "list", or "slider" for options that lie in an order, such as 4, 2, 1.
        """
        options = tuple(options)
        value = options[0] if value is None else value
        if value not in options:
            raise SheetError(f"{self.name}: choice {name} starts at {value!r}, which is none of {options}")
        return self._param(Param(name, "choice", label, value, options, look=look))

    def text(self, name: str, value: str, label: str = "") -> Param:
        """A line of words a learner types."""
        return self._param(Param(name, "text", label, str(value)))

    # -- what is computed -----------------------------------------------------------------------------------------

    def op(self, name: str, op: str, args: Sequence, about: str = "", **opts: Any) -> Node:
        """The general form behind the methods that are named after the ops: `op` is a key of `ops.OPS`."""
        self._claim(name)
        if op not in OPS:
            raise SheetError(
                f"{self.name}: node {name} uses {op!r}, and there is no such op; there are {', '.join(OPS)}"
            )
        self.nodes[name] = {
            "op": op,
            "args": [name_of(a) for a in args],
            "opts": {key: reference(value, key in OPS[op].positions) for key, value in opts.items()},
            "about": about,
        }
        return Node(name)

    if TYPE_CHECKING:  # one method per op of ops.py and one per view of views/: see the end of this file

        def __getattr__(self, name: str) -> Callable[..., Any]: ...

    # -- how it is shown ------------------------------------------------------------------------------------------

    def lay(self, *lines: Sequence, fold: str = "") -> None:
        """What is shown: a list per line. An entry is a node or its name, a sign between ("·", "=", "→"), a `panel`,
        a `say` or a view such as `arcs`. Lines wrap on narrow screens. With `fold`, the lines stand closed under that
        title until a learner opens it."""
        made = [[self._entry(entry) for entry in line] for line in lines]
        self.layout += [[{"fold": fold, "lines": made}]] if fold else made

    def panel(
        self,
        node: Node | str,
        title: str = "",
        pick: Param | int | None = None,
        lit: Param | int | str | None = None,
        note: str = "",
        max: float | None = None,
        closed: bool = False,
        diff: Node | str | None = None,
        bars: bool | str = False,
        decimals: int | None = None,
        slots: int = 0,
        role: str | None = None,
        ramp: str | None = None,
        scale: Sequence | None = None,
        look: str = "",
        bands: Sequence[dict] = (),
    ) -> dict:
        """A node with more to say about how it is drawn.

        title: another heading than the name. pick: show one head of a stack (a number or a parameter).
        lit: a row to keep in the light, by index, row name or parameter. note: a line under the matrix.
        max: the end of the colour scale (else the next round number above the largest value).
        closed: only the heading, until it is opened. diff: a node of the same shape; cells that differ are ringed.
        bars: a bar in each cell, as long as its number; "log": a quarter of it is a factor of 10.
        decimals: how many, instead of what the matrix needs.
        slots: room for so many rows, filled as they come, the newest marked (the shelf of a cache).
        role ("query", "key", "value", "weights", "out" or ""), ramp ("sign" or "share") and scale (nodes whose colours
        end at the same number) follow from the names and ops of the sheet; give them where that is wrong.
        look: "lanes" (the heads of a stack under one another), "small" (cells without their numbers, for a pattern) or
        "joined" (no row names, beside a panel that has them), or two of them. bands: columns to mark, as
        {"role": "query", "start": 0, "stop": 4, "n": blocks, "pick": one of them}, or rows with "axis": "rows".
        """
        if ramp not in (None, "sign", "share"):
            raise SheetError(f'{self.name}: the ramp of a panel is "sign" or "share", not {ramp!r}')
        if role and role not in ROLES:
            raise SheetError(f'{self.name}: the role of a panel is {", ".join(ROLES)} or "", not {role!r}')
        given = {"title": title, "pick": reference(pick), "lit": reference(lit), "note": note, "max": max,
                 "closed": closed, "diff": diff and name_of(diff), "bars": bars, "decimals": decimals, "slots": slots,
                 "role": role, "ramp": ramp, "scale": scale and [name_of(n) for n in scale], "look": look,
                 "bands": [plain(band) for band in bands] or None}  # fmt: skip
        unsaid = (None, "", 0) if role is None else (None, 0)
        return {
            "node": name_of(node),
            **{key: v for key, v in given.items() if v not in unsaid or (key == "role" and v)},
        }

    def say(self, template: str) -> dict:
        """A sentence with live numbers: "{weights[1,0]:%} from v1", "{bytes:bytes}", "{answer[6]:top}", "{head}".

        Indices count from 0. Formats: none (as in a cell), % (percent), int (thousands apart), bytes (KiB, MiB, GiB),
        top (the column name of a row's largest value), shape.
        """
        return {"say": template}

    def stack(self, *entries: Any) -> dict:
        """Entries under one another as one entry of a line: two views beside a tall matrix, say. A list among them is a
        line of its own."""
        made = [{"line": [self._entry(e) for e in entry]} if isinstance(entry, list) else entry for entry in entries]
        return {"stack": [self._entry(entry) for entry in made]}

    def _view(self, kind: str, *given: Any, **named: Any) -> dict:
        """A view's layout entry, its nodes and parameters by name. SheetError for what that view cannot show."""
        try:
            entry = views.load(kind).entry(self, *given, **named)
        except (TypeError, ValueError) as error:
            raise SheetError(f"{self.name}: {kind}: {error}") from None
        return {"view": kind, **{key: plain(value) for key, value in entry.items()}}

    def _entry(self, entry: Any) -> dict:
        if isinstance(entry, dict):
            return entry
        name = name_of(entry)
        return {"node": name} if name in self.inputs or name in self.nodes else {"sign": name}

    # -- what it computes -----------------------------------------------------------------------------------------

    def order(self) -> list[str]:
        """Node names, each after what it reads. SheetError for unknown names and cycles."""
        known = self.inputs.keys() | self.nodes.keys()
        for name, node in self.nodes.items():
            for arg in node["args"]:
                if arg not in known:
                    raise SheetError(f"{self.name}: node {name} reads {arg!r}, and there is no node of that name")
            for param in params_in(list(node["opts"].values())):
                if param not in self.params:
                    raise SheetError(f"{self.name}: node {name} uses {param!r}, and there is no parameter of that name")
        try:
            graph = {name: node["args"] for name, node in self.nodes.items()}
            return [name for name in TopologicalSorter(graph).static_order() if name in self.nodes]
        except CycleError as error:
            circle = " -> ".join(reversed(error.args[1]))
            raise SheetError(f"{self.name}: nodes cannot be computed from themselves: {circle}") from None

    def check(self) -> Sheet:
        """Raises SheetError for anything that cannot be computed or shown as the sheet stands; returns the sheet."""
        self.evaluate(self.inputs, self.values())
        known = self.inputs.keys() | self.nodes.keys()
        for name in shown_nodes(self.layout):
            if name not in known:
                raise SheetError(f"{self.name}: lay shows {name!r}, and there is no node of that name")
        return self

    def values(self) -> dict:
        """The parameters as the sheet starts: name -> value."""
        return {name: param.value for name, param in self.params.items()}

    def evaluate(self, inputs: Mapping[str, Value], params: Mapping) -> dict[str, Value]:
        """Every input and node. SheetError names the first node that cannot be computed."""
        values = dict(inputs)
        for name in self.order():
            node = self.nodes[name]
            try:
                opts = {key: self._resolve(value, params) for key, value in node["opts"].items()}
                values[name] = OPS[node["op"]]([values[arg] for arg in node["args"]], opts)
            except (ValueError, TypeError) as error:
                raise SheetError(f"{self.name}: node {name}: {error}") from None
        return values

    def _resolve(self, value: Any, params: Mapping) -> Any:
        if isinstance(value, list):
            return [self._resolve(item, params) for item in value]
        if isinstance(value, dict):
            name: str = value["position"] if "position" in value else value["param"]
            return self.params[name].options.index(params[name]) if "position" in value else params[name]
        return value

    def spec(self) -> dict:
        """The sheet as JSON for the browser: everything but the present state."""
        return {
            "name": self.name,
            "title": self.title,
            "hint": self.hint,
            "inputs": {
                name: {**options, **{axis: _listed(getattr(self.inputs[name], axis)) for axis in _AXES}}
                for name, options in self.input_options.items()
            },
            "params": [
                {
                    "name": p.name,
                    "kind": p.kind,
                    "label": p.label,
                    "look": p.look,
                    "options": [str(o) for o in p.options],
                    "values": list(p.options),
                    **p.limits,
                }
                for p in self.params.values()
            ],
            "nodes": [{"name": name, **copy.deepcopy(self.nodes[name])} for name in self.order()],
            "layout": complete(self.layout or self._plain_layout(), self.inputs, self.nodes),
        }

    def _plain_layout(self) -> list[list]:
        return [[{"node": name} for name in self.inputs], [{"node": name} for name in self.nodes]]

    def _param(self, param: Param) -> Param:
        self._claim(param.name)
        param = Param(**{**param.__dict__, "label": param.label or param.name.replace("_", " ")})
        self.params[param.name] = param
        return param

    def _claim(self, name: str) -> None:
        if not isinstance(name, str) or not name.isidentifier():
            raise SheetError(f"{self.name}: {name!r} cannot name a node: use letters, digits and _")
        if name in self.inputs or name in self.nodes or name in self.params:
            raise SheetError(f"{self.name}: {name!r} is there twice; give the second one another name")


_AXES = ("rows", "cols", "heads")


def _listed(labels: Sequence | None) -> list | None:
    return None if labels is None else list(labels)


def _builder(op: Op) -> Callable[..., Node]:
    def build(self: Sheet, name: str, *given: Any, about: str = "", **named: Any) -> Node:
        args, opts = op.bind(*given, **named)
        return self.op(name, op.name, args, about, **opts)

    own = inspect.signature(op.function).parameters.values()
    first = [inspect.Parameter(each, inspect.Parameter.POSITIONAL_OR_KEYWORD) for each in ("self", "name")]
    last = inspect.Parameter("about", inspect.Parameter.KEYWORD_ONLY, default="")
    build.__signature__ = inspect.Signature([*first, *own, last])  # type: ignore[attr-defined]
    build.__name__, build.__doc__ = op.name, op.__doc__
    return build


def _view_builder(kind: str) -> Callable[..., dict]:
    def build(self: Sheet, *given: Any, **named: Any) -> dict:
        return self._view(kind, *given, **named)

    build.__name__, build.__doc__ = kind, f"A layout entry: see `qkvlib.widgets.views.{kind}.entry`."
    return build


for _op in OPS.values():
    setattr(Sheet, _op.name, _builder(_op))
for _kind in views.KINDS:
    setattr(Sheet, _kind, _view_builder(_kind))

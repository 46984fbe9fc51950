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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

import numpy as np

from .ops import OPS, Value, shape_text


class SheetError(ValueError):
    """A sheet that cannot be computed; the message names the node and says what to do."""


@dataclass(frozen=True)
class Node:
    """A name on a sheet, returned by the builder methods so that typos are caught by Python."""

    name: str


@dataclass(frozen=True)
class Param(Node):
    """Something a learner turns: a slider, a switch, a choice or a text."""

    kind: str = "float"
    label: str = ""
    value: float | int | bool | str = 0
    options: tuple = ()
    limits: dict = field(default_factory=dict)
    look: str = ""


class Sheet:
    """A builder and evaluator of one worksheet. `name` is a Python name, used in reprs and file names."""

    def __init__(self, name: str, title: str = "", hint: str = ""):
        self.name, self.title, self.hint = name, title or name.replace("_", " "), hint
        self.inputs: dict[str, Value] = {}
        self.params: dict[str, Param] = {}
        self.input_options: dict[str, dict] = {}
        self.nodes: dict[str, dict] = {}
        self.layout: list[list] = []

    # -- what a learner changes -----------------------------------------------------------------------------------

    def input(self, name, values, rows=None, cols=None, heads=None, editable=True, step=None, about="") -> Node:
        """A matrix (0 to 3 axes). `rows`, `cols`, `heads` name its lines; `step` is what one drag step adds.

        `step` is 1 when all values are whole, else 0.1. `about` is one sentence, shown when the matrix is pointed at.
        """
        self._claim(name)
        self.inputs[name] = make_value(name, values, rows, cols, heads)
        if step is None:
            array = self.inputs[name].array
            step = 1 if np.all(array == np.round(array)) else 0.1
        self.input_options[name] = {"editable": bool(editable), "step": step, "about": about}
        return Node(name)

    def slider(self, name, value, min, max, step=0.1, label="") -> Param:
        """A number. Whole numbers only, when `value` and `step` are int."""
        kind = "int" if isinstance(value, int) and isinstance(step, int) else "float"
        if not min <= value <= max:
            raise SheetError(f"{self.name}: slider {name} starts at {value}, outside {min} to {max}")
        return self._param(Param(name, kind, label, value, (), {"min": min, "max": max, "step": step}))

    def switch(self, name, value=True, label="") -> Param:
        """On or off."""
        return self._param(Param(name, "bool", label, bool(value)))

    def choice(self, name, options: Sequence, value=None, label="", look="list") -> Param:
        """One of several: words or numbers. An option used in an op is the option itself, not its position.

        `look` is "list", or "slider" for options that lie in an order, such as 4, 2, 1.
        """
        options = tuple(options)
        value = options[0] if value is None else value
        if value not in options:
            raise SheetError(f"{self.name}: choice {name} starts at {value!r}, which is none of {options}")
        return self._param(Param(name, "choice", label, value, options, look=look))

    def text(self, name, value, label="") -> Param:
        """A line of words a learner types."""
        return self._param(Param(name, "text", label, str(value)))

    # -- what is computed: one method per op ----------------------------------------------------------------------

    def matmul(self, name, a, b, about="") -> Node:
        """a · b; stacks of heads multiply head by head, and a plain matrix meets every head."""
        return self.op(name, "matmul", [a, b], about)

    def scores(self, name, q, k, about="") -> Node:
        """q · kᵀ: every query row with every key row."""
        return self.op(name, "scores", [q, k], about)

    def transpose(self, name, a, about="") -> Node:
        return self.op(name, "transpose", [a], about)

    def add(self, name, a, b, about="") -> Node:
        return self.op(name, "add", [a, b], about)

    def subtract(self, name, a, b, about="") -> Node:
        return self.op(name, "subtract", [a, b], about)

    def multiply(self, name, a, b, about="") -> Node:
        """Number by number (shapes broadcast as in numpy)."""
        return self.op(name, "multiply", [a, b], about)

    def divide(self, name, a, b, about="") -> Node:
        return self.op(name, "divide", [a, b], about)

    def scale(self, name, a, like=None, by=1.0, on=True, temperature=1.0, about="") -> Node:
        """a · `by` / √(width of `like`) while `on`; always divided by `temperature`."""
        args = [a] if like is None else [a, like]
        return self.op(name, "scale", args, about, by=by, on=on, temperature=temperature)

    def mask(self, name, a, allowed=None, causal=True, window=0, on=True, about="") -> Node:
        """-inf where a query may not look: the future (`causal`), beyond `window` tokens, or zero in `allowed`."""
        args = [a] if allowed is None else [a, allowed]
        return self.op(name, "mask", args, about, causal=causal, window=window, on=on)

    def softmax(self, name, a, over="keys", about="") -> Node:
        """Each row becomes shares that sum to 1; `over="queries"` does it down the columns (a bug to look at)."""
        return self.op(name, "softmax", [a], about, over=over)

    def split_heads(self, name, a, n, about="") -> Node:
        """[T, n·d] -> [n, T, d], blocks of neighbouring columns."""
        return self.op(name, "split_heads", [a], about, n=n)

    def merge_heads(self, name, a, about="") -> Node:
        """[n, T, d] -> [T, n·d]."""
        return self.op(name, "merge_heads", [a], about)

    def repeat_kv(self, name, a, n_rep, about="") -> Node:
        """Each head `n_rep` times in a row: 0 0 1 1."""
        return self.op(name, "repeat_kv", [a], about, n_rep=n_rep)

    def tile_kv(self, name, a, n_rep, about="") -> Node:
        """All heads, `n_rep` times: 0 1 0 1 (the bug)."""
        return self.op(name, "tile_kv", [a], about, n_rep=n_rep)

    def pool_kv(self, name, a, n_kv_heads, about="") -> Node:
        """Neighbouring heads averaged down to `n_kv_heads`."""
        return self.op(name, "pool_kv", [a], about, n_kv_heads=n_kv_heads)

    def select(self, name, a, index, about="") -> Node:
        """One matrix of a stack, counted from 0."""
        return self.op(name, "select", [a], about, index=index)

    def rows(self, name, a, start=None, stop=None, about="") -> Node:
        """a[start:stop]."""
        return self.op(name, "rows", [a], about, start=start, stop=stop)

    def columns(self, name, a, start=None, stop=None, about="") -> Node:
        """a[:, start:stop]."""
        return self.op(name, "columns", [a], about, start=start, stop=stop)

    def rows_like(self, name, a, like, about="") -> Node:
        """As many rows of `a` as `like` has (positions for a sentence of any length)."""
        return self.op(name, "rows_like", [a, like], about)

    def concat(self, name, *parts, axis="columns", about="") -> Node:
        """Side by side ("columns") or under one another ("rows")."""
        return self.op(name, "concat", list(parts), about, axis=axis)

    def total(self, name, a, over="heads", about="") -> Node:
        """The sum over "heads", "rows", "columns" or "all"."""
        return self.op(name, "total", [a], about, over=over)

    def norm(self, name, a, about="") -> Node:
        """√ of the sum of squares: how big a matrix is (of a difference: how big the error is)."""
        return self.op(name, "norm", [a], about)

    def number(self, name, value, about="") -> Node:
        """A parameter as a node, to calculate with."""
        return self.op(name, "number", [], about, value=value)

    def choose(self, name, index: Param, *nodes, about="") -> Node:
        """One of several nodes: the one at the position of the option chosen."""
        return self.op(name, "choose", list(nodes), about, index={"position": index})

    def embed(self, name, table, *words, unknown="make up", most=60, about="") -> Node:
        """The rows of `table` (whose `rows` are words) for a text: literals, text and choice parameters, in order.

        `unknown` is "make up" (a made-up embedding, marked *) or "refuse" (an error naming the closest known words).
        """
        return self.op(name, "embed", [table], about, words=list(words), unknown=unknown, most=most)

    def op(self, name, op, args, about="", **opts) -> Node:
        """The general form behind the methods above: `op` is a key of `ops.OPS`."""
        self._claim(name)
        if op not in OPS:
            raise SheetError(
                f"{self.name}: node {name} uses {op!r}, and there is no such op; there are {', '.join(OPS)}"
            )
        self.nodes[name] = {
            "op": op,
            "args": [_name(a) for a in args],
            "opts": {key: _reference(value) for key, value in opts.items()},
            "about": about,
        }
        return Node(name)

    # -- how it is shown ------------------------------------------------------------------------------------------

    def lay(self, *lines) -> None:
        """What is shown: a list per line. An entry is a node or its name, a sign between ("·", "=", "→"), a `panel`
        or a `say`. Lines wrap on narrow screens."""
        for line in lines:
            self.layout.append([self._entry(entry) for entry in line])

    def panel(self, node, title="", pick=None, lit=None, note="", max=None) -> dict:
        """A node with more to say about how it is drawn.

        title: another heading than the name. pick: show one head of a stack (a number or a parameter).
        lit: a row to keep in the light, by index, row name or parameter. note: a line under the matrix.
        max: the end of the colour scale (else the next round number above the largest value).
        """
        return {
            "node": _name(node),
            "title": title,
            "pick": _reference(pick),
            "lit": _reference(lit),
            "note": note,
            "max": max,
        }

    def say(self, template: str) -> dict:
        """A sentence with live numbers: "{weights[1,0]:%} from v1", "{bytes:bytes}", "{answer[6]:top}", "{head}".

        Indices count from 0. Formats: none (as in a cell), % (percent), int (thousands apart), bytes (KiB, MiB, GiB),
        top (the column name of a row's largest value), shape.
        """
        return {"say": template}

    def _entry(self, entry):
        if isinstance(entry, dict):
            return entry
        name = _name(entry)
        return {"node": name} if name in self.inputs or name in self.nodes else {"sign": name}

    # -- what it computes -----------------------------------------------------------------------------------------

    def order(self) -> list[str]:
        """Node names, each after what it reads. SheetError for unknown names and cycles."""
        known = self.inputs.keys() | self.nodes.keys()
        for name, node in self.nodes.items():
            for arg in node["args"]:
                if arg not in known:
                    raise SheetError(f"{self.name}: node {name} reads {arg!r}, and there is no node of that name")
            for param in _params_in(node["opts"]):
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
        for line in self.layout:
            for entry in line:
                if "node" in entry and entry["node"] not in known:
                    raise SheetError(f"{self.name}: lay shows {entry['node']!r}, and there is no node of that name")
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

    def _resolve(self, value, params):
        if isinstance(value, list):
            return [self._resolve(item, params) for item in value]
        if isinstance(value, dict):
            name = value.get("param", value.get("position"))
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
            "layout": self.layout or self._plain_layout(),
        }

    def _plain_layout(self):
        return [[{"node": name} for name in self.inputs], [{"node": name} for name in self.nodes]]

    def _param(self, param):
        self._claim(param.name)
        param = Param(**{**param.__dict__, "label": param.label or param.name.replace("_", " ")})
        self.params[param.name] = param
        return param

    def _claim(self, name):
        if not isinstance(name, str) or not name.isidentifier():
            raise SheetError(f"{self.name}: {name!r} cannot name a node: use letters, digits and _")
        if name in self.inputs or name in self.nodes or name in self.params:
            raise SheetError(f"{self.name}: {name!r} is there twice; give the second one another name")


_AXES = ("rows", "cols", "heads")


def make_value(name, values, rows=None, cols=None, heads=None) -> Value:
    """A Value from lists or arrays, its labels checked against its shape. SheetError names the input."""
    try:
        array = np.array(values, dtype=np.float64)
    except (ValueError, TypeError):
        raise SheetError(f"{name} must be numbers in rows of equal length") from None
    if array.ndim > 3:
        raise SheetError(f"{name} is {shape_text(array)}: a sheet shows at most a stack of matrices (3 axes)")
    labels = {}
    for axis, position, given in (("rows", -2, rows), ("cols", -1, cols), ("heads", -3, heads)):
        if given is not None:
            if array.ndim < -position or len(given) != array.shape[position]:
                raise SheetError(f"{name} is {shape_text(array)}, and {len(given)} names were given for its {axis}")
            labels[axis] = tuple(str(label) for label in given)
    return Value(array, **labels)


def _name(thing):
    if isinstance(thing, Param):
        raise SheetError(f"parameter {thing.name} stands where a matrix is read; use sheet.number to make it a node")
    return thing.name if isinstance(thing, Node) else str(thing)


def _reference(value):
    if isinstance(value, Param):
        return {"param": value.name}
    if isinstance(value, list):
        return [_reference(item) for item in value]
    if isinstance(value, dict):
        return {key: _name_of_param(item) for key, item in value.items()}
    if isinstance(value, np.generic):
        return value.item()
    return value


def _name_of_param(param):
    return param.name if isinstance(param, Param) else param


def _params_in(value):
    if isinstance(value, list):
        return [name for item in value for name in _params_in(item)]
    if isinstance(value, dict) and value.keys() <= {"param", "position"}:
        return list(value.values())
    if isinstance(value, dict):
        return [name for item in value.values() for name in _params_in(item)]
    return []


def _listed(labels):
    return None if labels is None else list(labels)

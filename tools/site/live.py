"""The widgets of the stored notebooks: each cell is run once more, in this process, and what it shows is taken apart.

A stored notebook has what its widgets look like, not their state. What was stored is what is shown; a widget that says
something else than the notebook does, the notebook is out of date, and then nothing is built.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from ipywidgets import Widget
from ipywidgets.widgets.widget import _instances as alive
from nbformat import NotebookNode

from qkvlib.course import progress
from qkvlib.widgets import Instrument, Worksheet
from qkvlib.widgets._small import SmallWidget
from tools.lessonfile import Refusal
from tools.site import parts

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LARGE = 32  # numbers
_NOT_OURS = {"layout", "tabbable", "tooltip", "earlier"}


@contextmanager
def nobody() -> Iterator[None]:
    """As somebody who has done nothing yet; the order of the choices is the same in every build."""
    with TemporaryDirectory(prefix="qkv-site-") as place:
        before = {name: os.environ.get(name) for name in ("QKV_HOME", "MPLBACKEND")}
        os.environ |= {"QKV_HOME": place, "MPLBACKEND": "agg"}
        try:
            progress.record("learner", "order", salt="site")
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def widgets_of(notebook: NotebookNode, path: Path) -> dict[tuple[str, int], dict]:
    """{(cell id, place of the output): what `held` says} of every widget the notebook shows. Raises Refusal."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    found = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        with capture_output() as shown:
            ran = shell.run_cell(cell.source)
        if not ran.success and "raises-exception" not in cell.metadata.get("tags", []):
            raise Refusal(f"{path.name}, cell {cell.id}: {ran.error_in_exec or ran.error_before_exec}")
        views = [output.data[WIDGET_VIEW]["model_id"] for output in shown.outputs if WIDGET_VIEW in output.data]
        for widget in [*(alive[each] for each in views), ran.result]:
            if isinstance(widget, Instrument | Worksheet | SmallWidget):
                found[cell.id, _place(cell, widget, path)] = held(widget)
    return found


def held(widget: Instrument | Worksheet | SmallWidget) -> dict[str, Any]:
    """Which widget it is, and its traits: what the page's own script makes it from."""
    if isinstance(widget, Instrument):
        widget = widget.sheet
    traits = {k: v for k, v in Widget.get_state(widget).items() if not k.startswith("_") and k not in _NOT_OURS}
    if not isinstance(widget, Worksheet):
        return {"kind": _module(widget), "state": traits}
    initial = traits["spec"]["initial"]
    if traits.pop("inputs") != initial["inputs"]:
        raise Refusal(
            f"{widget.sheet.name}: the notebook changes its inputs, and the site starts from the initial ones"
        )
    numbers = {name: _packed(value) for name, value in initial["inputs"].items()}
    spec = {
        **traits["spec"],
        "inputs": {name: _said(options) for name, options in traits["spec"]["inputs"].items()},
        "nodes": [_said(node) for node in traits["spec"]["nodes"]],
        "initial": {**initial, "inputs": numbers},
    }
    pieces = [path.stem for path in parts.pieces(widget.parts[0])]
    return {"kind": "worksheet", "parts": pieces, "state": {**traits, "spec": spec}}


def _said(options: dict) -> dict:
    """What a sheet says of a matrix, without what it leaves open; only numbers that can be dragged have a step."""
    still = {"editable", "step"} if options.get("editable") is False else set()
    return {key: value for key, value in options.items() if value is not None and value != "" and key not in still}


def shared(widgets: dict[tuple[str, int], dict]) -> None:
    """A large matrix that several sheets of a page start from is written once: {"same": [which widget, its input]}."""
    seen: dict[tuple, list] = {}
    for place, held in enumerate(widgets.values()):
        inputs = held["state"]["spec"]["initial"]["inputs"] if held["kind"] == "worksheet" else {}
        for name, value in inputs.items():
            if coded := next((value[code] for code in _CODES if code in value), ""):
                if (coded, value.get("over")) in seen:
                    inputs[name] = {"shape": value["shape"], "same": seen[coded, value.get("over")]}
                else:
                    seen[coded, value.get("over")] = [place, name]


_CODES = {"i16": 2, "i24": 3, "i32": 4, "f32": 4, "f64": 8}  # bytes a number, as `unpacked` in site.js reads them
_DIGITS = 6


def _packed(value: dict) -> dict:
    """A large matrix as base64 where that is shorter: of whole numbers of a decimal place, or of 32 or 64 bits."""
    data = value["data"]
    if len(data) < LARGE or any(isinstance(number, str) for number in data):
        return value
    numbers = np.array(data, float)
    over = next((10**d for d in range(_DIGITS + 1) if np.array_equal(np.round(numbers * 10**d) / 10**d, numbers)), 0)
    whole = np.round(numbers * (over or 1))
    code = next(code for code in _CODES if _holds(code, whole if code[0] == "i" else numbers, over))
    coded = b64encode(_bytes(code, whole if code[0] == "i" else numbers)).decode()
    if len(coded) > len(json.dumps(data, separators=(",", ":"))):
        return value
    return {"shape": value["shape"], code: coded} | ({"over": over} if code[0] == "i" else {})


def _holds(code: str, numbers: np.ndarray, over: int) -> bool:
    """Whether numbers of this code say exactly these; whole ones want a decimal place that they count."""
    if code[0] == "i":
        return bool(over) and float(np.abs(numbers).max()) < 2.0 ** (8 * _CODES[code] - 1)
    return code == "f64" or np.array_equal(numbers.astype("<f4").astype(float), numbers)


def _bytes(code: str, numbers: np.ndarray) -> bytes:
    """The numbers one after another, lowest byte first."""
    if code[0] == "f":
        return numbers.astype(f"<f{_CODES[code]}").tobytes()
    return numbers.astype("<i4").view("u1").reshape(-1, 4)[:, : _CODES[code]].tobytes()


def _module(widget: SmallWidget) -> str:
    """The name of the widget's JavaScript file: that of the Python module that defines its code."""
    owner = next(base for base in type(widget).__mro__ if "_esm" in vars(base))
    return owner.__module__.rpartition(".")[2]


def _place(cell: NotebookNode, widget: Any, path: Path) -> int:
    shown = widget._repr_mimebundle_()
    said = (shown[0] if isinstance(shown, tuple) else shown)["text/plain"]
    for place, output in enumerate(cell.outputs):
        if output.get("data", {}).get("text/plain") == said:
            return place
    raise Refusal(f"{path.name}, cell {cell.id}: it now shows {said.splitlines()[0]!r}; run `make build` first")

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
LARGE = 64  # numbers
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
    inputs = {name: _packed(value) for name, value in initial["inputs"].items()}
    return {
        "kind": "worksheet",
        "parts": [path.stem for path in parts.pieces(widget.parts[0])],
        "state": {**traits, "spec": {**traits["spec"], "initial": {**initial, "inputs": inputs}}},
    }


def shared(widgets: dict[tuple[str, int], dict]) -> None:
    """A large matrix that several sheets of a page start from is written once: {"same": [which widget, its input]}."""
    seen: dict[str, list] = {}
    for place, held in enumerate(widgets.values()):
        inputs = held["state"]["spec"]["initial"]["inputs"] if held["kind"] == "worksheet" else {}
        for name, value in inputs.items():
            if coded := value.get("f32") or value.get("f64"):
                if coded in seen:
                    inputs[name] = {"shape": value["shape"], "same": seen[coded]}
                else:
                    seen[coded] = [place, name]


def _packed(value: dict) -> dict:
    """A large matrix as base64 where that is shorter: of 32-bit numbers, if they are exactly that, else of 64 bits."""
    data = value["data"]
    if len(data) < LARGE or any(isinstance(number, str) for number in data):
        return value
    exact = np.array(data, "<f4").astype(float).tolist() == data
    coded = b64encode(np.array(data, "<f4" if exact else "<f8").tobytes()).decode()
    if len(coded) > len(json.dumps(data, separators=(",", ":"))):
        return value
    return {"shape": value["shape"], "f32" if exact else "f64": coded}


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

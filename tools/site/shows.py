"""Whether what the narration asks of a sheet is something that the sheet can show."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def problems(held: list[dict]) -> Iterator[str]:
    """What is wrong with the states that the player on a page asks of the sheets on it; `held` is all its widgets."""
    specs: dict[str, dict] = {}
    for widget in held:
        if widget["kind"] == "worksheet":
            specs.setdefault(widget["state"]["spec"]["name"], widget["state"]["spec"])  # the first one answers
    for widget in held:
        for sentence in widget["state"]["sentences"] if widget["kind"] == "narration" else ():
            if show := sentence.get("show"):
                spec = specs.get(show["sheet"])
                wrong = fitting(show, spec) if spec else "is not on this page"
                if wrong:
                    yield f"{sentence['text']!r} shows {show['sheet']}, which {wrong}"


def fitting(show: dict, spec: dict) -> str:
    """Why a sheet with this spec cannot take the state; "" when it can."""
    params = {param["name"]: param for param in spec["params"]}
    for name, value in show["state"].items():
        if name in params:
            if wrong := _unfit(params[name], value):
                return f"cannot have {name} = {value!r}: {wrong}"
        elif name not in spec["initial"]["inputs"]:
            return f"has no {name}"
        elif list(np.shape(value)) != spec["initial"]["inputs"][name]["shape"]:
            return f"has {name} of shape {spec['initial']['inputs'][name]['shape']}, not {list(np.shape(value))}"
    return ""


def _unfit(param: dict, value: object) -> str:
    match param["kind"], value:
        case "choice", str():
            return "" if value in param["options"] else f"one of {param['options']}"
        case (("float" | "int"), (int() | float())):
            return "" if param["min"] <= value <= param["max"] else f"from {param['min']} to {param['max']}"
        case ("bool", bool()) | ("text", str()):
            return ""
    return f"a {param['kind']} is wanted"

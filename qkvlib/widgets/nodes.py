"""What a sheet is made of: nodes, parameters and input values, and how options refer to them in JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..shapes import shape_of
from .ops import Value


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


def make_value(
    name: str,
    values: ArrayLike,
    rows: Sequence | None = None,
    cols: Sequence | None = None,
    heads: Sequence | None = None,
) -> Value:
    """A Value from lists or arrays, its labels checked against its shape. SheetError names the input."""
    try:
        array = np.array(values, dtype=np.float64)
    except (ValueError, TypeError):
        raise SheetError(f"{name} must be numbers in rows of equal length") from None
    if array.ndim > 3:
        raise SheetError(f"{name} is {shape_of(array)}: a sheet shows at most a stack of matrices (3 axes)")
    labels: dict[str, Any] = {}
    for axis, position, given in (("rows", -2, rows), ("cols", -1, cols), ("heads", -3, heads)):
        if given is not None:
            if array.ndim < -position or len(given) != array.shape[position]:
                raise SheetError(f"{name} is {shape_of(array)}, and {len(given)} names were given for its {axis}")
            labels[axis] = tuple(str(label) for label in given)
    return Value(array, **labels)


def name_of(thing: Any) -> str:
    """The name of a node, given as itself or by its name. SheetError for a parameter."""
    if isinstance(thing, Param):
        raise SheetError(f"parameter {thing.name} stands where a matrix is read; use sheet.number to make it a node")
    return thing.name if isinstance(thing, Node) else str(thing)


def reference(value: Any, position: bool = False) -> Any:
    """An option as JSON: a parameter by its name, or where an op counts options, by the position of the one chosen."""
    if isinstance(value, Param):
        return {"position" if position else "param": value.name}
    if isinstance(value, list):
        return [reference(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def plain(value: Any) -> Any:
    """A view's option as JSON: nodes and parameters by name, at any depth."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.name if type(value) is Node else reference(value)


def params_in(value: Any) -> list[str]:
    """The parameters that an op's options, as JSON, refer to."""
    if isinstance(value, list):
        return [name for item in value for name in params_in(item)]
    return list(value.values()) if isinstance(value, dict) else []

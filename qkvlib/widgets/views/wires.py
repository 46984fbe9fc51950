"""Wires: who is read by whom, as ribbons from column to column, as wide as the entry of a matrix.

    s.wires("merged", "reads", names=["trained K/V heads", "merged", "query heads"])

Every matrix [n_out, n_in] is one step from left to right: entry [r, c] is the ribbon from c to r. Pointing at a ribbon
or at a box lights the whole path through it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..numbers import short
from ..ops import Value
from ..scene import Mark, Scene, box, curve, text

if TYPE_CHECKING:
    from ..sheet import Sheet

BOX, LOW, SPACE, UNIT, TOP = 116, 24, 12, 14, 26  # a box's width and least height, room between, pixels for 1, heading
STEP = 146  # from one column to the next


def entry(
    sheet: Sheet, *matrices: Any, names: Sequence[str] = (), role: str = "key", title: str = "", note: str = ""
) -> dict:
    """`matrices` are nodes [n_out, n_in], each reading what the one before wrote; `names` heads the columns, one more
    than there are matrices; `role` gives the ribbons their colour."""
    if not matrices:
        raise ValueError("there is nothing to draw: name at least one matrix")
    if names and len(names) != len(matrices) + 1:
        raise ValueError(
            f"{len(matrices)} matrices join {len(matrices) + 1} columns, and {len(names)} names were given"
        )
    nodes = [getattr(node, "name", node) for node in matrices]
    start = sheet.evaluate(sheet.inputs, sheet.values())
    before = None
    for name in nodes:
        if name not in start:
            raise ValueError(f"there is no node {name!r}")
        shape = start[name].array.shape
        if len(shape) != 2 or (before is not None and shape[1] != before):
            raise ValueError(f"{name} is {list(shape)}; it must be a matrix that reads what the one before it writes")
        before = shape[0]
    return {"nodes": nodes, "names": list(names), "role": role, "title": title, "note": note}


def scene(entry: dict, values: Mapping[str, Value], resolve: Callable) -> Scene:
    """Columns of boxes, ribbons between them."""
    matrices = [v for name in entry["nodes"] if (v := values.get(name)) is not None]
    if len(matrices) < len(entry["nodes"]) or any(v.array.ndim != 2 or not v.array.size for v in matrices):
        return Scene(0, 0)
    if any(b.array.shape[1] != a.array.shape[0] for a, b in pairwise(matrices)):
        return Scene(0, 0)
    columns = _columns(matrices)
    height = max(sum(tall for tall, _ in column) + SPACE * (len(column) - 1) for column in columns)
    places = []
    for column in columns:
        y = TOP + (height - sum(tall for tall, _ in column) - SPACE * (len(column) - 1)) / 2
        tops = []
        for tall, _ in column:
            tops.append(y)
            y += tall + SPACE
        places.append(tops)
    heads = [text(k * STEP + BOX / 2, 10, name, size=12, bold=True) for k, name in enumerate(entry["names"])]
    ribbons: list = []
    for k, value in enumerate(matrices):
        ribbons += _ribbons(entry["nodes"][k], entry["role"], _sizes(value), k, columns, places)
    boxes: list = []
    for k, column in enumerate(columns):
        for r, (tall, name) in enumerate(column):
            more = {}
            if k:
                own, m = matrices[k - 1].array[r], matrices[k - 1].array.shape[1]
                read = [c for c in range(m) if np.isfinite(own[c]) and own[c]] or [0]
                of = entry["nodes"][k - 1]
                more = {"cell": [of, r * m + read[0]], "cells": [r * m + c for c in read],
                        "label": _told(name, [(columns[k - 1][c][1], float(own[c])) for c in read])}  # fmt: skip
            boxes.append(box(k * STEP, places[k][r], BOX, tall, 5, role="soft", width=1.2, **more))
            boxes.append(text(k * STEP + BOX / 2, places[k][r] + tall / 2, name, size=12))
    return Scene(STEP * (len(columns) - 1) + BOX, TOP + height + 4, heads + ribbons + boxes)


def _sizes(value: Value) -> np.ndarray:
    return np.where(np.isfinite(value.array), value.array, 0.0)


def _columns(matrices: list[Value]) -> list[list[tuple[float, str]]]:
    """[(height, name)] of every column: a box is as high as what runs into it or out of it."""
    columns = []
    for k in range(len(matrices) + 1):
        into = np.abs(_sizes(matrices[k - 1])).sum(1) if k else None
        out = np.abs(_sizes(matrices[k])).sum(0) if k < len(matrices) else None
        names = matrices[k - 1].rows if k else matrices[0].cols
        beside = [part for part in (into, out) if part is not None]
        n = len(beside[0])
        most = [max(float(part[i]) for part in beside) for i in range(n)]
        columns.append([(max(LOW, min(8.0, most[i]) * UNIT + 6), names[i] if names else str(i)) for i in range(n)])
    return columns


def _ribbons(name: str, role: str, sizes: np.ndarray, k: int, columns: list, places: list) -> list[Mark]:
    n, m = sizes.shape
    marks = []
    left = [places[k][c] + (columns[k][c][0] - _wide(sizes[:, c])) / 2 for c in range(m)]
    right = [places[k + 1][r] + (columns[k + 1][r][0] - _wide(sizes[r])) / 2 for r in range(n)]
    x1, x2 = k * STEP + BOX, (k + 1) * STEP
    bend = (x2 - x1) / 2
    for r in range(n):
        for c in range(m):
            wide = min(8.0, abs(float(sizes[r, c]))) * UNIT
            if not wide:
                continue
            y1, y2 = left[c] + wide / 2, right[r] + wide / 2
            left[c] += wide
            right[r] += wide
            marks.append(curve(x1, y1, x1 + bend, y1, x2 - bend, y2, x2, y2, role=role, width=max(1.0, wide),
                               dash=bool(sizes[r, c] < 0), of=[name, r * m + c]))  # fmt: skip
    return marks


def _wide(entries: np.ndarray) -> float:
    return sum(min(8.0, abs(float(v))) for v in entries) * UNIT


def _told(name: str, read: list) -> str:
    """ "query head 3 reads kv 1" or "kv 1 is made of K/V 2 (0.5), K/V 3 (0.5)"."""
    if len(read) == 1 and read[0][1] == 1:
        return f"{name} reads {read[0][0]}"
    if len(read) > 1 and all(abs(share - 1 / len(read)) < 1e-9 for _, share in read):
        return f"{name} reads the mean of {' and '.join(other for other, _ in read)}"
    return f"{name} reads {', '.join(f'{other} ({short(share)})' for other, share in read)}"

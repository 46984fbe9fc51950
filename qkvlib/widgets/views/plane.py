"""A plane: rows of two numbers as arrows and points, the keys' shadows on one query, the values and their blend.

    s.plane(arrows=["Q", "K"], shadow=("K", "Q"), reader=1)    # who: the longer k's shadow on q, the higher the score
    s.plane(points=["V"], blend="out", reader=1)               # what: out lies within the hull of the values

An arrow of an editable input is dragged exactly; one that a matmul computed is dragged by the smallest change of its
matrix that brings it there, ΔW = xᵀ Δq / |x|², so the other rows move too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..layout import role_of
from ..numbers import nice_ceiling, short
from ..ops import Value
from ..scene import Mark, Scene, area, arrow, dot, line, text

if TYPE_CHECKING:
    from ..sheet import Sheet


Place = Callable[[Sequence], tuple[float, float]]
"""Where a pair of numbers lies on the picture."""


def entry(
    sheet: Sheet,
    arrows: Sequence = (),
    points: Sequence = (),
    shadow: Sequence | None = None,
    blend: Any = None,
    reader: Any = 0,
    step: float = 0.5,
    size: int = 230,
    reach: float | None = None,
    title: str = "",
    note: str = "",
) -> dict:
    """`arrows` and `points` are nodes [T, 2]; `shadow` is (keys, queries), both among the arrows; `blend` a node
    [T, 2] drawn as one point for the reader; `reader` a row number or a parameter; `step` what a drag snaps to; `reach`
    how far the plane goes (else a little more than what the sheet starts with)."""
    named = [getattr(node, "name", node) for node in (*arrows, *points, *((blend,) if blend else ()))]
    if not named:
        raise ValueError("there is nothing to draw: name arrows, points or a blend")
    start = sheet.evaluate(sheet.inputs, sheet.values())
    for name in named:
        if name not in start:
            raise ValueError(f"there is no node {name!r}")
        if start[name].array.ndim != 2 or start[name].array.shape[1] != 2:
            raise ValueError(f"{name} is {list(start[name].array.shape)}; a plane shows rows of two numbers")
    if shadow and not {getattr(node, "name", node) for node in shadow} <= set(named):
        raise ValueError("shadow is (keys, queries), and both must be among the arrows")
    if reach is None:
        reach = _roomy(1.2 * max(float(np.abs(start[name].array).max(initial=0)) for name in named))
    pulls = {name: pull for name in named if (pull := _pull(sheet, name))}
    return {"nodes": list(dict.fromkeys(named)), "arrows": list(arrows), "points": list(points), "shadow": shadow,
            "blend": blend, "reader": reader, "step": step, "size": size, "reach": float(reach), "pulls": pulls,
            "roles": {name: role_of(name) for name in named}, "title": title, "note": note}  # fmt: skip


def _roomy(size: float) -> float:
    """At least `size`, in tenths of the round number above it: 3.6 -> 4, 14 -> 14."""
    unit = nice_ceiling(size) / 10
    return max(1, math.ceil(size / unit - 1e-9)) * unit


def _pull(sheet: Sheet, name: str) -> dict | None:
    """How a row of this node is dragged: {} for an input, the matrix to change for a product, None for neither."""

    def editable(node: str) -> bool:
        return sheet.input_options.get(node, {}).get("editable", False)

    if editable(name):
        return {"input": name}
    node = sheet.nodes.get(name)
    if node and node["op"] == "matmul" and editable(node["args"][1]):
        return {"x": node["args"][0], "w": node["args"][1]}
    return None


def scene(entry: dict, values: Mapping[str, Value], resolve: Callable) -> Scene:
    """The ground with its grid, then shadows, arrows, hull, points, blend."""
    size, reader = entry["size"], resolve(entry["reader"])
    shown = {name: values[name] for name in entry["nodes"] if _fits(values.get(name))}
    peak = max((float(np.abs(v.array[np.isfinite(v.array)]).max(initial=0)) for v in shown.values()), default=0)
    reach = entry["reach"]
    while reach * 1.05 < peak < 1e12:
        reach *= 2
    half, unit = size / 2, (size / 2 - 14) / reach

    def place(pair: Sequence) -> tuple[float, float]:
        x, y = (float(v) if np.isfinite(v) else 0.0 for v in pair)
        return half + x * unit, half - y * unit

    given = (entry, shown, reader, place)
    words = _Words()
    drawn = [*_shadows(*given), *_arrows(*given, words), *_points(*given, words)]
    drawn.sort(key=lambda mark: mark["mark"] == "text")  # no arrow lies on a name
    return Scene(size, size, [*_ground(size, reach, place), *drawn])


def _wide(label: str) -> float:
    """About the pixels of a label."""
    return 6.3 * len(label)


class _Words:
    """Labels that make room for one another: each goes down (or up) a line while it lies on another."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, float, float]] = []  # left, right, middle

    def at(self, x: float, y: float, string: str, anchor: str, down: bool) -> float:
        """Where the middle of the label comes to lie."""
        width = _wide(string)
        if not width:
            return y
        left = x - width if anchor == "end" else x
        for _ in range(8):
            if not any(abs(y - m) < 11 and left < end and start < left + width for start, end, m in self.taken):
                break
            y += 12 if down else -12
        self.taken.append((left, left + width, y))
        return y


def _fits(value: Value | None) -> bool:
    return value is not None and value.array.ndim == 2 and value.array.shape[1] == 2


def _ground(size: float, reach: float, place: Place) -> list[Mark]:
    step = nice_ceiling(reach / 4)
    marks = [
        line(0, size / 2, size, size / 2, role="line", width=1.5),
        line(size / 2, 0, size / 2, size, role="line", width=1.5),
    ]
    for k in range(1, int(reach / step + 1e-9) + 1):
        for at in (k * step, -k * step):
            x, y = place((at, at))
            marks += [line(x, 0, x, size, role="line", width=0.5), line(0, y, size, y, role="line", width=0.5)]
            marks.append(text(x, size / 2 + 9, short(at), size=9, role="soft"))
    return marks


def _names(value: Value, row: int, name: str) -> tuple[str, str]:
    return (value.rows[row] if value.rows else str(row + 1), name[0].lower())


def _named(entry: dict, words: _Words, at: tuple, label: str, left: bool, gap: float, down: bool, **more: Any) -> Mark:
    """A name beside a place: to its left where it is wanted there, or where there is no room on the right."""
    x, y = at
    anchor = "end" if left or x + gap + _wide(label) > entry["size"] else "start"
    beside = x + (-gap if anchor == "end" else gap)
    return text(beside, words.at(beside, y + (9 if down else -9), label, anchor, down), label, anchor, 11, **more)


def _arrows(entry: dict, shown: dict[str, Value], reader: int, place: Place, words: _Words) -> list[Mark]:
    marks = []
    origin = place((0, 0))
    for name in entry["arrows"]:
        value = shown.get(name)
        if value is None:
            continue
        role = role_of(name) or "ink"
        for row, pair in enumerate(value.array):
            x, y = place(pair)
            read = role != "query" or row == reader
            token, letter = _names(value, row, name)
            marks.append(arrow(*origin, x, y, role=role, width=2.5 if read else 1, dash=not read, cell=[name, 2 * row],
                               cells=[2 * row, 2 * row + 1], control="slider" if name in entry["pulls"] else None,
                               label=f"{letter} of {token}"))  # fmt: skip
            label, down = f"{letter} {token}" if read else "", role == "key" or y > origin[1]
            marks.append(_named(entry, words, (x, y), label, x < origin[0], 5, down, role=role, bold=read))
    return marks


def _shadows(entry: dict, shown: dict[str, Value], reader: int, place: Place) -> list[Mark]:
    if not entry["shadow"] or not all(name in shown for name in entry["shadow"]):
        return []
    keys, queries = (shown[name] for name in entry["shadow"])
    if reader >= len(queries.array):
        return []
    q = queries.array[reader]
    length = float(q @ q)
    if not length > 0 or not np.isfinite(length):
        return []
    marks = []
    for k in keys.array:
        foot = place(float(k @ q) / length * q)
        marks += [line(*place(k), *foot, role="soft", width=1, dash=True), dot(*foot, 3, role="soft", fill=1)]
    return marks


def _points(entry: dict, shown: dict[str, Value], reader: int, place: Place, words: _Words) -> list[Mark]:
    marks = []
    for name in entry["points"]:
        value = shown.get(name)
        if value is None:
            continue
        role = role_of(name) or "ink"
        corners = hull([(float(x), float(y)) for x, y in value.array if np.isfinite((x, y)).all()])
        if len(corners) > 1:
            marks.append(area([place(p) for p in corners], role=role, width=1, fill=0.1, dash=True))
        middle = sum(place(pair)[0] for pair in value.array) / max(1, len(value.array))
        for row, pair in enumerate(value.array):
            x, y = place(pair)
            token, letter = _names(value, row, name)
            marks.append(dot(x, y, 5, role=role, fill=1, cell=[name, 2 * row], cells=[2 * row, 2 * row + 1],
                             control="slider" if name in entry["pulls"] else None,
                             label=f"{letter} of {token}"))  # fmt: skip
            marks.append(_named(entry, words, (x, y), f"{letter} {token}", x < middle - 0.5, 8, False, role=role))
    value = shown.get(entry["blend"]) if entry["blend"] else None
    if value is not None and reader < len(value.array):
        x, y = place(value.array[reader])
        token = value.rows[reader] if value.rows else str(reader + 1)
        marks.append(dot(x, y, 6, role="out", fill=1, cell=[entry["blend"], 2 * reader],
                         cells=[2 * reader, 2 * reader + 1], label=f"{entry['blend']} of {token}"))  # fmt: skip
        label = f"{entry['blend']} {token}"
        above = words.at(x + 9, y + 11, label, "start", True)
        marks.append(text(x + 9, above, label, "start", 11, role="out", bold=True))
    return marks


def hull(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The corners of the convex hull, counter-clockwise from the lowest of the leftmost (Andrew's monotone chain)."""
    points = sorted(set(points))
    if len(points) < 3:
        return points

    def half(run: list[tuple[float, float]]) -> list[tuple[float, float]]:
        chain: list[tuple[float, float]] = []
        for p in run:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], p) <= 0:
                chain.pop()
            chain.append(p)
        return chain[:-1]

    return half(points) + half(points[::-1])


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

"""Bars: one row of scores as bars, what the exponential makes of them, and the one strip of length 1 they share.

    s.bars("scores", "weights", row=reader)     # a row of [T, T]; the end of a bar is dragged where scores are an input

The middle bars are e^(score − largest score), so the largest stands at 1 and the others at their odds against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..numbers import nice_ceiling, short
from ..ops import Value
from ..scene import Scene, area, box, line, percent, text

if TYPE_CHECKING:
    from ..sheet import Sheet

GAP, BAR, LEFT = 96, 40, 74  # pixels from bar to bar, the width of one, room for the names of the storeys
UP, DOWN, ODDS, FALL, STRIP = 60, 34, 48, 34, 26  # heights: scores above and below 0, odds, bands, the strip
ZERO = 20 + UP
ODDS_TOP = ZERO + DOWN + 24
ODDS_END = ODDS_TOP + ODDS
STRIP_TOP = ODDS_END + FALL


def entry(
    sheet: Sheet, scores: Any, shares: Any, row: Any = 0, step: float | None = None, title: str = "", note: str = ""
) -> dict:
    """`scores` and `shares` are nodes [R, T], the second a softmax of the first; `row` the row shown, a number or a
    parameter. A bar can be dragged where `scores` is an editable input, or one that only a temperature divides."""
    names = [getattr(node, "name", node) for node in (scores, shares)]
    start = sheet.evaluate(sheet.inputs, sheet.values())
    for name in names:
        if name not in start:
            raise ValueError(f"there is no node {name!r}")
    shapes = [start[name].array.shape for name in names]
    if shapes[0] != shapes[1] or len(shapes[0]) != 2:
        raise ValueError(f"{names[0]} {list(shapes[0])} and {names[1]} {list(shapes[1])} must be two alike matrices")
    finite = start[names[0]].array[np.isfinite(start[names[0]].array)]
    reach = nice_ceiling(float(np.abs(finite).max(initial=0)))
    pull = _pull(sheet, names[0])
    if pull and step is None:
        step = sheet.input_options[pull["input"]]["step"]
    return {"nodes": names, "row": row, "reach": float(reach), "pull": pull, "step": step, "title": title, "note": note}


def _pull(sheet: Sheet, name: str) -> dict | None:
    """The input behind a bar and what divides it; None where a bar stays."""

    def editable(node: str) -> bool:
        return sheet.input_options.get(node, {}).get("editable", False)

    if editable(name):
        return {"input": name, "temperature": 1}
    node = sheet.nodes.get(name)
    if node is None or node["op"] != "scale" or len(node["args"]) != 1 or node["opts"]["by"] != 1.0:
        return None
    if editable(node["args"][0]):
        return {"input": node["args"][0], "temperature": node["opts"]["temperature"]}
    return None


def scene(entry: dict, values: Mapping[str, Value], resolve: Callable) -> Scene:
    """Three storeys over one another: scores, their exponentials, the strip of shares."""
    scores, shares = (values.get(name) for name in entry["nodes"])
    if scores is None or shares is None or scores.array.ndim != 2 or scores.array.shape != shares.array.shape:
        return Scene(0, 0)
    n, m = scores.array.shape
    if not n * m:
        return Scene(0, 0)
    row = min(max(0, int(resolve(entry["row"]))), n - 1)
    z = [float(v) for v in scores.array[row]]
    w = [float(v) if np.isfinite(v) and v > 0 else 0.0 for v in shares.array[row]]
    reach = _reach(entry, z)
    width = LEFT + m * GAP
    most, whole = max(w), sum(w) or 1.0
    storeys = (("score", ZERO), ("e^score", ODDS_TOP + ODDS / 2), ("share", STRIP_TOP + STRIP / 2))
    marks = [text(0, y, name, "start", 11, role="soft") for name, y in storeys]
    marks.append(line(LEFT, ZERO, width, ZERO, role="line", width=1))
    tokens = scores.cols or shares.cols or tuple(str(c) for c in range(m))
    over: list = []
    at = float(LEFT)
    for c in range(m):
        i, middle = row * m + c, LEFT + (c + 0.5) * GAP
        closed = scores.masked is not None and bool(scores.masked[row, c])
        score = z[c] if np.isfinite(z[c]) else 0.0
        tall = max(-float(DOWN), min(float(UP), score / reach * UP))
        named = "masked" if closed else short(z[c])
        marks.append(
            box(middle - BAR / 2, min(ZERO - tall, ZERO), BAR, max(1.0, abs(tall)), 2, role="query", width=1.5,
                fill=0.25, closed=closed, cell=[entry["nodes"][0], i],
                control="slider" if entry["pull"] and not closed else None, label=f"score of {tokens[c]}")
        )  # fmt: skip
        marks.append(text(middle, ZERO - tall + (-8 if tall >= 0 else 9), named, size=12, bold=True))
        odds = w[c] / most if most else 0.0
        high = ODDS * odds
        marks.append(box(middle - BAR / 2, ODDS_END - high, BAR, high, 2, role="weights", width=1, fill=0.45,
                         of=[entry["nodes"][1], i]))  # fmt: skip
        marks.append(text(middle, ODDS_END - high - 8, _odds(odds), size=10, role="soft"))
        long = w[c] / whole * m * GAP
        corners = [[middle - BAR / 2, ODDS_END], [middle + BAR / 2, ODDS_END], [at + long, STRIP_TOP], [at, STRIP_TOP]]
        marks.append(area(corners, role="weights", width=0, fill=0.14, of=[entry["nodes"][1], i]))
        told = "masked" if closed else f"{tokens[c]} gets {percent(w[c])}"
        marks.append(box(at, STRIP_TOP, long, STRIP, 0, role="weights", width=1, fill=0.45,
                         cell=[entry["nodes"][1], i], label=told))  # fmt: skip
        named = f"{tokens[c]} {percent(w[c])}"
        over.append(text(at + long / 2, STRIP_TOP + STRIP / 2, named if 7 * len(named) < long else "", size=12))
        over.append(text(middle, STRIP_TOP + STRIP + 13, f"{tokens[c]} {percent(w[c])}", size=12, bold=odds == 1))
        at += long
    return Scene(width, STRIP_TOP + STRIP + 24, marks + over)


def _reach(entry: dict, z: Sequence[float]) -> float:
    reach, peak = entry["reach"], max((abs(v) for v in z if np.isfinite(v)), default=0)
    while reach < peak < 1e12:
        reach *= 2
    return reach


def _odds(odds: float) -> str:
    if odds in (0, 1):
        return short(odds)
    return f"1 to {short(float(f'{1 / odds:.2g}'))}" if 1 / odds < 1e6 else "almost 0"

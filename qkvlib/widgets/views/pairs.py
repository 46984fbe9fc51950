"""Pairs: two tables of shares of one shape, each number as a pale bar and a solid one beside it; one row of a table,
or one head of a stack, is a small picture of its own, all under the same column names.

    s.pairs("own_looks", "shared_looks", names=["own", "shared"])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ops import Value
from ..scene import Scene, box, line, percent, text

if TYPE_CHECKING:
    from ..sheet import Sheet

GAP, BAR, LEFT, TALL, TOP = 44, 14, 56, 34, 22  # column to column, a bar, row names, a row's bars, column names
ROW = TALL + 16
LEGEND = 250  # the key's width


def entry(
    sheet: Sheet, before: Any, after: Any, names: Sequence[str] = ("before", "after"), title: str = "", note: str = ""
) -> dict:
    """`before` (pale) and `after` (solid) are nodes [R, T] or [R, 1, T] of shares; `names` says which is which."""
    nodes = [getattr(node, "name", node) for node in (before, after)]
    start = sheet.evaluate(sheet.inputs, sheet.values())
    for name in nodes:
        if name not in start:
            raise ValueError(f"there is no node {name!r}")
    shapes = [start[name].array.shape for name in nodes]
    flat = [shape for shape in shapes if len(shape) == 2 or (len(shape) == 3 and shape[1] == 1)]
    if len(flat) < 2 or flat[0] != flat[1]:
        raise ValueError(f"{nodes[0]} {list(shapes[0])} and {nodes[1]} {list(shapes[1])} must be two alike tables")
    return {"nodes": nodes, "names": list(names), "title": title, "note": note}


def scene(entry: dict, values: Mapping[str, Value], resolve: Callable) -> Scene:
    """A row of bars for each row, the column names above and the key below."""
    found = [v for name in entry["nodes"] if (v := values.get(name)) is not None]
    if len(found) < 2 or any(v.array.ndim < 2 or not v.array.size for v in found):
        return Scene(0, 0)
    if found[0].array.shape != found[1].array.shape:
        return Scene(0, 0)
    after = found[1]
    m = after.array.shape[-1]
    tables = [np.where(np.isfinite(v.array), v.array, 0.0).reshape(-1, m) for v in found]
    n = len(tables[0])
    rows = (after.heads if after.array.ndim == 3 else after.rows) or tuple(str(r) for r in range(n))
    cols = after.cols or tuple(str(c) for c in range(m))
    right = LEFT + m * GAP
    marks = [text(LEFT + (c + 0.5) * GAP, TOP / 2, cols[c][:8], size=10, role="soft") for c in range(m)]
    for r in range(n):
        foot = TOP + (r + 1) * ROW
        marks.append(text(LEFT - 10, foot - TALL / 2, rows[r], "end", 12))
        marks.append(line(LEFT, foot, right, foot, role="line", width=1))
        for c in range(m):
            middle, i = LEFT + (c + 0.5) * GAP, r * m + c
            for k, table in enumerate(tables):
                high = max(0.0, min(1.0, float(table[r, c]))) * TALL
                marks.append(
                    box(middle + (k - 1) * (BAR + 2) + 1, foot - high, BAR, high, 1, role="weights", width=1,
                        fill=0.7 if k else 0.12, dash=not k, cell=[entry["nodes"][k], i],
                        label=f"{rows[r]}, {entry['names'][k]}: {cols[c]} {percent(float(table[r, c]))}")
                )  # fmt: skip
            now = float(tables[1][r, c])
            told = percent(now) if now >= 0.05 else ""
            marks.append(text(middle + 8, foot - max(0.0, min(1.0, now)) * TALL - 7, told, size=10, bold=True))
    y = TOP + n * ROW + 16
    marks += [box(LEFT, y - 6, BAR, 12, 1, role="weights", width=1, fill=0.12, dash=True),
              text(LEFT + BAR + 6, y, entry["names"][0], "start", 11, role="soft"),
              box(LEFT + 120, y - 6, BAR, 12, 1, role="weights", width=1, fill=0.7),
              text(LEFT + 120 + BAR + 6, y, entry["names"][1], "start", 11, role="soft")]  # fmt: skip
    return Scene(LEFT + max(m * GAP, LEGEND), y + 10, marks)

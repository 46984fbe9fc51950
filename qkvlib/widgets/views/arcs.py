"""Arcs: the tokens in a row, and from each an arc to the one that reads, as wide as its share; layer upon layer.

s.arcs("weights", reader=reader)                    # a pointer or choice: a click on a token makes it the reader
s.arcs("weights1", "weights2", reader=6)            # two layers, layer 1 below
s.arcs("weights", reader=2)                         # a stack [heads, T, T]: one small picture a head
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ops import Value
from ..scene import Mark, Scene, box, curve, percent, text

if TYPE_CHECKING:
    from ..sheet import Sheet

GAP, SMALL = 84, 52  # pixels from token to token: alone, and as one of several heads or of very many tokens
LEAST = 30  # in a place of a given width
CLOSE = 60  # tokens nearer than this have smaller letters and lower arcs
LEFT, FOOT, WIDE = 8, 44, 1040


def entry(
    sheet: Sheet,
    *weights: Any,
    reader: Any = 0,
    pick: Any = None,
    title: str = "",
    note: str = "",
    names: Sequence[str] = (),
    width: int = 0,
) -> dict:
    """`weights` are nodes [T, T], [1, T] or [heads, T, T] of shares, one a layer; `reader` the row that is read, a
    number or a parameter; `pick` one head of a stack; `names` what the layers are called;
    `width` the pixels there are, for tokens that have to stand closer."""
    if not weights:
        raise ValueError("there is nothing to draw: name at least one node of weights")
    return {"nodes": list(weights), "reader": reader, "pick": pick, "title": title, "note": note, "names": list(names),
            "width": width}  # fmt: skip


def scene(entry: dict, values: Mapping[str, Value], resolve: Callable) -> Scene:
    """One strip of tokens and arcs for each layer and head."""
    reader, pick = resolve(entry["reader"]), resolve(entry["pick"])
    strips, width, top, free = [], 0, 0, isinstance(entry["reader"], dict)
    for layer in reversed(range(len(entry["nodes"]))):
        name = entry["nodes"][layer]
        value = values.get(name)
        if value is None or value.array.ndim < 2:
            continue
        stack = value.array.reshape(-1, *value.array.shape[-2:])
        heads = range(len(stack)) if pick is None else [min(max(0, int(pick)), len(stack) - 1)]
        m = stack.shape[2]
        alone = min(GAP, ((entry["width"] or WIDE) - 2 * LEFT) // max(1, m))
        gap = SMALL if len(heads) > 1 else max(LEAST if entry["width"] else SMALL, alone)
        each, rise = LEFT * 2 + m * gap, 18 + min(m, 8) * (6 if gap < CLOSE else 9)
        across = max(1, WIDE // each)
        for k, h in enumerate(heads):
            called = entry["names"][layer] if layer < len(entry["names"]) else ""
            head = (value.heads[h] if value.heads else f"head {h}") if value.array.ndim == 3 else ""
            x, y = (k % across) * each, top + (k // across) * (rise + FOOT)
            strips += _strip(name, value, h, min(int(reader), m - 1), x + LEFT, y + rise, gap, called or head, free)
            width = max(width, x + each)
        top += -(-len(heads) // across) * (rise + FOOT)
    return Scene(width, top, sorted(strips, key=lambda mark: "of" in mark))  # arcs come and go: they stand last


def _strip(
    name: str, value: Value, h: int, reader: int, left: float, y: float, gap: float, called: str, free: bool
) -> list[Mark]:
    """`free`: whether another reader can be chosen."""
    n, m = value.array.shape[-2:]
    row = min(reader, n - 1)
    tokens = value.cols or value.rows or [str(c) for c in range(m)]
    arcs, boxes, words = [], [], []
    at = left + (reader + 0.5) * gap
    if called:
        words.append(text(left, y - 10 - min(m, 8) * (6 if gap < CLOSE else 9), called, "start", 11, role="soft"))
    for c in range(m):
        i = (h * n + row) * m + c
        share = float(value.array.reshape(-1)[i])
        share = share if np.isfinite(share) else 0.0
        closed = value.masked is not None and bool(value.masked.reshape(-1)[i])
        x, reads = left + (c + 0.5) * gap, c == reader
        up = 26 if reads else 14 + (7 if gap < CLOSE else 11) * min(8, abs(c - reader))
        out = 16 if reads else 0
        if not closed and share > 0:
            ends = (
                x - out,
                y,
                x - out - (6 if reads else 0),
                y - up,
                at + out + (6 if reads else 0),
                y - up,
                at + out,
                y,
            )
            arcs.append(curve(*ends, role="weights", width=max(0.75, 11 * share), of=[name, i]))
        token = tokens[c] if c < len(tokens) else str(c)
        told = "masked" if closed else percent(share)
        said = f"{token}, masked" if closed else f"{token} gives {told}" + (" to itself" if reads else "")
        boxes.append(
            box(left + c * gap + 3, y, gap - 6, 22, 5, role="query" if reads else "soft", width=2.5 if reads else 1,
                closed=closed, cell=[name, i], control="radio" if free else None, on=reads, label=said)
        )  # fmt: skip
        ink = "soft" if closed else "ink"
        words.append(text(x, y + 11, _fitted(token, gap), size=10 if gap < CLOSE else 12, role=ink, bold=reads))
        words.append(
            text(x, y + 31, "—" if closed else told, size=11, role="soft" if closed else "weights", bold=share >= 0.5)
        )
    return [*arcs, *boxes, *words]


def _fitted(token: str, gap: float) -> str:
    most = int((gap - 8) // (5.6 if gap < CLOSE else 7.5))
    return token if len(token) <= most else token[: most - 1] + ("…*" if token.endswith("*") else "…")

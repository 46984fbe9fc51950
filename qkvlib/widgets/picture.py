"""A worksheet as a PNG, for GitHub and every other place that runs no widgets. Pillow alone.

First every block learns its size, then all are drawn on one ground. An entry of the layout is a block; so is a line.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..shapes import shape_of
from . import views
from .brush import INK, SOFT, Canvas, Colour, fitted, palette, wide
from .numbers import in_cell, nice_ceiling, places, short, written
from .ops import Value
from .scene import Scene
from .scene_picture import draw_scene

if TYPE_CHECKING:
    from .sheet import Sheet
    from .worksheet import Worksheet

CELL_W, CELL_H, GAP, PAD = 54, 28, 2, 16
SMALL = 20  # a side of a cell without its number
WIDEST = 1100  # a line wraps before it gets wider
MOST = 12  # rows and columns drawn of a large matrix


@dataclass
class Block:
    """Something of a known size that draws itself at a place."""

    width: int
    height: int
    draw: Callable[[Canvas, int, int], None]


class Still:
    """A sheet as it starts, for its picture alone: no widget is opened for it."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.spec = sheet, sheet.check().spec()

    def values(self) -> dict[str, Value]:
        return self.sheet.evaluate(self.sheet.inputs, self.sheet.values())

    def __getitem__(self, name: str) -> Any:
        return self.sheet.values()[name]


def png(worksheet: Worksheet | Still) -> bytes:
    """The worksheet's present state, in its light colours. What stands in a fold or is closed is left out."""
    try:
        values = worksheet.values()
    except ValueError as error:  # a sheet may stand in a state that cannot be computed: say so
        return _bytes(_stacked([_text(str(error), 13)]))
    state = _State(worksheet, values)
    lines = [_text(worksheet.sheet.title, 15, bold=True)]
    for line in worksheet.spec["layout"]:
        lines += _wrapped([block for entry in line for block in state.blocks(entry)])
    return _bytes(_stacked(lines))


class _State:
    """One state of a worksheet, and the blocks of its entries."""

    def __init__(self, worksheet: Worksheet | Still, values: dict[str, Value]) -> None:
        self.worksheet, self.values = worksheet, values

    def resolve(self, option: Any) -> Any:
        return self.worksheet[option["param"]] if isinstance(option, dict) else option

    def blocks(self, entry: dict) -> list[Block]:
        if "sign" in entry:
            return [_text(entry["sign"], 17, SOFT)]
        if "say" in entry:
            return _sentence(say(entry["say"], self.values, self.worksheet))
        if "view" in entry:
            return self.view(entry)
        if "line" in entry:
            return [_row([block for each in entry["line"] for block in self.blocks(each)])]
        if "stack" in entry:
            return [_column([block for each in entry["stack"] for block in self.blocks(each)], PAD // 2)]
        return [self.panel(entry)] if "node" in entry and not entry.get("closed") else []

    def view(self, entry: dict) -> list[Block]:
        module = views.load(entry["view"])
        if not views.is_scene(entry["view"]):
            return [_table([[each and self.blocks(each)[0] for each in row] for row in module.rows(entry)])]
        scene: Scene = module.scene(entry, self.values, self.resolve)
        title = [_text(entry["title"], 13, bold=True)] if entry.get("title") else []
        drawn = Block(round(scene.width) or 1, round(scene.height) or 1, partial(draw_scene, scene))
        return [_column([*title, drawn], 4)]

    def panel(self, entry: dict) -> Block:
        value, array = self.values[entry["node"]], self.values[entry["node"]].array
        stack = array if array.ndim == 3 else array.reshape(1, *((1, array.size) if array.ndim < 2 else array.shape))
        group = [self.values[name].array for name in entry.get("scale", [entry["node"]])]
        end = entry.get("max") or nice_ceiling(max(float(np.abs(a[np.isfinite(a)]).max(initial=0)) for a in group))
        pick = self.resolve(entry.get("pick"))
        heads = range(len(stack)) if pick is None or array.ndim < 3 else [min(max(0, int(pick)), len(stack) - 1)]
        ramp = entry.get("ramp", "sign")
        decimals = entry["decimals"] if entry.get("decimals") is not None else places(array)
        decimals = 3 if decimals is None and ramp == "share" else decimals
        editable = self.worksheet.sheet.input_options.get(entry["node"], {}).get("editable", False)
        grids = []
        looks = entry.get("look", "").split()
        bands = {axis: self.bands(entry, axis, stack.shape) for axis in ("rows", "columns")}
        for h in heads:
            masked = None if value.masked is None else value.masked.reshape(stack.shape)[h]

            def write(v: float) -> str:
                return (
                    short(v) if editable else in_cell(v, decimals, 0 if ramp == "share" else 1e-14)
                )  # an input's number as it was given

            shares = stack[h] / end
            long = lengths(np.abs(shares), entry["bars"]) if entry.get("bars") else None
            grid = _grid(stack[h], value, masked, write, shares, ramp, looks, bands, long)
            named = _text(value.heads[h] if value.heads else f"head {h}", 11, SOFT) if array.ndim == 3 else None
            grids.append(_column([named, grid], 2) if named else grid)
        scale = "shares of 1" if ramp == "share" else f"±{short(end)}"
        foot = f"{shape_of(array)}   {scale}" if array.size else shape_of(array)
        title = _text(entry.get("title") or entry["node"], 13, bold=True)
        rule = [_rule(title.width, entry["role"])] if entry.get("role") else []
        grids = [_column(grids, 6)] if "lanes" in looks else _wrapped(grids)
        return _column([title, *rule, *grids, _text(foot, 11, SOFT)], 4)

    def bands(self, entry: dict, axis: str, shape: Sequence[int]) -> dict[int, tuple[str, bool]]:
        """Index -> (role, whether its block is an odd one) of each row or column that the entry marks."""
        marked: dict[int, tuple[str, bool]] = {}
        long = shape[-2] if axis == "rows" else shape[-1]
        for band in entry.get("bands", ()):
            if band.get("axis", "columns") != axis:
                continue
            start, stop, only = band.get("start", 0), band.get("stop", long), self.resolve(band.get("pick"))
            width = (stop - start) / (self.resolve(band.get("n")) or 1)
            for at in range(start, stop):
                block = int((at - start) // width)
                if only is None or block == only // band.get("group", 1):
                    marked[at] = band["role"], block % 2 == 1
        return marked


def lengths(shares: np.ndarray, bars: bool | str) -> np.ndarray:
    """How long the bars are, of 1, as grids.js says it: a quarter of a logarithmic one is a factor of 10."""
    with np.errstate(divide="ignore", invalid="ignore"):
        long = 1 + np.log10(shares) / 4 if bars == "log" else shares
    return np.nan_to_num(np.clip(long, 0, 1))


def say(template: str, values: dict[str, Value], worksheet: Worksheet | Still) -> str:
    """A sentence with live numbers, as dataflow.js says it."""

    def one(found: re.Match) -> str:
        name, index, form = found[1], found[2], found[3] or ""
        if name in worksheet.sheet.params:
            value = worksheet[name]
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return written(value, form) if number else str(value).lower() if isinstance(value, bool) else str(value)
        if name not in values:
            return "–"
        array = values[name].array
        if form == "shape":
            return shape_of(array)
        try:
            part = array[tuple(int(i) for i in (index or "").split(",") if i.strip())]
        except IndexError:
            return "–"
        if form == "top" and part.ndim == 1 and part.size:
            best = int(np.argmax(part))
            cols = values[name].cols
            return cols[best] if cols else str(best)
        return written(part.reshape(-1)[0], form) if part.size else "–"

    return re.sub(r"\{(\w+)(?:\[([\d, -]*)\])?(?::(\w+|%))?\}", one, template)


def _grid(
    matrix: np.ndarray,
    value: Value,
    masked: np.ndarray | None,
    write: Callable[[float], str],
    shares: np.ndarray,
    ramp: str,
    looks: Sequence[str],
    bands: dict[str, dict[int, tuple[str, bool]]],
    long: np.ndarray | None,
) -> Block:
    rows = None if "joined" in looks else value.rows
    cols = None if "bare" in looks else value.cols
    small = "small" in looks
    cell_w, cell_h, letters = (SMALL, SMALL, 9) if small else (CELL_W, CELL_H, 11)
    shown_r, shown_c = (list(range(n)) if small else _some(n) for n in matrix.shape)
    left = 6 + max((wide(fitted(r, 110, 12), 12) for r in rows), default=0) if rows else 0
    top = 18 if cols or "lanes" in looks else 0

    def draw(canvas: Canvas, x0: int, y0: int) -> None:
        for k, c in enumerate(shown_c):
            if cols and c is not None:
                middle = x0 + left + k * (cell_w + GAP) + cell_w / 2
                canvas.centred(middle, y0 + top / 2, fitted(cols[c], cell_w, letters), letters, SOFT)
        for j, r in enumerate(shown_r):
            above = y0 + top + j * (cell_h + GAP)
            if rows and r is not None:
                canvas.ending(x0 + left - 6, above + cell_h / 2, fitted(rows[r], 110, 12), 12, SOFT)
            for k, c in enumerate(shown_c):
                beside = x0 + left + k * (cell_w + GAP)
                if r is None or c is None:
                    canvas.centred(beside + cell_w / 2, above + cell_h / 2, "…", 12, SOFT)
                    continue
                if masked is not None and masked[r, c]:
                    canvas.hatched(beside, above, cell_w, cell_h)
                else:
                    canvas.cell(beside, above, cell_w, cell_h, shares[r, c], ramp)
                    if not small:
                        canvas.centred(beside + cell_w / 2, above + cell_h / 2, write(matrix[r, c]), 12, INK)
                    if long is not None:
                        canvas.bar(beside, above + cell_h, round(cell_w * long[r, c]), INK)
                if r == 0 and c in bands["columns"]:
                    canvas.band(beside, above - 1, cell_w, 3, *bands["columns"][c])
                if c == 0 and r in bands["rows"]:
                    canvas.band(beside - 1, above, 3, cell_h, *bands["rows"][r])

    width = left + len(shown_c) * (cell_w + GAP)
    return Block(width or 40, top + len(shown_r) * (cell_h + GAP) or 20, draw)


def _some(n: int) -> list[int | None]:
    """Indices of what is drawn of `n` lines; None stands for those left out."""
    return list(range(n)) if n <= MOST else [*range(MOST - 3), None, n - 2, n - 1]


def _text(text: str, size: int, colour: Colour = INK, bold: bool = False) -> Block:
    return Block(max(1, wide(text, size, bold)), size + 6,
                 lambda canvas, x, y: canvas.starting(x, y + (size + 6) / 2, text, size, colour, bold))  # fmt: skip


def _sentence(text: str) -> list[Block]:
    """A sentence as blocks of at most 100 letters, so that a long one wraps as a line does."""
    lines = [""]
    for word in text.split(" "):
        lines = [*lines, word] if len(lines[-1]) + len(word) > 100 else [*lines[:-1], f"{lines[-1]} {word}".strip()]
    return [_column([_text(line, 13) for line in lines], 2)]


def _rule(width: int, role: str) -> Block:
    return Block(max(40, width), 3, lambda canvas, x, y: canvas.rule(x, y, max(40, width), role))


def _wrapped(blocks: Sequence[Block]) -> list[Block]:
    lines: list[Block] = []
    line: list[Block] = []
    width = 0
    for block in blocks:
        if line and width + block.width > WIDEST:
            lines.append(_row(line))
            line, width = [], 0
        line.append(block)
        width += block.width + PAD
    return [*lines, _row(line)] if line else lines


def _row(blocks: Sequence[Block]) -> Block:
    height = max(b.height for b in blocks)

    def draw(canvas: Canvas, x: int, y: int) -> None:
        for block in blocks:
            block.draw(canvas, x, y + (height - block.height) // 2)
            x += block.width + PAD

    return Block(sum(b.width + PAD for b in blocks), height, draw)


def _column(blocks: Sequence[Block], gap: int) -> Block:
    def draw(canvas: Canvas, x: int, y: int) -> None:
        for block in blocks:
            block.draw(canvas, x, y)
            y += block.height + gap

    return Block(max(b.width for b in blocks), sum(b.height + gap for b in blocks), draw)


def _table(rows: Sequence[Sequence[Block | None]]) -> Block:
    """Blocks in rows and columns, each column as wide as its widest; None leaves a place free."""
    widths = [max((b.width for b in column if b), default=0) for column in zip(*rows, strict=True)]
    heights = [max((b.height for b in row if b), default=0) for row in rows]

    def draw(canvas: Canvas, x: int, y: int) -> None:
        for row, height in zip(rows, heights, strict=True):
            at = x
            for block, width in zip(row, widths, strict=True):
                if block:
                    block.draw(canvas, at, y)
                at += width + PAD
            y += height

    return Block(sum(w + PAD for w in widths), sum(heights), draw)


def _stacked(lines: Sequence[Block]) -> Image.Image:
    inner = _column(lines, PAD // 2)
    canvas = Canvas(inner.width + 2 * PAD, inner.height + 2 * PAD)
    inner.draw(canvas, PAD, PAD)
    return canvas.image


def _bytes(image: Image.Image) -> bytes:
    out = io.BytesIO()
    # Finding a palette for each picture would take most of its time, and first paint waits for this.
    image.quantize(palette=palette(), dither=Image.Dither.NONE).save(out, "PNG", compress_level=3)
    return out.getvalue()

"""A worksheet as a PNG, for GitHub and every other place that runs no widgets. Pillow alone: it takes about 10 ms."""

from __future__ import annotations

import io
import math
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .numbers import in_cell, nice_ceiling, short
from .ops import Value, shape_text

CELL_W, CELL_H, GAP, PAD = 54, 28, 2, 16
WIDEST = 1100  # a line wraps before it gets wider
MOST = 12  # rows and columns drawn of a large matrix
INK, SOFT, PAPER, LINE = (27, 29, 33), (91, 96, 104), (255, 255, 255), (217, 220, 225)
PLUS, MINUS, ZERO = (108, 172, 236), (246, 166, 84), (238, 240, 243)


def png(worksheet) -> bytes:
    """The worksheet's present state, in its light colours."""
    try:
        values = worksheet.values()
    except ValueError as error:  # a sheet may stand in a state that cannot be computed: say so
        return _bytes(_stacked([_text(str(error), 13)]))
    lines = [_text(worksheet.sheet.title, 15, bold=True)]
    for line in worksheet.spec["layout"]:
        lines += _wrapped([block for entry in line if (block := _block(entry, values, worksheet))])
    return _bytes(_stacked(lines))


def _block(entry, values, worksheet):
    if "sign" in entry:
        return _text(entry["sign"], 17, SOFT)
    if "say" in entry:
        return None  # its numbers are in the panels beside it
    pick = entry.get("pick")
    if isinstance(pick, dict):
        pick = worksheet[pick["param"]]
    editable = worksheet.sheet.input_options.get(entry["node"], {}).get("editable", False)
    return _panel(entry.get("title") or entry["node"], values[entry["node"]], pick, entry.get("max"), editable)


def _panel(title, value: Value, pick, end, editable):
    array = value.array
    stack = array if array.ndim == 3 else array.reshape(1, *_two_axes(array))
    finite = np.abs(array[np.isfinite(array)])
    end = end or nice_ceiling(float(finite.max(initial=0)))
    heads = range(len(stack)) if pick is None or array.ndim < 3 else [pick]
    grids = []
    for h in heads:
        masked = None if value.masked is None else value.masked.reshape(stack.shape)[h]
        grid = _grid(stack[h], value.rows, value.cols, masked, end, editable)
        if array.ndim == 3:
            name = value.heads[h] if value.heads else f"head {h}"
            grid = _column([_text(name, 11, SOFT), grid], gap=2)
        grids.append(grid)
    foot = f"{shape_text(array)}   ±{short(end)}" if array.size else shape_text(array)
    return _column([_text(title, 13, bold=True), *_wrapped(grids), _text(foot, 11, SOFT)], gap=4)


def _grid(matrix, rows, cols, masked, end, editable):
    shown_r, shown_c = (_some(n) for n in matrix.shape)
    left = 6 + max((_width(r, 12) for r in rows), default=0) if rows else 0
    top = 18 if cols else 0
    image = Image.new(
        "RGB", (left + len(shown_c) * (CELL_W + GAP) or 40, top + len(shown_r) * (CELL_H + GAP) or 20), PAPER
    )
    draw = ImageDraw.Draw(image)
    for x, c in enumerate(shown_c):
        if cols and c is not None:
            _centred(draw, left + x * (CELL_W + GAP), 0, top, _fitted(cols[c]), 11, SOFT)
    for y, r in enumerate(shown_r):
        above = top + y * (CELL_H + GAP)
        if rows and r is not None:
            draw.text((left - 6, above + CELL_H / 2), rows[r], SOFT, _font(12), anchor="rm")
        for x, c in enumerate(shown_c):
            beside = left + x * (CELL_W + GAP)
            if r is None or c is None:
                _centred(draw, beside, above, CELL_H, "…", 12, SOFT)
                continue
            closed = masked is not None and masked[r, c]
            box = (beside, above, beside + CELL_W - 1, above + CELL_H - 1)
            draw.rounded_rectangle(box, 4, PAPER if closed else _colour(matrix[r, c] / end))
            if closed:
                _hatch(draw, box)
            text = short(matrix[r, c]) if editable else in_cell(matrix[r, c], end)  # an input's number as it was given
            _centred(draw, beside, above, CELL_H, text, 12, SOFT if closed else INK)
    return image


def _hatch(draw, box):
    left, top, right, bottom = box
    for x in range(left - (bottom - top), right, 6):
        start = max(x, left)
        stop = min(x + bottom - top, right)
        draw.line((start, bottom - (start - x), stop, bottom - (stop - x)), LINE)


def _colour(share):
    if math.isnan(share):
        return PAPER
    end = MINUS if share < 0 else PLUS
    return tuple(round(z + (e - z) * min(1.0, abs(share))) for z, e in zip(ZERO, end, strict=True))


def _two_axes(array):
    return (1, array.size) if array.ndim < 2 else array.shape


def _some(n):
    """Indices of what is drawn of `n` lines; None stands for those left out."""
    return list(range(n)) if n <= MOST else [*range(MOST - 3), None, n - 2, n - 1]


def _fitted(text):
    while len(text) > 1 and _width(text, 11) > CELL_W:
        text = text[:-2] + "…"
    return text


def _text(text, size, colour=INK, bold=False):
    image = Image.new("RGB", (max(1, _width(text, size, bold)), size + 6), PAPER)
    ImageDraw.Draw(image).text((0, (size + 6) / 2), text, colour, _font(size, bold), anchor="lm")
    return image


def _centred(draw, x, y, height, text, size, colour):
    draw.text((x + CELL_W / 2, y + height / 2), text, colour, _font(size), anchor="mm")


def _wrapped(blocks):
    lines, line, width = [], [], 0
    for block in blocks:
        if line and width + block.width > WIDEST:
            lines.append(_row(line))
            line, width = [], 0
        line.append(block)
        width += block.width + PAD
    return [*lines, _row(line)] if line else lines


def _row(blocks):
    image = Image.new("RGB", (sum(b.width + PAD for b in blocks), max(b.height for b in blocks)), PAPER)
    x = 0
    for block in blocks:
        image.paste(block, (x, (image.height - block.height) // 2))
        x += block.width + PAD
    return image


def _column(blocks, gap):
    image = Image.new("RGB", (max(b.width for b in blocks), sum(b.height + gap for b in blocks)), PAPER)
    y = 0
    for block in blocks:
        image.paste(block, (0, y))
        y += block.height + gap
    return image


def _stacked(lines):
    inner = _column(lines, PAD // 2)
    image = Image.new("RGB", (inner.width + 2 * PAD, inner.height + 2 * PAD), PAPER)
    image.paste(inner, (PAD, PAD))
    return image


def _bytes(image) -> bytes:
    out = io.BytesIO()
    # An octree takes a tenth of the time of the default median cut, and first paint waits for this.
    image.quantize(128, Image.Quantize.FASTOCTREE).save(out, "PNG")
    return out.getvalue()


@cache
def _font(size, bold=False):
    """DejaVu Sans out of matplotlib's files (found, not imported): it has every sign the course writes."""
    folder = Path(find_spec("matplotlib").submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(folder / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"), size)


def _width(text, size, bold=False):
    return math.ceil(_font(size, bold).getlength(text))

"""Small tables of numbers with heads and units: HTML to look at, and plain text that says the same (tests compare it).

A lesson's code should be its idea, not its formatting: `table({"with": 0.97, "without": 0.5}, unit="%")` is one line.
Everything a table shows is worked out once, as text; `repr` lines it up and `_repr_html_` puts it in cells.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from qkvlib.shapes import shape_of

DIGITS = 2  # of numbers that are not whole, where nothing else is asked for
TEXT_WIDTH = 100  # columns of plain text; matrices that do not fit beside each other go below
_BAR = "color-mix(in srgb, currentColor 20%, transparent)"  # of the theme's own ink, so that it shows in every theme


def table(
    cells: Any,
    *,
    columns: Sequence[str] | None = None,
    rows: Sequence[str] | None = None,
    digits: int | Mapping[str, int] | None = None,
    unit: str | Mapping[str, str] = "",
    bars: bool | Iterable[str] = (),
    mark: Iterable[Any] = (),
    title: str = "",
) -> Table:
    """A table of `cells`: a 2-D array, a list of rows, {row head: cells or one value}, or a list of {column: cell}.

    A cell is a number, text, True or False (yes, no), None (empty) or a short vector. A first column of text without
    `rows` is taken as the rows' heads. `digits`, `unit` and `bars` are for all columns or by column; the unit "%"
    shows 0.25 as 25%; a bar is as long as its number's share of the column's largest. `mark` names what stands out:
    a row's head, or (row, column) by head or position. Raises ValueError, saying which, when heads or rows do not fit.
    """
    found_rows, found_columns, body = _taken_apart(cells)
    columns = list(columns) if columns is not None else found_columns
    rows = list(rows) if rows is not None else found_rows
    width = max(map(len, body), default=0)
    if ragged := [place for place, row in enumerate(body, 1) if len(row) != width]:
        raise ValueError(f"row {ragged[0]} has {len(body[ragged[0] - 1])} cells, others have {width}")
    corner = ""
    if rows is None and width > 1 and all(isinstance(row[0], str) for row in body):
        rows, body, width = [row[0] for row in body], [row[1:] for row in body], width - 1
        if columns:
            corner, *columns = columns
    elif columns and len(columns) == width + 1:
        corner, *columns = columns
    for heads, count, what in ((columns, width, "columns"), (rows, len(body), "rows")):
        if heads is not None and len(heads) != count:
            raise ValueError(f"{len(heads)} {what} are named, but there are {count}: {', '.join(map(str, heads))}")
    names = [str(name) for name in columns or [""] * width]
    digits_of = _by_column(digits, names, "digits", None)
    units = _by_column(unit, names, "unit", "")
    values = [list(column) for column in zip(*body, strict=True)]
    texts = [_column(column, d, u) for column, d, u in zip(values, digits_of, units, strict=True)]
    barred = _by_column(dict.fromkeys(bars, True) if not isinstance(bars, bool) else bars, names, "bars", False)
    return Table(
        title=title,
        corner=str(corner),
        columns=tuple(_head(name, u, column) for name, u, column in zip(names, units, values, strict=True)),
        rows=tuple(map(str, rows)) if rows is not None else None,
        texts=tuple(zip(*texts, strict=True)),
        right=tuple(any(map(_is_number, column)) for column in values),
        bars=tuple(_shares(column) if on else None for column, on in zip(values, barred, strict=True)),
        marked=frozenset(_places(mark, rows, names, len(body))),
    )


def matrices(*, rows: Sequence[str] | None = None, digits: int | None = None, **arrays: Any) -> Matrices:
    """Small matrices side by side, each with its name and shape: `matrices(X=X, W_Q=W_Q)`.

    Vectors are shown as one row. `rows` names the rows of those that have as many; `digits` as in `table`.
    """
    blocks = []
    for name, array in arrays.items():
        array = np.asarray(array)
        if not 1 <= array.ndim <= 2:
            raise ValueError(f"{name} has shape {shape_of(array)}: only vectors and matrices are shown here")
        heads = rows if rows is not None and array.ndim == 2 and len(rows) == len(array) else None
        title = f"{name} {shape_of(array)}"
        places = digits if digits is not None else 0 if _all_whole(array.ravel()) else DIGITS
        blocks.append(table(np.atleast_2d(array), rows=heads, digits=places, title=title))
    return Matrices(tuple(blocks))


def shapes(**arrays: Any) -> Table:
    """The shapes of some arrays, one line each: `shapes(X=X, Q=X @ W_Q)`."""
    return table({name: shape_of(array) for name, array in arrays.items()}, columns=["shape"])


@dataclass(frozen=True)
class Table:
    """What `table` returns. `texts` [rows][columns] is what stands in the cells; equal tables read alike."""

    title: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[str, ...] | None
    texts: tuple[tuple[str, ...], ...]
    right: tuple[bool, ...]  # columns of numbers are set to the right
    bars: tuple[tuple[float, ...] | None, ...]
    marked: frozenset[tuple[int, int]]

    def __repr__(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines())

    def lines(self) -> list[str]:
        """The lines of the plain text, all as long as the longest."""
        grid = [[self.corner, *self.columns]] if any((self.corner, *self.columns)) else []
        grid += [
            [
                self.rows[r] if self.rows is not None else "",
                *(f"{text}{self._star(r, c)}" for c, text in enumerate(row)),
            ]
            for r, row in enumerate(self.texts)
        ]
        if grid and any(self.right):  # heads stand over the digits, not over the stars beside them
            head = grid[0] if len(grid) > len(self.texts) else []
            for c in range(len(head) - 1):
                head[c + 1] += " " * len(self._star(None, c))
        widths = [max(map(len, column), default=0) for column in zip(*grid, strict=True)]
        aligned = [
            "   ".join(
                text.rjust(width) if c and self.right[c - 1] else text.ljust(width)
                for c, (text, width) in enumerate(zip(row, widths, strict=True))
                if width
            )
            for row in grid
        ]
        lines = [self.title, *aligned] if self.title else aligned
        return [line.ljust(max(map(len, lines))) for line in lines]

    def _star(self, row: int | None, column: int) -> str:
        """The mark behind a cell's text: a star, or room for one where another cell of the column has it."""
        if (row, column) in self.marked:
            return "*"
        return " " if any(c == column for _, c in self.marked) else ""

    def _repr_html_(self) -> str:
        head = ""
        if any((self.corner, *self.columns)):
            corner = f'<th scope="col" style="text-align:left">{escape(self.corner)}</th>' if self.rows else ""
            cells = "".join(
                f'<th scope="col" style="{_aligned(right)}">{escape(name)}</th>'
                for name, right in zip(self.columns, self.right, strict=True)
            )
            head = f"<thead><tr>{corner}{cells}</tr></thead>"
        body = "".join(f"<tr>{self._row_head(r)}{self._cells(r)}</tr>" for r in range(len(self.texts)))
        caption = (
            f'<caption style="text-align:left;font-weight:600;white-space:nowrap">{escape(self.title)}</caption>'
            if self.title
            else ""
        )
        look = "margin:0 0 .5em;table-layout:auto;font-variant-numeric:tabular-nums;print-color-adjust:exact"
        return f'<table class="qkv-table" style="{look}">{caption}{head}<tbody>{body}</tbody></table>'

    def _row_head(self, r: int) -> str:
        if self.rows is None:
            return ""
        return f'<th scope="row" style="text-align:left">{escape(self.rows[r])}</th>'

    def _cells(self, r: int) -> str:
        made = []
        for c, text in enumerate(self.texts[r]):
            look = _aligned(self.right[c])
            if (shares := self.bars[c]) is not None:
                end = f"{100 * shares[r]:.1f}%"
                look += f";min-width:7em;background-image:linear-gradient(to right,{_BAR} {end},transparent {end})"
            if (r, c) in self.marked:
                look += ";outline:2px solid;outline-offset:-2px;font-weight:700"
            made.append(f'<td style="{look}">{escape(text)}</td>')
        return "".join(made)


@dataclass(frozen=True)
class Matrices:
    """What `matrices` returns: several tables beside each other."""

    blocks: tuple[Table, ...]

    def __repr__(self) -> str:
        lines: list[list[list[str]]] = []
        for block in self.blocks:
            text = block.lines()
            if lines and sum(len(other[0]) + 3 for other in lines[-1]) + len(text[0]) <= TEXT_WIDTH:
                lines[-1].append(text)
            else:
                lines.append([text])
        return "\n\n".join(_beside(line) for line in lines)

    def _repr_html_(self) -> str:
        tables = "".join(f"<div>{block._repr_html_()}</div>" for block in self.blocks)
        return f'<div style="display:flex;flex-wrap:wrap;gap:0 1.6em;align-items:flex-start">{tables}</div>'


# -- numbers as text ----------------------------------------------------------------------------------------------


def number_text(value: float, digits: int = DIGITS) -> str:
    """A number as short as it can be said: 15, 10.61, 0.50."""
    return _fixed(value, 0 if math.isfinite(value) and float(value).is_integer() else digits)


def vector_text(vector: Any, digits: int = DIGITS) -> str:
    """A row of numbers as short as it can be said: [15, 12], [10.61, 8.49]."""
    return "[" + ", ".join(number_text(value, digits) for value in np.asarray(vector).ravel()) + "]"


def _fixed(value: float, digits: int, thousands: str = "") -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{round(float(value), digits) + 0.0:{thousands}.{digits}f}"  # + 0.0: no "-0.00"


# -- from what is given to what is shown --------------------------------------------------------------------------


def _taken_apart(cells: Any) -> tuple[list | None, list | None, list[list]]:
    """(row heads, column heads, rows of cells) of whatever `table` was given."""
    if isinstance(cells, Mapping):
        return list(cells), None, [_as_row(row) for row in cells.values()]
    cells = list(cells)
    if cells and all(isinstance(row, Mapping) for row in cells):
        columns = list(dict.fromkeys(name for row in cells for name in row))
        return None, columns, [[row.get(name) for name in columns] for row in cells]
    if any(map(_is_one_cell, cells)):
        return None, None, [cells]
    return None, None, [list(row) for row in cells]


def _as_row(row: Any) -> list:
    return [row] if _is_one_cell(row) else list(row)


def _is_one_cell(value: Any) -> bool:
    return isinstance(value, str) or not np.iterable(value)


def _by_column(given: Any, names: list[str], what: str, default: Any) -> list:
    if not isinstance(given, Mapping):
        return [given] * len(names)
    if strangers := [name for name in given if name not in names]:
        raise ValueError(f"{what}: there is no column {strangers[0]!r}; there are {', '.join(names)}")
    return [given.get(name, default) for name in names]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _all_whole(values: Iterable[Any]) -> bool:
    return all(math.isfinite(value) and float(value).is_integer() for value in values)


def _column(values: list, digits: int | None, unit: str) -> list[str]:
    numbers = [value for value in values if _is_number(value)]
    if digits is None:
        digits = 0 if unit == "%" or _all_whole(numbers) else DIGITS
    return [_cell(value, digits, unit) for value in values]


def _cell(value: Any, digits: int, unit: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if _is_number(value):
        return f"{_fixed(100 * value, digits)}%" if unit == "%" else _fixed(value, digits, ",")
    return value if isinstance(value, str) else vector_text(value, digits or DIGITS)


def _head(name: str, unit: str, column: list) -> str:
    if not unit or unit == "%" or not any(map(_is_number, column)):
        return name
    return f"{name}, {unit}" if name else unit


def _shares(column: list) -> tuple[float, ...]:
    """How long the bar behind each cell is, as a share of the longest."""
    sizes = [abs(value) if _is_number(value) and math.isfinite(value) else 0.0 for value in column]
    return tuple(float(size) / (max(sizes) or 1.0) for size in sizes)


def _places(mark: Iterable[Any], rows: list | None, columns: list[str], n_rows: int) -> Iterable[tuple[int, int]]:
    row_names = rows if rows is not None else []
    for wanted in [mark] if isinstance(mark, str) else mark:
        row, column = wanted if isinstance(wanted, tuple) else (wanted, None)
        r = _position(row, row_names, n_rows, "row")
        for c in range(len(columns)) if column is None else [_position(column, columns, len(columns), "column")]:
            yield r, c


def _position(wanted: Any, names: Sequence[str], count: int, what: str) -> int:
    if wanted in names:
        return list(names).index(wanted)
    if isinstance(wanted, int) and 0 <= wanted < count:
        return wanted
    raise ValueError(f"mark: there is no {what} {wanted!r}; there are {', '.join(map(str, names)) or count}")


def _aligned(right: bool) -> str:
    return f"text-align:{'right' if right else 'left'}"


def _beside(blocks: list[list[str]]) -> str:
    height = max(map(len, blocks))
    filled = [[*block, *[" " * len(block[0])] * (height - len(block))] for block in blocks]
    return "\n".join("   ".join(parts).rstrip() for parts in zip(*filled, strict=True))

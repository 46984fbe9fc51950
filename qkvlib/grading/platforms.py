"""Tables that spreadsheets open and platforms import, safe to open anywhere."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from qkvlib.grading.text import clean

_STARTS_A_FORMULA = ("=", "+", "-", "@")
# Where a spreadsheet of another country, or an import with another setting, would begin a new cell.
_NEXT_CELL = re.compile(r"""([;,|\t]["'\s]*)(?=[=+\-@])""")


class Table:
    """A CSV in which no cell is read as a formula, whatever the reader takes for the end of a cell."""

    def __init__(self, path: Path, encoding: str = "utf-8") -> None:
        self._path, self._encoding = path, encoding

    def __enter__(self) -> Any:
        self._file = open(self._path, "w", newline="", encoding=self._encoding)
        self._writer = csv.writer(self._file)
        return self

    def __exit__(self, *exception: Any) -> None:
        self._file.close()

    def row(self, cells: list[str], ids_at: tuple[int, ...] = ()) -> None:
        """Write one line. The cells at `ids_at` are ids of the teacher's roster, which have to arrive unaltered."""
        self._writer.writerow([cell if n in ids_at else harmless(cell) for n, cell in enumerate(cells)])


def harmless(cell: str) -> str:
    """A cell that a spreadsheet shows and never runs, in one line, with nothing invisible in it."""
    cell = _NEXT_CELL.sub(r"\1'", clean(cell, 4000))
    return f"'{cell}" if cell.lstrip("\"' ").startswith(_STARTS_A_FORMULA) else cell

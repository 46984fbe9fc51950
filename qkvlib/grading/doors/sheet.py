"""A table that the teacher downloaded from a platform: read whole, changed in some cells, written as it came."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from qkvlib.grading.doors.results import DoorError
from qkvlib.grading.text import clean

_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_MAX_BYTES = 50 << 20


@dataclass
class Sheet:
    """The cells of a CSV and how they were written."""

    path: Path
    encoding: str
    delimiter: str
    newline: str
    heading: list[str]
    rows: list[list[str]]

    def column(self, place: int) -> list[str]:
        """The cells of one column, below the heading."""
        return [row[place].strip() for row in self.rows]

    def place(self, heading: str) -> int:
        """Where a column stands that the teacher named. Raises `DoorError`."""
        found = [place for place, name in enumerate(self.heading) if name.strip() == heading.strip()]
        if len(found) != 1:
            many = "no column" if not found else f"{len(found)} columns"
            there = clean(", ".join(self.heading), 200)
            raise DoorError(f"{self.path} has {many} {clean(heading, 60)!r}. It has: {there}.")
        return found[0]

    def as_bytes(self) -> bytes:
        """The table as it came, with the cells as they are now."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator=self.newline)
        writer.writerows([self.heading, *self.rows])
        return text.getvalue().encode(self.encoding)


def read_sheet(path: Path, what: str) -> Sheet:
    """The table at `path`; `what` it should be is said when it is not. Raises `DoorError`."""
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DoorError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > _MAX_BYTES or data[:2] == b"PK":
        raise DoorError(f"{path} is not {what}: it is no CSV. Download it from the platform again, as CSV.")
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"  # as Excel saves a CSV outside of UTF-8
        text = data.decode(encoding, "replace")
    if "\0" in text:
        raise DoorError(f"{path} is not {what}: it is no text. Download it from the platform again, as CSV.")
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row]
    except csv.Error as error:
        raise DoorError(f"{path} is not {what}: it cannot be read as a table ({error}).") from error
    heading, rows = (rows[0], rows[1:]) if rows else ([], [])
    odd = next((n for n, row in enumerate(rows, 2) if len(row) != len(heading)), None)
    if len(heading) < 2 or not rows or odd:
        where = f"row {odd} has not as many cells as the heading" if odd else "it has no rows"
        raise DoorError(f"{path} is not {what}: {where}.")
    return Sheet(path, encoding, delimiter, "\r\n" if "\r\n" in text else "\n", heading, rows)

"""What has been graded so far, on disk: one JSON line per submission, appended and synced.

Kill the run at any moment and start it again: whole records count, a torn end is cut off, nothing is graded twice. A
line in between that is no record is passed over and counted, and what it stood for is graded again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Self


class JournalBusy(RuntimeError):
    """Another run is writing to the same results folder."""


class Journal:
    """An append-only file of grading records, each with a unique `key`. Use as a context manager."""

    def __init__(self, path: Path, is_record: Callable[[bytes], bool] = lambda line: True) -> None:
        self.path, self._is_record = Path(path), is_record
        self.dropped = 0  # lines that are no records
        self.keys: dict[str, int] = {}  # key -> where its line starts
        self._bases: dict[str, int] = {}  # the same submission, whatever its checks were then -> its last record
        self._students: dict[str, int] = {}  # student -> the last record of a grading of theirs

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self.path, "a+b")
        try:
            try:
                hold(self._file)
            except OSError as error:
                raise JournalBusy(
                    "Another grading run is writing to this results folder. Wait for it, or stop it."
                ) from error
            self._load()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def _load(self) -> None:
        self._file.seek(0)
        position = whole = 0  # where this line starts; where the last record ends
        strange = 0  # lines since then
        for line in self._file:
            record = self._record(line)
            if record is None:
                strange += 1
            else:
                self._note(record, position)
                self.dropped, strange = self.dropped + strange, 0
                whole = position + len(line)
            position += len(line)
        self.dropped += strange
        self._file.truncate(whole)
        self._file.seek(0, os.SEEK_END)

    def _record(self, line: bytes) -> dict | None:
        """A whole record, None of anything else."""
        try:
            record = json.loads(line) if line.endswith(b"\n") else None
            known = isinstance(record, dict) and isinstance(record["key"], str) and self._is_record(line)
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return record if known else None

    def _note(self, record: dict, position: int) -> None:
        """Remember where a record stands; the last one of a key is the one that counts."""
        self.keys[record["key"]] = position
        if record.get("base"):
            self._bases[record["base"]] = self._students[record["student"]] = position

    def append(self, records: list[dict], again: bool = False) -> None:
        """Write records and wait until they are on the disk. A key that is there is left as it is, unless `again`."""
        fresh = [record for record in records if again or record["key"] not in self.keys]
        if not fresh:
            return
        position = self._file.seek(0, os.SEEK_END)
        lines = [json.dumps(record, ensure_ascii=True, sort_keys=True).encode() + b"\n" for record in fresh]
        self._file.write(b"".join(lines))
        self._file.flush()
        os.fsync(self._file.fileno())
        for record, line in zip(fresh, lines, strict=True):
            self._note(record, position)
            position += len(line)

    def records(self, keys: list[str]) -> Iterator[dict]:
        """The records with these keys, one at a time."""
        with open(self.path, "rb") as file:
            for key in keys:
                file.seek(self.keys[key])
                yield json.loads(file.readline())

    def last_of_base(self, base: str) -> dict | None:
        """The last grading of the same submission, whatever the exercises' checks were then."""
        return self._at(self._bases.get(base))

    def last_of_student(self, student: str) -> dict | None:
        """The last grading of this student's work."""
        return self._at(self._students.get(student))

    def _at(self, position: int | None) -> dict | None:
        if position is None:
            return None
        with open(self.path, "rb") as file:
            file.seek(position)
            return json.loads(file.readline())


def hold(file: IO) -> None:
    """Hold a file until it is closed, even by being killed. Raises OSError when another process holds it."""
    try:
        import fcntl
    except ImportError:  # Windows, where nothing is graded anyway
        return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

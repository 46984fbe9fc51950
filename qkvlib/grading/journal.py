"""What has been graded so far, on disk: one JSON line per submission, appended and synced.

Kill the run at any moment and start it again: whole lines count, a torn last line is cut off, nothing is graded twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path


class JournalBusy(RuntimeError):
    """Another run is writing to the same results folder."""


class Journal:
    """An append-only file of grading records, each with a unique `key`. Use as a context manager."""

    def __init__(self, path: Path):
        self.path = Path(path)
        self.keys: dict[str, int] = {}  # key -> where its line starts

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self.path, "a+b")
        try:
            _lock(self._file)
            self._load()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *exception):
        self._file.close()

    def _load(self) -> None:
        self._file.seek(0)
        whole = 0
        for line in self._file:
            try:
                key = json.loads(line)["key"] if line.endswith(b"\n") else None
            except (ValueError, KeyError, TypeError):
                key = None
            if not isinstance(key, str):
                break
            self.keys.setdefault(key, whole)
            whole += len(line)
        self._file.truncate(whole)
        self._file.seek(0, os.SEEK_END)

    def append(self, records: list[dict]) -> None:
        """Write records and wait until they are on the disk. A key that is there already is left as it is."""
        fresh = [record for record in records if record["key"] not in self.keys]
        if not fresh:
            return
        position = self._file.seek(0, os.SEEK_END)
        lines = [json.dumps(record, ensure_ascii=True, sort_keys=True).encode() + b"\n" for record in fresh]
        self._file.write(b"".join(lines))
        self._file.flush()
        os.fsync(self._file.fileno())
        for record, line in zip(fresh, lines, strict=True):
            self.keys[record["key"]] = position
            position += len(line)

    def records(self, keys: list[str]) -> Iterator[dict]:
        """The records with these keys, one at a time."""
        with open(self.path, "rb") as file:
            for key in keys:
                file.seek(self.keys[key])
                yield json.loads(file.readline())


def _lock(file) -> None:
    try:
        import fcntl
    except ImportError:  # Windows, where nothing is graded anyway
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise JournalBusy("Another grading run is writing to this results folder. Wait for it, or stop it.") from error

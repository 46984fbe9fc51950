"""Checkpoints on this machine: a lone safetensors file, or the folder a model was saved to."""

import json
from pathlib import Path

from .errors import CheckpointError

MAX_JSON = 64_000_000  # bytes; the index of the largest published models is a few MB


class LocalFile:
    """A file on this machine as a `ByteSource`."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = self.path.name
        try:
            self.size: int | None = self.path.stat().st_size
        except OSError as error:
            raise CheckpointError(f"Cannot read {self.path}: {error.strerror}.") from error

    def read(self, start: int, stop: int) -> bytes:
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                data = file.read(stop - start)
        except OSError as error:
            raise CheckpointError(f"Cannot read {self.path}: {error.strerror}.") from error
        if len(data) != stop - start:
            raise CheckpointError(
                f"{self.name} is truncated: bytes {start:,} to {stop:,} were asked for, and it ends at byte "
                f"{start + len(data):,}; copy or download it again."
            )
        return data

    def forget(self) -> None:
        """Nothing: the file is not ours to delete."""


class LocalFolder:
    """A folder of weights and JSON. For a lone file, the folder around it, with that file as its only weights."""

    def __init__(self, path: str | Path, name: str | None = None) -> None:
        path = Path(path)
        self.path = path if path.is_dir() else path.parent
        self.lone_file = None if path.is_dir() else path.name
        self.name = name or str(path)

    def json(self, filename: str) -> dict | None:
        """The parsed file, or None where there is none."""
        path = self.path / filename
        if not path.is_file():
            return None
        return parse_json(LocalFile(path), f"{self.name}: {filename}")

    def open(self, filename: str) -> LocalFile | None:
        """The file as a `ByteSource`, or None where there is none."""
        path = self.path / filename
        return LocalFile(path) if path.is_file() else None


def parse_json(source: LocalFile, where: str) -> dict:
    """The JSON object in a `ByteSource`; `where` names it in the error."""
    assert source.size is not None  # only a file on a hub may not know yet
    if source.size > MAX_JSON:
        raise CheckpointError(f"{where} has {source.size:,} bytes; a sound one stays under {MAX_JSON:,}.")
    try:
        value = json.loads(source.read(0, source.size))
    except (ValueError, RecursionError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{where} is not JSON ({error}); download it again.") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{where} holds a {type(value).__name__} where an object was expected.")
    return value

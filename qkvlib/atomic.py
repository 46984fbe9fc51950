"""Files that are whole or not there: whoever reads meets the old content or the new, never half of either."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path


def write_atomically(path: Path, content: str | bytes, mode: int = 0o666) -> None:
    """Write `content` (text as UTF-8, line ends as given) to `path`, in one step; folders above it are made.

    `mode` is what a new file would get from `open`, so the umask still counts; 0o600 keeps it to its owner. Raises
    OSError where it cannot be written, and then leaves nothing behind and what was there untouched.
    """
    write_together({path: content}, mode)


def write_together(
    contents: Mapping[Path, str | bytes], mode: int = 0o666, private: Collection[Path] = frozenset()
) -> None:
    """`write_atomically` for several files: none takes its place before all of them are on the disk.

    Those that are `private` are their owner's alone.
    """
    staged: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            staged[path] = path.with_name(f".{secrets.token_hex(8)}.new")  # beside it: a move stays on one file system
            _write_to_disk(staged[path], content, 0o600 if path in private else mode)
        for path, fresh in staged.items():
            os.replace(fresh, path)
    finally:
        for fresh in staged.values():
            with suppress(OSError):
                fresh.unlink()


def replace_folder(fresh: Path, target: Path) -> None:
    """Let the folder `fresh` take the place of `target`; both lie on one file system, and what was there is deleted.

    Raises OSError where it cannot, and then `target` is what it was.
    """
    if not target.exists():
        os.replace(fresh, target)
        return
    old = target.with_name(f".{secrets.token_hex(8)}.old")
    os.replace(target, old)
    try:
        os.replace(fresh, target)
    except OSError:
        os.replace(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _write_to_disk(path: Path, content: str | bytes, mode: int) -> None:
    data = content.encode("utf-8") if isinstance(content, str) else content
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), mode)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # else a crash of the machine could leave the new name with nothing in it

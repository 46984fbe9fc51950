"""What the small widgets remember between sessions, in the one progress file."""

from __future__ import annotations

from importlib.util import find_spec


def _progress():
    # The progress module lands separately; until then nothing is remembered.
    if find_spec("qkvlib.progress") is None:
        return None
    from qkvlib import progress

    return progress


def recall(section: str, key: str) -> dict:
    """What was remembered under `key`, or {}."""
    progress = _progress()
    return progress.entry(section, key) if progress else {}


def remember(section: str, key: str, **fields) -> None:
    """Keep `fields` (plain JSON values) under `key`."""
    progress = _progress()
    if progress:
        progress.record(section, key, **fields)

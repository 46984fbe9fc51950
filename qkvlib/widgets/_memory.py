"""What the small widgets remember between sessions, in the one progress file."""

from __future__ import annotations

from importlib.util import find_spec


def _progress():
    # The progress module lands separately; until then nothing is remembered.
    if find_spec("qkvlib.progress") is None:
        return None
    from qkvlib import progress

    return progress


def recall(section: str, key: str):
    """What was remembered under `key`, or None."""
    progress = _progress()
    return progress.get(section, key) if progress else None


def remember(section: str, key: str, value) -> None:
    """Keep `value` (plain JSON) under `key`."""
    progress = _progress()
    if progress:
        progress.put(section, key, value)

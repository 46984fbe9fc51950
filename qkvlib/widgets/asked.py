"""The course's own questions: what `Predict("l1-shape-q")` asks, as the build took it out of the lessons."""

from __future__ import annotations

import json
import os
from functools import cache
from importlib.resources import files
from pathlib import Path


def asked(name: str) -> dict:
    """The arguments of one prediction of the course. ValueError where there is none of that name."""
    # While notebooks are built, the environment names the folder of what is being built.
    place = os.environ.get("QKV_PREDICTIONS") or str(files("qkvlib") / "data" / "predictions")
    try:
        return _all(place)[name]
    except KeyError:
        raise ValueError(
            f"prediction {name!r}: the course has no question of that name; write it here, or correct the name"
        ) from None


@cache
def _all(place: str) -> dict[str, dict]:
    """{name: arguments} of every file in the folder `place`."""
    found: dict[str, dict] = {}
    for path in sorted(Path(place).glob("*.json")):
        found |= json.loads(path.read_text(encoding="utf-8"))
    return found

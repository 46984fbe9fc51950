"""The recordings of the lessons on the site: whichever `qkv narrate` has made of the lessons as they are now."""

from __future__ import annotations

import shutil
from pathlib import Path

from qkvlib.course.narration import recording

FOLDER = "narration"  # on the site


def with_recording(widgets: dict[tuple[str, int], dict], lesson: str, extra: Path) -> dict[tuple[str, int], dict]:
    """The widgets of a lesson's page, its player with the address of the recording; that goes to `extra`."""
    found = recording(lesson)
    audio, times = "", []
    if found:
        (extra / FOLDER).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found.audio, extra / FOLDER / found.audio.name)
        audio, times = f"../{FOLDER}/{found.audio.name}", found.times
    heard = {"recorded": False, "audio": audio, "times": times}
    return {
        place: {**held, "state": {**held["state"], **heard, "sentences": _slim(held["state"]["sentences"])}}
        if held["kind"] == "narration"
        else held
        for place, held in widgets.items()
    }


def _slim(sentences: list[dict]) -> list[dict]:
    """Without what only the one who makes the recordings wants to know."""
    return [{key: value for key, value in each.items() if key != "ends"} for each in sentences]

"""What is said in each lesson, as the build took it out of the lesson, and its recording where there is one."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

FOLDER = "narration"  # beside notebooks/
KINDS = {".opus": "audio/ogg; codecs=opus", ".mp3": "audio/mpeg", ".wav": "audio/wav"}


@dataclass(frozen=True)
class Recording:
    """One lesson spoken: an audio file, and from where to where (seconds) each sentence is heard in it."""

    audio: Path
    times: list[list[float]]

    @property
    def kind(self) -> str:
        """Its media type."""
        return KINDS[self.audio.suffix]


def sentences(lesson: str) -> list[dict]:
    """Every sentence of the lesson with that number ("02"): see tools/narration/script.py. ValueError where none is."""
    # While notebooks are built, the environment names the folder of what is being built.
    place = os.environ.get("QKV_NARRATION")
    folder = Path(place) if place else files("qkvlib") / "data" / "narration"
    for path in folder.iterdir():
        if path.name.startswith(f"{lesson}_"):
            return json.loads(path.read_text(encoding="utf-8"))
    raise ValueError(f"lesson {lesson!r} has no narration; a lesson's number has two digits, such as '02'")


def fingerprint(said: list[dict]) -> str:
    """Changes with every word of a lesson that is heard."""
    return sha256("\n".join(each.get("say", each["text"]) for each in said).encode()).hexdigest()[:16]


def recording(lesson: str, folder: Path | None = None) -> Recording | None:
    """The recording of a lesson: in `folder`, else in narration/ here or above; None where there is none of its words.

    A recording of another version of the lesson, or a damaged one, counts as none.
    """
    here = Path.cwd()
    for place in [folder] if folder else [above / FOLDER for above in (here, *here.parents)]:
        for index in sorted(place.glob(f"{lesson}_*.json")):
            if found := _read(index, fingerprint(sentences(lesson))):
                return found
    return None


def _read(index: Path, wanted: str) -> Recording | None:
    try:
        kept = json.loads(index.read_text(encoding="utf-8"))
        audio = index.with_name(kept["audio"])
        times = [[float(start), float(end)] for start, end in kept["times"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if kept.get("said") != wanted or audio.suffix not in KINDS or not audio.is_file():
        return None
    return Recording(audio, times)

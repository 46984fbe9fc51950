"""A learner's work as one file: what is remembered, and the notebooks that say something of their own.

    {"format": "qkv-work", "version": 1, "sha256": HEX, "content": TEXT}

TEXT is JSON, `{"progress": {section: {name: entry}}, "notebooks": {path: notebook}}`, and HEX the hash of its UTF-8: a
file that was cut or changed on its way is refused, and so is one of another version. The page of the course in the
browser reads and writes the same (tools/lite/page/work.js); `qkv progress --import` and `qkv grade` take it.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

FORMAT, VERSION = "qkv-work", 1
SUFFIX = ".qkv.json"
_PLACE = re.compile(r"(notebooks|exercises|solutions)/[A-Za-z0-9][A-Za-z0-9_.-]*\.ipynb")


class Refused(ValueError):
    """The file cannot be taken; the message is for whoever has it."""


@dataclass(frozen=True)
class Work:
    """What such a file holds: progress as `qkvlib.course.progress.load` gives it, and notebooks by path."""

    progress: dict[str, dict[str, dict]] = field(default_factory=dict)
    notebooks: dict[str, dict] = field(default_factory=dict)


def is_workfile(name: str) -> bool:
    """Whether a file calls itself one."""
    return name.lower().endswith(SUFFIX)


def pack(work: Work) -> str:
    """The file's text."""
    content = json.dumps({"progress": work.progress, "notebooks": work.notebooks})
    return json.dumps({"format": FORMAT, "version": VERSION, "sha256": _digest(content), "content": content}) + "\n"


def unpack(data: str | bytes) -> Work:
    """What a file holds. Raises Refused."""
    try:
        file = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused("The file is damaged, or no file of the course: it cannot be read to its end.") from None
    if not isinstance(file, dict) or file.get("format") != FORMAT:
        raise Refused("This is not a file that the course has saved.")
    if file.get("version") != VERSION:
        raise Refused(
            f"The file was saved in form {str(file.get('version'))[:20]}, and this qkvlib reads form {VERSION}: use "
            "the version of the course that wrote it, or a newer one."
        )
    content = file.get("content")
    if not isinstance(content, str) or _digest(content) != file.get("sha256"):
        raise Refused("The file is damaged: it is not as it was saved. Save it again where it came from.")
    try:
        held = json.loads(content)
        progress, notebooks = held["progress"], held["notebooks"]
        sound = all(is_entry(entry) for section in progress.values() for entry in section.values())
        mine = all(_PLACE.fullmatch(path) and isinstance(book["cells"], list) for path, book in notebooks.items())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        sound = mine = False
    if not sound or not mine:
        raise Refused("The file holds something that is neither progress nor a notebook of the course.")
    return Work(progress, notebooks)


# What the checks count and compare; every other field is its writer's own, who has to take it as it comes.
_FIELDS = {"attempts": int, "status": str, "last": str, "mistake": str}


def is_entry(entry: object) -> bool:
    """Whether an entry has the shape that the checks rely on."""
    return isinstance(entry, dict) and all(
        type(entry[name]) is kind for name, kind in _FIELDS.items() if entry.get(name) is not None
    )


def merge(here: dict, fresh: dict) -> dict:
    """Both together: what comes in counts, but nothing that was correct becomes less, and no attempt is forgotten."""
    merged = copy.deepcopy(here)
    for section, entries in fresh.items():
        for name, entry in entries.items():
            old = merged.setdefault(section, {}).get(name, {})
            more = {**old, **entry}
            if old.get("status") == "correct":
                more["status"] = "correct"
            if (old.get("attempts") or 0) > (more.get("attempts") or 0):
                more["attempts"] = old["attempts"]
            merged[section][name] = more
    return merged


def said(book: dict) -> str:
    """What a notebook says, whatever was run in it: one text for all its cells."""
    return "\0".join(f"{cell['cell_type']}\n{''.join(cell['source'])}" for cell in book["cells"])


def mark(book: dict) -> str:
    """The hash of what a notebook says."""
    return _digest(said(book))


def read(path: Path) -> Work:
    """The work in a file. Raises Refused, or OSError."""
    return unpack(path.read_bytes())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

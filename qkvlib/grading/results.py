"""The results folder: it belongs to one assignment of one course, and only what grading wrote in it is replaced."""

from __future__ import annotations

import json
import os
from pathlib import Path

from qkvlib.atomic import write_atomically
from qkvlib.grading.secret import keyed
from qkvlib.grading.text import clean

_ABOUT = "results.json"


class ResultsError(ValueError):
    """The folder cannot be used for these results; the message says what to do."""


def belongs_to(secret: bytes) -> str:
    """Names a course without giving its secret away."""
    return keyed(secret, "course").hex()[:16]


def claim(out: Path, slug: str, secret: bytes) -> None:
    """Take the folder for this assignment, or raise `ResultsError` when it holds another's results."""
    about = _about(out)
    theirs, course = about.get("assignment", slug), about.get("course", belongs_to(secret))
    if theirs != slug:
        raise ResultsError(
            f"{out} holds the results of {clean(theirs, 80)}. Name another folder with --out for {slug}."
        )
    if course != belongs_to(secret):
        raise ResultsError(
            f"{out} holds results that were made with another course file. Name that file with --course, or another "
            "folder with --out."
        )
    if not about:
        out.mkdir(parents=True, exist_ok=True)
        _write(out, {"assignment": slug, "course": belongs_to(secret), "written": []})


def take_over(fresh: Path, out: Path) -> None:
    """Move every file below `fresh` to its place in `out`; delete what an earlier run wrote and this one did not."""
    about = _about(out)
    written = sorted(path.relative_to(fresh).as_posix() for path in fresh.rglob("*") if path.is_file())
    for folder in [path for path in fresh.iterdir() if path.is_dir() and not (out / path.name).exists()]:
        os.replace(folder, out / folder.name)  # whole, where nothing stands in the way: a class has thousands of files
    for name in written:
        target = out / name
        if (fresh / name).exists():
            target.parent.mkdir(exist_ok=True, parents=True)
            os.replace(fresh / name, target)
    for name in sorted(set(about.get("written", [])) - set(written)):
        path = out / name
        if ".." not in Path(name).parts and not Path(name).is_absolute() and path.is_file():
            path.unlink()
            if path.parent != out and not any(path.parent.iterdir()):
                path.parent.rmdir()
    _write(out, {**about, "written": written})


def _about(out: Path) -> dict:
    try:
        about = json.loads((out / _ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(about, dict):
        return {}
    texts = {key: about[key] for key in ("assignment", "course") if isinstance(about.get(key), str)}
    written = about.get("written")
    return {**texts, "written": [n for n in written if isinstance(n, str)] if isinstance(written, list) else []}


def _write(out: Path, about: dict) -> None:
    write_atomically(out / _ABOUT, json.dumps(about, indent=1) + "\n")

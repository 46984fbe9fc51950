"""Instruments as standalone pages, one self-contained HTML file each (tools/site.py writes all of them)."""

from __future__ import annotations

from pathlib import Path

from qkvlib import checkpoints, clinic, instruments
from qkvlib.atomic import write_atomically
from qkvlib.widgets.page import page

# Instruments that stand for several sheets: the title of their page, and what they are called with for each sheet.
SEVERAL = {
    "bug_clinic": ("The bug clinic", tuple(clinic.BUGS)),
    "wild": ("In the wild", checkpoints.TINY),
}


class NoSuchLesson(ValueError):
    """No instrument belongs to that lesson; the message says which lessons have one."""


def write_pages(folder: str | Path, lesson: str) -> list[Path]:
    """Writes `folder`/name.html for every instrument of a lesson ("02" or "2"), each whole or not at all.

    Returns the paths written.
    """
    names = [name for name, number in instruments.REGISTRY.items() if number == lesson.zfill(2)]
    if not names:
        known = ", ".join(sorted(set(instruments.REGISTRY.values())))
        raise NoSuchLesson(f"lesson {lesson} has no instrument; lessons {known} have")
    paths = [Path(folder) / f"{name}.html" for name in names]
    for name, path in zip(names, paths, strict=True):
        write_page(name, path)
    return paths


def write_page(name: str, path: str | Path) -> str:
    """Writes the page of one instrument, with all its sheets, to `path`; returns the page's title."""
    title, choices = SEVERAL.get(name, ("", ()))
    make = getattr(instruments, name)
    made = [make(choice) for choice in choices] or [make()]
    write_atomically(Path(path), page(*(each.sheet for each in made), title=title))
    title = title or made[0].sheet.sheet.title
    for each in made:
        each.close()
    return title

"""A lesson's instruments as standalone pages, one self-contained HTML file each (tools/site.py lists all of them)."""

from __future__ import annotations

from pathlib import Path

from . import instruments


class NoSuchLesson(ValueError):
    """No instrument belongs to that lesson; the message says which lessons have one."""


def write_pages(folder, lesson: str) -> list[Path]:
    """Writes `folder`/name.html for every instrument of a lesson ("02" or "2"), each whole or not at all.

    Returns the paths written.
    """
    names = [name for name, number in instruments.REGISTRY.items() if number == lesson.zfill(2)]
    if not names:
        known = ", ".join(sorted(set(instruments.REGISTRY.values())))
        raise NoSuchLesson(f"lesson {lesson} has no instrument; lessons {known} have")
    paths = [Path(folder) / f"{name}.html" for name in names]
    for name, path in zip(names, paths, strict=True):
        made = getattr(instruments, name)()
        made.save(path)
        made.close()
    return paths

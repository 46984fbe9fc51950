"""A learner's work from one place to another, as one file (`qkvlib.course.workfile`)."""

from __future__ import annotations

import json
from pathlib import Path

from qkvlib.atomic import write_atomically, write_together
from qkvlib.course import progress
from qkvlib.course.root import PACKAGE, NotTheCourse, course_root
from qkvlib.course.trust import FOLDERS, unchanged
from qkvlib.course.workcopy import copy_above, keep_beside
from qkvlib.course.workfile import SUFFIX, Refused, Work, is_workfile, mark, pack, read

_AS_BUILT = PACKAGE / "data" / "built.json"


def here() -> Path | None:
    """The copy or the clone with the learner's notebooks; None where there is none."""
    copy = copy_above(Path.cwd())
    if copy is not None:
        return copy
    try:
        return course_root()
    except NotTheCourse:
        return None


def export(file: Path) -> list[str]:
    """Writes progress and every notebook that is not as the course wrote it to a new file; what to say of it.

    Raises Refused, or OSError with nothing written.
    """
    if not is_workfile(file.name):
        file = file.with_name(f"{file.name}{SUFFIX}")
    if file.exists():
        raise Refused(f"{file} is there already; name another file, or move it away.")
    root, notebooks, unreadable = here(), {}, []
    for path in _own(root) if root else []:
        try:
            book = json.loads(path.read_text(encoding="utf-8"))
            mark(book)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            unreadable.append(path)
            continue
        notebooks[path.relative_to(root or path).as_posix()] = book
    write_atomically(file, pack(Work(progress.load(), notebooks)), mode=0o600)
    lines = [f"{file}: what the checks remember, and {len(notebooks)} of your notebooks."]
    if root is None:
        lines.append("No notebooks: run this in your copy of the course to take them along.")
    return lines + [f"{path} was left out: it is not readable as a notebook." for path in unreadable]


def bring(file: Path) -> list[str]:
    """Takes in what such a file holds; what to say of it. A notebook of the learner's that differs is kept beside.

    Raises Refused, or OSError.
    """
    if file.is_dir():
        raise Refused(f"{file} is a folder; name the file that was saved, such as qkv-work{SUFFIX}.")
    try:
        work = read(file)
    except Refused as problem:
        raise Refused(f"{file}: {problem} Nothing was changed.") from None
    root, fresh, beside = here(), {}, []
    if root is not None:
        own = set(_own(root))
        for name, book in work.notebooks.items():
            path = root / name
            if path in own and _mark_of(path) != mark(book):
                beside.append(keep_beside(path))
            fresh[path] = json.dumps(book, indent=1, ensure_ascii=False) + "\n"
        write_together(fresh)
    progress.bring_in(work.progress)
    lines = [f"Taken in: what the checks remember, and {len(fresh)} notebooks."]
    if root is None and work.notebooks:
        lines.append(f"Its {len(work.notebooks)} notebooks were not: run this in your copy of the course to have them.")
    return lines + [f"Yours was another; it is now {path}." for path in beside]


def _own(root: Path) -> list[Path]:
    """The notebooks in the course's folders that do not hold what the build wrote."""
    same = set(unchanged(root, _AS_BUILT))
    every = [path for folder in FOLDERS for path in sorted((root / folder).glob("*.ipynb"))]
    return [path for path in every if path not in same and path.is_file() and not path.is_symlink()]


def _mark_of(path: Path) -> str:
    try:
        return mark(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ""

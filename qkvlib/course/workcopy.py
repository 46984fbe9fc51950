"""A learner's own copy of the notebooks, where the course was installed and not cloned.

`lay` writes it and brings it up to date, and never over a learner's work: a file is replaced only while it holds the
very bytes that were once written there, which MARKER remembers. What a learner changed stays, and `lay` says when the
course has a newer one; `put_back` takes that one, and keeps the learner's beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from qkvlib.atomic import write_atomically, write_together
from qkvlib.course.outline import read_outline
from qkvlib.course.root import is_clone, shipped
from qkvlib.course.trust import FOLDERS, fingerprint

MARKER = ".qkv-copy.json"  # {"files": {path: hash of what was written there}}
README = """# Your copy of the course

Open it with `qkv lab` in this folder, and begin with [{first}]({first_path}). Work in these files as you like: they are
yours, and a newer version of the course leaves what you have changed as it is. `qkv reset FILE` puts one back.

{lessons}
"""
_PLACES = [[folder] for folder in FOLDERS]
_OWN = "a learner's own"  # stands for the hash of what was never ours to read: a link, a folder


class NoCopy(Exception):
    """What was asked cannot be done there; the message says what to do."""


@dataclass(frozen=True)
class Laid:
    """What `lay` did with each file, by its path in the copy."""

    written: list[str] = field(default_factory=list)  # were not there
    renewed: list[str] = field(default_factory=list)  # were as an earlier version of the course wrote them
    kept: list[str] = field(default_factory=list)  # are a learner's
    newer: list[str] = field(default_factory=list)  # of those, the ones that the course has changed since
    gone: list[str] = field(default_factory=list)  # are no longer in the course, held nothing of a learner's


@dataclass(frozen=True)
class PutBack:
    """What `put_back` did: the file, and where what it held before is now (None when there was nothing to keep)."""

    path: Path
    mine: Path | None


def files() -> dict[str, bytes]:
    """What a copy consists of, by path: the notebooks as the build wrote them, and a page that lists them."""
    source = shipped()
    found = {}
    for folder in FOLDERS:
        for path in sorted((source / folder).glob("*.ipynb")):
            found[f"{folder}/{path.name}"] = path.read_bytes()
    if not found:
        raise NoCopy("This qkvlib came without its notebooks; install it again, or clone the course.")
    return {**found, "README.md": _readme(found).encode()}


def copy_above(place: Path) -> Path | None:
    """The copy that `place` lies in, or None."""
    return next((folder for folder in (place, *place.parents) if (folder / MARKER).is_file()), None)


def lay(folder: Path) -> Laid:
    """Writes a copy to `folder`, or brings the one there up to date. Raises NoCopy, or OSError with nothing lost."""
    if is_clone(folder):
        raise NoCopy(f"{folder} is a clone of the course; run `qkv lab` there without --dir.")
    if folder.exists() and not folder.is_dir():
        raise NoCopy(f"{folder} is a file; name a folder, such as --dir my-course.")
    wanted, remembered = files(), _remembered(folder)
    done, to_write, known = Laid(), {}, dict(remembered)
    for name, data in wanted.items():
        path, fresh, before = folder / name, fingerprint(data), remembered.get(name)
        there = _hash(path)
        if there not in (None, fresh, before):
            done.kept.append(name)
            if before and before != fresh:
                done.newer.append(name)
            continue
        known[name] = fresh
        if there != fresh:
            (done.written if there is None else done.renewed).append(name)
            to_write[path] = data
    write_together(to_write)
    for name in remembered.keys() - wanted.keys():
        if _hash(folder / name) == remembered[name]:
            (folder / name).unlink()
            done.gone.append(name)
        del known[name]
    _remember(folder, known)
    return done


def original(file: Path) -> tuple[Path, str, bytes]:
    """The copy that `file` is in, its path there, and what the course has for it. Raises NoCopy."""
    path = file.absolute()
    folder = copy_above(path.parent)
    if folder is None:
        raise NoCopy(f"{file} is not in a copy of the course that `qkv lab` wrote. In a clone, git has the original.")
    name, wanted = path.relative_to(folder).as_posix(), files()
    if name not in wanted:
        beside = sorted(Path(each).name for each in wanted if Path(each).parent == Path(name).parent)
        known = f"; in that folder it has {', '.join(beside)}" if beside else ""
        raise NoCopy(f"The course has no {name}{known}.")
    return folder, name, wanted[name]


def is_original(file: Path) -> bool:
    """Whether `file` holds what the course has for it. Raises NoCopy where the course has nothing for it."""
    return _hash(file) == fingerprint(original(file)[2])


def put_back(file: Path) -> PutBack:
    """Lets `file` be as the course has it, and keeps what it was beside it. Raises NoCopy, or OSError."""
    folder, name, data = original(file)
    there = _hash(file)
    if there == _OWN:
        raise NoCopy(f"{file} is a link or a folder; move it away, and run this again.")
    mine = None
    if there is not None and there != _remembered(folder).get(name):
        mine = keep_beside(file)
    write_atomically(file, data)
    _remember(folder, {**_remembered(folder), name: fingerprint(data)})
    return PutBack(file, mine)


def keep_beside(file: Path) -> Path:
    """Writes what a file holds under a free name beside it; that name."""
    numbered = (file.with_name(f"{file.stem}.mine-{n}{file.suffix}") for n in range(1, 10_000))
    mine = next(path for path in numbered if not path.exists())
    write_atomically(mine, file.read_bytes())
    return mine


def _hash(path: Path) -> str | None:
    """The hash of a file, None where nothing is."""
    if path.is_symlink() or path.is_dir():
        return _OWN
    return fingerprint(path.read_bytes()) if path.exists() else None


def _remembered(folder: Path) -> dict[str, str]:
    """What MARKER says; nothing where it cannot be read, so that every file that differs counts as a learner's."""
    try:
        listed = json.loads((folder / MARKER).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    pairs = listed.items() if isinstance(listed, dict) else ()
    # A copy may come from somebody else: no path of theirs leads out of it.
    return {k: v for k, v in pairs if isinstance(v, str) and (k == "README.md" or k.split("/")[:-1] in _PLACES)}


def _remember(folder: Path, known: dict[str, str]) -> None:
    if known != _remembered(folder) or not (folder / MARKER).exists():
        write_atomically(folder / MARKER, json.dumps({"files": known}, indent=1, sort_keys=True) + "\n")


def _readme(paths: dict[str, bytes]) -> str:
    lines = []
    for lesson in read_outline():
        notebook = f"{lesson.slug}.ipynb"
        title = f"{int(lesson.number)} · {lesson.title}"
        practice = f", [exercises](exercises/{notebook})" if f"exercises/{notebook}" in paths else ""
        lines.append(f"- [{title}](notebooks/{notebook}), {lesson.minutes} minutes{practice}")
    first = read_outline()[0]
    return README.format(first=first.title, first_path=f"notebooks/{first.slug}.ipynb", lessons="\n".join(lines))

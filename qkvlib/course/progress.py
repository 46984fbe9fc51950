"""What a learner has done, kept on disk: one JSON file, replaced atomically, shared by every notebook that is open.

The file lies in the user's data directory, or in the folder named by the environment variable `QKV_HOME`. It has one
table per section ("checks", "predictions", "cards", ...), and one entry, a dict of plain values, per name in it:

    progress.record("checks", "scores", status="correct")     # adds to the entry, keeps its other fields
    progress.entry("checks", "scores")                        # {} when there is none
    progress.section("checks")                                # every entry of the section
    progress.reset("checks")                                  # or reset() for everything

In a web page (`qkvlib.course.browser`) the browser keeps it, and what a cell changes is written behind the cell.

A course must not stop because a disk is full or read-only: where the file cannot be written, progress is kept in memory
for as long as the kernel lives, and `where()` says so. A file that is not readable as progress is set aside, never
overwritten.
"""

from __future__ import annotations

import copy
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from platformdirs import user_data_dir

from qkvlib.atomic import write_atomically
from qkvlib.course import browser
from qkvlib.course.workfile import is_entry, merge

VERSION = 1
_LOCK_PATIENCE = 2.0  # seconds; a lock file older than this was left behind by a process that died
_thread_lock = threading.RLock()
_memory: dict | None = None  # used only once the disk has refused


def path() -> Path:
    """Where progress is kept. The folder need not exist yet."""
    home = os.environ.get("QKV_HOME") or browser.home() or user_data_dir("qkvlib", appauthor=False)
    return Path(home) / "progress.json"


def where() -> str:
    """One sentence: where progress is kept."""
    if _memory is not None:
        return f"Progress is kept in memory only, because {path()} could not be written."
    if browser.HERE:
        return _IN_A_PAGE if browser.home() else _UNTIL_CLOSED
    return f"Progress is kept in {path()}."


_IN_A_PAGE = "Progress is kept by this browser; “Save my work” above writes it to a file."
_UNTIL_CLOSED = (
    "This browser keeps nothing for this page: what the checks remember is gone when you close it. Your answers are in "
    "the notebook, which “Save my work” above writes to a file."
)


def load() -> dict:
    """Everything that is known: {section: {name: entry}}. A copy; changing it changes nothing on disk."""
    if _memory is not None:
        return copy.deepcopy(_memory)
    return _a_page.load() if _a_page else _read(path())


def section(name: str) -> dict:
    """Every entry of one section, {} when there is none."""
    return load().get(name, {})


def entry(section_name: str, name: str) -> dict:
    """One entry, {} when there is none."""
    return section(section_name).get(name, {})


def record(section_name: str, name: str, /, **fields: Any) -> dict:
    """Add `fields` (plain JSON values) to an entry and return the whole entry."""
    return change(section_name, name, lambda old: {**old, **fields})


def change(section_name: str, name: str, update: Callable[[dict], dict]) -> dict:
    """Replace an entry by `update(entry)`, safely against other notebooks doing the same; returns the new entry."""
    with _exclusive():
        data = load()
        new = json.loads(json.dumps(update(data.get(section_name, {}).get(name, {}))))
        _apply(data, lambda sections: sections.setdefault(section_name, {}).update({name: new}))
        return copy.deepcopy(new)


def reset(section_name: str | None = None) -> None:
    """Forget one section, or everything. Asking first is the caller's business (`qkv progress --reset` does)."""
    with _exclusive():
        _apply(load(), lambda sections: sections.clear() if section_name is None else sections.pop(section_name, None))


def bring_in(fresh: dict) -> None:
    """Adds progress from elsewhere to what is known here (`merge` of `qkvlib.course.workfile`)."""
    with _exclusive():
        _apply(load(), lambda sections: sections.update(merge(sections, fresh)))


def _apply(data: dict, act: Callable[[dict], object]) -> None:
    """Changes everything that is known and keeps it; `data` is what it is now."""
    if _a_page and _memory is None:
        _a_page.change(act)
        return
    act(data)
    _write(data)


# -- the file -----------------------------------------------------------------------------------------------------


def _read(file: Path) -> dict:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return {}
    except UnicodeDecodeError:
        _set_aside(file)
        return {}
    try:
        sections = json.loads(text)["sections"]
        sound = all(is_entry(e) for s in sections.values() for e in s.values())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        sound = False
    if not sound:
        _set_aside(file)
        return {}
    return sections


def _set_aside(file: Path) -> None:
    """Keep an unreadable file under another name, so that nothing a learner did is thrown away."""
    for n in range(1, 100):
        spare = file.with_name(f"{file.stem}.unreadable-{n}.json")
        if not spare.exists():
            with suppress(OSError):
                os.replace(file, spare)
            return


def _write(sections: dict) -> None:
    global _memory
    text = json.dumps({"version": VERSION, "sections": sections}, indent=1, sort_keys=True, ensure_ascii=False)
    try:
        if browser.HERE:  # it takes a file whole, when it is closed; the way round another name is slow there
            path().parent.mkdir(parents=True, exist_ok=True)
            path().write_text(text + "\n", encoding="utf-8")
        else:
            write_atomically(path(), text + "\n", mode=0o600)
        _memory = None
    except OSError:
        _memory = sections
        if browser.HERE:
            print(_UNTIL_CLOSED)


@contextmanager
def _exclusive() -> Iterator[None]:
    """One writer at a time, across threads and processes; never waits longer than a moment."""
    if browser.HERE:  # one thread, and what others write between reading and writing is read again
        yield
        return
    lock = path().with_suffix(".lock")
    with _thread_lock:
        held = _take(lock)
        try:
            yield
        finally:
            if held:
                with suppress(OSError):
                    os.unlink(lock)


def _take(lock: Path) -> bool:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    for _ in range(int(_LOCK_PATIENCE / 0.01)):
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            return True
        except FileExistsError:
            with suppress(OSError):
                # so old, or from a clock that is ahead: nobody is writing at this moment
                if abs(time.time() - lock.stat().st_mtime) > _LOCK_PATIENCE:
                    os.unlink(lock)
                    continue
            time.sleep(0.01)
        except OSError:
            return False
    return False


_a_page = browser.OncePerCell(lambda: _read(path()), _write) if browser.HERE else None

"""The parts of Python that enter the sandbox: the program, the standard library, and the shared libraries they need.

Never a prefix. A prefix may be somebody's home, or hold the course itself (`/usr/local`); so the program is bound as a
file, the standard library as a folder in which everything that is not a module of Python's own is covered, and each
shared library as a file. Inside, all of it has a name below /sandbox, so the teacher's folders are not even named.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

FOLDER = "/sandbox/python"
# Compiled modules that no answer needs and that would bring whole toolkits along.
_UNUSED = ("_tkinter", "_curses", "readline", "_dbm", "_gdbm", "_test", "xx")

# Loads every compiled module and asks the dynamic linker which files that took.
_PROBE = """
import ctypes, json, sys
for path in json.load(sys.stdin):
    try:
        ctypes.CDLL(path)
    except OSError:
        pass
class Loaded(ctypes.Structure):
    _fields_ = [("address", ctypes.c_void_p), ("name", ctypes.c_char_p)]
names = []
@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Loaded), ctypes.c_size_t, ctypes.c_void_p)
def note(loaded, size, data):
    names.append((loaded.contents.name or b"").decode())
    return 0
ctypes.CDLL(None).dl_iterate_phdr(note, None)
print(json.dumps(names))
"""


@dataclass(frozen=True)
class Parts:
    """What to bind where, and what of it to cover."""

    python: str  # the program, as it is seen inside
    binds: list[tuple[str, str]] = field(default_factory=list)
    covered_folders: list[str] = field(default_factory=list)
    covered_files: list[str] = field(default_factory=list)


@cache
def find_parts() -> Parts:
    """The parts of the Python that runs here."""
    library = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix})).resolve()
    compiled = Path(sysconfig.get_config_var("DESTSHARED") or library / "lib-dynload")
    inside = f"{FOLDER}/{sys.platlibdir}/{library.name}"
    parts = Parts(f"{FOLDER}/bin/python3", [(os.path.realpath(sys.executable), f"{FOLDER}/bin/python3")])
    parts.binds.append((str(library), inside))
    _cover(library, inside, parts)
    if compiled.is_dir() and compiled.resolve() != library / "lib-dynload":
        parts.binds.append((str(compiled.resolve()), f"{inside}/lib-dynload"))
    bound = [f"{library}/", f"{Path(np.__file__).resolve().parent.parent}/"]
    for name in _shared_libraries(compiled):
        if not os.path.realpath(name).startswith(tuple(bound)):
            is_loader = os.path.basename(name).startswith("ld-")  # its path is written into the program
            target = name if is_loader else f"{FOLDER}/shared/{os.path.basename(name)}"
            parts.binds.append((os.path.realpath(name), target))
    return parts


def _cover(library: Path, inside: str, parts: Parts) -> None:
    """Everything beside Python's own modules, installed packages above all."""
    for entry in sorted(library.iterdir()):
        if entry.name == "__pycache__":
            foreign = (e for e in entry.iterdir() if e.name.partition(".")[0] not in sys.stdlib_module_names)
            parts.covered_files.extend(f"{inside}/__pycache__/{e.name}" for e in foreign)
        elif entry.name.removesuffix(".py") not in {*sys.stdlib_module_names, "lib-dynload"}:
            covered = parts.covered_folders if entry.is_dir() else parts.covered_files
            covered.append(f"{inside}/{entry.name}")


def _shared_libraries(compiled: Path) -> list[str]:
    """The paths, as the dynamic linker names them, of what Python's compiled modules and numpy's are linked to."""
    modules = [*compiled.glob("*.so"), *Path(np.__file__).resolve().parent.rglob("*.so")]
    wanted = [str(path) for path in modules if not path.name.startswith(_UNUSED)]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _PROBE], input=json.dumps(wanted), capture_output=True, text=True, check=True
    )
    return sorted({name for name in json.loads(done.stdout) if os.path.isabs(name)})

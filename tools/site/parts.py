"""The worksheet in pieces: what every sheet needs is one script, each view and each family of ops another.

A page loads the pieces of its own sheets. They share one scope in a notebook; here each hands on what it exports in
`qkvParts`, and takes from there what it imports.
"""

from __future__ import annotations

import re
from pathlib import Path

from qkvlib.widgets import bundle

CORE = "worksheet.js"
_NAMES = re.compile(r'^import\s*\{([^}]*)\}\s*from\s"\.[\w./]+";\n', re.M)
_EXPORTED = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)", re.M)


def pieces(entries: list[str]) -> list[Path]:
    """The files beyond the core that a sheet of these entries needs, each behind those that it imports."""
    core = set(bundle.paths(CORE))
    return [path for path in bundle.paths(*entries) if path not in core]


def piece(path: Path) -> str:
    """One of them as a classic script with a scope of its own."""
    source = path.read_text(encoding="utf-8")
    taken = ",".join(dict.fromkeys(name.strip() for names in _NAMES.findall(source) for name in names.split(",")))
    given = ",".join(_EXPORTED.findall(source))
    own = bundle.slim(re.sub(r"^export (?=\w)", "", _NAMES.sub("", source), flags=re.M))
    handed = f"Object.assign(globalThis.qkvParts,{{{given}}});" if given else ""
    return f'{{"use strict";\nconst {{{taken}}}=globalThis.qkvParts;{own}{handed}}}\n'


def handed_on() -> str:
    """The end of the core's script: what the pieces may take from it."""
    given = [name for path in bundle.paths(CORE) for name in _EXPORTED.findall(path.read_text(encoding="utf-8"))]
    return f"globalThis.qkvParts={{{','.join(given)}}};\n"

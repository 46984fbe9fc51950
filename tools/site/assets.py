"""The site's own scripts and styles: each widget's code as one file, loaded once by the pages that use it."""

from __future__ import annotations

import re
from pathlib import Path

from qkvlib import instruments
from qkvlib.course.pages import SEVERAL
from qkvlib.widgets import bundle
from tools.site import parts

HERE = Path(__file__).parent
KINDS = ("worksheet", "predict", "flashcards", "cards", "fill_in", "blind_clinic", "narration")
HOST = "qkv/site.js"
STYLE = "qkv/site.css"


def script_of(kind: str) -> str:
    """The file of one kind of widget, or of one piece of the worksheet, below _static."""
    return f"qkv/{kind}.js"


def write(static: Path) -> None:
    """All of them to `static`/qkv. They are classic scripts, so that a site saved to disk works as well."""
    folder = static / "qkv"
    folder.mkdir(parents=True)
    scripts, sheets = worksheet_parts()
    for kind in KINDS:
        end = parts.handed_on() if kind == "worksheet" else ""
        (static / script_of(kind)).write_text(classic(kind, end), encoding="utf-8")
    for path in parts.pieces(scripts):
        (static / script_of(path.stem)).write_text(parts.piece(path), encoding="utf-8")
    (static / HOST).write_text(f'{{"use strict";{bundle.module("site.js")}}}', encoding="utf-8")
    styles = bundle.styles(*sheets, "small.css", "blind_clinic.css", "narration.css")
    own = bundle.slim_style((HERE / "site.css").read_text(encoding="utf-8"))
    (static / STYLE).write_text(styles + own, encoding="utf-8")


def worksheet_parts() -> tuple[list[str], list[str]]:
    """(JavaScript files, style sheets) that the course's instruments need, all of them together."""
    scripts: dict[str, None] = {}
    styles: dict[str, None] = {"worksheet.css": None}
    for name in instruments.REGISTRY:
        for choice in SEVERAL.get(name, ("", ()))[1] or (None,):
            made = getattr(instruments, name)(*([] if choice is None else [choice]))
            scripts |= dict.fromkeys(made.sheet.parts[0])
            styles |= dict.fromkeys(made.sheet.parts[1])
            made.close()
    scripts.pop("worksheet.js")  # the others come before what exports
    return [*scripts, "worksheet.js"], list(styles)


def classic(kind: str, end: str = "") -> str:
    """A widget's module as a script with a scope of its own that puts the widget where the host looks for it."""
    source = re.sub(r"\bexport ?\{[^}]*\};?", "", bundle.module(f"{kind}.js"))
    source = re.sub(r"\bexport default ?", f"(globalThis.qkvWidgets??={{}}).{kind}=", source)
    source = re.sub(r"\bexport (?=(?:async )?(?:function|const|class)\b)", "", source)
    return f'{{"use strict";\n{source}{end}}}\n'

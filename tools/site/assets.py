"""The site's own scripts and styles: each widget's code as one file, loaded once by the pages that use it."""

from __future__ import annotations

import re
from pathlib import Path

from qkvlib import instruments
from qkvlib.course.pages import SEVERAL
from qkvlib.widgets import bundle

HERE = Path(__file__).parent
KINDS = ("worksheet", "predict", "flashcards", "cards", "fill_in", "blind_clinic", "narration")
HOST = "qkv/site.js"
STYLE = "qkv/site.css"


def script_of(kind: str) -> str:
    """The file of one kind of widget, below _static."""
    return f"qkv/{kind}.js"


def write(static: Path) -> None:
    """All of them to `static`/qkv. They are classic scripts, so that a site saved to disk works as well."""
    folder = static / "qkv"
    folder.mkdir(parents=True)
    parts = worksheet_parts()
    for kind in KINDS:
        entries = parts[0] if kind == "worksheet" else [f"{kind}.js"]
        (static / script_of(kind)).write_text(classic(kind, *entries), encoding="utf-8")
    (static / HOST).write_text(f'{{"use strict";{bundle.module("site.js")}}}', encoding="utf-8")
    styles = bundle.styles(*parts[1], "small.css", "blind_clinic.css", "narration.css")
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


def classic(kind: str, *entries: str) -> str:
    """A widget's module as a script with a scope of its own that puts the widget where the host looks for it."""
    source = re.sub(r"\bexport ?\{[^}]*\};?", "", bundle.module(*entries))
    source = re.sub(r"\bexport default ?", f"(globalThis.qkvWidgets??={{}}).{kind}=", source)
    source = re.sub(r"\bexport (?=(?:async )?(?:function|const|class)\b)", "", source)
    return f'{{"use strict";\n{source}}}\n'

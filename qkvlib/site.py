"""The standalone pages: one self-contained HTML file per instrument, and an index of them."""

from __future__ import annotations

import html
from pathlib import Path

from . import instruments
from .widgets.page import STYLE, save, write

INDEX = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Q, K, V: the instruments</title>
<style>
{style}
</style>
</head>
<body>
<main>
<h1>Q, K, V: the instruments</h1>
<p>Each page works by itself: no network, no installation. The lessons around them are notebooks.</p>
<ul class="page-list">
{items}
</ul>
</main>
</body>
</html>
"""


class NoSuchLesson(ValueError):
    """No instrument belongs to that lesson; the message says which lessons have one."""


def write_site(folder, lesson: str | None = None) -> list[Path]:
    """Writes `folder`/NN_name.html for the instruments of one lesson ("02" or "2"), or all of them and index.html.

    Returns the paths written. Files are replaced one by one, each whole or not at all.
    """
    folder = Path(folder)
    names = [name for name, number in instruments.REGISTRY.items() if lesson is None or number == lesson.zfill(2)]
    if not names:
        known = ", ".join(sorted(set(instruments.REGISTRY.values())))
        raise NoSuchLesson(f"lesson {lesson} has no instrument; lessons {known} have")
    written, items = [], []
    for name in names:
        made = getattr(instruments, name)()
        path = folder / f"{instruments.REGISTRY[name]}_{name}.html"
        save(made.sheet, path)
        written.append(path)
        title, hint = (html.escape(text) for text in (made.sheet.sheet.title, made.sheet.sheet.hint))
        items.append(f'<li><a href="{path.name}">{instruments.REGISTRY[name]} · {title}</a><br>{hint}</li>')
        made.close()
    if lesson is None:
        write(folder / "index.html", INDEX.format(style=STYLE, items="\n".join(items)))
        written.append(folder / "index.html")
    return written

"""Worksheets as one HTML file: the widget's own ES module, the states and a small host; no network, no kernel."""

from __future__ import annotations

import html
import json
from os import PathLike
from pathlib import Path

from qkvlib.atomic import write_atomically

from . import bundle
from .worksheet import Worksheet

STYLE = bundle.styles("page.css")

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{css}
</style>
</head>
<body>
<main class="qkv-instrument {layout}">
<h1>{title}</h1>
{chooser}
<div id="controls" role="group" aria-label="controls" hidden></div>
<div id="sheet"></div>
<p class="page-foot">{foot}</p>
</main>
<script type="application/json" id="state">{state}</script>
<script type="module">
{module}
{host}
host(worksheet, JSON.parse(document.getElementById("state").textContent));
</script>
</body>
</html>
"""

ALWAYS = (["worksheet.js"], ["worksheet.css"])

CHOOSER = """<p class="page-chooser"><label class="page-control"><span>show</span>
<select id="chooser" autocomplete="off">{options}</select></label></p>"""


def page(*worksheets: Worksheet, title: str = "", foot: str = "") -> str:
    """The page as text. Of several worksheets it shows one, and a list to choose from; they need a common `title`.

    `foot` is a plain sentence under the sheet.
    """
    titles = [html.escape(worksheet.sheet.title) for worksheet in worksheets]
    single = len(worksheets) == 1
    own_scripts, own_styles = (
        dict.fromkeys(part for worksheet in worksheets for part in worksheet.parts[k] if part not in ALWAYS[k])
        for k in (0, 1)
    )
    scripts, styles = [*own_scripts, *ALWAYS[0]], [*ALWAYS[1], *own_styles]
    states = json.dumps([_state(worksheet) for worksheet in worksheets], ensure_ascii=False, allow_nan=False)
    return PAGE.format(
        layout="page-single" if single else "page-several",
        title=html.escape(title) or titles[0],
        chooser="" if single else CHOOSER.format(options="".join(f"<option>{each}</option>" for each in titles)),
        css=bundle.styles(*styles) + STYLE,
        foot=html.escape(foot or "Every number here is computed on this page. Nothing is sent anywhere."),
        # "<" would let a token such as "</script>" end the script.
        state=states.replace("<", "\\u003c"),
        module=bundle.script("worksheet", *scripts),
        host=bundle.module("page.js"),
    )


def _state(worksheet: Worksheet) -> dict:
    params = {name: getattr(worksheet, name) for name in worksheet.trait_names() if name.startswith("p_")}
    return {"spec": worksheet.spec, "inputs": worksheet.inputs, **params}


def save(worksheet: Worksheet, path: str | PathLike) -> None:
    """Writes the page of one worksheet to `path`, whole or not at all."""
    write_atomically(Path(path), page(worksheet))

"""The course's own part of Sphinx: formulas as MathML, and on each page the scripts of the widgets it holds."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxTranslator

from tools.site import lean
from tools.site.api import as_rst
from tools.site.assets import HOST, STYLE, script_of

_LIVE = re.compile(r'<div class="qkv-live" data-kind="(\w+)"')
_PARTS = re.compile(r' data-parts="([\w ]+)"')


def _inline(translator: SphinxTranslator, node: nodes.Element) -> None:
    _write(translator, node, "inline")


def _block(translator: SphinxTranslator, node: nodes.Element) -> None:
    _write(translator, node, "block")


def _write(translator: Any, node: nodes.Element, display: str) -> None:
    translator.body.append(convert(node.astext().strip(), display=display))
    raise nodes.SkipNode


def scripts(app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None) -> None:
    """Each kind of widget is loaded once, by the pages that have one; the host comes last."""
    body = context.get("body", "")
    for kind in dict.fromkeys(_LIVE.findall(body)):
        app.add_js_file(script_of(kind), loading_method="defer")
    for piece in dict.fromkeys(name for names in _PARTS.findall(body) for name in names.split()):
        app.add_js_file(script_of(piece), loading_method="defer", priority=600)
    app.add_js_file(HOST, loading_method="defer", priority=900)
    lean.load(context, page)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.add_css_file(STYLE)
    app.connect("html-page-context", scripts)
    app.connect("autodoc-process-docstring", as_rst)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Pages as light as they can be: what the theme and its helpers send, and no page of the course shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from qkvlib.widgets import bundle

_UNUSED = re.compile(r"mystnb\.\w+\.css|furo-extensions\.css")  # site.css has the few rules that cells need
_FOR_SEARCH = ("documentation_options.js", "doctools.js", "sphinx_highlight.js")
_SYMBOL = re.compile(r'<symbol id="([\w-]+)".*?</symbol>\s*', re.S)
_LAYOUT = re.compile(r"(<(pre|script|style|textarea)\b.*?</\2>)|<!--.*?-->|\n\s+", re.S)
_ICON = re.compile(r"--icon-([\w-]+):url\((?:\"[^\"]*\"|'[^']*'|[^)]*)\);?")
_RULE = re.compile(r"([^{}@;]+)\{[^{}]*\}")
_BLANK = re.compile(r'<span class="(?:n|p|w)">([^<]*)</span>|<span></span>')  # no colour is theirs


def of_use(files: list, page: str) -> list:
    """Those of a page's styles and scripts (as Sphinx lists them) that it needs."""

    def needed(name: str) -> bool:
        return not _UNUSED.search(name) and (page == "search" or not name.endswith(_FOR_SEARCH))

    return [file for file in files if needed(str(getattr(file, "filename", file) or ""))]


def lighter(text: str) -> str:
    """A page without spans that have no colour, icons that it does not show, comments, and its markup's indentation."""
    shown = set(re.findall(r'<use href="#([\w-]+)"', text))
    text = _SYMBOL.sub(lambda symbol: symbol[0] if symbol[1] in shown else "", text)
    text = _BLANK.sub(r"\1", text.replace(' xmlns="http://www.w3.org/1998/Math/MathML" display="inline"', ""))
    return _LAYOUT.sub(lambda found: found[1] or ("" if found[0].startswith("<!--") else "\n"), text)


def classes(text: str) -> set[str]:
    """Every class that a page's elements have."""
    return {name for names in re.findall(r'class="([^"]*)"', text) for name in names.split()}


def slim_styles(static: Path, shown: set[str]) -> None:
    """The theme's styles without the rules for what is on no page; `shown` are the classes that are."""
    for path in static.glob("mystnb.*.css"):
        path.unlink()
    scripts = [*static.glob("*.js"), static / "scripts" / "furo.js"]  # they give elements other classes
    given = {word for path in scripts for word in re.findall(r"[\w-]{4,}", path.read_text(encoding="utf-8"))}
    for path, known in ((static / "styles" / "furo.css", shown | given), (static / "pygments.css", shown)):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)  # what it says is no class
        text = _kept(_RULE, text, partial(_applies, known=known))
        text = _kept(_ICON, text, set(re.findall(r"var\(--icon-([\w-]+)\)", text)).__contains__)
        path.write_text(bundle.slim_style(text), encoding="utf-8")


def _kept(pattern: re.Pattern[str], text: str, wanted: Callable[[str], bool]) -> str:
    """The text without the matches whose first group is not wanted."""
    return pattern.sub(lambda found: found[0] if wanted(found[1]) else "", text)


def _applies(selectors: str, known: set[str]) -> bool:
    """Whether one of a rule's selectors names no class but known ones."""
    plain = re.sub(r":not\([^)]*\)", "", selectors)
    return any(known.issuperset(re.findall(r"\.([A-Za-z][\w-]*)", each)) for each in plain.split(","))


def load(context: dict[str, Any], page: str) -> None:
    """What the template of one page is to name."""
    context["css_files"] = of_use(context["css_files"], page)
    context["script_files"] = of_use(context["script_files"], page)

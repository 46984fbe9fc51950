"""Pages as light as they can be: what the theme and its helpers send, and no page of the course shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from qkvlib.widgets import bundle

_UNUSED = re.compile(r"mystnb\.\w+\.css|furo-extensions\.css")  # site.css has the few rules that cells need
_FOR_SEARCH = ("documentation_options.js", "doctools.js", "sphinx_highlight.js")
_SYMBOL = re.compile(r'<symbol id="([\w-]+)".*?</symbol>\s*', re.S)
_LAYOUT = re.compile(r"(<(pre|script|style|textarea)\b.*?</\2>)|<!--.*?-->|\n\s+", re.S)
_ICON = re.compile(r"--icon-([\w-]+):url\((?:\"[^\"]*\"|'[^']*'|[^)]*)\);?")
_COLOUR = re.compile(r"\.highlight \.(\w+) \{")
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


def words_of(text: str) -> set[str]:
    """The kinds of word that the code on a page has, as Pygments calls them."""
    return set(re.findall(r'<span class="(\w{1,3})">', text))


def slim_styles(static: Path, used: set[str]) -> None:
    """The style sheets without what no page shows: other programs' rules, icons of admonitions, colours of code."""
    for path in static.glob("mystnb.*.css"):
        path.unlink()
    theme = static / "styles" / "furo.css"
    text = theme.read_text(encoding="utf-8")
    rules = re.findall(r"[^{}]+\{[^{}]*\}", text)
    icons = {
        name for rule in rules if ".admonition" not in rule for name in re.findall(r"var\(--icon-([\w-]+)\)", rule)
    }
    theme.write_text(_ICON.sub(lambda icon: icon[0] if icon[1] in icons else "", text), encoding="utf-8")
    colours = static / "pygments.css"
    lines = colours.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not (found := _COLOUR.search(line)) or found[1] in used]
    colours.write_text(bundle.slim_style("\n".join(kept)), encoding="utf-8")


def load(context: dict[str, Any], page: str) -> None:
    """What the template of one page is to name."""
    context["css_files"] = of_use(context["css_files"], page)
    context["script_files"] = of_use(context["script_files"], page)

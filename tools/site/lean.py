"""Pages as light as they can be: what the theme and its helpers send, and no page of the course shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from qkvlib.widgets import bundle

_UNUSED = re.compile(r"mystnb\.\w+\.css|furo-extensions\.css")  # site.css has the few rules that cells need
_FOR_SEARCH = ("documentation_options.js", "doctools.js", "sphinx_highlight.js")
_COLOUR = re.compile(r"\.highlight \.(\w+) \{")
_BLANK = re.compile(r'<span class="(?:n|p|w)">([^<]*)</span>|<span></span>')  # no colour is theirs


def of_use(files: list, page: str) -> list:
    """Those of a page's styles and scripts (as Sphinx lists them) that it needs."""

    def needed(name: str) -> bool:
        return not _UNUSED.search(name) and (page == "search" or not name.endswith(_FOR_SEARCH))

    return [file for file in files if needed(str(getattr(file, "filename", file) or ""))]


def lighter(text: str) -> str:
    """A page with the code's colours alone: a third of its bytes were spans around names and commas."""
    return _BLANK.sub(r"\1", text)


def words_of(text: str) -> set[str]:
    """The kinds of word that the code on a page has, as Pygments calls them."""
    return set(re.findall(r'<span class="(\w{1,3})">', text))


def slim_styles(static: Path, used: set[str]) -> None:
    """The style sheets without those that no page names, and the colours of code without what no page's code has."""
    for path in static.glob("mystnb.*.css"):
        path.unlink()
    colours = static / "pygments.css"
    lines = colours.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not (found := _COLOUR.search(line)) or found[1] in used]
    colours.write_text(bundle.slim_style("\n".join(kept)), encoding="utf-8")


def load(context: dict[str, Any], page: str) -> None:
    """What the template of one page is to name."""
    context["css_files"] = of_use(context["css_files"], page)
    context["script_files"] = of_use(context["script_files"], page)

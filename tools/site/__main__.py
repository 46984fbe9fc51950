"""`python -m tools.site` writes site/, whole or not at all. Nothing is fetched, neither by it nor by its pages."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sphinx.application import Sphinx
from sphinx.errors import SphinxError

from qkvlib import __version__, instruments
from qkvlib.atomic import replace_folder
from qkvlib.course.outline import read_outline
from qkvlib.course.pages import write_page
from qkvlib.course.trust import FOLDERS
from tools.lessonfile import Refusal
from tools.site import assets, lean, links, sources

SETTINGS = {
    "project": "Q, K, V",
    "author": "",
    "release": __version__,
    "extensions": ["myst_nb", "sphinx.ext.autodoc", "tools.site.sphinx_page"],
    "autodoc_member_order": "bysource",
    "myst_enable_extensions": ["dollarmath"],
    "myst_heading_anchors": 3,
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "nb_code_prompt_show": "Show the code",
    "nb_code_prompt_hide": "Hide the code",
    "html_theme": "furo",
    "html_title": "Q, K, V",
    "html_math_renderer": "mathml",
    "html_domain_indices": False,
    "html_copy_source": False,
    "html_show_sphinx": False,
    "html_show_copyright": False,
    "html_theme_options": {"top_of_page_buttons": []},
    "smartquotes": False,
}

# A browser that forbids all storage would end the theme's first script: there a page keeps things while it is open.
KEEP = (
    "<head><script>try{localStorage.length}catch{const k=new Map();Object.defineProperty(window,'localStorage',{value:"
    "{getItem:n=>k.get(n)??null,setItem:(n,v)=>void k.set(n,String(v)),removeItem:n=>void k.delete(n)}});"
    "document.documentElement.dataset.forgets='yes'}</script>"
)

# Headings of the sidebar have a level, its landmarks names.
MENDED = {
    'class="caption" role="heading"': 'class="caption" role="heading" aria-level="2"',
    '<aside class="sidebar-drawer"': '<aside class="sidebar-drawer" aria-label="All pages"',
    "<head>": KEEP,
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
}


def build(root: Path, out: Path) -> None:
    """Writes the site to the folder `out`. Raises Refusal, which says what is wrong."""
    outline = read_outline()
    source, work = out.with_name("source"), out.with_name("work")
    static = source / "_static"
    wheel = carry(root, source / "extra" / "downloads")
    assets.write(static)
    sources.write_notebooks(root, source, outline)
    sources.write_pages(root, source, outline, wheel)
    pages = source / "extra" / "instruments"
    for name in instruments.REGISTRY:
        write_page(name, pages / f"{name}.html")
    settings = {**SETTINGS, "html_static_path": [str(static)], "html_extra_path": [str(source / "extra")]}
    settings["exclude_patterns"] = ["extra"]
    try:
        app = Sphinx(source, None, out, work, "html", settings, status=None, warning=sys.stderr, freshenv=True)
        app.build()
    except SphinxError as error:
        raise Refusal(f"Sphinx: {error}") from error
    if app.statuscode or app._warncount:
        raise Refusal("Sphinx has found something to say, see above")
    mend(out)
    for rest in (".buildinfo", "objects.inv"):
        (out / rest).unlink(missing_ok=True)
    if links.has_lite(root):
        shutil.copytree(root / links.LITE, out / links.LITE)


def mend(site: Path) -> None:
    """What the theme leaves out, for those who read by ear or whose browser keeps nothing; what it need not send."""
    shown: set[str] = set()
    for path in site.rglob("*.html"):
        if path.parent == site / "instruments":
            continue  # pages of our own
        text = lean.lighter(path.read_text(encoding="utf-8"))
        for found, wanted in MENDED.items():
            text = text.replace(found, wanted)
        path.write_text(text, encoding="utf-8")
        shown |= lean.classes(text)
    lean.slim_styles(site / "_static", shown)


def carry(root: Path, downloads: Path) -> str:
    """The notebooks and the wheel, to be taken along; the wheel's name. Raises Refusal."""
    for folder in FOLDERS:
        shutil.copytree(root / folder, downloads / folder, ignore=shutil.ignore_patterns(".*"))
    line = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(downloads)]
    said = subprocess.run(line, cwd=root, capture_output=True, text=True)
    if said.returncode:
        raise Refusal(re.sub(r"(?s).*\n(?=\w+Error: )", "", said.stderr.strip()))
    return next(downloads.glob("*.whl")).name


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("site"), help="the folder to replace (site)")
    options = parser.parse_args(arguments)
    root, out = Path.cwd(), options.out.absolute()
    try:
        with TemporaryDirectory(prefix=".building-", dir=out.parent) as place:
            build(root, Path(place, "site"))
            replace_folder(Path(place, "site"), out)
    except (Refusal, OSError) as error:
        print(f"site: nothing was written.\n{error}", file=sys.stderr)
        return 1
    print(f"{options.out}: {len(list(out.rglob('*.html')))} pages; open {options.out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

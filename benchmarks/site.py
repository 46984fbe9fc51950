"""The public site: how long it takes to build, how heavy its pages are, how soon an instrument is there.

    python -m benchmarks.site [--json FILE]

The first paint is counted from asking for the page to the first number of its first sheet on the screen, page by page,
from the disk; the slowest lesson counts.
"""

import gzip
import re
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Limit, Row, finish, parser, seconds
from qkvlib.course.doctor import find_chromium
from qkvlib.course.outline import read_outline
from tools.jupyterlab import chromium_browser
from tools.site.__main__ import main as build

PAINTED = """() => new Promise((done) => {
    const look = () => document.querySelector('.qkv-live .ws-cell[data-i], .qkv-live td[data-i], .qkv-live svg')
        ? requestAnimationFrame(() => done(performance.now() / 1000)) : requestAnimationFrame(look);
    look();
})"""


def weights(page: Path) -> tuple[float, float]:
    """KiB of a page with the scripts and styles that it loads: as they are, and as a server that compresses sends."""
    named = re.findall(r'<(?:script|link)[^>]*?\s(?:src|href)="([^"?]+\.(?:js|css))', page.read_text(encoding="utf-8"))
    contents = [path.read_bytes() for path in {page, *((page.parent / name).resolve() for name in named)}]
    return sum(map(len, contents)) / 1024, sum(len(gzip.compress(each)) for each in contents) / 1024


def first_paints(pages: list[Path], chromium: str) -> dict[str, float]:
    """Seconds to the first number, by lesson, on a page 390 pixels wide."""
    taken = {}
    with chromium_browser(chromium) as browser:
        for path in pages:
            page = browser.new_page(viewport={"width": 390, "height": 844})
            page.goto(path.as_uri(), wait_until="commit")
            taken[path.stem] = page.evaluate(PAINTED)
            page.close()
    return taken


def main(arguments: list[str] | None = None) -> int:
    options = parser(__doc__.splitlines()[0]).parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="qkv-site-") as place:
        site = Path(place, "site")
        (built,) = seconds(lambda: build(["--out", str(site)]))
        pages = [site / "notebooks" / f"{lesson.slug}.html" for lesson in read_outline()]
        whole, packed = (max(column) for column in zip(*map(weights, pages), strict=True))
        rows = [
            Row("build", built, "s"),
            Row("heaviest page", whole, "KiB", "with its scripts and styles, without pictures, not compressed"),
            Row("compressed", packed, "KiB", "the heaviest of the same, as a server sends it"),
        ]
        limits = [Limit("build", built, at_most=120), Limit("heaviest page", whole, at_most=300)]
        if chromium := find_chromium():
            paints = first_paints(pages, chromium)
            slowest = max(paints, key=paints.__getitem__)
            rows.append(Row("first paint", paints[slowest], "s", f"the slowest, {slowest}"))
            limits.append(Limit("first paint", paints[slowest], at_most=1))
    return finish(options, "The public site", rows, limits)


if __name__ == "__main__":
    sys.exit(main())

"""Every notebook of the course in a real browser: the same words and numbers as stored, and no request to anybody.

A quarter of an hour; it needs a folder of WebAssembly wheels (docs/lite.md) and is skipped without.
"""

import json
import re
from pathlib import Path

import pytest
from lite_site import lite, lite_site, made, watched  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = [
    path.relative_to(ROOT).as_posix()
    for folder in ("notebooks", "exercises", "solutions")
    for path in sorted((ROOT / folder).glob("*.ipynb"))
]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def entered(lite, browser):  # noqa: F811
    """One page for all of them; each notebook has a kernel of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    with watched(page, lite.url):
        lite.enter(page)
        yield page
    context.close()


@pytest.mark.timeout(400)
@pytest.mark.parametrize("path", NOTEBOOKS)
def test_a_notebook_says_what_is_stored(lite, entered, path):  # noqa: F811
    ran = lite.run(entered, path)
    book = json.loads((ROOT / path).read_text(encoding="utf-8"))
    differ = {}
    for cell in book["cells"]:
        if cell["cell_type"] != "code":
            continue
        stored = [stored_text(each) for each in cell["outputs"]]
        seen = [each["text"] for each in ran["cells"][cell["id"]]]
        if together(stored) != together(seen):
            differ[cell["id"]] = (stored, seen)
        if "check" in cell["metadata"].get("tags", []):
            wanted = "correct" if path.startswith("solutions/") else "todo"
            assert seen[0].startswith(wanted), (cell["id"], seen)
    assert differ == {}


def stored_text(output: dict) -> str:
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}"
    return "".join(output.get("text") or output.get("data", {}).get("text/plain", ""))


def together(texts: list[str]) -> str:
    """All that a cell said; a traceback's name has its module there, and addresses differ from run to run."""
    said = re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", "".join(texts))
    return re.sub(r"0x[0-9a-f]+", "0x", said)

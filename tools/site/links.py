"""Where else a notebook of the course can be opened, from its page: in the browser, on Binder, on Colab, or at home.

Binder and Colab fetch a public repository, and the course does not know where it is published: `repository` in
pyproject.toml (`[tool.qkv]`), or QKV_REPOSITORY, says it, as "owner/name" or "owner/name@branch".
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

from tools.lessonfile import Refusal

LITE = "lite"  # what `make lite` writes, and where the site has it


def repository(root: Path) -> tuple[str, str]:
    """("owner/name", branch) of the public repository; ("", "") where none is named. Raises Refusal."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8")).get("tool", {}).get("qkv", {})
    named = os.environ.get("QKV_REPOSITORY") or settings.get("repository", "")
    if not named:
        return "", ""
    found = re.fullmatch(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?", named)
    if not found:
        raise Refusal(f"the repository {named!r} is none: write owner/name or owner/name@branch (tool.qkv, pyproject)")
    return found[1], found[2] or "main"


def has_lite(root: Path) -> bool:
    """Whether the course in the browser was built, to be put beside the pages."""
    return (root / LITE / "lab" / "index.html").is_file()


def line(root: Path, folder: str, name: str) -> str:
    """The line of a page that offers its notebook `folder/name`, everywhere it can be opened."""
    ways = []
    if has_lite(root):
        ways.append(
            f'<a href="../{LITE}/lab/index.html?path={folder}/{name}">in this browser</a>, with nothing installed'
        )
    owner, branch = repository(root)
    if owner:
        binder = f"https://mybinder.org/v2/gh/{owner}/{branch}?urlpath=lab/tree/{folder}/{name}"
        colab = f"https://colab.research.google.com/github/{owner}/blob/{branch}/{folder}/{name}"
        ways.append(f'<a href="{binder}">on Binder</a>')
        ways.append(f'<a href="{colab}">on Colab</a> (<a href="../elsewhere.html#colab">one cell first</a>)')
    ways.append('on your own machine, where you <a href="../index.html#take-it-with-you">install the course</a>')
    run = ", ".join(ways[:-1]) + (" or " if ways[1:] else "") + ways[-1]
    offered = {"lesson": "notebooks", "exercises": "exercises", "solutions": "solutions"}
    if name.startswith("00"):
        offered = {"lesson": "notebooks"}
    files = ", ".join(f'<a href="../downloads/{place}/{name}" download>{what}</a>' for what, place in offered.items())
    return f'<p class="qkv-take">Run it {run}. Download the notebooks: {files}.</p>'

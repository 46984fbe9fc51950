"""The notebooks as they are served: what JupyterLite reads wrongly is put otherwise, and each knows what it was."""

from __future__ import annotations

import json
from pathlib import Path

from qkvlib.course.trust import FOLDERS
from qkvlib.course.workfile import mark


def served(book: dict) -> dict:
    """A copy to serve, texts of outputs joined: JupyterLite (its issue 1105) shows none that is a list of lines."""
    book = json.loads(json.dumps(book))
    for cell in book["cells"]:
        for output in cell.get("outputs", ()):
            if isinstance(output.get("text"), list):
                output["text"] = "".join(output["text"])
            for kind, value in output.get("data", {}).items():
                if isinstance(value, list) and not kind.endswith("json"):
                    output["data"][kind] = "".join(value)
    book["metadata"].setdefault("qkv", {})["course"] = mark(book)
    return book


def write(root: Path, folder: Path) -> dict[str, str]:
    """Writes every notebook of the course at `root`; {path: the hash of what it says}."""
    marks = {}
    for kind in FOLDERS:
        (folder / kind).mkdir(parents=True)
        for path in sorted((root / kind).glob("*.ipynb")):
            book = served(json.loads(path.read_text(encoding="utf-8")))
            marks[f"{kind}/{path.name}"] = mark(book)
            (folder / kind / path.name).write_text(json.dumps(book, indent=1), encoding="utf-8")
    return marks

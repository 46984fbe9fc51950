"""Runs notebooks where numpy's whole numbers have 32 bits unless something else is asked for, as in a web page.

    python -m narrow_integers FOLDER...

Prints {notebook: {cell: [what is stored, what it says now]}} as JSON, of the cells that say something else. What numpy
makes of plain numbers is narrowed; the sum of narrow numbers is not, which a page would keep narrow as well.
"""

import functools
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import numpy as np

MAKERS = ("arange", "array", "asarray", "full", "cumsum", "cumprod", "prod", "sum")


def narrowed(make):
    """`make` of numpy, its whole numbers of 32 bits unless a dtype or wider numbers came in."""

    @functools.wraps(make)
    def narrow(*given, **named):
        made = make(*given, **named)
        wide = any(getattr(each, "dtype", None) == np.int64 for each in given)
        asked = named.get("dtype") is not None or any(isinstance(each, type | np.dtype | str) for each in given)
        if getattr(made, "dtype", None) != np.int64 or wide or asked:
            return made
        return made.astype(np.int32)

    return narrow


def said(shell, cell) -> str:
    """What a cell prints and shows, as text."""
    from IPython.utils.capture import capture_output

    with capture_output() as shown:
        shell.run_cell(cell["source"])
    texts = [re.sub(r"Out\[\d+\]: ?", "", shown.stdout), *(each.data.get("text/plain", "") for each in shown.outputs)]
    return _without_figures(" ".join(texts))


def stored(cell) -> str:
    texts = (output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell["outputs"])
    return _without_figures(" ".join(texts))


def _without_figures(text: str) -> str:
    """A figure has no numbers to compare."""
    return re.sub(r"<Figure [^>]*>", "", text)


def differences(path: Path) -> dict:
    """{cell: [stored, now]} of one notebook, run as by somebody who has done nothing yet."""
    import nbformat
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    found = {}
    with tempfile.TemporaryDirectory() as home:
        os.environ["QKV_HOME"] = home
        for cell in nbformat.read(path, 4).cells:
            if cell.cell_type != "code" or "raises-exception" in cell.metadata.get("tags", []):
                continue
            now = said(shell, cell)
            if sorted(now.split()) != sorted(stored(cell).split()):
                found[cell.id] = [stored(cell), now]
    return found


def main(folders: list[str]) -> int:
    for name in MAKERS:
        setattr(np, name, narrowed(getattr(np, name)))
    assert np.array([512]).dtype == np.int32
    found = {}
    for folder in folders:
        for path in sorted(Path(folder).glob("*.ipynb")):
            if different := differences(path):
                found[str(path)] = different
    print(json.dumps(found), file=sys.__stdout__)
    return 0


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "agg"
    sys.exit(main(sys.argv[1:]))

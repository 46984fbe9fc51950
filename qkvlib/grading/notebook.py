"""The cells of one handed-in notebook, whatever is wrong with the file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from qkvlib.grading.remarks import Remark
from qkvlib.grading.text import clean

MAX_SOURCE = 1 << 20
MAX_CELLS = 2_000
_MAX_NAME = 200
_MARKS = {b"\xff\xfe\x00\x00": "utf-32", b"\x00\x00\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class NotebookProblem(ValueError):
    """One submission cannot be read; the message is written for the student."""


@dataclass
class Notebook:
    """What grading needs of a notebook."""

    cells: list[dict]
    handed_to: str = ""
    mark: str = ""
    assignment: str = ""
    remarks: list[Remark] = field(default_factory=list)


def parse(data: bytes) -> Notebook:
    """The cells of a notebook. Raises `NotebookProblem` with a sentence for the student."""
    remarks = []
    text, whole = _decoded(data)
    if not whole:
        remarks.append(Remark("not-utf-8", "The file is not UTF-8; some characters may have been lost."))
    text = text.lstrip("\ufeff")  # a mark of the encoding that was written twice
    if not text.strip("\x00 \r\n\t"):
        raise NotebookProblem("The file is empty.")
    try:
        book = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        try:
            book = json.loads(text.replace("\x00", ""), strict=False)
            remarks.append(Remark("null-bytes", "The file had null bytes in it, which were left out."))
        except (ValueError, RecursionError) as error:
            where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
            raise NotebookProblem(
                f"The file is not a readable notebook{where}. Open it in JupyterLab, save it, and hand it in again."
            ) from error
    cells = book.get("cells") if isinstance(book, dict) else None
    if cells is None and isinstance(book, dict) and isinstance(book.get("worksheets"), list):  # format 3
        sheets = [sheet.get("cells") for sheet in book["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list):
        raise NotebookProblem("The file is JSON but not a notebook: it has no cells.")
    if len(cells) > MAX_CELLS:
        raise NotebookProblem(f"The notebook has more than {MAX_CELLS} cells.")
    found = [_cell(cell) for cell in cells if isinstance(cell, dict)]
    if sum(len(cell["source"]) for cell in found) > MAX_SOURCE:
        raise NotebookProblem(f"The notebook has more than {MAX_SOURCE >> 20} MB of code and text.")
    ours = _table(_table(book, "metadata"), "qkv")
    facts = {key: clean(ours.get(key, ""), _MAX_NAME) for key in ("student", "mark", "assignment")}
    return Notebook(found, facts["student"], facts["mark"], facts["assignment"], remarks)


def _decoded(data: bytes) -> tuple[str, bool]:
    """The text, and whether nothing of it was lost."""
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8-sig")
    try:
        return data.decode(encoding), encoding == "utf-8-sig"
    except UnicodeDecodeError:
        return data.decode("latin-1" if encoding == "utf-8-sig" else encoding, "replace"), False


def _table(of: dict, name: str) -> dict:
    """What stands under `name`; anything but a table counts as an empty one."""
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _cell(cell: dict) -> dict:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    metadata = _table(cell, "metadata")
    nbgrader = _table(metadata, "nbgrader")
    name = nbgrader.get("grade_id") or cell.get("id") or ""
    return {
        "type": cell.get("cell_type") if cell.get("cell_type") in ("code", "markdown", "raw") else "code",
        "source": source if isinstance(source, str) else "",
        "name": name[:_MAX_NAME] if isinstance(name, str) else "",
    }

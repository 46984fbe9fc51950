"""Jupyter's trust in the course's own notebooks.

JupyterLab revives the widgets of a saved notebook only if it trusts the notebook, and one that came by git it trusts
only after every one of its cells has been run: whoever stopped half-way would find pictures instead of live instruments
the next day. So `qkv lab` signs what holds the very bytes that the build wrote, by the list of hashes that the build
wrote beside them, and nothing else; Jupyter itself signs it again whenever the learner saves.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

FOLDERS = ("notebooks", "exercises", "solutions")
BUILT = Path("qkvlib", "data", "built.json")  # {notebook: hash of what the build wrote}


def fingerprint(data: bytes) -> str:
    """The hash of a notebook's bytes, whichever line ends it was checked out with."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def unchanged(root: Path, listed: Path | None = None) -> list[Path]:
    """The notebooks of the course at `root` that hold what the build wrote; none where there is no list of it.

    `listed` is the file with the hashes: that of `root` itself, a clone's, unless another is named.
    """
    try:
        hashes = json.loads((listed or root / BUILT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    found = []
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*.ipynb")):
            if path.is_file() and not path.is_symlink():
                wanted = hashes.get(path.relative_to(root).as_posix()) if isinstance(hashes, dict) else None
                if wanted == fingerprint(path.read_bytes()):
                    found.append(path)
    return found


def trust(root: Path, listed: Path | None = None) -> list[Path]:
    """Signs the `unchanged` notebooks as this user's Jupyter does; returns those that were not signed yet."""
    paths = unchanged(root, listed)
    if not paths:
        return []
    import nbformat
    from jupyter_core.paths import jupyter_data_dir
    from nbformat.sign import NotebookNotary

    folder = Path(jupyter_data_dir())
    folder.mkdir(parents=True, exist_ok=True)
    notary = NotebookNotary(data_dir=str(folder))
    signed = []
    try:
        for path in paths:
            notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
            if not notary.check_signature(notebook):
                notary.sign(notebook)
                signed.append(path)
    finally:
        notary.store.close()
    return signed

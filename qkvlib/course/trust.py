"""Jupyter's trust in the course's own notebooks.

JupyterLab revives the widgets of a saved notebook only if it trusts the notebook, and one that came by git it trusts
only after every one of its cells has been run: whoever stopped half-way would find pictures instead of live instruments
the next day. So `qkv lab` signs what is exactly as the repository holds it, and nothing else; Jupyter itself signs it
again whenever the learner saves.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

FOLDERS = ("notebooks", "exercises", "solutions")


def unchanged(root: Path) -> list[Path]:
    """The notebooks of the course at `root` that git holds with these very bytes; none where git cannot tell."""
    held = _git(root, "ls-files", "-z", "--", *FOLDERS)
    differing = _git(root, "diff", "--name-only", "--relative", "-z", "HEAD", "--", *FOLDERS)
    if held is None or differing is None:
        return []
    return [root / name for name in held if name.endswith(".ipynb") and name not in differing]


def trust(root: Path) -> list[Path]:
    """Signs the unchanged notebooks as this user's Jupyter does; returns those that were not signed yet."""
    paths = unchanged(root)
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


def _git(root: Path, *arguments: str) -> list[str] | None:
    """The names git prints; None where there is no git, no repository or no commit."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, encoding="utf-8")
    except OSError:
        return None
    return done.stdout.split("\0")[:-1] if done.returncode == 0 else None

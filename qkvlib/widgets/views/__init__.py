"""Views: pictures beside the matrices of a sheet, each declared in Python, drawn in the browser and in a PNG.

A view `arcs` is views/arcs.py (its layout entry and its picture) and views/arcs.js (the same in the browser), which is
sent only where a sheet uses it. scene.py says what such a picture is made of; CONTRIBUTING.md has the recipe.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

KINDS = ("product", "plane", "arcs", "bars", "wires", "pairs")


def load(kind: str) -> ModuleType:
    """The module of one view. KeyError for a kind there is not."""
    if kind not in KINDS:
        raise KeyError(f"there is no view {kind!r}; there are {', '.join(KINDS)}")
    return import_module(f"{__name__}.{kind}")


def is_scene(kind: str) -> bool:
    """Whether a view is a picture of marks (scene.py); the others arrange panels."""
    return hasattr(load(kind), "scene")

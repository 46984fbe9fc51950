"""What the picture of a view is made of: a few kinds of mark, as plain dicts. scene.js has the same words.

A view's geometry is a function from values to a Scene, written in Python and again in JavaScript; one test compares the
two. A mark with `cell` stands for that cell of a node: it is pointed at, explained, chosen and dragged as the cell is.

Common fields: `role` (query, key, value, weights, out, soft, line, ink), `width` of the stroke in pixels, `fill`
(opacity of the role's colour), `dash`, `bold`, `closed` (masked), `cell` [node, i], `cells` when it stands for several
of that node, `of` [node, i] when it is pointed at like that cell but is no stop of the keyboard, `label` (what a reader
hears), `control` ("slider" or "radio"), `on` (a radio that is chosen), `was` (a ghost of before).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Mark = dict[str, Any]


@dataclass
class Scene:
    """Marks on a ground of `width` × `height` pixels, drawn in their order."""

    width: float
    height: float
    marks: list[Mark] = field(default_factory=list)


def line(x1: float, y1: float, x2: float, y2: float, **more: Any) -> Mark:
    return {"mark": "line", "at": [x1, y1, x2, y2], **more}


def arrow(x1: float, y1: float, x2: float, y2: float, **more: Any) -> Mark:
    return {"mark": "arrow", "at": [x1, y1, x2, y2], **more}


def curve(
    x1: float, y1: float, cx1: float, cy1: float, cx2: float, cy2: float, x2: float, y2: float, **more: Any
) -> Mark:
    """A cubic Bézier curve; with a large `width`, a ribbon."""
    return {"mark": "curve", "at": [x1, y1, cx1, cy1, cx2, cy2, x2, y2], **more}


def area(points: list, **more: Any) -> Mark:
    """A closed polygon."""
    return {"mark": "area", "at": [number for point in points for number in point], **more}


def dot(x: float, y: float, r: float, **more: Any) -> Mark:
    return {"mark": "dot", "at": [x, y, r], **more}


def box(x: float, y: float, w: float, h: float, r: float = 4, **more: Any) -> Mark:
    return {"mark": "box", "at": [x, y, w, h, r], **more}


def text(x: float, y: float, string: str, anchor: str = "middle", size: float = 12, **more: Any) -> Mark:
    """Words centred on `y`."""
    return {"mark": "text", "at": [x, y], "string": string, "anchor": anchor, "size": size, **more}


def percent(share: float) -> str:
    """A share as a view writes it: whole percents, and "<1%" for what is not quite nothing."""
    return "<1%" if 0 < share < 0.01 else f"{int(max(0.0, share) * 100 + 0.5)}%"

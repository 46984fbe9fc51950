"""A scene's marks on a canvas: what scene.js draws as SVG, drawn by Pillow at twice the size and made smooth again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from PIL import Image, ImageDraw

from .. import colour
from .brush import INK, LINE, PAPER, SOFT, Canvas
from .scene import Mark, Scene

_FINE = 2  # how much larger lines are drawn before they are smoothed
_PLAIN = {"ink": INK, "soft": SOFT, "line": LINE}


def draw_scene(scene: Scene, canvas: Canvas, x: int, y: int) -> None:
    """Draws the marks with the scene's corner at (x, y)."""
    size = (max(1, round(scene.width)), max(1, round(scene.height)))
    large = Image.new("RGB", (size[0] * _FINE, size[1] * _FINE), PAPER)
    draw = ImageDraw.Draw(large, "RGBA")
    for mark in scene.marks:
        if mark["mark"] != "text":
            _draw(draw, mark)
    canvas.image.paste(large.resize(size, Image.Resampling.BOX), (x, y))
    for mark in scene.marks:
        if mark["mark"] == "text":
            write = {"start": canvas.starting, "middle": canvas.centred, "end": canvas.ending}[mark["anchor"]]
            left, middle = x + mark["at"][0], y + mark["at"][1]
            write(left, middle, mark["string"], round(mark["size"]), _ink(mark), mark.get("bold", False))


def _ink(mark: Mark) -> tuple[int, int, int]:
    role = mark.get("role", "ink")
    return _PLAIN.get(role) or colour.rgb(colour.role(role))


def _draw(draw: ImageDraw.ImageDraw, mark: Mark) -> None:
    ink, at = _ink(mark), [v * _FINE for v in mark["at"]]
    filled = "fill" in mark
    width = mark.get("width", 0 if filled else 1.5) * _FINE
    ground = (*ink, round(255 * mark["fill"])) if filled else None
    edge = {"fill": ground, "outline": ink if width else None, "width": max(1, round(width))}
    if mark["mark"] == "dot":
        x, y, r = at
        draw.ellipse((x - r, y - r, x + r, y + r), **edge)
    elif mark["mark"] == "box":
        x, y, w, h, r = at
        draw.rounded_rectangle((x, y, x + max(0, w), y + max(0, h)), r, **edge)
    elif mark["mark"] == "area":
        draw.polygon(at, ground)
        _path(draw, [*zip(at[::2], at[1::2], strict=True), (at[0], at[1])], ink, width, mark)
    else:
        points = _bezier(*at) if mark["mark"] == "curve" else [(at[0], at[1]), (at[2], at[3])]
        _path(draw, points, ink, width, mark)
        if mark["mark"] == "arrow":
            (x1, y1), (x2, y2) = points
            turn, tip = math.atan2(y2 - y1, x2 - x1), min(10 * _FINE, math.hypot(x2 - x1, y2 - y1))
            for side in (0.4, -0.4):
                end = (x2 - tip * math.cos(turn + side), y2 - tip * math.sin(turn + side))
                draw.line([end, (x2, y2)], ink, max(1, round(width)))


def _path(draw: ImageDraw.ImageDraw, points: list, ink: tuple[int, int, int], width: float, mark: Mark) -> None:
    if not width:
        return
    if mark.get("dash") or mark.get("closed"):
        for a, b in _dashes(points, 4 * _FINE, 3 * _FINE):
            draw.line([a, b], ink, max(1, round(width)))
    else:
        draw.line(points, ink, max(1, round(width)), joint="curve")


def _bezier(
    x1: float, y1: float, cx1: float, cy1: float, cx2: float, cy2: float, x2: float, y2: float, steps: int = 28
) -> list[tuple[float, float]]:
    points = []
    for k in range(steps + 1):
        t = k / steps
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        points.append((a * x1 + b * cx1 + c * cx2 + d * x2, a * y1 + b * cy1 + c * cy2 + d * y2))
    return points


def _dashes(points: list, on: float, off: float) -> Iterator[tuple]:
    """Pieces of a line of straight parts; each part starts anew, which is enough for short ones."""
    for (x1, y1), (x2, y2) in pairwise(points):
        length = math.hypot(x2 - x1, y2 - y1)
        at = 0.0
        while at < length:
            end = min(length, at + on)
            yield ((x1 + (x2 - x1) * at / length, y1 + (y2 - y1) * at / length),
                   (x1 + (x2 - x1) * end / length, y1 + (y2 - y1) * end / length))  # fmt: skip
            at = end + off

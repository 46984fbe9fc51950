"""Drawing the same small things many times, quickly: words and cells are made once and then only laid on the ground."""

from __future__ import annotations

import math
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, features

from .. import colour

INK, SOFT, PAPER, LINE = (27, 29, 33), (91, 96, 104), (255, 255, 255), (217, 220, 225)


Colour = tuple[int, int, int]


class Canvas:
    """A white ground. Places are pixels; words are centred on their `y`."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width, height), PAPER)
        self.draw = ImageDraw.Draw(self.image)

    def _words(self, left: float, y: float, text: str, size: int, colour: Colour, bold: bool) -> None:
        if text:
            mask, lift = _letters(text, size, bold)
            self.image.paste(colour, (round(left), round(y) - lift), mask)

    def starting(self, x: float, y: float, text: str, size: int, colour: Colour = INK, bold: bool = False) -> None:
        self._words(x, y, text, size, colour, bold)

    def centred(self, x: float, y: float, text: str, size: int, colour: Colour = INK, bold: bool = False) -> None:
        self._words(x - wide(text, size, bold) / 2, y, text, size, colour, bold)

    def ending(self, x: float, y: float, text: str, size: int, colour: Colour = INK, bold: bool = False) -> None:
        self._words(x - wide(text, size, bold), y, text, size, colour, bold)

    def cell(self, x: int, y: int, width: int, height: int, share: float, ramp: str) -> None:
        """The ground of one number, `share` of its scale's end."""
        ground = PAPER if math.isnan(share) else colour.heat(share, ramp)
        self.image.paste(ground, (x, y), _rounded(width, height))

    def hatched(self, x: int, y: int, width: int, height: int) -> None:
        """The ground of a masked cell."""
        self.image.paste(_hatching(width, height), (x, y))

    def bar(self, x: int, foot: int, width: int, colour: Colour) -> None:
        """As long as the number above it is large."""
        if width > 0:
            self.draw.rectangle((x, foot - 4, x + width - 1, foot - 1), _mixed(colour, PAPER, 0.45))

    def band(self, x: int, y: int, width: int, height: int, role: str, odd: bool) -> None:
        """The mark of a row or column in its role's colour; that of an odd block is broken."""
        hue = colour.rgb(colour.role(role))
        for at in range(0, max(width, height), 8 if odd else max(width, height)):
            part = (4, height) if width > height else (width, 4)
            w, h = part if odd else (width, height)
            left, top = (x + at, y) if width > height else (x, y + at)
            self.draw.rectangle((left, top, left + w - 1, top + h - 1), hue)

    def rule(self, x: int, y: int, width: int, role: str) -> None:
        self.draw.rectangle((x, y, x + width - 1, y + 2), colour.rgb(colour.role(role)))


@lru_cache(1)
def palette() -> Image.Image:
    """The colours that every picture is made of: greys, the heat, the roles, and what lies between them and white."""
    colours = [(v, v, v) for v in range(0, 256, 11)] + [INK, SOFT, LINE, PAPER]
    for ramp, ends in (("sign", (-1, 1)), ("share", (1,))):
        colours += [colour.heat(end * k / 40, ramp) for end in ends for k in range(41)]
    for name in colour.ROLES:
        hue = colour.rgb(colour.role(name))
        colours += [_mixed(hue, PAPER, k / 7) for k in range(8)]
    flat = [v for each in colours for v in each]
    image = Image.new("P", (1, 1))
    image.putpalette(flat + flat[:3] * (256 - len(colours)))
    return image


def _mixed(one: Colour, other: Colour, share: float) -> tuple[int, int, int]:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


@lru_cache(4096)
def _letters(text: str, size: int, bold: bool) -> tuple[Image.Image, int]:
    """The words as a mask, and how far its top lies above their middle."""
    mask = Image.new("L", (max(1, wide(text, size, bold)) + 1, size + 8), 0)
    ImageDraw.Draw(mask).text((0, (size + 8) / 2), text, 255, _font(size, bold), anchor="lm")
    return mask, (size + 8) // 2


@lru_cache(8)
def _rounded(width: int, height: int) -> Image.Image:
    mask = Image.new("L", (width, height), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1), 4, 255)
    return mask


@lru_cache(8)
def _hatching(width: int, height: int) -> Image.Image:
    tile = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(tile)
    for x in range(-height, width, 6):
        draw.line((x, height, x + height, 0), LINE)
    return tile


@lru_cache(4096)
def wide(text: str, size: int, bold: bool = False) -> int:
    """Pixels from the first letter to the last."""
    return math.ceil(_font(size, bold).getlength(text))


def fitted(text: str, most: int, size: int) -> str:
    """The words cut to `most` pixels; the * of a made-up one stays."""
    star = "*" if text.endswith("*") else ""
    body = text.removesuffix("*")
    if wide(text, size) <= most:
        return text
    while len(body) > 1 and wide(f"{body}…{star}", size) > most:
        body = body[:-1]
    return f"{body}…{star}"


def has_fonts() -> bool:
    """Whether Pillow can write: some of its builds for the browser cannot."""
    return features.check_module("freetype2")


@lru_cache(32)
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans out of matplotlib's files (found, not imported): it has every sign the course writes."""
    spec = find_spec("matplotlib")
    folder = Path(spec.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"  # type: ignore[union-attr, index]
    return ImageFont.truetype(folder / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"), size)

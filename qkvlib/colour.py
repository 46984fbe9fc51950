"""One grammar of colour for widgets, pictures and figures: role hues, a pair for the sign, one ramp for shares.

The numbers stand in `colours.js` alone. A role (query, key, value, weights, out) is always the same hue, in a figure
as on a sheet; the sign of a number is violet or gold and a share of 1 is a rose ramp, so neither reads as a role.

    colour.role("query")                 # "#0072b2"; colour.role("query", dark=True) for a dark ground
    colour.heat(-0.5)                    # (red, green, blue), 0 to 255, of half the scale's negative end
    colour.heat(0.9, ramp="share")       # of a share
    colour.ramp("sign"), colour.ramp("share")   # hex colours from one end to the other, for a matplotlib colormap
"""

from __future__ import annotations

import json
import math
from pathlib import Path

_TABLE = json.loads(
    Path(__file__).with_name("colours.js").read_text(encoding="utf-8").split("export const COLOURS = ")[1].rstrip(";\n")
)
ROLES: dict[str, list[str]] = _TABLE["roles"]
HEAT: dict[str, dict[str, list[int]]] = _TABLE["heat"]


def role(name: str, dark: bool = False) -> str:
    """The hue of a role as "#rrggbb". KeyError for another word."""
    return ROLES[name][int(dark)]


def rgb(colour: str) -> tuple[int, int, int]:
    """ "#0072b2" as (0, 114, 178)."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def heat(share: float, ramp: str = "sign", dark: bool = False) -> tuple[int, int, int]:
    """The colour of a number that is `share` (-1 to 1) of its scale's end; NaN has the colour of 0."""
    ends = HEAT["dark" if dark else "light"]
    end = ends["share" if ramp == "share" else "minus" if share < 0 else "plus"]
    size = 0.0 if math.isnan(share) else min(1.0, abs(share))
    red, green, blue = (math.floor(z + (e - z) * size + 0.5) for z, e in zip(ends["zero"], end, strict=True))
    return red, green, blue


def ramp(kind: str, dark: bool = False) -> list[str]:
    """Hex colours along a scale: minus, zero, plus for "sign"; zero, one for "share"."""
    places = (-1.0, 0.0, 1.0) if kind == "sign" else (0.0, 1.0)
    return ["#{:02x}{:02x}{:02x}".format(*heat(place, kind, dark)) for place in places]

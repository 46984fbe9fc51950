"""What every drawing of `figures` shares: ink and ground, panels, boxes, arrows, the colours of numbers.

The ground is transparent and the ink a middle grey, so that a stored picture can be read on a light and on a dark page;
what stands in a box or a coloured cell has a ground of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from qkvlib import colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle

# Okabe and Ito's palette: told apart with every common kind of colour blindness, and in grey by their lightness.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")

# One colour for each role, the same in every picture and card of the course; told apart without colour vision too.
QUERY, KEY, VALUE = colour.role("query"), colour.role("key"), colour.role("value")
INK = "#7a7a7a"  # on the page: as far from white as from the dark theme's #111, over 4.2 to 1 on both
PAPER, ON_PAPER = colour.ramp("sign")[1], colour.role("out")  # boxes, and the ink in them
_STYLE: dict[Any, Any] = {"text.color": INK, "legend.framealpha": 0, "grid.color": INK}


def drawing(width: float, height: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A function of an Axes and more, made callable without the Axes: it then makes a figure of `size` (in inches)."""

    def decorate(draw: Callable[..., None]) -> Callable[..., None]:
        @wraps(draw)
        def drawn(*given: Any, size: tuple[float, float] = (width, height), **options: Any) -> None:
            from matplotlib import pyplot, rc_context
            from matplotlib.axes import Axes

            if given and isinstance(given[0], Axes):
                ax, given = given[0], given[1:]
            else:
                # Outside the context: a notebook's first figure turns matplotlib's interactive mode on, which the
                # context would turn off again on leaving, and no later figure would be shown.
                _, ax = pyplot.subplots(figsize=size, layout="constrained")
            with rc_context(_STYLE):
                draw(ax, *given, **options)
                ink(ax)

        return drawn

    return decorate


def panels(
    draw: Callable[..., None],
    parts: dict,
    size: tuple[float, float] | None = None,
    stacked: bool = False,
    **options: Any,
) -> None:
    """The same drawing several times in one figure, side by side or `stacked`: {title: array, or a tuple of arguments}.

    `panels(stamped, {"head 0": first, "head 1": second})` calls `stamped(ax, first, title="head 0")`, and so on.
    """
    from matplotlib import pyplot

    n = len(parts)
    layout = (n, 1) if stacked else (1, n)
    size = size or ((8, 1.7 * n) if stacked else (2.4 * n, 2.7))
    _, axes = pyplot.subplots(*layout, figsize=size, layout="constrained", squeeze=False)
    for ax, (title, given) in zip(axes.flat, parts.items(), strict=True):
        draw(ax, *(given if isinstance(given, tuple) else (given,)), title=title, **options)


def ink(ax: Axes) -> None:
    """Transparent ground, and the page's ink for what stands on it."""
    # Hidden, not "none": a notebook puts white behind a figure whose ground it takes for transparent.
    ax.figure.patch.set_visible(False)
    ax.set_facecolor("none")
    ax.tick_params(which="both", color=INK, labelcolor=INK)
    for text in (ax.title, ax.xaxis.label, ax.yaxis.label):
        text.set_color(INK)
    for spine in ax.spines.values():
        spine.set_edgecolor(INK)


def box(ax: Axes, centre: tuple[float, float], text: str, hue: str, width: float = 1.2, height: float = 0.6) -> None:
    """A box with a ground of its own; `hue` is its border."""
    from matplotlib.patches import FancyBboxPatch

    x, y = centre
    ax.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.06",
            facecolor=PAPER,
            edgecolor=hue,
            linewidth=1.8,
        )
    )
    ax.text(x, y, text, ha="center", va="center", fontsize=10, color=ON_PAPER)


def arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], hue: str) -> None:
    """An arrow from start to end."""
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": hue, "lw": 1.5})


def heat(ax: Axes, numbers: np.ndarray, reach: float | None = None, **options: Any) -> None:
    """Paint a matrix in the colours of the worksheets."""
    from matplotlib.colors import LinearSegmentedColormap

    shares = reach is None and numbers.min() >= 0 and np.allclose(numbers.sum(-1), 1)
    reach = 1 if shares else reach or max(np.abs(numbers).max(), 1e-9)
    colours = LinearSegmentedColormap.from_list("worksheet", colour.ramp("share" if shares else "sign"))
    ax.imshow(numbers, cmap=colours, vmin=0 if shares else -reach, vmax=reach, **options)


def pale(hue: str) -> tuple[float, ...]:
    """A hue as a ground for dark text, the same on every page (half transparent it would be dark on a dark one)."""
    return tuple(0.45 * part / 255 + 0.55 for part in colour.rgb(hue))


def rectangle(corner: tuple[float, float], **style: Any) -> Rectangle:
    """A patch one unit wide and high."""
    from matplotlib.patches import Rectangle

    return Rectangle(corner, 1, 1, **style)

"""Matplotlib drawings: each function draws an array on a given Axes, or on a figure of its own, and returns None.

`figures.grid(ax, numbers, rows, cols)` draws there; `figures.grid(numbers, rows, cols)` makes a figure of its own, of
the right size (`size=(8, 3)` for another). Ground and ink: see drawing.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qkvlib.drawing import (
    INK,
    KEY,
    ON_PAPER,
    PALETTE,
    PAPER,
    QUERY,
    VALUE,
    arrow,
    box,
    drawing,
    heat,
    pale,
    panels,
    rectangle,
)
from qkvlib.shapes import shape_of
from qkvlib.tables import number_text, vector_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle
    from numpy.typing import ArrayLike

QUIET = INK

# -- lessons 0 to 2 ---------------------------------------------------------------------------------------------------


@drawing(8.2, 3.3)
def three_roles(ax: Axes, x: np.ndarray, matrices: Sequence[np.ndarray], vectors: Sequence[np.ndarray]) -> None:
    """One embedding, three matrices, three vectors: a picture with three branches, shapes under everything.

    `matrices` and `vectors` are (W_Q, W_K, W_V) and (q, k, v).
    """
    box(ax, (0.55, 1), f"x\n{vector_text(x)}\n{shape_of(x)}", INK, width=1.5, height=0.74)
    told = ("what am I looking for?", "what can I be found by?", "what do I hand over?")
    named = zip(("q", "k", "v"), (QUERY, KEY, VALUE), matrices, vectors, told, strict=True)
    for row, (name, hue, matrix, vector, question) in enumerate(named):
        y = 2 - row
        arrow(ax, (1.32, 1 + 0.12 * (1 - row)), (2.0, y), hue)
        box(ax, (2.55, y), f"W_{name.upper()}\n{shape_of(matrix)}", hue, width=1.0, height=0.56)
        arrow(ax, (3.07, y), (3.7, y), hue)
        box(ax, (4.45, y), f"{name} = {vector_text(vector)}\n{shape_of(vector)}", hue, width=1.44, height=0.56)
        ax.text(5.3, y, question, va="center", fontsize=11, color=hue)
    ax.set(xlim=(-0.3, 7.4), ylim=(-0.45, 2.45))
    ax.set_axis_off()


@drawing(9.6, 2.7)
def attention_picture(
    ax: Axes,
    q: np.ndarray,
    K: np.ndarray,
    V: np.ndarray,
    raw: np.ndarray,
    weights: np.ndarray,
    out: np.ndarray,
    labels: Sequence[str],
    reader: str,
    blank: bool = False,
) -> None:
    """The picture to draw from memory: one query meets every key, softmax, the weights mix the values.

    `raw` are the scores as softmax gets them. With `blank`, the boxes stay empty: a sheet to fill in.
    """

    def said(text: str, kept: str) -> str:
        return kept if blank else text

    middle = (len(K) - 1) / 2
    top = len(K) - 1
    box(ax, (0, middle), said(f"query of {reader}\n{vector_text(q)}", "?"), QUERY, width=1.66)
    for row, label in enumerate(labels):
        y = top - row
        box(ax, (2.1, y), said(f"key of {label}\n{vector_text(K[row])}", "?"), KEY, width=1.5)
        arrow(ax, (0.77, middle), (1.33, y), QUERY)
        arrow(ax, (2.87, y), (3.4, y), QUIET)
        box(ax, (3.95, y), said(f"score\n{number_text(raw[row])}", "?"), INK, width=1.04)
        arrow(ax, (4.49, y), (5.35, y), QUIET)
        box(ax, (5.95, y), said(f"weight\n{weights[row]:.3f}", "?"), INK, width=1.14)
        arrow(ax, (6.54, y), (7.0, y), QUIET)
        ax.text(7.16, y, said("×", "?"), ha="center", va="center", fontsize=14)
        box(ax, (8.2, y), said(f"value of {label}\n{vector_text(V[row])}", "?"), VALUE, width=1.72)
        arrow(ax, (9.08, y), (9.66, middle), VALUE)
    ax.text(4.92, top + 0.42, said("softmax", "?"), ha="center", fontsize=11, style="italic")
    ax.text(1.05, top + 0.42, said("compare", "?"), ha="center", fontsize=11, style="italic")
    ax.text(9.4, top + 0.42, said("add up", "?"), ha="center", fontsize=11, style="italic")
    box(ax, (10.65, middle), said(f"new row for {reader}\n{vector_text(out)}", "?"), INK, width=1.94)
    ax.set(xlim=(-0.9, 11.7), ylim=(-0.5, top + 0.75))
    ax.set_axis_off()


# -- it → dog, and why ------------------------------------------------------------------------------------------------


@drawing(4, 2.9)
def grid(
    ax: Axes,
    numbers: ArrayLike,
    rows: Sequence[str],
    cols: Sequence[str],
    title: str = "",
    lit: int | None = None,
    digits: int = 2,
) -> None:
    """A matrix as coloured cells with its numbers, in the colours of the worksheets; `lit` is a row to frame.

    Rows that share out 1 have the ramp of shares, everything else the pair of colours for plus and minus.
    """
    matrix = np.asarray(numbers, dtype=float)
    heat(ax, matrix, aspect="auto")
    for r, c in np.ndindex(matrix.shape):
        number = round(float(matrix[r, c]), digits) + 0.0  # no "-0.00"
        ax.text(c, r, f"{number:.{digits}f}", ha="center", va="center", fontsize=11, color=ON_PAPER)
    if lit is not None:
        frame = rectangle((-0.5, lit - 0.5), fill=False, edgecolor=ON_PAPER, linewidth=2, clip_on=False)
        frame.set_width(matrix.shape[1])
        ax.add_patch(frame)
    ax.set_xticks(range(matrix.shape[1]), cols, fontsize=11)
    ax.set_yticks(range(matrix.shape[0]), rows, fontsize=11)
    ax.tick_params(top=True, bottom=False, labeltop=True, labelbottom=False, length=0)
    ax.spines[:].set_visible(False)
    ax.set_title(title, fontsize=12)


def grids(
    parts: dict,
    rows: Sequence[str],
    cols: Sequence[str],
    size: tuple[float, float] | None = None,
    stacked: bool = False,
    **options: Any,
) -> None:
    """`grid` for several matrices with the same rows and columns: {title: matrix}, side by side or `stacked`."""
    panels(grid, parts, size or ((8, 1.9 * len(parts)) if stacked else None), stacked, rows=rows, cols=cols, **options)


@drawing(8, 2.4)
def pattern(ax: Axes, weights: ArrayLike, rows: Sequence[str], cols: Sequence[str], title: str = "") -> None:
    """Weights of many tokens as shades alone, the tokens' words along both sides."""
    heat(ax, np.asarray(weights, dtype=float), aspect="auto")
    ax.set_xticks(range(len(cols)), cols, rotation=60, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(length=0)
    ax.set_title(title, fontsize=12)


def patterns(parts: dict, rows: Sequence[str], cols: Sequence[str]) -> None:
    """`pattern` for several heads on the same text, under one another: {title: weights}."""
    panels(pattern, parts, (8, 2.3 * len(parts)), True, rows=rows, cols=cols)


@drawing(7, 2.6)
def shares(ax: Axes, values: dict, ylabel: str) -> None:
    """A bar between 0 and 1 for each entry of {label: value}, with its number on top."""
    bars = ax.bar(list(values), list(values.values()), 0.7, color=QUERY)
    clear = {"facecolor": PAPER, "edgecolor": "none", "pad": 1}  # a line across the bars must not strike it out
    ax.bar_label(bars, fmt="%.2f", fontsize=11, padding=1, bbox=clear, color=ON_PAPER)
    ax.set(ylim=(0, 1.15), ylabel=ylabel)
    ax.spines[["top", "right"]].set_visible(False)


# -- heads and caches -------------------------------------------------------------------------------------------------


@drawing(2.4, 2.6)
def stamped(ax: Axes, stamps: ArrayLike, title: str = "") -> None:
    """A matrix of stamps (31: token 3, column 1), one colour for each token, so that mixed tokens show at a glance."""
    stamps = np.asarray(stamps)
    n_rows, n_cols = stamps.shape
    for r, row in enumerate(stamps):
        for c, stamp in enumerate(row):
            ax.add_patch(
                rectangle((c, n_rows - 1 - r), facecolor=pale(PALETTE[stamp // 10 % len(PALETTE)]), edgecolor="white")
            )
            ax.text(c + 0.5, n_rows - 0.5 - r, str(stamp), ha="center", va="center", fontsize=12, color=ON_PAPER)
    ax.set(xlim=(0, n_cols), ylim=(0, n_rows), title=title, xticks=[], yticks=[], aspect="equal")
    ax.title.set_fontsize(10)


@drawing(6.5, 2.8)
def contributions(ax: Axes, vectors: ArrayLike, labels: Sequence[str]) -> None:
    """What each head writes into every coordinate, as bars side by side, and their sum as a line."""
    vectors = np.asarray(vectors, dtype=float)
    places, width = np.arange(vectors.shape[1]), 0.8 / len(vectors)
    for i, (vector, label) in enumerate(zip(vectors, labels, strict=True)):
        ax.bar(places + (i + 0.5) * width - 0.4, vector, width, color=PALETTE[i % len(PALETTE)], label=label)
    ax.hlines(vectors.sum(0), places - 0.4, places + 0.4, color=INK, linewidth=3, label="their sum")
    ax.axhline(0, color=INK, linewidth=0.6)
    ax.set(xticks=places, xlabel="coordinate", ylabel="written")
    ax.legend(fontsize=8, ncols=len(vectors) + 1, loc="upper center", bbox_to_anchor=(0.5, 1.2), frameon=False)


@drawing(6.5, 3.2)
def curves(ax: Axes, x: Sequence[int], series: dict, xlabel: str, ylabel: str, log: bool = True) -> None:
    """Lines, on logarithmic axes unless `log` is off; every line has a style of its own, not a colour alone."""
    styles = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
    for i, (label, values) in enumerate(series.items()):
        ax.plot(x, values, color=PALETTE[i % len(PALETTE)], linestyle=styles[i % len(styles)], label=label)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if log:
        ax.set(xscale="log", yscale="log")
        ax.set_xticks(x, [f"{value:,}" for value in x], minor=False)
        ax.minorticks_off()
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)


@drawing(5.6, 1.6)
def sharing(ax: Axes, n_heads: int, n_kv_heads: int, title: str = "") -> None:
    """Query heads above, K/V heads below, and a line from each query head h to the K/V head it reads, h // n_rep."""
    n_rep = n_heads // n_kv_heads
    above = np.arange(n_heads) + 0.5
    below = (np.arange(n_kv_heads) + 0.5) * n_rep
    for h, x in enumerate(above):
        group = h // n_rep
        ax.plot([x, below[group]], [1, 0], color=PALETTE[group % len(PALETTE)], linewidth=1.5, zorder=1)
    for y, places in ((1, above), (0, below)):
        for i, x in enumerate(places):
            group = i // n_rep if y else i
            hue = PALETTE[group % len(PALETTE)]
            ax.plot(x, y, "o" if y else "s", markersize=19, markeredgecolor=hue, markerfacecolor=PAPER, zorder=2)
            ax.text(x, y, str(i), ha="center", va="center", fontsize=9, zorder=3, color=ON_PAPER)
    ax.set(xlim=(0, n_heads), ylim=(-0.4, 1.4), xticks=[], yticks=[0, 1], title=title)
    ax.set_yticklabels(["K/V heads", "query heads"], fontsize=8)
    ax.title.set_fontsize(10)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)


def sharings(n_heads: int, counts: tuple[int, ...]) -> None:
    """`sharing` for several numbers of K/V heads, one below another, each with its name."""
    names = {n_heads: "MHA", 1: "MQA"}
    parts = {f"{names.get(n, 'GQA')}: {n} K/V head{'s' * (n > 1)}": (n_heads, n) for n in counts}
    panels(sharing, parts, size=(5.6, 1.55 * len(counts)), stacked=True)


# -- "In the wild" ----------------------------------------------------------------------------------------------------

_ROLE_COLOURS = {"Q": QUERY, "K": KEY, "V": VALUE}


@drawing(3, 3.6)
def stored_shapes(ax: Axes, title: str, blocks: Sequence[tuple[str, tuple[int, int], bool]], width: float) -> None:
    """The query, key and value weights of one file, drawn to scale as they lie in it, with their biases.

    `blocks` are (roles, shape, whether it has a bias): one role, or "QKV" for a fused matrix cut through its columns.
    `width` is how many columns wide the drawing is; Axes whose widths are in these proportions share one scale.
    """
    y = 0.0
    for roles, (height, columns), has_bias in blocks:
        share = columns / len(roles)
        for place, role in enumerate(roles):
            hue = _ROLE_COLOURS[role]
            ax.add_patch(_patch((place * share, -y - height), share, height, hue))
            ax.text(
                (place + 0.5) * share,
                -y - height / 2,
                f"W_{role}",
                ha="center",
                va="center",
                fontsize=11,
                color=ON_PAPER,
            )
            if not has_bias:
                ax.text(columns + 0.7, -y - height / 2, "no bias", va="center", fontsize=9, color=QUIET)
            elif len(roles) > 1:
                ax.add_patch(_patch((place * share, -y - height - 1.6), share, 0.9, hue))
            else:
                ax.add_patch(_patch((columns + 0.7, -y - height), 0.9, height, hue))
        ax.text(0, -y + 0.25, f"[{height}, {columns}]", fontsize=9, color=QUIET)
        y += height + 2.2
    ax.set_title(title, fontsize=11)
    ax.set(xlim=(-0.5, width - 0.5), ylim=(-29, 2))
    ax.set_aspect("equal")
    ax.set_axis_off()


def stored_files(files: dict) -> None:
    """`stored_shapes` of several files side by side, on one scale: {name: blocks}."""
    from matplotlib import pyplot

    widths = [max(12, max(shape[1] for _, shape, _ in blocks)) for blocks in files.values()]
    widths = [width + 2 for width in widths]
    _, axes = pyplot.subplots(1, len(files), figsize=(9, 3.6), width_ratios=widths, layout="constrained", squeeze=False)
    for ax, (name, blocks), width in zip(axes.flat, files.items(), widths, strict=True):
        stored_shapes(ax, name, blocks, width)


@drawing(4.8, 3.6)
def heatmap(ax: Axes, numbers: ArrayLike, title: str = "", reach: float | None = None) -> None:
    """A matrix too large for its numbers, as colours alone: minus gold, plus violet, up to `reach` either way."""
    heat(ax, np.asarray(numbers, dtype=float), reach)
    ax.set_title(title, fontsize=10)
    ax.set(xticks=[], yticks=[])


def _patch(corner: tuple[float, float], width: float, height: float, hue: str) -> Rectangle:
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, facecolor=pale(hue), edgecolor="white", linewidth=1)

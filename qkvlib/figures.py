"""Matplotlib drawings: each function draws an array on a given Axes and returns None."""

from __future__ import annotations

import numpy as np

# Okabe and Ito's palette: told apart with every common kind of colour blindness, and in grey by their lightness.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")


# -- lessons 5 to 7 -----------------------------------------------------------------------------------------------


def stamped(ax, stamps, title: str = "") -> None:
    """A matrix of stamps (31: token 3, column 1), one colour for each token, so that mixed tokens show at a glance."""
    stamps = np.asarray(stamps)
    n_rows, n_cols = stamps.shape
    for r, row in enumerate(stamps):
        for c, stamp in enumerate(row):
            ax.add_patch(
                _rectangle(
                    (c, n_rows - 1 - r), facecolor=PALETTE[stamp // 10 % len(PALETTE)], alpha=0.45, edgecolor="white"
                )
            )
            ax.text(c + 0.5, n_rows - 0.5 - r, str(stamp), ha="center", va="center", fontsize=12)
    ax.set(xlim=(0, n_cols), ylim=(0, n_rows), title=title, xticks=[], yticks=[], aspect="equal")
    ax.title.set_fontsize(10)


def contributions(ax, vectors, labels) -> None:
    """What each head writes into every coordinate, as bars side by side, and their sum as a black line."""
    vectors = np.asarray(vectors, dtype=float)
    places, width = np.arange(vectors.shape[1]), 0.8 / len(vectors)
    for i, (vector, label) in enumerate(zip(vectors, labels, strict=True)):
        ax.bar(places + (i + 0.5) * width - 0.4, vector, width, color=PALETTE[i % len(PALETTE)], label=label)
    ax.hlines(vectors.sum(0), places - 0.4, places + 0.4, color="black", linewidth=2, label="their sum")
    ax.axhline(0, color="grey", linewidth=0.6)
    ax.set(xticks=places, xlabel="coordinate", ylabel="written")
    ax.legend(fontsize=8, ncols=len(vectors) + 1, loc="upper center", bbox_to_anchor=(0.5, 1.2), frameon=False)


def curves(ax, x, series: dict, xlabel: str, ylabel: str) -> None:
    """Lines on logarithmic axes, each named at its right end; every line has a style of its own, not a colour alone."""
    styles = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
    for i, (label, values) in enumerate(series.items()):
        ax.plot(x, values, color=PALETTE[i % len(PALETTE)], linestyle=styles[i % len(styles)], label=label)
    ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(x, [f"{value:,}" for value in x], minor=False)
    ax.minorticks_off()
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)


def _rectangle(corner, **style):
    from matplotlib.patches import Rectangle

    return Rectangle(corner, 1, 1, **style)

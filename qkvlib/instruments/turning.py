"""A query and a key in two planes that turn at different speeds; their score sees the signed offset alone."""

import numpy as np

from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node, Param

_SPEEDS = {"fast": 0.6, "slow": 0.1}  # radians a place
_WORDS = {"q": "it", "k": "dog"}
_PLACES = 16


def turning(q: tuple = (2, 1, 2, -1), k: tuple = (1, 2, 2, 1)) -> Instrument:
    """q and k [4], the first two numbers in the fast plane, the others in the slow one -> both turned, and their score.

    Each plane's turn is a matrix [2, 2], picked by the place; "both moved on" turns query and key once more, alike.
    """
    s = Sheet(
        "turning",
        title="Positions that turn",
        hint="Move the place of q, then that of k, then both together. Drag a number of q or k.",
    )
    places = {
        "q": s.slider("q_place", 5, min=0, max=_PLACES, step=1, label="place of q"),
        "k": s.slider("k_place", 2, min=0, max=_PLACES, step=1, label="place of k"),
    }
    both = s.slider("both", 0, min=0, max=_PLACES, step=1, label="both moved on by")
    given = {"q": q, "k": k}
    products = [_plane(s, plane, {name: given[name][at : at + 2] for name in given}, places, both)
                for at, plane in ((0, "fast"), (2, "slow"))]  # fmt: skip
    s.add("score", *products, about="both planes together: q · k after the turns")
    s.lay(
        [
            *(
                s.stack(
                    s.plane(
                        arrows=[f"Q_{plane}", f"K_{plane}"], reach=3, title=f"{plane} plane: {speed:g} rad a place"
                    ),
                    [s.panel(f"{name}_{plane}", title=f"{name}, not turned") for name in given],
                )
                for plane, speed in _SPEEDS.items()
            ),
            s.stack(
                s.panel("score_fast", title="fast plane: q · k"),
                s.panel("score_slow", title="slow plane: q · k"),
                s.panel("score", title="score, both together"),
            ),
        ]
    )
    for plane in _SPEEDS:
        lines = [
            [f"{name}_{plane}", "·", s.panel(f"turn_{name}_{plane}", title=f"turn of {name}"), "=", f"{letter}_{plane}"]
            for name, letter in (("q", "Q"), ("k", "K"))
        ]
        s.lay(*lines, fold=f"{plane} plane: all numbers")
    return Instrument(s)


def _plane(s: Sheet, plane: str, start: dict[str, tuple], places: dict[str, Param], both: Param) -> Node:
    """q and k of one plane, turned to their places, and their product there."""
    angles = _SPEEDS[plane] * np.arange(_PLACES + 1)
    cos, sin = np.cos(angles), np.sin(angles)
    turns = s.input(f"turns_{plane}", np.moveaxis(np.array([[cos, sin], [-sin, cos]]), -1, 0), editable=False)
    more = s.select(f"more_{plane}", turns, both)
    turned = []
    for name, pair in start.items():
        plain = s.input(f"{name}_{plane}", [pair], rows=[_WORDS[name]], step=0.5, about=f"{name} before it is turned")
        own = s.select(f"own_{name}_{plane}", turns, places[name])
        turn = s.matmul(f"turn_{name}_{plane}", own, more, about="cosine and sine of place · speed")
        turned.append(s.matmul(f"{name.upper()}_{plane}", plain, turn, about=f"{name} turned to its place"))
    return s.scores(f"score_{plane}", *turned, about="what this plane adds to the score")

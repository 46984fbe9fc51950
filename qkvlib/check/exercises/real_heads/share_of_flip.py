"""How far a copy has gone from one run towards another."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import Draw, calls, case, cases
from qkvlib.check.spec import Exercise, mistake


def _share(own, patched, other):
    return (np.asarray(patched) - own) / (other - own)


def _runs(draw: Draw, copies: tuple) -> tuple:
    own, other = np.array([1, -1]) + np.sort(draw(2))[::-1]
    return float(own), draw(*copies), float(other)


EXERCISE = Exercise(
    name="share_of_flip",
    reference=_share,
    inputs=lambda rng: (
        cases(_runs, case("five copies", copies=(5,)), case("a table of heads", copies=(3, 4)))(rng)
        + calls(
            ("one copy, numbers alone", 1.5, -0.5, -3.5),
            ("a lead that rises", -2.0, 0.25, 1.0),
            ("a copy against the flip", 1.5, 2.25, -3.5),
            ("a copy that overshoots", 1.5, -4.5, -3.5),
        )
    ),
    mistakes=(
        mistake(
            "what-is-left",
            "Your share is what is left to go.",
            "Count the way that the copy has gone, from own.",
            lambda own, patched, other: (np.asarray(patched) - other) / (own - other),
        ),
        mistake(
            "lead-for-share",
            "You give how far the lead fell, not which share of the whole way that is.",
            "Divide by how far the two runs are apart.",
            lambda own, patched, other: own - np.asarray(patched),
            lambda own, patched, other: np.asarray(patched) - own,
        ),
        mistake(
            "sign-turned",
            "Your shares have the wrong sign.",
            "Going from own towards other counts as positive: take both differences from the same end.",
            lambda own, patched, other: -_share(own, patched, other),
        ),
        mistake(
            "divided-by-own",
            "You divide by the lead of the own run.",
            "The whole way is from own to other.",
            lambda own, patched, other: (own - np.asarray(patched)) / own,
            lambda own, patched, other: np.asarray(patched) / own,
            lambda own, patched, other: (np.asarray(patched) - own) / own,
        ),
        mistake(
            "divided-by-other",
            "You divide by the lead of the other run.",
            "The whole way is from own to other.",
            lambda own, patched, other: np.asarray(patched) / other,
            lambda own, patched, other: (np.asarray(patched) - own) / other,
            lambda own, patched, other: (own - np.asarray(patched)) / other,
        ),
        mistake(
            "cut-to-0-and-1",
            "Your shares never leave the range from 0 to 1.",
            "A copy can work against the flip or overshoot it: leave such shares as they are.",
            lambda own, patched, other: np.clip(_share(own, patched, other), 0, 1),
        ),
        mistake(
            "without-its-sign",
            "Your shares are never negative.",
            "A copy that works against the flip has a share below 0.",
            lambda own, patched, other: np.abs(_share(own, patched, other)),
        ),
        mistake(
            "percent",
            "Your numbers are a hundred times the shares.",
            "The whole way is 1.",
            lambda own, patched, other: 100 * _share(own, patched, other),
        ),
    ),
    hints=(
        "How far are the two runs apart? How much of that way lies between own and patched?",
        "Both differences start at own.",
    ),
    praise="Right: 0 is own, 1 is other, and a copy may go below or beyond.",
)

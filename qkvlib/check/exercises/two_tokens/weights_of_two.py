"""Two scores, two weights, on paper."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qkvlib.check.misconceptions.by_hand import shares_by_hand
from qkvlib.check.misconceptions.softmax import soft
from qkvlib.check.spec import Exercise, mistake, without


def _two(make: Callable) -> Callable:
    return lambda grid: np.asarray(make(np.asarray(grid, float)))


EXERCISE = Exercise(
    name="weights_of_two",
    given={"scores": np.array([15.0, 12.0])},
    reference=_two(soft),
    tolerance=0.003,
    mistakes=(
        mistake(
            "ratio-of-scores",
            "You shared out 1 in the ratio of the scores.",
            "Softmax takes an exponential first: it sees their difference, not their ratio.",
            _two(lambda s: s / s.sum()),
        ),
        mistake(
            "scaled-first",
            "You divided the scores by √2 first.",
            "Here they are taken as they stand.",
            _two(lambda s: soft(s / np.sqrt(2))),
        ),
        mistake(
            "places-swapped",
            "The two weights have changed places.",
            "The larger score gets the larger weight.",
            _two(lambda s: soft(s)[::-1]),
            _two(lambda s: (s / s.sum())[::-1]),
        ),
        mistake(
            "another-base",
            "You used powers of 2, or of 10, instead of e.",
            "The 'exp' in softmax is e to the power of the score.",
            _two(lambda s: soft(s * np.log(2))),
            _two(lambda s: soft(s * np.log(10))),
        ),
        mistake(
            "winner-takes-all",
            "You gave everything to the larger score.",
            "Soft means that the other one keeps a share, however small.",
            _two(lambda s: [1.0, 0.0]),
        ),
        mistake(
            "equal-shares",
            "You gave both the same.",
            "The scores differ; the exponential turns their gap into a factor.",
            _two(lambda s: [0.5, 0.5]),
        ),
        mistake(
            "divided-by-largest",
            "You divided by the larger of the two.",
            "The two shares should sum to 1.",
            _two(lambda s: s / s.max()),
            _two(lambda s: np.exp(s - s.max())),
        ),
        *without(shares_by_hand(2), "equal-shares"),
    ),
    hints=(
        "Subtract the smaller score from both: softmax does not notice, and the numbers get small.",
        "One exponential is then exp(0), which is 1. The other is exp of the gap.",
        "Divide each by their sum.",
    ),
    praise="Right: softmax sees the difference of two scores, and makes a factor of it.",
)

"""One row of weights under a mask, on paper."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qkvlib.check.misconceptions.by_hand import shares_by_hand
from qkvlib.check.misconceptions.softmax import soft
from qkvlib.check.spec import Exercise, mistake

QUERY = 2  # the third token asks: it may look at the first three

_ROW = (2.0, 3.0, 1.0, 5.0)


def _row(make: Callable) -> Callable:
    return lambda scores: np.asarray(make(np.asarray(scores, float)))


def _seen(scores: np.ndarray) -> np.ndarray:
    return np.append(soft(scores[: QUERY + 1]), np.zeros(len(scores) - QUERY - 1))


def _zeros_for_forbidden(scores: np.ndarray) -> np.ndarray:
    return soft(np.where(np.arange(len(scores)) <= QUERY, scores, 0.0))


EXERCISE = Exercise(
    name="masked_row",
    given={"scores": np.array(_ROW)},
    reference=_row(_seen),
    tolerance=0.003,
    mistakes=(
        mistake(
            "mask-ignored",
            "The last token has a share, though it comes after the one that asks.",
            "Under a causal mask a token sees itself and what came before.",
            _row(soft),
        ),
        mistake(
            "zeros-for-minus-infinity",
            "The forbidden score became 0, and exp(0) is 1: it still takes a share.",
            "Which score gives an exponential of 0?",
            _row(_zeros_for_forbidden),
        ),
        mistake(
            "masked-after-softmax",
            "The forbidden share is gone, but the others were worked out while it was there: they do not sum to 1.",
            "Mask first, then share out.",
            _row(lambda s: np.where(np.arange(len(s)) <= QUERY, soft(s), 0.0)),
        ),
        mistake(
            "self-excluded",
            "The token that asks got no share of its own.",
            "A causal mask lets every token look at itself.",
            _row(lambda s: np.append(soft(s[:QUERY]), np.zeros(len(s) - QUERY))),
        ),
        mistake(
            "mask-inverted",
            "The share went to what comes later.",
            "It is the future that is hidden, not the past.",
            _row(lambda s: np.append(np.zeros(QUERY + 1), soft(s[QUERY + 1 :]))),
            _row(lambda s: np.append(np.zeros(QUERY), soft(s[QUERY:]))),
        ),
        mistake(
            "scaled",
            "You divided the scores by a square root first.",
            "Here they are taken as they stand.",
            *(_row(lambda s, d=d: _seen(s / np.sqrt(d))) for d in (2, 3, 4)),
        ),
        mistake(
            "ratio-of-scores",
            "You shared out 1 in the ratio of the scores.",
            "Softmax takes an exponential first.",
            _row(lambda s: np.append(s[: QUERY + 1] / s[: QUERY + 1].sum(), np.zeros(len(s) - QUERY - 1))),
        ),
        mistake(
            "winner-takes-all",
            "You gave everything to the largest of the scores it may see.",
            "Soft means that the others keep a share, however small.",
            _row(lambda s: (np.arange(len(s)) == np.argmax(s[: QUERY + 1])).astype(float)),
        ),
        mistake(
            "rounded",
            "Your shares are rounded too far.",
            "Keep three digits behind the point.",
            *(_row(lambda s, n=n: np.round(_seen(s), n)) for n in (2, 1)),
        ),
        *shares_by_hand(len(_ROW)),
    ),
    hints=(
        "Cross out what the third token may not see. How many scores are left?",
        "A crossed-out score takes no part in the sum.",
        "Exponentials of the three that are left, each divided by the sum of the three; 0 for the fourth.",
    ),
    praise="Right: what is hidden takes no part, and the rest share the whole of 1.",
)

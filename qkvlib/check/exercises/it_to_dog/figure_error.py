"""The misprint in a popular figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qkvlib import examples
from qkvlib.check.misconceptions.by_hand import in_quotes
from qkvlib.check.misconceptions.softmax import soft
from qkvlib.check.spec import Exercise, mistake


def _correction(scores: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """The one score that does not fit the printed weights, and what it would have to be."""
    logs = np.log(weights)
    fits = [np.delete(scores - logs, k) for k in range(len(scores))]
    wrong = int(np.argmin([np.ptp(rest) for rest in fits]))
    return {"printed": float(scores[wrong]), "should_be": float(fits[wrong].mean() + logs[wrong])}


def _figure(printed: Callable, should_be: Callable) -> Callable:
    return lambda scores, weights: {"printed": printed(scores), "should_be": should_be(scores, weights)}


def _first(scores: np.ndarray) -> Any:
    return scores[0]


EXERCISE = Exercise(
    name="figure_error",
    parts=("printed", "should_be"),
    given={"scores": examples.FIGURE_SCORES, "weights": examples.FIGURE_WEIGHTS},
    reference=_correction,
    tolerance=0.01,
    mistakes=(
        mistake(
            "difference-only",
            "What you give is the gap between two scores, not a score.",
            "Add the gap to the score that you measured it from.",
            _figure(_first, lambda s, w: np.log(w[0] / w[2])),
            _figure(_first, lambda s, w: np.log(w[0] / w[1])),
        ),
        mistake(
            "ratio-without-logarithm",
            "You moved from weights to scores without a logarithm.",
            "Weights are exponentials; what undoes an exponential?",
            _figure(_first, lambda s, w: s[2] * w[0] / w[2]),
            _figure(_first, lambda s, w: s[1] * w[0] / w[1]),
            _figure(_first, lambda s, w: s[2] + w[0] / w[2]),
            _figure(_first, lambda s, w: s[1] + w[0] / w[1]),
        ),
        mistake(
            "another-logarithm",
            "Your logarithm has another base.",
            "Softmax uses e; its logarithm is np.log.",
            _figure(_first, lambda s, w: s[2] + np.log10(w[0] / w[2])),
            _figure(_first, lambda s, w: s[2] + np.log2(w[0] / w[2])),
            _figure(_first, lambda s, w: s[1] + np.log10(w[0] / w[1])),
            _figure(_first, lambda s, w: s[1] + np.log2(w[0] / w[1])),
        ),
        mistake(
            "logarithm-of-one-weight",
            "What you give is the logarithm of a weight by itself.",
            "Only the logarithm of a ratio of two weights is a gap between scores: beside which score?",
            _figure(_first, lambda s, w: np.log(w[0])),
        ),
        mistake(
            "rounded",
            "Your score is rounded too far.",
            "Keep two digits behind the point.",
            _figure(_first, lambda s, w: round(_correction(s, w)["should_be"])),
        ),
        mistake(
            "temperature",
            "You look for a temperature, but no temperature turns these scores into these weights.",
            "Two ratios of weights ask for two different temperatures; change a single score instead.",
            _figure(_first, lambda s, w: (s[0] - s[2]) / np.log(w[0] / w[2])),
            _figure(_first, lambda s, w: (s[0] - s[1]) / np.log(w[0] / w[1])),
            _figure(_first, lambda s, w: s[0] / ((s[0] - s[2]) / np.log(w[0] / w[2]))),
            _figure(_first, lambda s, w: s[0] / ((s[0] - s[1]) / np.log(w[0] / w[1]))),
        ),
        mistake(
            "scaled-again",
            "You divided the score by a square root once more.",
            "That comes near for one weight and misses the others; solve for the score that fits all three.",
            *(_figure(_first, lambda s, w, d=d: s[0] / np.sqrt(d)) for d in (3, 4, 6)),
        ),
        mistake(
            "sign-of-the-gap",
            "You moved the score down from its neighbour, though its weight is larger.",
            "A larger weight needs a larger score.",
            _figure(_first, lambda s, w: s[2] - np.log(w[0] / w[2])),
            _figure(_first, lambda s, w: s[1] - np.log(w[0] / w[1])),
        ),
        mistake(
            "weight-for-score",
            "What you give is a weight.",
            "The printed weights stay; it is a score that has to change.",
            _figure(_first, lambda s, w: soft(s)[0]),
            _figure(_first, lambda s, w: w[0]),
            _figure(lambda s: 0.82, lambda s, w: soft(s)[0]),
        ),
        mistake(
            "entries-swapped",
            "What is printed and what should be there have changed places.",
            "printed is the number that the figure shows.",
            lambda s, w: {"printed": _correction(s, w)["should_be"], "should_be": _correction(s, w)["printed"]},
        ),
        mistake(
            "token-for-score",
            "You name a token where a number is asked for.",
            "Give the score that is printed beside it.",
            recognise=lambda args, answer: isinstance(answer["printed"], str) and not _is_number(answer["printed"]),
        ),
        in_quotes("Your numbers stand in quotes, so they are text.", "Leave the quotes out."),
        mistake(
            "another-score",
            "Changing the score that you chose sets one ratio right and leaves another one wrong.",
            "Two of the three scores fit their weights already: which two?",
            recognise=lambda args, answer: abs(_printed(answer) - _correction(*args)["printed"]) > 0.2,
        ),
    ),
    hints=(
        "Softmax sees differences: the log of a ratio of two weights is the difference of their two scores.",
        "Check each pair: the log of the ratio of two weights against the difference of two scores. Which pair fits?",
        "Keep the pair that fits, and place the third score above one of them by the log of their ratio.",
    ),
    praise="Right: one score is misprinted, and the weights tell you what it was.",
)


def _is_number(text: str) -> bool:
    return text.strip().replace(".", "", 1).isdigit()


def _printed(answer: Any) -> float:
    if isinstance(answer, dict):
        return answer["printed"]
    return answer[0] if isinstance(answer, tuple) else np.asarray(answer).flat[0] * np.nan

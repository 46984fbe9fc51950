"""The score of a rival that leaves a noun a given share."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import calls
from qkvlib.check.spec import Exercise, mistake

EXERCISE = Exercise(
    name="rival_score",
    reference=lambda noun_score, share: noun_score + np.log((1 - share) / share),
    inputs=lambda rng: calls(
        ("a tenth", 3.0, 0.1),
        ("a hundredth", 10.0, 0.01),
        ("more than half", 2.0, 0.8),
        ("a negative score", -1.5, 0.25),
        ("a large score", 120.0, 0.3),
        ("any", float(rng.normal()), float(rng.uniform(0.02, 0.45))),
    ),
    mistakes=(
        mistake(
            "ratio-of-scores",
            "You divide the score in the proportion of the shares.",
            "Shares come from differences between scores, not from their ratio.",
            lambda s, p: s * (1 - p) / p,
            lambda s, p: s / p,
            lambda s, p: s * p,
            lambda s, p: s * (1 - p),
        ),
        mistake(
            "rival-too-low",
            "Your rival lies below the noun where it should lie above it, and the other way round.",
            "Who is to get the larger share?",
            lambda s, p: s - np.log((1 - p) / p),
        ),
        mistake(
            "gap-alone",
            "You give the gap between the two scores.",
            "The rival's score is asked for: the noun's score, and the gap on top.",
            lambda s, p: np.log((1 - p) / p),
            lambda s, p: np.log(p / (1 - p)),
        ),
        mistake(
            "share-for-odds",
            "You take the logarithm of a share, not of the ratio of both shares.",
            "The rival gets 1 - share: how many times the noun's is that?",
            lambda s, p: s - np.log(p),
            lambda s, p: s + np.log(1 - p),
            lambda s, p: s + np.log(p),
        ),
        mistake(
            "another-logarithm",
            "Your gap is a logarithm to another base.",
            "Softmax raises e to each score: take the logarithm that undoes e.",
            lambda s, p: s + np.log10((1 - p) / p),
            lambda s, p: s + np.log2((1 - p) / p),
        ),
        mistake(
            "no-logarithm",
            "You add the ratio of the shares to the score.",
            "Which gap of scores makes a ratio of that size?",
            lambda s, p: s + (1 - p) / p,
        ),
        mistake(
            "exponential",
            "You raise e to a power where a logarithm is needed.",
            "You know the shares and look for a score: that is the way back.",
            lambda s, p: s + np.exp((1 - p) / p),
            lambda s, p: np.exp(s) * (1 - p) / p,
        ),
        mistake(
            "weight-for-score",
            "That is the weight that is left for the rival, not a score.",
            "A score is what goes into the exponential: which gap gives this ratio of weights?",
            lambda noun_score, share: 1 - share,
        ),
        mistake(
            "gap-times-score",
            "The gap is multiplied by the noun's score.",
            "A gap lies between two scores: start from one, and add.",
            lambda noun_score, share: noun_score * np.log((1 - share) / share),
        ),
    ),
    hints=(
        "Write down the ratio of the two weights: the rival's 1 - share over the noun's share.",
        "That ratio is e to the power of the gap between the two scores.",
    ),
    praise="Right: a gap of scores is the logarithm of a ratio of weights.",
)

"""A dictionary that answers with a blend."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import case, cases
from qkvlib.check.misconceptions.scores import unit
from qkvlib.check.misconceptions.softmax import one_hot, soft
from qkvlib.check.spec import Exercise, mistake


def _arguments(draw, n, d, d_v, temperature):
    return draw(d), draw(n, d), draw(n, d_v), temperature


def _lookup(weigh: Callable) -> Callable:
    return lambda q, K, V, t: weigh(K @ q, t) @ V


EXERCISE = Exercise(
    name="soft_lookup",
    reference=attention.soft_lookup,
    inputs=cases(
        _arguments,
        case("three features", n=5, d=3, d_v=2, temperature=0.5),
        case("a warm lookup", n=7, d=3, d_v=5, temperature=2.0),
        case("another width", n=5, d=3, d_v=3, temperature=0.3),
        case("as many keys as features", n=3, d=3, d_v=2, temperature=0.7),
    ),
    mistakes=(
        mistake(
            "temperature-multiplied",
            "A higher temperature makes your lookup sharper.",
            "Warm means soft: divide by it.",
            _lookup(lambda s, t: soft(s * t)),
        ),
        mistake(
            "temperature-ignored",
            "Your result does not depend on the temperature.",
            "Where do the scores become sharper or softer?",
            _lookup(lambda s, t: soft(s)),
        ),
        mistake(
            "temperature-after-softmax",
            "The weights were divided by the temperature, so they no longer sum to 1.",
            "Change the scores, before they are shared out.",
            _lookup(lambda s, t: soft(s) / t),
            _lookup(lambda s, t: soft(s) * t),
        ),
        mistake(
            "temperature-in-one-place",
            "The temperature reaches the exponentials but not their sum, or the other way round.",
            "Divide the scores once, before both.",
            _lookup(lambda s, t: np.exp(s / t) / np.exp(s).sum()),
            _lookup(lambda s, t: np.exp(s) / np.exp(s / t).sum()),
            _lookup(lambda s, t: soft(s) ** (1 / t)),
        ),
        mistake(
            "scaled-as-well",
            "The scores were also divided by the root of the width.",
            "Here the temperature does all the scaling.",
            lambda q, K, V, t: soft(K @ q / np.sqrt(len(q)) / t) @ V,
        ),
        mistake(
            "root-for-temperature",
            "The scores were divided by the root of the width, and not by the temperature.",
            "Where is the temperature used?",
            lambda q, K, V, t: soft(K @ q / np.sqrt(len(q))) @ V,
        ),
        mistake(
            "root-of-temperature",
            "The scores were divided by the root, or the square, of the temperature.",
            "Plainly by the temperature.",
            _lookup(lambda s, t: soft(s / np.sqrt(t))),
            _lookup(lambda s, t: soft(s / t**2)),
        ),
        mistake(
            "hard-lookup",
            "Your lookup always returns one row of the values, however warm it is.",
            "That is the limit of a cold lookup; a soft one blends.",
            _lookup(lambda s, t: one_hot(s)),
        ),
        mistake(
            "weights-returned",
            "What comes back are the weights.",
            "Blend the values with them.",
            lambda q, K, V, t: soft(K @ q / t),
        ),
        mistake(
            "keys-blended",
            "What you blend are the keys.",
            "Keys are for being found; the values are what is kept under them.",
            lambda q, K, V, t: soft(K @ q / t) @ K,
        ),
        mistake(
            "values-compared",
            "The query was compared with the values.",
            "A lookup compares with the keys.",
            lambda q, K, V, t: soft(V @ q / t) @ V,
        ),
        mistake(
            "no-softmax",
            "The scores themselves were used as weights.",
            "Share out 1 among the keys first.",
            _lookup(lambda s, t: s / t),
            _lookup(lambda s, t: s),
        ),
        mistake(
            "not-normalised",
            "Your weights are positive, but do not sum to 1.",
            "Divide by their sum.",
            _lookup(lambda s, t: np.exp(s / t)),
        ),
        mistake(
            "no-exp",
            "Your weights sum to 1, but some are negative.",
            "Something must make them positive first.",
            _lookup(lambda s, t: s / s.sum()),
            _lookup(lambda s, t: (s / t) / (s / t).sum()),
        ),
        mistake(
            "minus-sign",
            "The key that fits worst gets most.",
            "Look at the sign in front of the scores.",
            _lookup(lambda s, t: soft(-s / t)),
        ),
        mistake(
            "cosine",
            "Query and keys were cut to length 1 before they met.",
            "A plain dot product is asked for.",
            lambda q, K, V, t: soft(unit(K) @ (q / np.linalg.norm(q)) / t) @ V,
        ),
        mistake(
            "distance",
            "You compare by distance.",
            "A plain dot product is asked for.",
            lambda q, K, V, t: soft(-np.linalg.norm(K - q, axis=1) / t) @ V,
            lambda q, K, V, t: soft(-((K - q) ** 2).sum(1) / t) @ V,
        ),
        mistake(
            "keys-transposed",
            "The query meets the columns of the keys.",
            "Each key is a row: which way round does the product go?",
            lambda q, K, V, t: soft(q @ K / t) @ V,
            lambda q, K, V, t: soft(K.T @ q / t) @ V,
        ),
        mistake(
            "not-summed",
            "The weighted values are all there, but have not been added up.",
            "Add over the keys.",
            lambda q, K, V, t: soft(K @ q / t)[:, None] * V,
        ),
        mistake(
            "values-on-the-left",
            "The values stand to the left of the weights.",
            "There is one weight per row of values.",
            lambda q, K, V, t: V @ soft(K @ q / t),
        ),
        mistake(
            "extra-axis",
            "The numbers are right, but they lie in a matrix of one row or one column.",
            "One query in, one plain vector out.",
            lambda q, K, V, t: soft(K @ q / t)[None] @ V,
            lambda q, K, V, t: (soft(K @ q / t) @ V)[:, None],
        ),
        mistake(
            "values-averaged",
            "What comes back is the plain average, or the plain sum, of the values.",
            "The weights say how much of each value to take.",
            lambda q, K, V, t: V.mean(0),
            lambda q, K, V, t: V.sum(0),
        ),
        mistake(
            "averaged",
            "The blend is too small by the number of keys.",
            "The weights sum to 1 already; nothing is left to divide.",
            lambda q, K, V, t: soft(K @ q / t) @ V / len(K),
        ),
        mistake(
            "hard-when-cold",
            "At a low temperature your lookup returns one row of the values; it should still blend, only more sharply.",
            "Divide by the temperature at all times: what does a small one do to the gaps between scores?",
            lambda q, K, V, t: V[np.argmax(K @ q)] if t < 1 else soft(K @ q / t) @ V,
            lambda q, K, V, t: V[np.argmax(K @ q)] if t <= 1 else soft(K @ q / t) @ V,
        ),
    ),
    hints=(
        "A dict compares the query with every key and returns one value. Soften both steps.",
        "Scores are keys @ query; the temperature divides them before the softmax.",
        "Then blend the values with the weights.",
    ),
    praise="Right: a dictionary that answers with a blend, and with one entry as it cools.",
)

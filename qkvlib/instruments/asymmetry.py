"""Who matches whom, with one matrix for asking and being found, or with two."""

import numpy as np

from .. import examples
from ..widgets import Instrument, Sheet

_TOKENS = ("dog", "ball", "it?")
_FEATURES = ("animal", "thing", "?animal", "?thing")
# "it?" is "it" after the first of two layers: it looks for an animal and is none.
_X = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])


def asymmetry() -> Instrument:
    """X [3, 4] -> scores [3, 3] four ways: embeddings as they are, W_Q for both, W_K for both, W_Q and W_K."""
    s = Sheet(
        "asymmetry",
        title="Asking and being found",
        hint="Choose what is compared, then drag. Can you make 'it?' find 'dog' while 'dog' does not find 'it?'",
    )
    compared = s.choice("compared", ("W_Q and W_K", "W_Q for both", "W_K for both", "embeddings as they are"))
    X = s.input("X", _X, rows=_TOKENS, cols=_FEATURES, step=1)
    W_Q = s.input("W_Q", examples.ASYMMETRY_W_Q, rows=_FEATURES, step=1)
    W_K = s.input("W_K", examples.ASYMMETRY_W_K, rows=_FEATURES, step=1)
    asked, found = s.matmul("X_W_Q", X, W_Q), s.matmul("X_W_K", X, W_K)
    Q = s.choose("Q", compared, asked, asked, found, X, about="what asks")
    K = s.choose("K", compared, found, asked, found, X, about="what is found")
    grid = s.scores("scores", Q, K, about="row asks, column is found")
    turned = s.transpose("scores_turned", grid, about="the same table, asked the other way round")
    s.subtract("difference", grid, turned, about="zero everywhere: a symmetric table")
    s.softmax("weights", grid)
    s.lay(
        ["X", "W_Q", s.panel("W_K", look="joined"), "→", "Q", s.panel("K", look="joined")],
        [s.panel(grid, lit="it?"), "−", s.panel(turned, title="scores, turned"), "=", "difference",
         s.panel("weights", lit="it?", max=1)],
        [s.say("'it?' to 'dog' scores {scores[2,0]}; 'dog' to 'it?' scores {scores[0,2]}.")],
    )  # fmt: skip
    return Instrument(s)

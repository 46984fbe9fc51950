"""One query, three keys, three values; small enough to understand in a minute."""

import numpy as np

from .. import examples
from ..attention import project_qkv
from ..widgets import Instrument, Sheet

TOKENS = ("dog", "ball", "it")


def taste() -> Instrument:
    """q of "it" [1, 2] against three keys [3, 2] -> weights [1, 3] -> out, what "it" takes home [1, 2]."""
    X = np.array([examples.VOCABULARY[token] for token in TOKENS])
    Q, K, V = project_qkv(X, examples.W_Q, examples.W_K, examples.W_V)
    s = Sheet(
        "taste",
        title="Whom does “it” listen to?",
        hint="Drag a number with a line under it, left or right. Point at any other number to see its arithmetic.",
    )
    q = s.input("query", Q[2:], rows=["it"], about="what “it” is looking for")
    k = s.input("keys", K, rows=TOKENS, about="what each word can be found by")
    v = s.input("values", V, rows=TOKENS, about="what each word hands over")
    scores = s.scores("scores", q, k, about="the query times each key: how well they fit")
    scaled = s.scale("scaled", scores, like=q, about="divided by √2; the lesson Two tokens says why")
    weights = s.softmax("weights", scaled, about="shares of 1: softmax turns any numbers into shares")
    s.matmul("out", weights, v, about="the values, mixed by the weights")
    s.lay(
        [
            s.arcs(weights, reader=TOKENS.index("it"), title="how much “it” takes from each"),
            "query", "keys", "values", "→", "out",
        ],
        [s.say("“it” takes {weights[0,0]:%} from dog, {weights[0,1]:%} from ball and {weights[0,2]:%} from itself.")],
    )  # fmt: skip
    s.lay(["scores", "→", "scaled", "→", s.panel("weights", max=1), "→", "out"], fold="all numbers")
    return Instrument(s)

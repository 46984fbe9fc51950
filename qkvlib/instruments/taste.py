"""One query, three keys, three values; small enough to understand in a minute."""

import numpy as np

from .. import examples
from ..attention import project_qkv
from ..widgets import Instrument, Sheet

TOKENS = ("dog", "ball", "it")


def taste():
    """q of "it" [1, 2] against the keys of dog, ball and it [3, 2] -> shares [1, 3] -> what "it" takes home [1, 2]."""
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
    match = s.scores("match", q, k, about="the query times each key: how well they fit")
    calm = s.scale("calmed", match, like=q, about="divided by √2; lesson 2 says why")
    shares = s.softmax("shares", calm, about="parts of 1: softmax turns any numbers into shares")
    s.matmul("taken", shares, v, about="the values, mixed by the shares")
    s.lay(
        [
            s.arcs("shares", reader=TOKENS.index("it"), title="how much “it” takes from each"),
            "query",
            "keys",
            "values",
            "→",
            "taken",
        ],
        [s.say("“it” takes {shares[0,0]:%} from dog, {shares[0,1]:%} from ball and {shares[0,2]:%} from itself.")],
    )
    s.lay(["match", "→", "calmed", "→", s.panel("shares", max=1), "→", "taken"], fold="all numbers")
    return Instrument(s)

"""Sharing: the same scores and outputs from keys and values, and from the rows of X they were made of."""

from .. import examples
from ..widgets import Instrument, Sheet

TOKENS = ("dog", "chased", "ball", "it")


def x_cache() -> Instrument:
    """X [4, 4] and a query [1, 2] -> scores q Kᵀ and (q W_Kᵀ) Xᵀ [1, 4], outputs by V and by W_V at the end [1, 2]."""
    s = Sheet(
        "x_cache",
        title="Carry the query, or project the rows",
        hint="Drag a number of q, X, W_K or W_V. Two ways lead to the scores, and two to the output.",
    )
    X = s.input("X", [examples.VOCABULARY[token] for token in TOKENS], rows=TOKENS, about="what enters the layer")
    q = s.input("q", [[2, 1]], rows=["it"], about="the query of the newest token")
    W_K, W_V = s.input("W_K", examples.W_K), s.input("W_V", examples.W_V)

    K = s.matmul("K", X, W_K, about="one way: a key for every row, kept in the cache")
    V = s.matmul("V", X, W_V, about="and a value for every row")
    scores = s.scores("scores", q, K)
    weights = s.softmax("weights", s.scale("scaled_scores", scores, like=q))
    out = s.matmul("out", weights, V)

    carried = s.matmul("carried", q, s.transpose("W_K_turned", W_K), about="the other: q W_Kᵀ, computed once a step")
    from_x = s.scores("scores_from_X", carried, X, about="the carried query meets the rows of X themselves")
    shares = s.softmax("weights_from_X", s.scale("scaled_from_X", from_x, like=q))
    blend = s.matmul("blend_of_X", shares, X, about="the rows of X are blended; no value was ever made")
    late = s.matmul("out_from_X", blend, W_V, about="W_V is applied once, to the blend")
    s.norm("difference", s.subtract("gap", out, late))

    s.lay(
        ["q", "X", "W_K", "W_V"],
        ["K", "V", "→", s.panel("scores", title="q Kᵀ"), "→", s.panel("out", title="weights V")],
        [
            s.panel("carried", title="q W_Kᵀ, the carried query"),
            "→",
            s.panel("scores_from_X", title="(q W_Kᵀ) Xᵀ"),
            "→",
            s.panel("blend_of_X", title="weights X"),
            "→",
            s.panel("out_from_X", title="(weights X) W_V"),
        ],
        [s.say("Difference of the two outputs: {difference}.")],
    )
    return Instrument(s)

"""A bias on the keys shifts whole rows of scores, and no weight moves; a bias on the queries moves them."""

from .. import examples
from ..widgets import Instrument, Sheet


def key_bias() -> Instrument:
    """X [2, 4], the matrices of "One token", b_Q and b_K [1, 2] -> scores and weights [2, 2], without and with them."""
    s = Sheet(
        "key_bias",
        title="A bias nobody misses",
        hint="Drag b_K as far as you like and watch the weights. Then drag b_Q.",
    )
    names = ["x1", "x2"]
    X = s.input("X", examples.X, rows=names)
    b_Q = s.input("b_Q", [[0, 0]], rows=["b_Q"], about="added to every query")
    b_K = s.input("b_K", [[3, -1]], rows=["b_K"], about="added to every key")
    Q = s.matmul("XW_Q", X, s.input("W_Q", examples.W_Q))
    K = s.matmul("XW_K", X, s.input("W_K", examples.W_K))
    biased_Q = s.add("Q", Q, b_Q, about="queries, each with b_Q added")
    biased_K = s.add("K", K, b_K, about="keys, each with b_K added")
    without = s.scores("scores_without", biased_Q, K, about="the scores if the keys had no bias")
    with_it = s.scores("scores", biased_Q, biased_K, about="the scores with b_K")
    s.subtract("shift", with_it, without, about="what b_K adds: q · b_K, the same for every key of a row")
    plain = s.softmax("weights_without", s.scale("scaled_without", without, like=Q))
    weights = s.softmax("weights", s.scale("scaled", with_it, like=Q))
    s.norm("change", s.subtract("difference", weights, plain))
    s.lay(
        ["b_Q", "b_K", "Q", "K"],
        ["scores", "−", s.panel("scores_without", title="scores without b_K"), "=", s.panel("shift", title="shift")],
        [
            s.panel("weights", title="weights with b_K", max=1),
            s.panel("weights_without", title="weights without b_K", max=1),
            s.say("With and without b_K, the weights differ by {change}."),
        ],
    )
    s.lay(["X", "W_Q", "W_K"], fold="all numbers")
    return Instrument(s)

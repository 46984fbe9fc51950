"""Two tokens ask, three of another text answer: cross-attention with a mask that is not square."""

import numpy as np

from .. import examples
from ..widgets import Instrument, Sheet

SOURCE = ("cat", "drank", "it")
PRESETS = ("as drawn below", "the last source token is padding", "causal, as in self-attention")


def cross_attention(
    X: np.ndarray = examples.X,
    Y: np.ndarray | None = None,
    W_Q: np.ndarray = examples.W_Q,
    W_K: np.ndarray = examples.W_K,
    W_V: np.ndarray = examples.W_V,
) -> Instrument:
    """X [2, 4] asks, Y [3, 4] is asked -> Q [2, 2], K and V [3, 2] -> scores, weights [2, 3] -> out [2, 2]."""
    Y = np.array([examples.VOCABULARY[word] for word in SOURCE]) if Y is None else Y
    T, S = len(X), len(Y)
    s = Sheet(
        "cross_attention",
        title="Q from here, K and V from there",
        hint="Drag a number of x, of y or of the mask, and see which of Q, K, V and the weights follow.",
    )
    preset = s.choice("preset", PRESETS, label="mask")
    sources = [f"y{row}" for row in range(1, S + 1)]
    x = s.input("X", X, rows=[f"x{row}" for row in range(1, T + 1)], about="the target: the tokens that ask")
    y = s.input("Y", Y, rows=sources, about="the source: the tokens that are asked")
    wq, wk, wv = s.input("W_Q", W_Q), s.input("W_K", W_K), s.input("W_V", W_V)
    drawn = s.input(
        "mask",
        np.ones((T, S), int),
        rows=[f"x{row}" for row in range(1, T + 1)],
        cols=sources,
        limits=(0, 1),
        about="1: the row's token may look at the column's token; 0: not",
    )
    padding = s.input("padding", [[1] * (S - 1) + [0]] * T, editable=False)
    triangle = s.input("triangle", np.tri(T, S, dtype=int), editable=False)
    Q = s.matmul("Q", x, wq, about="one query for each target token")
    K = s.matmul("K", y, wk, about="one key for each source token")
    V = s.matmul("V", y, wv, about="one value for each source token")
    grid = s.scale("scores", s.scores("bare_scores", Q, K), like=Q, about="Q Kᵀ / √d_head: T rows, S columns")
    allowed = s.choose("allowed", preset, drawn, padding, triangle, about="the mask that is used")
    masked = s.mask("masked", grid, allowed=allowed, causal=False, about="-inf where the mask has a 0")
    weights = s.softmax("weights", masked, about="each target row shares out 1 among the source tokens")
    s.matmul("out", weights, V, about="one row for each target token, mixed from values of the source")
    s.lay(
        [
            s.stack(
                s.product(x, [wq], [Q], title="the target asks",
                          corner=s.wires(weights, names=["source", "target"], role="weights")),
                s.product(y, [wk, wv], [K, V], title="the source is asked"),
            ),
            s.stack(
                [s.panel(drawn, title="mask, as drawn")],
                [s.panel(weights, max=1), "· V =", "out"],
            ),
        ],
        [s.say("Weights {weights:shape}: x1 takes {weights[0,0]:%}, {weights[0,1]:%} and {weights[0,2]:%}; "
               "x2 takes {weights[1,0]:%}, {weights[1,1]:%} and {weights[1,2]:%}.")],
    )  # fmt: skip
    s.lay(["scores", "→", s.panel("masked", title="scores under the mask"), s.panel("allowed", title="the mask used")],
          fold="all numbers")  # fmt: skip
    return Instrument(s)

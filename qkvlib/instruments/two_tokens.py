"""Two tokens, all the way from embeddings to the blend."""

import numpy as np

from .. import examples
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node


def two_tokens(
    X: np.ndarray = examples.X,
    W_Q: np.ndarray = examples.W_Q,
    W_K: np.ndarray = examples.W_K,
    W_V: np.ndarray = examples.W_V,
) -> Instrument:
    """X [T, 4] -> Q, K, V [T, 2] -> scores, weights [T, T] -> out [T, 2], with √d_head and temperature to turn."""
    s = Sheet(
        "two_tokens",
        title="Two tokens",
        hint="Drag any number with a line under it, or the tip of an arrow. Click a token to see whom it listens to.",
    )
    names = [f"x{row}" for row in range(1, len(X) + 1)]
    x = s.input("X", X, rows=names, about="one row per token, d_model numbers each")
    wq, wk, wv = s.input("W_Q", W_Q), s.input("W_K", W_K), s.input("W_V", W_V)
    attend(s, x, wq, wk, wv, most=len(X), say="Token 2 takes {weights[1,0]:%} of v1 and {weights[1,1]:%} of v2.")
    return Instrument(s)


def attend(s: Sheet, x: Node, wq: Node, wk: Node, wv: Node, most: int, reader: int = 1, say: str = "") -> None:
    """Adds Q, K, V, scores, weights, out and their controls to a sheet of at most `most` tokens, and lays all out.

    The product stands so that rows meet columns; arcs and planes show the row that is read, `reader` at the start.
    """
    scaled = s.switch("scaled", True, label="divide by √d_head")
    temperature = s.slider("temperature", 1.0, min=0.1, max=5.0, label="temperature")
    reads = s.pointer("reader", reader, max=most - 1, label="who reads")
    Q = s.matmul("Q", x, wq, about="what each token looks for")
    K = s.matmul("K", x, wk, about="what each token can be found by")
    V = s.matmul("V", x, wv, about="what each token hands over")
    grid = s.scores("scores", Q, K, about="every query with every key")
    z = s.scale("scaled_scores", grid, like=Q, on=scaled, temperature=temperature, about="what softmax gets")
    weights = s.softmax("weights", z, about="shares of 1 along each row")
    out = s.matmul("out", weights, V, about="the value rows, blended by the weights")

    planes = []
    if wq.name in s.inputs and s.inputs[wq.name].array.shape[1] == 2:  # a plane shows rows of two numbers
        planes = [
            s.stack(
                s.plane(arrows=[Q, K], shadow=(K, Q), reader=reads, size=220, title="who: q meets k",
                        note="Longer shadow of k, higher score."),
                s.plane(points=[V], blend=out, reader=reads, size=220, title="what: values, blended",
                        note="out lies between the values."),
            )
        ]  # fmt: skip
    scores = [s.panel(z, title="scaled scores"), "softmax →"] if most < 4 else []  # with more tokens there is no room
    s.lay(
        [
            s.stack(
                s.product(x, [wq, wk, wv], [Q, K, V], corner=s.arcs(weights, reader=reads, width=270)),
                [*scores, s.panel(weights, lit=reads), "· V =", s.panel(out, lit=reads)],
            ),
            *planes,
        ],
        *([[s.say(say)]] if say else []),
    )  # fmt: skip
    s.lay([s.panel("scores", title="scores, before they are scaled"), "→", s.panel(z, title="scaled scores")],
          fold="all numbers")  # fmt: skip

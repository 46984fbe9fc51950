"""Lesson 2: two tokens, all the way from embeddings to the blend."""

from .. import examples
from ..widgets import Instrument, Sheet


def two_tokens():
    """X [2, 4] -> Q, K, V [2, 2] -> scores, weights [2, 2] -> out [2, 2], with √d and temperature to turn."""
    s = Sheet(
        "two_tokens",
        title="Two tokens",
        hint="Drag any number with a line under it. Point at any other number to see where it comes from.",
    )
    scaled = s.switch("scaled", True, label="divide by √d_head")
    temperature = s.slider("temperature", 1.0, min=0.1, max=5.0, label="temperature")
    causal = s.switch("causal", False, label="causal mask")

    X = s.input("X", examples.X, rows=["x1", "x2"], about="one row per token, d_model numbers each")
    W_Q = s.input("W_Q", examples.W_Q)
    W_K = s.input("W_K", examples.W_K)
    W_V = s.input("W_V", examples.W_V)
    Q = s.matmul("Q", X, W_Q, about="what each token looks for")
    K = s.matmul("K", X, W_K, about="what each token can be found by")
    V = s.matmul("V", X, W_V, about="what each token hands over")
    grid = s.scores("scores", Q, K, about="every query with every key")
    z = s.scale("scaled_scores", grid, like=Q, on=scaled, temperature=temperature)
    masked = s.mask("masked_scores", z, on=causal)
    weights = s.softmax("weights", masked, about="shares of 1 along each row")
    s.matmul("out", weights, V, about="the value rows, blended by the weights")

    s.lay(
        ["X", s.panel("W_Q"), "W_K", "W_V"],
        ["Q", "K", "V"],
        [
            "scores",
            "→",
            s.panel("masked_scores", title="scaled scores"),
            "→",
            s.panel("weights", max=1),
            "·",
            "V",
            "=",
            "out",
        ],
        [s.say("Token 2 takes {weights[1,0]:%} of v1 and {weights[1,1]:%} of v2.")],
    )
    return Instrument(s)

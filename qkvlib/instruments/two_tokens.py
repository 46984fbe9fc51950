"""Two tokens, all the way from embeddings to the blend."""

from .. import examples
from ..widgets import Instrument, Sheet


def two_tokens(X=examples.X, W_Q=examples.W_Q, W_K=examples.W_K, W_V=examples.W_V):
    """X [T, 4] -> Q, K, V [T, 2] -> scores, weights [T, T] -> out [T, 2], with √d_head and temperature to turn."""
    s = Sheet(
        "two_tokens",
        title="Two tokens",
        hint="Drag any number with a line under it. Point at any other number to see where it comes from.",
    )
    names = [f"x{row}" for row in range(1, len(X) + 1)]
    x = s.input("X", X, rows=names, about="one row per token, d_model numbers each")
    wq, wk, wv = s.input("W_Q", W_Q), s.input("W_K", W_K), s.input("W_V", W_V)
    s.lay(["X", "W_Q", "W_K", "W_V"])
    attend(s, x, wq, wk, wv)
    s.lay([s.say("Token 2 takes {weights[1,0]:%} of v1 and {weights[1,1]:%} of v2.")])
    return Instrument(s)


def attend(s, x, wq, wk, wv):
    """Adds Q, K, V, scores, weights, out and their controls to a sheet, and lays them out."""
    scaled = s.switch("scaled", True, label="divide by √d_head")
    temperature = s.slider("temperature", 1.0, min=0.1, max=5.0, label="temperature")
    Q = s.matmul("Q", x, wq, about="what each token looks for")
    K = s.matmul("K", x, wk, about="what each token can be found by")
    V = s.matmul("V", x, wv, about="what each token hands over")
    grid = s.scores("scores", Q, K, about="every query with every key")
    z = s.scale("scaled_scores", grid, like=Q, on=scaled, temperature=temperature, about="what softmax gets")
    weights = s.softmax("weights", z, about="shares of 1 along each row")
    s.matmul("out", weights, V, about="the value rows, blended by the weights")
    s.lay(
        ["Q", "K", "V"],
        ["scores", "→", s.panel(z, title="scaled scores"), "→", s.panel(weights, max=1)],
        [s.panel(weights, max=1), "·", "V", "=", "out"],
    )

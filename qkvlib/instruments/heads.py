"""One projection cut into heads, and W_O as a sum of what each head writes."""

from .. import examples
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node


def heads() -> Instrument:
    """X [3, 4] -> Q, K, V of every head -> weights [n, 3, 3] -> what each head writes [n, 3, 4] -> out [3, 4]."""
    s = Sheet(
        "heads",
        title="Several heads, one projection",
        hint="Each head is one lane. Drag a number of X or of a W and watch which lane moves; then cut into 1 or 4.",
    )
    n_heads = s.choice("n_heads", (2, 1, 4), label="heads")
    scaled = s.switch("scaled", True, label="divide by √d_head")
    causal = s.switch("causal", False, label="causal mask")

    tokens = examples.HEADS_TOKENS
    X = s.input("X", examples.HEADS_X, rows=tokens, about="three tokens, width 4")
    names = {"W_Q": "looks for", "W_K": "is found by", "W_V": "hands over"}
    W = {name: s.input(name, getattr(examples, f"HEADS_{name}")) for name in names}
    W_O = s.input("W_O", examples.HEADS_W_O, about="each head meets its own rows of this matrix, and no others")

    parts = {}
    for name, what in names.items():
        letter = name[-1]
        whole = s.matmul(letter, X, W[name], about=f"one matmul for all heads: what each token {what}")
        parts[letter] = s.split_heads(f"{letter}_heads", whole, n_heads, about="blocks of neighbouring columns")
    grid = s.scores("scores", parts["Q"], parts["K"], about="a grid for every head")
    grid = s.mask("masked_scores", s.scale("scaled_scores", grid, like=parts["Q"], on=scaled), on=causal)
    weights = s.softmax("weights", grid, about="each row shares out 1, in every head anew")
    H = s.matmul("H", weights, parts["V"], about="what each head found, d_head numbers a token")
    s.merge_heads("merged", H, about="the heads side by side again")
    columns = s.split_heads("W_O_columns", s.transpose("W_O_turned", W_O), n_heads)
    W_O_heads = s.transpose("W_O_heads", columns, about="W_O cut into d_head rows per head")
    written = s.matmul("written", H, W_O_heads, about="head h's contribution: H of head h times its rows of W_O")
    s.total("out", written, over="heads", about="the sum over the heads; the same as merged · W_O")

    s.number("parameters", 4 * examples.HEADS_W_Q.size, about="four matrices, [4, 4] each")

    def lane(node: Node | str, title: str, look: str = "lanes") -> dict:
        return s.panel(node, title=title, look=look)

    cut = [{"role": "query", "n": n_heads}]
    s.lay(
        ["X", s.panel("W_Q", bands=cut), "=", s.panel("Q", title="Q, cut into heads", bands=cut)],
        [lane("Q_heads", "Q"), lane("K_heads", "K", "lanes joined"), "→", lane("weights", "weights", "lanes joined"),
         "→", lane("written", "what the head writes", "lanes joined"), "Σ", s.panel("out", look="joined")],
        [s.say("Q of all heads is {Q_heads:shape}. The four W hold {parameters:int} weights, however you cut.")],
    )  # fmt: skip
    s.lay(
        ["W_K", "W_V", "W_O"],
        [lane("V_heads", "V"), lane("H", "H: weights · V"), lane("W_O_heads", "rows of W_O")],
        ["merged", "·", "W_O", "=", "out"],
        fold="all numbers",
    )
    return Instrument(s)

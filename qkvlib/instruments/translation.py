"""A trained translator at work: the word written last asks, the words of the source answer."""

import numpy as np

from .. import translation as trained
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node

MASKS = ("hide the padding", "none", "causal, as in self-attention")
MOST = 12  # words on either side


def translation(
    source: str = "the small green dog", written: str = "start le petit", model: str = "masked"
) -> Instrument:
    """Words of a source [S] and those written so far [T] -> weights [T, S] -> the next word.

    ValueError for an unknown model, or for words that it does not know.
    """
    m = trained.load(model)
    m.run(source, written)  # says which word is unknown, and what is known
    s = Sheet(
        "translation",
        title="One layer of cross-attention, trained to translate",
        hint="Write the next word behind the others. Then type another source.",
    )
    read = s.text("source", source, label="source")
    done = s.text("written", written, label="written so far")
    mask = s.choice("mask", MASKS, label="mask")
    E = {
        side: s.input(f"E_{side}", m[f"E_{side}"], rows=words, editable=False)
        for side, words in (("source", trained.SOURCE), ("target", trained.TARGET))
    }
    real = s.input("real", [[int(word != trained.PAD)] for word in trained.SOURCE], rows=trained.SOURCE, editable=False)
    Y = s.embed("Y", E["source"], read, unknown="refuse", most=MOST, about="one row for each source word")
    X = s.embed("X", E["target"], done, unknown="refuse", most=MOST, about="one row for each word written")
    W = {name: s.input(name, m[name], editable=False) for name in ("W_Q", "W_K", "W_V", "W_O")}
    W_U = s.input("W_U", m["W_U"], cols=trained.TARGET, editable=False, about="reads the next word off a row")
    Q = s.matmul("Q", X, W["W_Q"], about="asked by the words written")
    K = s.matmul("K", Y, W["W_K"], about="keys of the source: made once")
    V = s.matmul("V", Y, W["W_V"], about="values of the source: made once")
    grid = s.scale("scores", s.scores("bare_scores", Q, K), like=Q, about="Q Kᵀ / √d_head")
    flags = s.transpose("flags", s.embed("real_rows", real, read, unknown="refuse", most=MOST))
    everything = s.input("everything", np.ones((MOST, MOST), int), editable=False)
    triangle = s.input("triangle", np.tri(MOST, dtype=int), editable=False)

    def cut(name: str, square: Node) -> Node:
        """The first T rows and S columns of a square."""
        tall = s.transpose(f"{name}_tall", s.rows_like(f"{name}_rows", square, X))
        return s.transpose(f"{name}_cut", s.rows_like(f"{name}_columns", tall, Y))

    whole = cut("whole", everything)
    allowed = s.choose("allowed", mask, s.multiply("no_padding", whole, flags), whole, cut("causal", triangle))
    weights = s.softmax("weights", s.mask("masked", grid, allowed=allowed, causal=False))
    taken = s.matmul("taken", s.matmul("out", weights, V), W["W_O"], about="what the source adds to each row")
    logits = s.matmul("logits", s.add("rows", X, taken), W_U)
    last = s.rows("last", s.softmax("shares", logits), start=-1, about="what the last row would write")
    s.lay(
        [
            s.wires(weights, names=["source", "written"], role="weights", title="where each written word looks"),
            s.stack(s.panel(weights, title="weights", max=1), s.say("The last row writes: {last[0]:top}.")),
        ],
        [s.panel(K, title="K of the source", look="small"), s.panel(V, title="V of the source", look="small")],
        [s.say("K and V are made once for this source. Another written word leaves them as they are.")],
    )
    s.lay(
        [s.panel("masked", title="scores under the mask"), s.panel("allowed", title="the mask used")],
        [s.panel(Q, title="Q of the words written")],
        [s.panel(K, title="K of the source")],
        [s.panel(V, title="V of the source")],
        [s.panel(last, title="shares of the next word", max=1)],
        fold="all numbers",
    )
    return Instrument(s)

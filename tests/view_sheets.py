"""Sheets that show every view in several ways, for the tests of views."""

import numpy as np

from qkvlib import examples
from qkvlib.widgets import Sheet

TOKENS = ["dog", "it", "ball"]


def attention(causal=False, reader=1):
    """A sheet of three tokens with X, W_Q, W_K, W_V, Q, K, V, masked, weights, out and a pointer called reader."""
    s = Sheet("viewed", title="Viewed", hint="Try it.")
    X = s.input("X", [[2, 1, 0, 0], [1, 0, 2, 1], [-1, -1, 2, 0]], rows=TOKENS)
    W = [s.input(f"W_{letter}", getattr(examples, f"W_{letter}")) for letter in "QKV"]
    s.pointer("reader", reader, 2)
    Q, K, V = (s.matmul(letter, X, w) for letter, w in zip("QKV", W, strict=True))
    grid = s.scale("scaled", s.scores("scores", Q, K), like=Q)
    s.matmul("out", s.softmax("weights", s.mask("masked", grid, causal=causal)), V)
    return s


def arcs():
    s = attention()
    s.lay([s.arcs("weights", reader=s.params["reader"], title="who reads whom")], [s.say("{weights[1,0]:%} from dog")])
    return s


def masked_arcs():
    s = attention(causal=True)
    s.lay([s.arcs("weights", "weights", reader=2, names=["layer 1", "layer 2"])])
    return s


def heads():
    s = Sheet("headed")
    rng = np.random.default_rng(0)
    words = s.text("words", "a dog and an extraordinarily* long word")
    X = s.embed("X", s.input("table", rng.normal(size=(3, 8)), rows=["dog", "ball", "it"]), words, most=12)
    H = s.split_heads("H", X, 4)
    w = s.softmax("w", s.scores("z", H, H))
    s.lay([s.arcs(w, reader=2, title="four heads")], [s.arcs(w, reader=1, pick=3)], [s.panel(w, pick=0)])
    return s


def plane():
    s = attention()
    r = s.params["reader"]
    s.lay([s.stack(s.plane(arrows=["Q", "K"], shadow=("K", "Q"), reader=r, title="who"),
                   s.plane(points=["V"], blend="out", reader=r, title="what")), "W_Q", "Q"])  # fmt: skip
    return s


def free_plane():
    s = Sheet("free")
    a = s.input("a", [[3, 1], [0, 0], [-2, 2.5]], step=0.5)
    s.lay([s.plane(arrows=[a], step=0.5), s.panel(a)])
    return s


def product():
    s = attention()
    s.lay([s.product("X", ["W_Q", "W_K", "W_V"], ["Q", "K", "V"])])
    return s


def bars():
    s = Sheet("barred")
    z = s.input("z", [[3, 0, -1], [1, 1, 1]], cols=TOKENS, step=0.5)
    hot = s.scale("hot", z, temperature=s.slider("temperature", 1.0, min=0.1, max=5.0))
    s.pointer("row", 0, 1)
    s.lay([s.bars(hot, s.softmax("w", hot), row=s.params["row"], title="one row")], [z])
    return s


def masked_bars():
    s = attention(causal=True)
    s.lay([s.bars("masked", "weights", row=s.params["reader"]), s.panel("weights")])
    return s


def wires():
    s = Sheet("wired")
    n = s.choice("n", (2, 1))
    own = [f"K/V {h}" for h in range(4)]
    merge = [
        s.input(f"merge_{k}", np.kron(np.eye(k), np.full((1, 4 // k), k / 4)), cols=own, rows=own[:k]) for k in (2, 1)
    ]
    reads = [
        s.input(f"reads_{k}", np.kron(np.eye(k), np.ones((4 // k, 1))), rows=[f"query head {h}" for h in range(4)])
        for k in (2, 1)
    ]
    s.lay(
        [s.wires(s.choose("merge", n, *merge), s.choose("reads", n, *reads), names=["own", "merged", "read"])],
        ["merge_2"],
    )
    return s


def tiled():
    s = Sheet("tiled")
    s.lay([s.wires(s.input("tile", [[1, 0], [0, 1], [1, 0], [0, -0.5]])), "tile"])
    return s


def pairs():
    s = attention()
    s.lay([s.pairs("weights", s.softmax("masked_weights", s.mask("hidden", "scaled")), names=["all", "causal"])])
    return s


SHEETS = {
    each.__name__: each
    for each in (arcs, masked_arcs, heads, plane, free_plane, product, bars, masked_bars, wires, tiled, pairs)
}

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


SHEETS = {each.__name__: each for each in (arcs, masked_arcs, heads, plane, free_plane, product)}

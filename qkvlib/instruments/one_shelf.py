"""One trained layer, eight ways to keep less on its shelf: bytes, multiplications and the error of the output."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import coref, examples
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node
from .gqa import N_HEADS, numbered

WAYS = {
    "mha": "4 K/V heads",
    "gqa": "2 K/V heads",
    "mqa": "1 K/V head",
    "x": "rows of X",
    "c": "latent c",
    "window": "a window",
    "bits": "few bits",
    "same": "K = V",
}
IT, N_TOKENS, D_MODEL, D_HEAD = 6, 9, 32, 8
UNITS = ("always", "× width of c", "× rows kept", "× bits")
# What a way costs: so much always, and so much for each column of c, each row kept and each bit of a number. Two bytes
# a number; nine rows; a way with few bits keeps a scale for each key and value of each head.
BYTES = {
    "mha": (128, 0, 0, 0),
    "gqa": (64, 0, 0, 0),
    "mqa": (32, 0, 0, 0),
    "x": (64, 0, 0, 0),
    "c": (0, 2, 0, 0),
    "window": (0, 0, 128 / N_TOKENS, 0),
    "bits": (16, 0, 0, 8),
    "same": (64, 0, 0, 0),
}
MATRIX, SCORES = D_MODEL**2, 2 * N_TOKENS * D_MODEL  # one projection; scores and blends of all heads with nine rows
MULTIPLICATIONS = {  # W_Q and W_O are always there; codes, and scores and weights of codes, take a factor each
    "mha": (4 * MATRIX + SCORES, 0, 0, 0),
    "gqa": (2 * MATRIX + 2 * MATRIX // 2 + SCORES, 0, 0, 0),
    "mqa": (2 * MATRIX + 2 * MATRIX // 4 + SCORES, 0, 0, 0),
    "x": (4 * MATRIX + N_HEADS * SCORES, 0, 0, 0),
    "c": (2 * MATRIX, 3 * D_MODEL + 2 * N_HEADS * N_TOKENS, 0, 0),
    "window": (4 * MATRIX, 0, 2 * D_MODEL, 0),
    "bits": (4 * MATRIX + SCORES + 2 * D_MODEL + 2 * N_HEADS * N_TOKENS, 0, 0, 0),
    "same": (3 * MATRIX + SCORES, 0, 0, 0),
}


def latent_cut(W_K: np.ndarray, W_V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(W_down [d, d], W_up [d, 2d]) with W_down W_up = [W_K W_V], for square W_K and W_V.

    The first r columns of the one and rows of the other are the best approximation of rank r (Eckart and Young 1936).
    The largest entry of each column of W_down is positive, on every machine.
    """
    left, sizes, right = np.linalg.svd(np.concatenate([W_K, W_V], axis=1), full_matrices=False)
    signs = np.sign(left[np.abs(left).argmax(axis=0), np.arange(len(left))])
    return left * signs, (signs * sizes)[:, None] * right


def one_shelf() -> Instrument:
    """Layer 2 of the trained model "gqa4" at "it", with eight ways to keep less; nothing is trained again.

    For every way the bytes a token, the multiplications of a step and how far the output [1, 32] is off, each [8, 1];
    for one of them where "it" looks in every head [4, 1, T], and the answer.
    """
    s = Sheet(
        "one_shelf",
        title="One shelf, eight ways to keep less on it",
        hint="Bytes a token, multiplications for a new one, and how far the output is off. "
        "Turn a control; nothing is trained again.",
    )
    names = list(WAYS.values())
    look = s.choice("look", names, value=WAYS["c"], label="look closer at")
    ending = s.choice("ending", ("excited", "deflated"), label="because it was ...")
    rank = s.slider("rank", 1, min=1, max=D_MODEL, step=1, label="width of c")
    first = s.choice("first", (0, 1, 2), value=1, label="first rows kept", look="slider")
    last = s.slider("last", 5, min=1, max=N_TOKENS, step=1, label="last rows kept")
    bits = s.choice("bits", (8, 4, 3, 2), label="bits a number")

    model = coref.load("gqa4")
    traces = [model.trace(sentence) for sentence in (examples.DOG_SENTENCE, examples.BALL_SENTENCE)]
    rows = [
        s.input(
            f"X_{word}", trace.layers[1].X.round(6), rows=numbered(trace.tokens), about="what layer 1 hands to layer 2"
        )
        for word, trace in zip(ending.options, traces, strict=True)
    ]
    X = s.choose("X", ending, *rows, about="nine rows on the shelf")
    weights = [model[f"1.{name}"].round(6) for name in ("W_Q", "W_K", "W_V", "W_O")]  # six digits: half as much to send
    W_Q, W_K, W_V, W_O = (s.input(name, W) for name, W in zip(("W_Q", "W_K", "W_V", "W_O"), weights, strict=True))
    W_U = s.input("W_U", model["W_U"], cols=coref.ANSWERS, about="what turns the row of 'it' into il or elle")

    def table(name: str, values: Any, **more: Any) -> Node:
        return s.input(name, values, editable=False, **more)

    def heads(name: str, node: Node, about: str = "") -> Node:
        return s.split_heads(name, node, N_HEADS, about=about)

    x = s.rows("x", X, IT, IT + 1, about="the row of 'it', which asks")
    q = heads("q", s.matmul("q_all", x, W_Q), "its four queries")
    K, V = heads("K", s.matmul("K_all", X, W_K), "four keys a token"), heads("V", s.matmul("V_all", X, W_V))
    cut = [part.round(6) for part in latent_cut(*weights[1:3])]
    W_down = s.columns("W_down", table("W_down_whole", cut[0]), 0, rank, about="cut out of W_K and W_V, not trained")
    up = s.rows("W_up", table("W_up_whole", cut[1]), 0, rank)
    W_UK, W_UV = heads("W_UK", s.columns("up_K", up, 0, D_MODEL)), heads("W_UV", s.columns("up_V", up, D_MODEL))

    one = table("one", [[1]])
    past, early = np.tri(N_TOKENS, N_TOKENS, -1)[::-1], 1 - np.tri(3, N_TOKENS, -1)
    fallen = s.rows("fallen", s.rows("past", table("windows", past), stop=last), start=-1)
    late = s.choose("late", first, *(table(f"after_{n}", row[None]) for n, row in enumerate(early)))
    kept = s.subtract("kept", one, s.multiply("dropped", fallen, late), about="1 for a row that is still there")

    def shared(n: int) -> list[Node]:
        pooled = [s.pool_kv(f"{name}_{n}", own, n) for name, own in (("K", K), ("V", V))]
        return [s.repeat_kv(f"{node.name}_read", node, N_HEADS // n) for node in pooled]

    def attend(way: str, keys: Node, values: Node, asks: Node = q, open_rows: Node | None = None) -> Node:
        grid = s.scale(f"{way}_scores", s.scores(f"{way}_raw", asks, keys), like=q)
        if open_rows is not None:
            grid = s.mask(f"{way}_open", grid, open_rows, causal=False)
        return s.matmul(f"{way}_blend", s.softmax(f"{way}_looks", grid, about="where 'it' looks, head by head"), values)

    def narrow(way: str, rows: Node, to_keys: Node, to_values: Node) -> Node:
        carried = s.scores(f"{way}_carried", q, to_keys, about="each query carried over to what is kept")
        return s.matmul(
            f"{way}_late", attend(way, rows, rows, carried), to_values, about="values made of the blend, at the end"
        )

    c = s.matmul("c", X, W_down, about="all that is kept of a token")
    outs = {
        "mha": attend("mha", K, V),
        "gqa": attend("gqa", *shared(2)),
        "mqa": attend("mqa", *shared(1)),
        "x": narrow("x", X, heads("W_K_of", W_K), heads("W_V_of", W_V)),
        "c": narrow("c", c, W_UK, W_UV),
        "window": attend("window", K, V, open_rows=kept),
        "bits": attend("bits", s.quantise("K_bits", K, bits), s.quantise("V_bits", V, bits)),
        "same": attend("same", K, K),
    }
    added = {
        way: s.matmul(f"{way}_out", s.merge_heads(f"{way}_merged", H), W_O, about="what the layer adds to 'it'")
        for way, H in outs.items()
    }
    length = s.norm("own_length", added["mha"])
    hundred = table("hundred", [[100]])
    errors = [
        s.multiply(
            f"{way}_error",
            s.divide(f"{way}_share", s.norm(f"{way}_gap", s.subtract(f"{way}_off", out, added["mha"])), length),
            hundred,
        )
        for way, out in added.items()
    ]
    error = s.concat(
        "error", *errors, axis="rows", names=names, about="length of the difference, in percent of the output"
    )

    counted = [s.multiply("width", s.number("rank_now", rank), one), s.total("rows_kept", kept, over="columns")]
    amounts = s.concat(
        "amounts", one, *counted, s.multiply("bits_each", s.number("bits_now", bits), one), axis="rows", names=UNITS
    )
    costs = {
        name: s.matmul(
            name, table(f"{name}_each", [cost[way] for way in WAYS], rows=names, cols=UNITS), amounts, about=about
        )
        for name, cost, about in (
            ("bytes", BYTES, "mean bytes a token on the shelf, two for each number"),
            ("products", MULTIPLICATIONS, "multiplications for one new token, with nine rows on the shelf"),
        )
    }
    closer = s.choose("looks", look, *(f"{way}_looks" for way in WAYS), about="where 'it' looks, the chosen way")
    chosen = s.choose("out", look, *added.values())
    s.matmul("answer", s.add("row_after", x, chosen), W_U)
    s.choose("chosen_error", look, *errors)

    s.lay(
        [
            s.stack(
                [
                    s.panel(costs["bytes"], title="bytes", bars=True, decimals=0, max=128, role=""),
                    s.panel(
                        costs["products"], title="products", bars=True, decimals=0, max=8000, look="joined", role=""
                    ),
                    s.panel(error, title="% off", bars=True, decimals=2, look="joined", role=""),
                ],
                s.say("With {look}: {chosen_error[0,0]}% off. Answer: {answer[0]:top}."),
            ),
            s.pairs("mha_looks", closer, names=[WAYS["mha"], "the way chosen"], title="where 'it' looks"),
        ],
    )
    s.lay(
        [s.panel("bytes_each", title="bytes, counted"), s.panel("products_each", title="multiplications, counted")],
        [s.panel(c, title="c, all that is kept"), s.panel("c_carried", title="the queries, carried to c")],
        [s.panel("kept", title="rows still there"), s.panel("out", diff="mha_out")],
        fold="all numbers",
    )
    return Instrument(s)

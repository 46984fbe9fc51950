"""The K/V heads of a trained layer, shared by more and more query heads."""

from collections.abc import Sequence

import numpy as np

from .. import coref, examples
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node

N_HEADS = 4
SHARING = (4, 2, 1)


def gqa() -> Instrument:
    """Layer 2 of the trained model "gqa4" (d_model 32, 4 heads of 8), its K/V heads averaged from 4 to 2 to 1.

    Shows who reads whom [4, 4], where "it" looks in every query head before and after [4, 1, T], the outputs at "it"
    [1, 32] and how far they are apart, the answer, the parameters and the bytes of a cache.
    """
    s = Sheet(
        "gqa",
        title="From a K/V head each to one for all",
        hint="Slide from 4 K/V heads to 2 and 1: keys and values are averaged, queries never. Point at a wire.",
    )
    n_kv = s.choice("n_kv_heads", SHARING, label="K/V heads", look="slider")
    ending = s.choice("ending", ("excited", "deflated"), label="because it was ...")

    model = coref.load("gqa4")
    traces = [model.trace(sentence) for sentence in (examples.DOG_SENTENCE, examples.BALL_SENTENCE)]
    n_tokens, it = len(traces[0].tokens), traces[0].read_at
    inputs = [
        s.input(f"X_{word}", trace.layers[1].X, rows=numbered(trace.tokens), about="what layer 1 hands to layer 2")
        for word, trace in zip(ending.options, traces, strict=True)
    ]
    X = s.choose("X", ending, *inputs)
    W_Q, W_K, W_V, W_O = (s.input(name, model[f"1.{name}"]) for name in ("W_Q", "W_K", "W_V", "W_O"))
    W_U = s.input("W_U", model["W_U"], cols=coref.ANSWERS, about="what turns the row of 'it' into il or elle")

    Q = s.split_heads("Q", s.matmul("Q_all", X, W_Q), N_HEADS, about="four query heads, whatever the slider says")
    K, V = (
        s.split_heads(f"{name[-1]}_own", s.matmul(f"{name[-1]}_all", X, W), N_HEADS)
        for name, W in (("W_K", W_K), ("W_V", W_V))
    )
    pooled, shared = {}, {}
    for letter, own in (("K", K), ("V", V)):
        pooled[letter] = s.pool_kv(letter, own, n_kv, about="neighbouring heads averaged: what the cache holds")
        copies = [s.repeat_kv(f"{letter}_from_{n}", s.pool_kv(f"{letter}_{n}", own, n), N_HEADS // n) for n in SHARING]
        shared[letter] = s.choose(f"{letter}_read", n_kv, *copies, about="each K/V head repeated for its query heads")

    def attend(prefix: str, K: Node, V: Node) -> Node:
        grid = s.scale(f"{prefix}_scores", s.scores(f"{prefix}_raw", Q, K), like=Q)
        weights = s.softmax(f"{prefix}_weights", grid)
        s.rows(f"{prefix}_looks", weights, it, it + 1, about="where 'it' looks, in every query head")
        H = s.matmul(f"{prefix}_H", weights, V)
        out = s.matmul(f"{prefix}_out", s.merge_heads(f"{prefix}_merged", H), W_O)
        here = s.rows(f"{prefix}_it", out, it, it + 1, about="what the layer adds to 'it'")
        s.matmul(f"{prefix}_answer", s.add(f"{prefix}_row", s.rows(f"{prefix}_x", X, it, it + 1), here), W_U)
        return here

    own, after = attend("own", K, V), attend("shared", shared["K"], shared["V"])
    gap = s.norm("gap_norm", s.subtract("gap", after, own))
    percent = s.number("hundred", 100)
    s.multiply("error", s.divide("error_share", gap, s.norm("own_norm", own)), percent)

    own_heads, queries = ([f"{kind} {h}" for h in range(N_HEADS)] for kind in ("K/V head", "query head"))
    merges, copies = [], []
    for n in SHARING:
        group = N_HEADS // n
        names = [_mean([str(h) for h in range(k * group, (k + 1) * group)]) for k in range(n)]
        merges.append(
            s.input(
                f"merge_{n}",
                np.kron(np.eye(n), np.full((1, group), 1 / group)),
                rows=names,
                cols=own_heads,
                editable=False,
                about="the share of each trained K/V head in a merged one",
            )
        )
        copies.append(
            s.input(
                f"copy_{n}",
                np.kron(np.eye(n), np.ones((group, 1))),
                rows=queries,
                cols=names,
                editable=False,
                about="which merged K/V head a query head reads",
            )
        )
    merged = s.choose("merged_from", n_kv, *merges)
    copied = s.choose("read_by", n_kv, *copies)
    s.matmul("reads", copied, merged, about="the share of each trained K/V head in what a query head reads")

    trained = [coref.card()["models"][f"gqa{n}"] for n in SHARING]
    right = [
        s.number(f"accuracy_{n}", entry["seeds"][entry["shipped_seed"]]["accuracy"])
        for n, entry in zip(SHARING, trained, strict=True)
    ]
    s.choose("trained_accuracy", n_kv, *right, about="share of right answers on held-out sentences")

    d_model, width = model["1.W_K"].shape[0], model["1.W_K"].shape[1] // N_HEADS
    kv = s.number("kv", n_kv)
    per_head = s.number("weights_a_head", 2 * d_model * width, about="columns of W_K and of W_V for one K/V head")
    s.multiply("kv_parameters", kv, per_head)
    s.number("qo_parameters", 2 * d_model * d_model)
    s.multiply("cache_bytes", kv, s.number("bytes_a_head", 2 * width * 2 * n_tokens))

    s.lay(
        [
            s.stack(
                s.wires(merged, copied, names=["trained K/V heads", "in the cache", "query heads"]),
                s.say("Output at 'it': off by {error}% of its length. Answer: {shared_answer[0]:top}."),
                s.say("Cache of this layer: {cache_bytes:bytes} in bfloat16."),
                s.say("W_K, W_V: {kv_parameters:int} parameters; W_Q, W_O: {qo_parameters:int}, always."),
                s.say("Trained so from the start: {trained_accuracy:%} right."),
            ),
            s.pairs("own_looks", "shared_looks", names=["own K/V heads", "shared K/V heads"], title="where 'it' looks"),
        ],
    )
    s.lay(
        [s.panel("reads", title="who reads whom", max=1)],
        [s.panel("own_looks", title="where 'it' looks, own K/V heads", max=1)],
        [s.panel("shared_looks", title="where 'it' looks, shared K/V heads", max=1)],
        [s.panel("own_answer", title="answer, own"), s.panel("shared_answer", title="answer, shared")],
        [s.panel("own_it", title="what the layer adds to 'it', own K/V heads")],
        [s.panel("shared_it", title="and with shared ones", diff="own_it")],
        [s.panel("K", title="keys in the cache")],
        fold="all numbers",
    )
    return Instrument(s)


def _mean(heads: Sequence[str]) -> str:
    return (
        f"head {heads[0]}"
        if len(heads) == 1
        else f"mean of {heads[0]} to {heads[-1]}"
        if len(heads) > 2
        else "mean of " + ", ".join(heads)
    )


def numbered(tokens: Sequence[str]) -> list[str]:
    """Row names that differ: the second "the" becomes "the (2)"."""
    seen: dict[str, int] = {}
    names = []
    for token in tokens:
        seen[token] = seen.get(token, 0) + 1
        names.append(token if seen[token] == 1 else f"{token} ({seen[token]})")
    return names

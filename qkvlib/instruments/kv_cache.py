"""Decoding with a cache, one token at a time."""

from typing import Any

from .. import examples
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node

TOKENS = ("the", "dog", "chased", "the", "ball", "because", "it")


def kv_cache() -> Instrument:
    """The head of "One token" on seven tokens: cached K and V [t, 2], the newest query [1, 2], and the full pass."""
    s = Sheet(
        "kv_cache",
        title="One step of decoding",
        hint="Play, or move the step. Only the newest row is computed; all above it lies in the cache, unchanged.",
    )
    step = s.slider("step", 4, min=1, max=len(TOKENS), step=1, label="tokens so far", play=True)

    names = [f"{token} {place}" for place, token in enumerate(TOKENS, 1)]
    X = s.input("X", [examples.VOCABULARY[token] for token in TOKENS], rows=names, about="the whole text")
    W_Q = s.input("W_Q", examples.W_Q)
    W_K = s.input("W_K", examples.W_K)
    W_V = s.input("W_V", examples.W_V)

    so_far = s.rows("so_far", X, stop=step)
    new = s.rows("new_token", so_far, start=-1, about="the token that has just arrived")
    q = s.matmul("q", new, W_Q, about="one new query; it is used now and never again")
    K = s.matmul("K", so_far, W_K, about="the cached keys: the last row is new, the others were put there before")
    V = s.matmul("V", so_far, W_V, about="the cached values")
    grid = s.scores("scores", q, K, about="one row: the new query with every key in the cache")
    weights = s.softmax("weights", s.scale("scaled_scores", grid, like=q))
    out = s.matmul("out", weights, V, about="the output for the new token")

    all_Q, all_K, all_V = (s.matmul(f"all_{W.name[-1]}", X, W) for W in (W_Q, W_K, W_V))
    full_grid = s.scale("full_scores", s.scores("all_scores", all_Q, all_K), like=all_Q)
    full_weights = s.softmax("full_weights", s.mask("full_masked", full_grid))
    full = s.matmul("full_out", full_weights, all_V)
    same_row = s.rows(
        "same_row", s.rows("full_so_far", full, stop=step), start=-1, about="this token's row of the full pass"
    )
    s.transpose("shares", weights, about="how much of each value row the new token takes")
    s.norm("difference", s.subtract("gap", out, same_row))

    t = s.number("t", step)
    s.multiply("t_squared", t, t)

    # What a pass without a cache computes at this step, and what the step computes with one.
    n_full, n_own = (
        s.rows(f"{name}_rows", node, stop=step) for name, node in (("full", full_weights), ("own", weights))
    )
    square = s.columns(
        "without_cache", n_full, stop=step, about="every token's row of weights, computed all over again"
    )

    def shelf(node: Node | str, title: str, **more: Any) -> dict:
        return s.panel(node, title=title, slots=len(TOKENS), **more)

    s.lay(
        [
            s.panel(q, title="its query, used once"),
            shelf("K", "K in the cache"),
            shelf("shares", "weights", look="joined bare", bars=True, max=1),
            shelf("V", "V in the cache", look="joined"),
            "=",
            s.panel("out", look="joined"),
            s.stack(
                shelf(square, "without a cache", look="small upright joined"),
                s.panel(n_own, title="and with it", look="small bare joined"),
            ),
        ],
        [s.say("Scores computed in this step: {t:int}. Without a cache: {t_squared:int}. "
               "Difference from the full pass: {difference}.")],
    )  # fmt: skip
    s.lay(["W_Q", "W_K", "W_V"], ["new_token", "scores", "weights", "X"],
          [s.panel("same_row", title="the same row of the full pass"),
           s.panel("full_weights", title="weights of the full pass", max=1)],
          fold="all numbers")  # fmt: skip
    return Instrument(s)

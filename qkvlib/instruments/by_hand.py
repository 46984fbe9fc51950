"""Two layers set by hand, on features a reader can name."""

from typing import Any

import numpy as np

from .. import examples
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node
from ._layers import attention_layer, model_inputs


def by_hand(animal: str = "dog", thing: str = "ball", adjective: str = "excited") -> Instrument:
    """Four tokens [4, 8] -> layer 1 lets "it" read the adjective -> layer 2 lets it find the noun -> il or elle."""
    s = Sheet(
        "by_hand",
        title="Two layers by hand",
        hint="Change the adjective. Follow the row of 'it' downwards; drag any number with a line under it.",
    )
    first = s.choice("first", ("dog", "cow"), animal, label="animal")
    second = s.choice("second", ("ball", "balloon"), thing, label="thing")
    described = s.choice("described", ("excited", "hungry", "deflated", "round"), adjective, label="adjective")
    causal = s.switch("causal", False, label="causal mask")
    features = examples.HAND_FEATURES
    table = s.input(
        "vocabulary",
        np.array(list(examples.HAND_VOCABULARY.values())),
        rows=list(examples.HAND_VOCABULARY),
        cols=features,
    )
    X0 = s.embed("X0", table, first, second, "it", described, unknown="refuse", about="one embedding a row")
    W1, W2 = (model_inputs(s, W, n, features) for n, W in ((1, examples.HAND_1), (2, examples.HAND_2)))
    X1 = attention_layer(s, 1, X0, W1, causal=causal)
    X2 = attention_layer(s, 2, X1, W2, causal=causal)
    answer = s.columns("answer", X2, 2, 4, about="the two features that say how to translate a token")

    def lit(node: Node | str, title: str = "", **more: Any) -> dict:
        return s.panel(node, title=title, lit="it", **more)

    s.lay(
        [s.say("'it' puts {weights2[2,0]:%} on {first}, {weights2[2,1]:%} on {second}: it becomes {answer[2]:top}.")],
        [lit("X0", "X, the embeddings")],
    )
    for n, then in ((1, "X after layer 1: 'it' now looks for something"), (2, "X after layer 2")):
        s.lay(
            [lit(f"Q{n}"), f"K{n}", "→", lit(f"masked{n}", f"scores of layer {n}")],
            [lit(f"weights{n}", f"weights of layer {n}", max=1), "·", f"V{n}", "=", lit(f"out{n}")],
            [lit(f"X{n}", then)],
        )
    s.lay(
        [lit(answer, "il or elle: two columns of the last X")],
        ["W_Q1", "W_K1", "W_V1", "W_O1"],
        ["W_Q2", "W_K2", "W_V2", "W_O2"],
    )
    return Instrument(s)

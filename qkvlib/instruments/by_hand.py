"""Two layers set by hand, on features a reader can name."""

import numpy as np

from .. import examples
from ..widgets import Instrument, Sheet
from ._layers import attention_layer, model_inputs

IT = 2  # the place of "it" among the four tokens


def by_hand(animal: str = "dog", thing: str = "ball", adjective: str = "excited") -> Instrument:
    """Four tokens [4, 8] -> layer 1 lets "it" read the adjective -> layer 2 lets it find the noun -> il or elle."""
    s = Sheet(
        "by_hand",
        title="Two layers by hand",
        hint="Change the adjective. Follow the row of 'it' downwards: each layer writes into columns of its own.",
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

    written = [s.rows(f"added{n}_it", f"added{n}", IT, IT + 1, about=f"what layer {n} adds to 'it'") for n in (1, 2)]
    stream = s.concat(
        "stream", s.rows("X0_it", X0, IT, IT + 1), written[0], s.rows("X1_it", X1, IT, IT + 1), written[1],
        s.rows("X2_it", X2, IT, IT + 1), axis="rows",
        names=["'it' comes in", "+ layer 1", "= after layer 1", "+ layer 2", "= after layer 2"],
        about="the row of 'it' on its way: nothing is taken away, each layer writes into columns of its own",
    )  # fmt: skip
    reader = s.pointer("reader", IT, max=3, label="who reads")

    def asks(name: str, sentence: str) -> dict:
        return s.panel(name, title=sentence, closed=True)

    s.lay(
        [
            s.stack(
                s.panel(stream, title="the row of 'it', from layer to layer"),
                s.say("'it' puts {weights2[2,0]:%} on {first}, {weights2[2,1]:%} on {second}: {answer[2]:top}."),
            ),
            s.arcs("weights1", "weights2", reader=reader, names=["layer 1", "layer 2"], width=330),
        ],
        [s.say("What the matrices ask for. Open a sentence for its numbers, and drag them:")],
        [asks("W_Q1", "layer 1: a pronoun asks for an adjective (8)"), asks("W_K1", "an adjective is found (1)"),
         asks("W_V1", "and hands over what it is said of"), asks("W_O1", "into ?animal, ?thing")],
        [asks("W_Q2", "layer 2: ?animal wants an animal, ?thing for a thing (8)"), asks("W_K2", "nouns are found so"),
         asks("W_V2", "and hand over il or elle"), asks("W_O2", "into il, elle")],
    )  # fmt: skip
    lit = [s.panel(X0, title="X, the embeddings", lit="it")]
    for n, then in ((1, "X after layer 1: 'it' now looks for something"), (2, "X after layer 2")):
        s.lay(
            lit,
            [s.panel(f"Q{n}", lit="it"), f"K{n}", "→", s.panel(f"masked{n}", title=f"scores of layer {n}", lit="it")],
            [s.panel(f"weights{n}", title=f"weights of layer {n}", lit="it", max=1), "·", f"V{n}", "=",
             s.panel(f"out{n}", lit="it")],
            [s.panel(f"X{n}", title=then, lit="it")],
            fold=f"all numbers of layer {n}",
        )  # fmt: skip
        lit = [s.panel(answer, title="il or elle: two columns of the last X", lit="it")]
    return Instrument(s)

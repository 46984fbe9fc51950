"""One layer, two heads: in each the adjective's own key can take the weight away from the noun."""

import numpy as np

from .. import examples
from ..grammar import ANSWERS
from ..widgets import Instrument, Sheet

FEATURES = ("animal", "thing", "?animal", "?thing")  # of HAND_FEATURES; ?x: an adjective said of an x
_COLUMNS = [examples.HAND_FEATURES.index(name) for name in FEATURES]
_GENDER = [examples.HAND_FEATURES.index(name) for name in ANSWERS]


def rival_key(rival: float = 0.0) -> Instrument:
    """Four words [4, 8]; two heads with keys [4, 1] of the learner's making -> weights of "it" [1, 4] -> il, elle.

    `rival` is what the adjective's feature adds to its key in the head it does not fit; 0 leaves it to the learner.
    """
    s = Sheet(
        "rival_key",
        title="A rival key",
        hint="Choose the keys so that the answer follows the adjective, for all words. Nothing else may change.",
    )
    words = [
        s.choice("animal", ("dog", "cow")),
        s.choice("thing", ("ball", "balloon")),
        "it",
        s.choice("adjective", ("excited", "deflated")),
    ]
    table = s.input(
        "vocabulary",
        np.array(list(examples.HAND_VOCABULARY.values())),
        rows=list(examples.HAND_VOCABULARY),
        cols=examples.HAND_FEATURES,
        editable=False,
    )
    X = s.embed("X", table, *words, unknown="refuse", most=4, about="one row a word")
    query = s.input("query", [[1]], rows=["it"], editable=False, about="fixed: it is made from the word “it” alone")
    keys = {"A": [10, 0, 0, rival], "B": [0, 10, rival, 0]}
    values = np.zeros((len(examples.HAND_FEATURES), 2))
    values[_GENDER, [0, 1]] = 1
    W_V = s.input("W_V", values, rows=examples.HAND_FEATURES, cols=ANSWERS, editable=False, about="reads the gender")
    V = s.matmul("V", X, W_V, about="the nouns bring their gender, the other words nothing")
    spread = np.zeros((len(examples.HAND_FEATURES), 4))
    spread[_COLUMNS, range(4)] = 1
    features = s.matmul("features", X, s.input("pick", spread, cols=FEATURES, editable=False))
    outs = []
    for head, start in keys.items():
        W_K = s.input(f"key_{head}", np.array(start)[:, None], rows=FEATURES, step=1, about=f"head {head}: W_K")
        K = s.matmul(f"K_{head}", features, W_K, about=f"head {head}: how well each word is found")
        weights = s.softmax(f"weights_{head}", s.scores(f"scores_{head}", query, K), about=f"head {head}")
        outs.append(s.matmul(f"out_{head}", weights, V, about=f"what head {head} brings"))
    answer = s.add("answer", *outs, about="both heads together: the larger number wins")
    lanes = [
        [
            s.panel(f"key_{head}", title=f"head {head}: keys"),
            s.arcs(f"weights_{head}", reader=2, width=280, title=f"head {head}: where “it” looks"),
            "→",
            s.panel(f"out_{head}", title=f"head {head} brings", look="joined"),
        ]
        for head in keys
    ]
    s.lay(
        [
            s.stack(*lanes),
            s.stack(
                s.panel(answer, title="both added", bars=True),
                s.say("il gets {answer[0,0]}, elle {answer[0,1]}: the larger one wins."),
            ),
        ]
    )
    s.lay([s.panel(f"weights_{head}", title=f"head {head}: weights", max=1) for head in keys], fold="all numbers")
    return Instrument(s)

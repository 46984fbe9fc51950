"""Layer 2 in the row of "it", with parts copied in from the same sentence with another ending."""

from collections.abc import Mapping

import numpy as np

from .. import coref, examples
from ..grammar import ANSWERS
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node, Param

OWN, ALL, ADJECTIVE = "its own", "all from the other", "the adjective's from the other"


def patching(sentence: str = examples.DOG_SENTENCE, model: str = "encoder") -> Instrument:
    """What layer 1 left of two sentences [T, d_model] -> layer 2's row of "it", its parts from the one or the other.

    Raises ValueError for a model of another build, SentenceError for a sentence that cannot take another ending.
    """
    m = coref.load(model)
    if (m.config["n_layers"], m.config["n_heads"]) != (2, 1):
        raise ValueError(
            f"the model {model!r} does not fit this sheet, which shows the second of two layers of one head"
        )
    own, other = m.trace(sentence), m.trace(coref.other_ending(sentence, model=model))
    assert own.parse is not None  # `trace` refuses a sentence outside the grammar
    at, adjective = own.read_at, own.parse.adjective
    s = Sheet(
        "patching",
        title=f"Layer 2 of “{model}”, with parts from another sentence",
        hint="Copy one part in. Does the answer become the other sentence's?",
    )
    from_query = s.choice("query", (OWN, ALL), label="query of “it”")
    from_keys = s.choice("keys", (OWN, ALL, ADJECTIVE), label="keys")
    from_values = s.choice("values", (OWN, ALL, ADJECTIVE), label="values")
    X = {
        name: s.input(f"X_{name}", np.round(t.layers[1].X, 3), rows=t.tokens, editable=False, about="after layer 1")
        for name, t in (("own", own), ("other", other))
    }
    W = {name: s.input(name, m[f"1.{name}"], editable=False) for name in ("W_Q", "W_K", "W_V", "W_O")}
    made = {
        (part, name): s.matmul(f"{part}_{name}", X[name], W[f"W_{part}"], about=f"{part} of the {name} sentence")
        for part in "QKV"
        for name in X
    }
    rows = [s.rows(f"q_{name}", made["Q", name], at, at + 1) for name in X]
    q = s.choose("q", from_query, *rows, about="what “it” asks")
    K, V = (_copied(s, part, choice, made, adjective) for part, choice in (("K", from_keys), ("V", from_values)))
    scores = s.scale("scores", s.scores("qK", q, K), like=q, about="q Kᵀ / √d_head")
    weights = s.softmax("weights", scores, about="where “it” looks")
    out = s.matmul("added", s.matmul("out", weights, V), W["W_O"], about="what layer 2 writes into the row of “it”")
    row = s.add("row", s.rows("x_it", X["own"], at, at + 1), out)
    answer = s.softmax("answer", s.matmul("logits", row, s.input("W_U", m["W_U"], cols=ANSWERS, editable=False)))
    endings = [f"“… it was {t.tokens[adjective]}”: {t.answer}." for t in (own, other)]
    s.lay(
        [s.say(" ".join(endings))],
        [s.arcs(weights, reader=at, title="where “it” looks in layer 2")],
        [s.panel(answer, title="answer", max=1), s.say("Now: {answer[0]:top}.")],
    )
    s.lay(
        [s.panel(scores, title="scores of “it”")],
        [s.panel(weights, title="weights of “it”", max=1)],
        [s.panel(q, title="query of “it”")],
        [s.panel(K, title="keys")],
        [s.panel(V, title="values")],
        fold="all numbers",
    )
    return Instrument(s)


def _copied(s: Sheet, part: str, choice: Param, made: Mapping[tuple[str, str], Node], adjective: int) -> Node:
    """The rows of `part` [T, d_head]: the sentence's own, all of the other's, or the other's at the adjective alone."""
    own, other = made[part, "own"], made[part, "other"]
    before = s.rows(f"{part}_before", own, 0, adjective)  # the adjective is the sentence's last word
    copied = s.rows(f"{part}_adjective", other, adjective)
    mixed = s.concat(f"{part}_mixed", before, copied, axis="rows")
    return s.choose(part, choice, own, other, mixed)

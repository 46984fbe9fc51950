"""The trained two-layer model at work, every number computed in the browser."""

from typing import Any

from .. import coref
from ..grammar import ANSWERS
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node
from ._layers import attention_layer, model_inputs

NOUNS = ("dog", "cat", "cow", "mouse", "ball", "box", "balloon", "drum")
VERBS = ("chased", "hit", "followed", "passed")
ADJECTIVES = ("excited", "hungry", "tired", "angry", "deflated", "round", "broken", "rusty")

_IT = 6  # its place in "the N V the N because it was ADJ"
_SECOND_IT = 10  # its place in "... ADJ so it"


def trace(
    sentence: str | None = None,
    model: str = "encoder",
    first: str = "dog",
    second: str = "ball",
    adjective: str = "excited",
) -> Instrument:
    """The words of a sentence through a trained two-layer model: both layers, and il or elle for "it".

    Without `sentence`, the words are chosen from lists; with one, any known words can be typed. Raises ValueError for
    an unknown model or one of another build, and SentenceError for a sentence it does not know.
    """
    m = coref.load(model)
    if (m.config["n_layers"], m.config["n_heads"]) != (2, 1):
        raise ValueError(f"the model {model!r} does not fit this sheet, which shows two layers of one head")
    s = Sheet(
        "trace",
        title=f"Trained: {m.config['about']}",
        hint="Change one word and follow 'it': layer 1 below, layer 2 above. Click a word to see what it reads.",
    )
    table = s.input("E", m["E"], rows=m.grammar.words, editable=False, about="the trained embeddings")
    if sentence is None:
        one = s.choice("first", NOUNS, first, label="the")
        verb = s.choice("verb", VERBS, label="…")
        two = s.choice("second", NOUNS, second, label="the")
        described = s.choice("adjective", ADJECTIVES, adjective, label="because it was")
        words = ("the", one, verb, "the", two, "because it was", described, *m.ending)
    else:
        m.prepare(sentence)
        words = (s.text("sentence", sentence, label="sentence"), *m.ending)
    causal = m.config["causal"] or s.switch("causal", False, label="causal mask")
    X = s.embed("X0", table, *words, unknown="refuse", most=m.max_tokens, about="one embedding a row")
    if "P" in m.tensors:
        places = s.input("P", m["P"], editable=False, about="one row for each place")
        X = s.add("X_placed", X, s.rows_like("P_used", places, X), about="embedding plus place")
    for n, window in enumerate(m.config["windows"], 1):
        W = model_inputs(s, {name: m[f"{n - 1}.{name}"] for name in ("W_Q", "W_K", "W_V", "W_O")}, n)
        X = attention_layer(s, n, X, W, causal=causal, window=window or 0)
    logits = s.matmul("logits", X, s.input("W_U", m["W_U"], cols=ANSWERS, editable=False))
    answer = s.softmax("answer", logits, about="read in the row of 'it'; the other rows mean nothing")

    def lit(node: Node | str, title: str, **more: Any) -> dict:
        return s.panel(node, title=title, lit="it", **more)

    if sentence is None:
        it = _SECOND_IT if m.ending else _IT
    else:
        it = max(k for k, token in enumerate(m.prepare(sentence)[0]) if token == "it")
    reader = s.pointer("reader", it, max=m.max_tokens - 1, label="who reads")
    s.lay([s.arcs("weights1", "weights2", reader=reader, names=["layer 1", "layer 2"])])
    if sentence is None:
        told = "'it' puts {weights2[IT,1]:%} on {first}, {weights2[IT,4]:%} on {second}. Answer: {answer[IT]:top}."
        s.lay([s.say(told.replace("IT", str(it)))])
    else:
        s.lay([s.say(f"Answer at the last 'it' of the start: {{answer[{it}]:top}}.")])
    s.lay(
        [lit("weights1", "weights of layer 1", max=1)],
        [lit("weights2", "weights of layer 2", max=1)],
        [lit("masked1", "scores of layer 1")],
        [lit("masked2", "scores of layer 2")],
        [lit("Q2", "Q of layer 2")],
        [s.panel("K2", title="K of layer 2")],
        [s.panel("V2", title="V of layer 2")],
        [lit(answer, "answer of each row", max=1)],
        fold="all numbers",
    )
    return Instrument(s)

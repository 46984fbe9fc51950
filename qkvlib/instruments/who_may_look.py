"""Four words, with or without their places, under a table of who may look where."""

import numpy as np

from .. import examples
from ..attention import causal_mask
from ..widgets import Instrument, Sheet

WORDS = ("dog", "cat", "ball", "chased", "it", "thirsty")
PLACES = np.array([[0, 0, 0, 0], [1, 0, 0, 1], [0, 1, 1, 0], [1, 1, 0, 0]])  # made up: one row for each place
POSITIONS = ("off", "on")
HIDING = ("before softmax, as -inf", "after softmax, as 0")


def who_may_look(first: str = "dog", second: str = "chased", third: str = "cat", fourth: str = "it") -> Instrument:
    """X [4, 4] -> scores [4, 4], cells hidden by a table of 0 and 1 before or after softmax -> out [4, 2]."""
    s = Sheet(
        "who_may_look",
        title="Who may look where",
        hint="Change a word, or a 1 of the mask into a 0. Which rows of “out” notice?",
    )
    slots = {"first": first, "second": second, "third": third, "fourth": fourth}
    words = [s.choice(slot, WORDS, word, label=slot) for slot, word in slots.items()]
    positions = s.choice("positions", POSITIONS)
    hiding = s.choice("hiding", HIDING, label="hide")
    table = s.input(
        "vocabulary", np.array(list(examples.VOCABULARY.values())), rows=list(examples.VOCABULARY), editable=False
    )
    places = s.input("places", PLACES, editable=False, about="a row for each place, added to the word that sits there")
    mask = s.input(
        "mask",
        causal_mask(4).astype(int),
        rows=list(slots),
        cols=list(slots),
        about="1: the row's word may look at the column's word; 0: not",
        limits=(0, 1),
    )
    bare = s.embed("words", table, *words, unknown="refuse", most=4)
    X = s.choose("X", positions, bare, s.add("placed", bare, places), about="one row for each word")
    W = {name: s.input(name, getattr(examples, name), editable=False) for name in ("W_Q", "W_K", "W_V")}
    Q, K, V = (s.matmul(name[-1], X, W[name]) for name in W)
    scores = s.scale("scores", s.scores("bare_scores", Q, K), like=Q, about="Q Kᵀ / √d_head")
    masked = s.mask("masked", scores, allowed=mask, causal=False, about="-inf where the mask has a 0")
    zeroed = s.multiply("zeroed", s.softmax("all_weights", scores), mask, about="all weights, then times the mask")
    weights = s.choose("weights", hiding, s.softmax("shares", masked), zeroed, about="what each row takes")
    reader = s.pointer("reader", 3, max=3, label="who reads")
    s.total("sums", weights, over="columns", about="what a row takes in all: 1 if nothing is lost")
    s.matmul("out", weights, V, about="the value rows, blended by the weights")
    shares = s.panel("weights", max=1, ramp="share", role="weights", lit=reader)
    s.lay(
        [
            s.stack(
                ["mask", s.panel(masked, title="scores under the mask")],
                [shares, s.panel("sums", look="joined"), s.panel("out", look="joined", lit=reader)],
            ),
            s.arcs("weights", reader=reader, width=300, title="whom the blue word looks at"),
        ]
    )
    s.lay(["X", "V"], fold="all numbers")
    return Instrument(s)

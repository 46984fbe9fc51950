"""One head of a real model on a sentence, its input slid to another sentence that differs in a word."""

import numpy as np

from .. import real_heads
from ..checkpoints import project
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node, Param


def real_head(layer: int = 21, head: int = 7, sentence: str = "hungry", other: str | None = None) -> Instrument:
    """Q and K [T, 64] of a kept head, turned to their places -> its weights [T, T], and what a chosen token looks at.

    With `other`, the rows that enter the layer are slid from `sentence` to `other`; Q and K follow in a straight line,
    since both are products with them. Raises ValueError for a head or sentence that is not kept, or two sentences of
    unlike length.
    """
    told = real_heads.sentence(sentence)
    s = Sheet(
        "real_head",
        title=f"Layer {layer}, head {head} of SmolLM2-135M",
        hint="Click a token to see what it looks at."
        + (" Slide the sentence from one ending to the other: who moves?" if other else ""),
    )
    if other is None:
        names = [token.strip() for token in told.tokens]
        Q, K = (s.input(part, _made(layer, head, sentence, part), rows=names, editable=False) for part in "QK")
    else:
        names = _names(told, real_heads.sentence(other))
        slid = s.slider("slid", 0.0, min=0.0, max=1.0, step=0.05, label=f"{sentence} → {other}")
        Q, K = (
            _slid(s, part, [_made(layer, head, name, part) for name in (sentence, other)], names, slid) for part in "QK"
        )
    reader = s.pointer("reader", len(names) - 1, max=len(names) - 1, label="who reads")
    scores = s.mask("scores", s.scale("scaled", s.scores("QK", Q, K), like=Q), causal=True, about="q · k / √64, masked")
    weights = s.softmax("weights", scores, about="each row shares out 1")
    s.lay([s.arcs(weights, reader=reader, title="what the chosen token looks at")])
    if {"dog", "ball"} <= set(names):
        shares = " and ".join(f"{{weights[ROW,{names.index(noun)}]:%}} on “{noun}”" for noun in ("dog", "ball"))
        for who, row in (("The last token", len(names) - 1), ("“it”", names.index("it"))):
            s.lay([s.say(f"{who} puts {shares}.".replace("ROW", str(row)))])
    s.lay(
        [s.panel(weights, max=1, look="small", lit=reader)],
        [s.panel(scores, look="small", lit=reader)],
        fold="all weights and scores",
    )
    return Instrument(s)


def _names(told: real_heads.Sentence, second: real_heads.Sentence) -> list[str]:
    """The tokens both sentences have, and "adj." where they differ."""
    if len(told.tokens) != len(second.tokens):
        raise ValueError(
            f"{told.name!r} has {len(told.tokens)} tokens and {second.name!r} has {len(second.tokens)}: "
            "only rows of the same places can be slid into each other"
        )
    return [a.strip() if a == b else "adj." for a, b in zip(told.tokens, second.tokens, strict=True)]


def _made(layer: int, head: int, sentence: str, part: str) -> np.ndarray:
    """Q or K [T, 64] of the head on a sentence."""
    made = project(real_heads.head(layer, head), real_heads.rows(sentence, layer))
    return np.round(made["QK".index(part)][0].astype(float), 3)


def _slid(s: Sheet, part: str, ends: list[np.ndarray], names: list[str], slid: Param) -> Node:
    """`part` [T, 64] between its two ends: the first plus a share of the difference."""
    own = s.input(f"{part}_own", ends[0], rows=names, editable=False)
    way = s.input(f"{part}_way", np.round(ends[1] - ends[0], 3), rows=names, editable=False)
    return s.add(part, own, s.scale(f"{part}_moved", way, by=slid))

"""One head of a real model, its input slid from one sentence to another that differs in a word."""

import numpy as np

from .. import real_heads
from ..checkpoints import project
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node, Param


def real_head(
    layer: int = 21,
    head: int = 7,
    sentence: str = "hungry",
    other: str = "round",
    nouns: tuple[str, str] = ("dog", "ball"),
) -> Instrument:
    """Q and K [T, 64] of a kept head, turned to their places, from two sentences -> its weights between the two.

    The row that enters the layer is slid from `sentence` to `other`; Q and K follow in a straight line, since both are
    products with it. `nouns` are told about in words. Raises ValueError for a head or sentence that is not kept, or two sentences of unlike length.
    """
    told, second = real_heads.sentence(sentence), real_heads.sentence(other)
    if len(told.tokens) != len(second.tokens):
        raise ValueError(
            f"{sentence!r} has {len(told.tokens)} tokens and {other!r} has {len(second.tokens)}: "
            "only rows of the same places can be slid into each other"
        )
    names = [a.strip() if a == b else "adjective" for a, b in zip(told.tokens, second.tokens, strict=True)]
    s = Sheet(
        "real_head",
        title=f"Layer {layer}, head {head} of SmolLM2-135M",
        hint="Slide the sentence from one ending to the other. Who moves? Click a token to see what it reads.",
    )
    slid = s.slider("slid", 0.0, min=0.0, max=1.0, step=0.05, label=f"{sentence} → {other}")
    reader = s.pointer("reader", len(names) - 1, max=len(names) - 1, label="who reads")
    one = real_heads.head(layer, head)
    made = {name: project(one, real_heads.rows(name, layer))[:2] for name in (sentence, other)}
    Q, K = (_slid(s, part, [made[name][n][0] for name in (sentence, other)], names, slid) for n, part in enumerate("QK"))
    scores = s.mask("scores", s.scale("scaled", s.scores("QK", Q, K), like=Q), causal=True, about="q · k / √64, masked")
    weights = s.softmax("weights", scores, about="each row shares out 1")
    last, it = len(names) - 1, told.index("it")
    shares = " and ".join(f"{{weights[ROW,{told.index(noun)}]:%}} on “{noun}”" for noun in nouns)
    s.lay([s.arcs(weights, reader=reader, title="what the chosen token looks at")])
    s.lay([s.say(f"The last token puts {shares}.".replace("ROW", str(last)))])
    s.lay([s.say(f"“it” puts {shares}.".replace("ROW", str(it)))])
    s.lay(
        [s.panel(weights, max=1, look="small", lit=reader)],
        [s.panel(scores, look="small", lit=reader)],
        fold="all weights and scores",
    )
    return Instrument(s)


def _slid(s: Sheet, part: str, ends: list[np.ndarray], names: list[str], slid: Param) -> Node:
    """`part` [T, 64] between its two ends: the first plus a share of the difference."""
    start, stop = (np.round(end.astype(float), 3) for end in ends)
    own = s.input(f"{part}_own", start, rows=names, editable=False)
    way = s.input(f"{part}_way", np.round(stop - start, 3), rows=names, editable=False)
    return s.add(part, own, s.scale(f"{part}_moved", way, by=slid))

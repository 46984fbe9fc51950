"""Softmax in two steps under the hand: e to the power of each score, then a division by the sum."""

from collections.abc import Sequence

from ..widgets import Instrument, Sheet


def softmax_steps(scores: Sequence[float] = (15, 12)) -> Instrument:
    """Scores [1, T] / temperature -> e^score, measured against the largest -> shares [1, T] that add up to 1."""
    s = Sheet(
        "softmax_steps",
        title="From scores to shares",
        hint="Drag the end of a score's bar, or the temperature. Which shares move, and by what?",
    )
    names = [f"token {t}" for t in range(1, len(scores) + 1)]
    row = s.input("scores", [list(scores)], rows=["score"], cols=names, step=0.5, about="any numbers")
    temperature = s.slider("temperature", 1.0, min=0.1, max=10.0, step=0.1, log=True, label="temperature")
    divided = s.scale("divided", row, temperature=temperature, about="the scores, divided by the temperature")
    shares = s.softmax("shares", divided, about="e to the power of each, divided by the sum of all")
    s.lay([s.bars(divided, shares)])
    s.lay([row, "→", divided, "→", s.panel(shares, max=1)], fold="all numbers")
    return Instrument(s)

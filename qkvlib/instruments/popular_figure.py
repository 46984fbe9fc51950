"""The popular figure of the row of "it", with its scores to drag until its weights come out."""

from .. import examples
from ..widgets import Instrument, Sheet


def popular_figure() -> Instrument:
    """Three scores [1, 3] -> softmax -> weights, beside the weights that the figure prints."""
    s = Sheet(
        "popular_figure",
        title="The popular figure: the row of 'it'",
        hint="Drag a score until the weights agree with the printed ones. Which single score repairs the figure?",
    )
    scores = s.input("scores", examples.FIGURE_SCORES[None], rows=["it"], cols=examples.FIGURE_TOKENS, step=0.1)
    printed = s.input(
        "printed", examples.FIGURE_WEIGHTS[None], rows=["it"], cols=examples.FIGURE_TOKENS, editable=False
    )
    temperature = s.slider("temperature", 1.0, min=0.5, max=5.0, step=0.01, label="temperature")
    weights = s.softmax("weights", s.scale("softmax_gets", scores, temperature=temperature))
    s.subtract("difference", weights, printed, about="computed minus printed")
    s.lay(
        [
            s.stack(
                ["scores", "→", s.panel(weights, max=1)],
                [
                    s.panel(printed, title="printed in the figure", ramp="share", max=1),
                    s.panel("difference", title="computed minus printed", max=1),
                ],
            ),
            s.pairs(printed, weights, names=["printed", "computed"], title="the figure, and softmax"),
        ]
    )
    return Instrument(s)

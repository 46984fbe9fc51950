"""The query of the second layer, made from the row that the first has rewritten."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import case, cases
from qkvlib.check.spec import Exercise, mistake


def _arguments(draw, d_model, d_v, d_head, batch=()):
    return draw(*batch, d_model), draw(*batch, d_v), draw(d_v, d_model), draw(d_model, d_head)


def _standard(row):
    return (row - row.mean(-1, keepdims=True)) / row.std(-1, keepdims=True)


EXERCISE = Exercise(
    name="second_query",
    reference=lambda x, out, W_O, W_Q: (x + out @ W_O) @ W_Q,
    inputs=cases(
        _arguments,
        case("one row", d_model=5, d_v=3, d_head=2),
        case("several rows", d_model=5, d_v=3, d_head=2, batch=(4,)),
        case("square matrices", d_model=4, d_v=4, d_head=4),
    ),
    mistakes=(
        mistake(
            "row-not-rewritten",
            "Your query is made from the row as it was before layer 1.",
            "What did layer 1 find, and where does it go?",
            lambda x, out, W_O, W_Q: x @ W_Q,
        ),
        mistake(
            "row-replaced",
            "Your query is made from what layer 1 found alone; the row itself is gone.",
            "A layer adds to the row, it does not replace it.",
            lambda x, out, W_O, W_Q: out @ W_O @ W_Q,
        ),
        mistake(
            "no-w-o",
            "You use what layer 1 found without bringing it back to the width of the row.",
            "Which of the matrices is [d_head, d_model]?",
            lambda x, out, W_O, W_Q: (x + out) @ W_Q,
            lambda x, out, W_O, W_Q: x @ W_Q + out,
            lambda x, out, W_O, W_Q: out @ W_Q,
        ),
        mistake(
            "no-w-q",
            "What comes back is the rewritten row, not its query.",
            "A query is made by W_Q.",
            lambda x, out, W_O, W_Q: x + out @ W_O,
        ),
        mistake(
            "added-too-late",
            "You make the query first and add layer 1's find afterwards.",
            "The find belongs into the row before the row is projected.",
            lambda x, out, W_O, W_Q: x @ W_Q + out @ W_O,
        ),
        mistake(
            "matrices-swapped",
            "You use W_Q where W_O belongs.",
            "Write down the shapes: what turns d_head into d_model?",
            lambda x, out, W_O, W_Q: (x + out @ W_Q) @ W_O,
        ),
        mistake(
            "subtracted",
            "You take layer 1's find away from the row.",
            "A layer adds.",
            lambda x, out, W_O, W_Q: (x - out @ W_O) @ W_Q,
        ),
        mistake(
            "multiplied",
            "You multiply the row by layer 1's find, number by number.",
            "A layer adds.",
            lambda x, out, W_O, W_Q: (x * (out @ W_O)) @ W_Q,
        ),
        mistake(
            "normalised",
            "The sum has been shifted and stretched to mean 0 and spread 1 before the query is made.",
            "A layer norm is not part of this model: make the query from the sum as it is.",
            lambda x, out, W_O, W_Q: _standard(x + out @ W_O) @ W_Q,
        ),
        mistake(
            "mean-for-sum",
            "You take the mean of the row and what was found, not their sum.",
            "What is found is added to the row.",
            lambda x, out, W_O, W_Q: (x + out @ W_O) / 2 @ W_Q,
        ),
        mistake(
            "w-o-on-the-sum",
            "You put the whole sum through W_O, where only what layer 1 found belongs.",
            "x has the width of a row already: what has yet to be brought to it?",
            lambda x, out, W_O, W_Q: (x + out) @ W_O @ W_Q,
        ),
        mistake(
            "w-o-transposed",
            "Your W_O is turned round.",
            "out is a row and stands to the left: which axis of W_O is as long as it?",
            lambda x, out, W_O, W_Q: (x + out @ W_O.T) @ W_Q,
        ),
        mistake(
            "matrices-on-the-left",
            "Your matrices stand to the left of the rows.",
            "A row is multiplied from the right: row @ W.",
            lambda x, out, W_O, W_Q: W_Q @ (x + W_O @ out),
        ),
        mistake(
            "scaled",
            "Your query is divided by the root of a width.",
            "Scaling belongs to the scores.",
            lambda x, out, W_O, W_Q: (x + out @ W_O) @ W_Q / np.sqrt(W_Q.shape[-1]),
            lambda x, out, W_O, W_Q: (x + out @ W_O) @ W_Q / np.sqrt(len(W_Q)),
        ),
    ),
    hints=(
        "Three steps: bring the find back to d_model numbers, add it to the row, make the query.",
        "Shapes: [d_head] · [d_head, d_model], plus [d_model], then · [d_model, d_head].",
    ),
    praise="Right: the question of layer 2 has learned from what layer 1 found.",
)

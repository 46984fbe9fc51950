"""Equal weights over all that may be looked at."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import Cases, case, leaves_someone
from qkvlib.check.spec import Exercise, mistake


def _arguments(draw, T, S, masked=True):
    return (draw.mask(T, S) if masked else np.ones((T, S), dtype=bool),)


EXERCISE = Exercise(
    name="blur",
    reference=lambda mask: mask / mask.sum(axis=-1, keepdims=True),
    inputs=Cases(
        _arguments,
        (
            case("any mask", T=5, S=5),
            case("more keys than queries", T=3, S=7),
            case("everything allowed", T=4, S=4, masked=False),
            case("one query", T=1, S=5),
        ),
    ),
    promised=leaves_someone,
    axes=("query", "key"),
    mistakes=(
        mistake(
            "mask-ignored",
            "All weights are alike, also where the mask says no.",
            "A hidden token gets nothing.",
            lambda mask: np.full(mask.shape, 1 / mask.shape[-1]),
        ),
        mistake(
            "divided-by-all",
            "Your rows share out too little: you divide by the number of all tokens.",
            "How many may this row look at?",
            lambda mask: mask / mask.shape[-1],
        ),
        mistake(
            "over-columns",
            "You share out down the columns.",
            "A row belongs to a query and adds up to 1.",
            lambda mask: mask / np.maximum(mask.sum(axis=-2, keepdims=True), 1),
            lambda mask: mask / mask.sum(axis=0),
        ),
        mistake(
            "softmax-of-the-mask",
            "You take the softmax of the mask, and hidden tokens still get a share.",
            "A hidden score is minus infinity, not 0.",
            lambda mask: np.exp(1.0 * mask) / np.exp(1.0 * mask).sum(axis=-1, keepdims=True),
            lambda mask: np.exp(mask) / np.exp(mask).sum(-1, keepdims=True),
        ),
        mistake(
            "not-shares",
            "Your rows do not add up to 1.",
            "Divide each by how many it may look at.",
            lambda mask: mask * 1.0,
            lambda mask: mask,
        ),
        mistake(
            "silenced",
            "All your weights are 0: that silences the layer.",
            "Blurred means equal weights, not none.",
            lambda mask: np.zeros(mask.shape),
        ),
        mistake(
            "mask-inverted",
            "You share out among the hidden tokens.",
            "True means may look.",
            lambda mask: ~mask / np.maximum((~mask).sum(axis=-1, keepdims=True), 1),
        ),
        mistake(
            "one-count-for-all",
            "All your rows are divided by one and the same number.",
            "Rows may differ in how many tokens they see.",
            lambda mask: mask / mask.sum(),
            lambda mask: mask / mask.sum(axis=-1).max(),
            lambda mask: mask / mask.sum(axis=-1).mean(),
        ),
        mistake(
            "keepdims-forgotten",
            "The sum has lost its axis, so numpy divides column by column, or cannot divide at all.",
            "sum has an argument that keeps the axis, with length 1.",
            lambda mask: mask / mask.sum(axis=-1),
        ),
        mistake(
            "counted-as-causal",
            "Row i is divided by i + 1, as if every mask were a causal triangle.",
            "Count how many places this mask allows in each row.",
            lambda mask: mask / np.arange(1, len(mask) + 1)[:, None],
        ),
    ),
    hints=(
        "Take one row. How many True has it? What does each of them get?",
        "Count with sum along the last axis; keepdims=True lets you divide.",
    ),
    praise="Right: as if all scores were equal, and the mask as it was.",
)

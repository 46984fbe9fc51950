"""The clinic: a softmax over the queries."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import swap_last_axes
from qkvlib.check.misconceptions.everywhere import everywhere
from qkvlib.check.misconceptions.fixes import one_head_inputs, output, still_broken, weights_only
from qkvlib.check.misconceptions.one_head import value_mistakes
from qkvlib.check.misconceptions.scores import compare_all, measure_mistakes, role_mistakes, scale_mistakes
from qkvlib.check.misconceptions.softmax import soft, softmax_mistakes
from qkvlib.check.spec import Exercise, mistake, without
from qkvlib.clinic import BUGS

EXERCISE = Exercise(
    name="fix_softmax_axis",
    reference=BUGS["fix_softmax_axis"].fixed,
    model=output,
    inputs=one_head_inputs,
    mistakes=(
        still_broken("fix_softmax_axis", "Each query shares out a whole 1 among the keys."),
        mistake(
            "second-softmax",
            "A second softmax stands on top of the first, which still runs down the columns.",
            "One is enough, along the right axis.",
            lambda Q, K, V: soft(soft(compare_all(Q, K), -2)) @ V,
        ),
        mistake(
            "first-axis",
            "The softmax runs over the first axis, which may be the batch.",
            "Count from the end: keys are the last axis of the scores.",
            lambda Q, K, V: (soft(compare_all(Q, K), 0) @ V, soft(compare_all(Q, K), 0)),
        ),
        mistake(
            "second-axis",
            "The softmax runs over axis 1: the keys without a batch, the queries with one.",
            "Count from the end: keys are the last axis of the scores.",
            lambda Q, K, V: (soft(compare_all(Q, K), 1) @ V, soft(compare_all(Q, K), 1)),
        ),
        mistake(
            "transposed-to-compensate",
            "The weights were turned round to make their rows sum to 1, so now they belong to the wrong tokens.",
            "Leave the scores as they are and change the axis.",
            lambda Q, K, V: (
                swap_last_axes(soft(compare_all(Q, K), -2)) @ V,
                swap_last_axes(soft(compare_all(Q, K), -2)),
            ),
        ),
        mistake(
            "renormalised",
            "The rows were made to sum to 1 after a softmax over the queries.",
            "That is another set of weights: let the softmax itself run over the keys.",
            lambda Q, K, V: _renormalised(Q, K, V),
        ),
        *without(role_mistakes(), "keys-ask"),
        *measure_mistakes(),
        *without(softmax_mistakes(), "softmax-over-queries", "softmax-over-first-axis", "softmax-over-second-axis"),
        *value_mistakes(),
        *scale_mistakes("The scores behind your result"),
        weights_only(output),
        *everywhere(
            output, "The scores behind your result", but=("values-as-keys", "weights-transposed", "weights-go-on")
        ),
    ),
    hints=(
        "Let V be all ones: what must the output be, if each row of weights sums to 1?",
        "Print weights.sum(axis=-1) and weights.sum(axis=-2).",
        "One number in the call of softmax is wrong.",
    ),
    praise="Fixed: each query shares out its own 1.",
)


def _renormalised(Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    weights = soft(compare_all(Q, K), -2)
    weights = weights / weights.sum(-1, keepdims=True)
    return weights @ V, weights

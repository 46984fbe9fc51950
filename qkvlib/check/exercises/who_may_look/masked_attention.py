"""A mask in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qkvlib import attention
from qkvlib.check.misconceptions.everywhere import everywhere
from qkvlib.check.misconceptions.inputs import batch, calls, leaves_someone, normal, random_mask
from qkvlib.check.misconceptions.masks import mask_as_index, mask_mistakes
from qkvlib.check.misconceptions.one_head import head, value_mistakes, weights_left_out
from qkvlib.check.misconceptions.scores import compare_all, measure_mistakes, role_mistakes, scale_mistakes, scale_slips
from qkvlib.check.misconceptions.softmax import soft, softmax_mistakes, softmax_slips
from qkvlib.check.spec import Call, Exercise, mistake, switch


def _masked_inputs(rng: np.random.Generator) -> list[Call]:
    return calls(
        ("one sequence", normal(rng, 5, 3), normal(rng, 7, 3), normal(rng, 7, 2), random_mask(rng, 5, 7)),
        ("as many queries as keys", *(normal(rng, 5, 3) for _ in range(3)), random_mask(rng, 5, 5)),
        batch(
            "a batch of sequences", normal(rng, 2, 5, 3), *(normal(rng, 2, 7, 3) for _ in "KV"), random_mask(rng, 5, 7)
        ),
        ("a longer sequence", *(normal(rng, 7, 3) for _ in range(3)), random_mask(rng, 7, 7)),
    )


def _weights_then(Q: np.ndarray, K: np.ndarray, V: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return weights @ V, weights


def _penalised(low: float) -> Callable:
    """Forbidden scores lowered by a finite amount."""

    def version(Q: np.ndarray, K: np.ndarray, V: np.ndarray, mask: np.ndarray) -> Any:
        grid = compare_all(Q, K)
        return _weights_then(Q, K, V, soft(np.where(mask, grid, grid + low)))

    return version


def _shared_again(Q: np.ndarray, K: np.ndarray, V: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    weights = soft(compare_all(Q, K)) * mask
    weights = weights / weights.sum(-2, keepdims=True)
    return weights @ V, weights


EXERCISE = Exercise(
    name="masked_attention",
    parts=("out", "weights"),
    reference=attention.masked_attention,
    model=head,
    inputs=_masked_inputs,
    promised=lambda Q, K, V, mask: leaves_someone(mask),
    forms=(lambda pair: pair, weights_left_out),
    mistakes=(
        *mask_mistakes(after=False),
        switch(
            "mask-after-softmax",
            "Forbidden weights are 0, but the rows that lost some no longer sum to 1.",
            "Mask before the sharing out, so that the allowed places share the whole of it.",
            versions=(lambda Q, K, V, mask: (head(Q, K, V, mask, masking="after")[0], head(Q, K, V)[1]),),
            masking="after",
        ),
        mistake(
            "renormalised-over-queries",
            "You share out again after masking, but down the columns.",
            "It is a row that should sum to 1. Masking before the softmax saves this step altogether.",
            lambda Q, K, V, mask: _shared_again(Q, K, V, mask),
        ),
        mistake(
            "own-causal-mask",
            "Your function uses a causal mask of its own and ignores the one it is given.",
            "Use the argument mask: not every mask is a triangle.",
            lambda Q, K, V, mask: head(Q, K, V, np.tri(Q.shape[-2], K.shape[-2], dtype=bool)),
        ),
        mistake(
            "causal-as-well",
            "Beside the mask that it is given, your function uses a causal one.",
            "The mask alone says where a token may look: not every mask is a triangle.",
            lambda Q, K, V, mask: head(Q, K, V, mask & np.tri(Q.shape[-2], K.shape[-2], dtype=bool)),
            lambda Q, K, V, mask: head(Q, K, V, mask & np.tri(Q.shape[-2], K.shape[-2], dtype=bool), masking="finite"),
        ),
        mistake(
            "minus-infinity-after-softmax",
            "Forbidden weights became minus infinity after the softmax.",
            "Minus infinity belongs into the scores, where the exponential turns it into 0.",
            lambda Q, K, V, mask: _weights_then(Q, K, V, np.where(mask, head(Q, K, V)[1], -np.inf)),
            lambda Q, K, V, mask: _weights_then(Q, K, V, np.where(mask, head(Q, K, V)[1], -1e9)),
        ),
        mistake(
            "values-masked",
            "The mask was used on the values or on the output instead of on the scores.",
            "It is about who may look at whom: that grid is the scores.",
            lambda Q, K, V, mask: (head(Q, K, V)[0] * mask, head(Q, K, V)[1]),
            lambda Q, K, V, mask: (head(Q, K, V)[1] @ (V * mask), head(Q, K, V)[1]),
        ),
        mistake(
            "penalty-too-small",
            "Forbidden scores are only a little lower than the others, so they keep some weight.",
            "They must be lower by so much that nothing is left of them.",
            *(_penalised(low) for low in (-2.0, -5.0, -10.0)),
            *(
                lambda Q, K, V, mask, low=low: _weights_then(Q, K, V, soft(np.where(mask, compare_all(Q, K), low)))
                for low in (-2.0, -5.0, -10.0)
            ),
        ),
        mistake(
            "almost-zero-added",
            "Forbidden places keep their weight: what you add to their scores is almost 0.",
            "Look at the sign of the exponent.",
            *(_penalised(low) for low in (-1e-9, 1e-9, -1e-6)),
        ),
        *measure_mistakes(),
        *role_mistakes(),
        *(m for m in softmax_mistakes() if m.slug != "minus-sign"),
        *value_mistakes(),
        *scale_mistakes("The scores behind your weights", queries=True),
        *scale_slips(head, "The scores behind your weights"),
        *softmax_slips(head, ("relu", "power-of-two", "power-of-ten")),
        *everywhere(head, but=("values-as-keys", "weights-transposed"), masked=True),
        mask_as_index(head),
        mistake(
            "weights-only",
            "Your weights are right, but nothing was blended.",
            "One more product, with V.",
            lambda Q, K, V, mask: head(Q, K, V, mask)[1],
        ),
        mistake(
            "results-swapped",
            "You return the weights first and the output second.",
            "Output first, then the weights.",
            lambda Q, K, V, mask: head(Q, K, V, mask)[::-1],
        ),
        mistake(
            "forbidden-places-keep-weight",
            "Some places that the mask forbids still have weight.",
            "Their scores have to be so low that the exponential leaves nothing of them.",
            last=True,
            recognise=lambda args, pair: np.max(np.abs(pair[1][..., ~args[3]])) > 1e-4,
        ),
        mistake(
            "forbidden-shared-evenly",
            "The weight of the forbidden places was spread evenly over all keys.",
            "Let the softmax share it out: mask its input.",
            lambda Q, K, V, mask: _spread(Q, K, V, mask),
        ),
    ),
    hints=(
        "Four steps: scores, mask, softmax, blend. Where in this row does the mask come in, and why there?",
        "np.where(mask, grid, something) keeps the allowed scores. What must something be, so that exp gives 0?",
        "Mask the scores before the softmax; then every row still sums to 1.",
    ),
    praise="Right: forbidden places get nothing, and the allowed ones share the whole of it.",
)


def _spread(Q: np.ndarray, K: np.ndarray, V: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    kept = np.where(mask, head(Q, K, V)[1], 0.0)
    return _weights_then(Q, K, V, kept + (1 - kept.sum(-1, keepdims=True)) / kept.shape[-1])

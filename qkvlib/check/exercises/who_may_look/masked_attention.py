"""A mask in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import ONE_AXIS, case, cases, leaves_someone
from qkvlib.check.misconceptions.everywhere import everywhere
from qkvlib.check.misconceptions.masks import mask_as_index, mask_mistakes
from qkvlib.check.misconceptions.one_head import head, value_mistakes
from qkvlib.check.misconceptions.scores import compare_all, measure_mistakes, role_mistakes, scale_mistakes, scale_slips
from qkvlib.check.misconceptions.softmax import soft, softmax_mistakes, softmax_slips
from qkvlib.check.spec import Exercise, Mistake, mistake, switch


def _arguments(draw, T, S, d_head, d_v, batch=(), peak=False):
    Q, K, V = draw(*batch, T, d_head), draw(*batch, S, d_head), draw(*batch, S, d_v)
    mask = draw.mask(T, S)
    if peak:  # the last key fits the first query by 1,000 and is hidden from it; the second, which sees it, gets 0
        K[:, 0], Q[-1, 0] = 1, -300 * np.sqrt(d_head)  # and the last query fits no key at all
        mask[:, -1] = np.arange(T) == 1
        aside = Q[0] - (Q[0] @ Q[1]) / (Q[1] @ Q[1]) * Q[1]
        K[-1] = 1000 * np.sqrt(d_head) * aside / (Q[0] @ aside)
    return Q, K, V, mask


def _finite_too(found: Mistake) -> Mistake:
    """Where all scores are hidden it matters whether a hidden score is finite, and what a softmax makes of nothing."""
    if found.slug == "softmax-over-queries":
        return replace(found, versions=(partial(head, normalise="queries", masking="finite"),))
    if found.slug == "mask-transposed":
        return replace(found, versions=(lambda *a: tuple(map(np.nan_to_num, head(*a, masking="transposed"))),))
    return found


def _weights_then(Q: np.ndarray, K: np.ndarray, V: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return weights @ V, weights


def _penalised(low: float) -> Callable:
    """Forbidden scores lowered by a finite amount."""

    def version(Q: np.ndarray, K: np.ndarray, V: np.ndarray, mask: np.ndarray) -> Any:
        grid = compare_all(Q, K)
        return _weights_then(Q, K, V, soft(np.where(mask, grid, grid + low)))

    return version


def _shared_again(
    Q: np.ndarray, K: np.ndarray, V: np.ndarray, mask: np.ndarray, axis: int = -2, share: Callable = soft
) -> tuple[np.ndarray, np.ndarray]:
    weights = share(compare_all(Q, K)) * mask
    weights = weights / weights.sum(axis, keepdims=True)
    return weights @ V, weights


EXERCISE = Exercise(
    name="masked_attention",
    parts=("out", "weights"),
    reference=attention.masked_attention,
    model=head,
    inputs=cases(
        _arguments,
        case("one sequence", T=5, S=7, d_head=3, d_v=2),
        case("as many queries as keys", T=5, S=5, d_head=3, d_v=3),
        case("a batch of sequences", T=5, S=7, d_head=3, d_v=3, batch=ONE_AXIS),
        case("a longer sequence", T=7, S=7, d_head=5, d_v=5),
        case("a hidden score far above the others", T=5, S=7, d_head=3, d_v=2, peak=True),
    ),
    promised=lambda Q, K, V, mask: leaves_someone(mask),
    mistakes=(
        *map(_finite_too, mask_mistakes(after=False)),
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
            "hidden-score-in-the-sum",
            "Hidden scores take part in your exponentials: where one is far above the rest, nothing is left of them.",
            "Hide the scores first, so that the softmax never meets one that does not count.",
            lambda Q, K, V, mask: _shared_again(Q, K, V, mask, axis=-1),
            lambda Q, K, V, mask: _shared_again(Q, K, V, mask, axis=-1, share=np.exp),
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
            "hidden-at-one-number",
            "Hidden scores become one number that is low, but not below every other: it can still take a share.",
            "Which score is below every number there is?",
            *(
                lambda Q, K, V, mask, low=low: _weights_then(Q, K, V, soft(np.where(mask, compare_all(Q, K), low)))
                for low in (-20.0, -50.0, -100.0, -200.0)
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
        *(_finite_too(m) for m in softmax_mistakes() if m.slug != "minus-sign"),
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

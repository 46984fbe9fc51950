"""The exercise of one head, as it is set and as it is fixed: inputs and mistakes."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, Draw, case, cases, swap_last_axes
from qkvlib.check.misconceptions.everywhere import everywhere
from qkvlib.check.misconceptions.one_head import head, value_mistakes
from qkvlib.check.misconceptions.scores import compare_all, measure_mistakes, role_mistakes, scale_mistakes, scale_slips
from qkvlib.check.misconceptions.softmax import soft, softmax_mistakes, softmax_slips
from qkvlib.check.spec import Mistake, mistake


def _attention_arguments(draw: Draw, T: int, S: int, d_head: int, d_v: int, batch: tuple[int, ...] = ()) -> tuple:
    return draw(*batch, T, d_head), draw(*batch, S, d_head), draw(*batch, S, d_v)


attention_inputs = cases(
    _attention_arguments,
    case("one sequence", T=5, S=7, d_head=3, d_v=2),
    case("as many queries as keys", T=5, S=5, d_head=7, d_v=7),
    case("a batch of sequences", T=5, S=7, d_head=3, d_v=11, batch=ONE_AXIS),
)


def attention_mistakes() -> tuple[Mistake, ...]:
    """Every slip on the way to one head of attention."""
    return (
        *measure_mistakes(),
        *role_mistakes(),
        *softmax_mistakes(),
        *value_mistakes(),
        *scale_mistakes("The scores behind your weights", queries=True),
        *scale_slips(head, "The scores behind your weights"),
        *softmax_slips(head),
        *everywhere(head, but=("values-as-keys", "weights-transposed", "weights-go-on")),
        mistake(
            "scale-by-value-width",
            "The scores behind your weights are scaled by the width of the values.",
            "Values take no part in a score: whose features does a dot product add up?",
            lambda Q, K, V: _weighted(soft(compare_all(Q, K, scale="none") / np.sqrt(V.shape[-1])), V),
        ),
        mistake(
            "softmax-too-early",
            "The softmax ran on Q, or on K, before the two met.",
            "It is the scores that are shared out.",
            lambda Q, K, V: _weighted(soft(Q) @ swap_last_axes(K), V),
            lambda Q, K, V: _weighted(soft(Q) @ swap_last_axes(soft(K)), V),
            lambda Q, K, V: _weighted(soft(Q) @ swap_last_axes(K) / np.sqrt(Q.shape[-1]), V),
            lambda Q, K, V: _weighted(soft(Q) @ swap_last_axes(soft(K)) / np.sqrt(Q.shape[-1]), V),
        ),
        mistake(
            "as-many-keys-as-queries",
            "Only as many keys as there are queries are read; the others take no part.",
            "Keys and queries may differ in number: K says how many keys there are.",
            lambda Q, K, V: head(Q, K[..., : Q.shape[-2], :], V[..., : Q.shape[-2], :]),
        ),
        mistake(
            "elementwise-blend",
            "Weights and values are multiplied entry by entry.",
            "Each result row needs every row of V: a matrix product.",
            lambda Q, K, V: (head(Q, K, V)[1] * V, head(Q, K, V)[1]),
        ),
        mistake(
            "results-swapped",
            "You return the weights first and the output second.",
            "The function promises out, then weights.",
            lambda Q, K, V: head(Q, K, V)[::-1],
            lambda Q, K, V: head(Q, K, V, scale="none")[::-1],
        ),
        mistake(
            "weights-only",
            "Your weights are right, but nothing was blended.",
            "One more product, with V, and then return both.",
            lambda Q, K, V: head(Q, K, V)[1],
            lambda Q, K, V: (head(Q, K, V)[1],) * 2,
        ),
        mistake(
            "scores-for-weights",
            "Your output is right, but what you return beside it are the scores.",
            "Return what came out of the softmax.",
            lambda Q, K, V: (head(Q, K, V)[0], compare_all(Q, K)),
            lambda Q, K, V: (head(Q, K, V)[0], compare_all(Q, K, scale="none")),
        ),
        mistake(
            "scores-blended",
            "Your weights are right, but it is the raw scores that you multiply into V.",
            "Which of the two variables belongs in the last product?",
            lambda Q, K, V: (compare_all(Q, K) @ V, head(Q, K, V)[1]),
            lambda Q, K, V: (compare_all(Q, K, scale="none") @ V, head(Q, K, V)[1]),
        ),
        mistake(
            "softmax-at-the-end",
            "The softmax ran on the output instead of on the scores.",
            "Share out first, then blend.",
            lambda Q, K, V: (soft(compare_all(Q, K) @ V), compare_all(Q, K)),
            lambda Q, K, V: (soft(head(Q, K, V)[0]), head(Q, K, V)[1]),
        ),
        mistake(
            "scaled-after-softmax",
            "The weights were scaled after the softmax, so a row no longer sums to 1.",
            "Scale the scores, before they are shared out.",
            lambda Q, K, V: _then_scale(Q, K, V, head(Q, K, V, scale="none")[1]),
            lambda Q, K, V: (head(Q, K, V, scale="none")[0] / np.sqrt(Q.shape[-1]), head(Q, K, V, scale="none")[1]),
        ),
        mistake(
            "values-averaged",
            "Every row of your output is the plain average of the values.",
            "The weights say how much of each value to take.",
            lambda Q, K, V: (
                np.broadcast_to(V.mean(-2, keepdims=True), (*Q.shape[:-1], V.shape[-1])),
                head(Q, K, V)[1],
            ),
        ),
        mistake(
            "softmax-axis-half-mended",
            "In your softmax the maximum and the sum run along different axes.",
            "Both belong to one row of scores: which axis counts the keys?",
            lambda Q, K, V: _weighted(_two_axes(compare_all(Q, K), -1, -2), V),
            lambda Q, K, V: _weighted(_two_axes(compare_all(Q, K), -2, -1), V),
        ),
        mistake(
            "causal-unasked",
            "Your tokens cannot look ahead: a causal mask has been used.",
            "There is no mask in this exercise; every query may look at every key.",
            lambda Q, K, V: head(Q, K, V, np.tri(Q.shape[-2], K.shape[-2], dtype=bool)),
        ),
        mistake(
            "residual-added",
            "The queries (or the values) have been added to the output.",
            "The residual connection comes later, outside attention.",
            lambda Q, K, V: (head(Q, K, V)[0] + Q, head(Q, K, V)[1]),
            lambda Q, K, V: (head(Q, K, V)[0] + V, head(Q, K, V)[1]),
        ),
    )


def _weighted(weights: np.ndarray, V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return weights @ V, weights


def _two_axes(z: np.ndarray, largest: int, total: int) -> np.ndarray:
    e = np.exp(z - z.max(axis=largest, keepdims=True))
    return e / e.sum(axis=total, keepdims=True)


def _then_scale(Q: np.ndarray, K: np.ndarray, V: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    weights = weights / np.sqrt(Q.shape[-1])
    return weights @ V, weights

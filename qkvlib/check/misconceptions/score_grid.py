"""The exercise of scores, as it is set and as it is fixed: inputs and mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, TWO_AXES, Draw, case, cases, swap_last_axes
from qkvlib.check.misconceptions.everywhere import compared
from qkvlib.check.misconceptions.scores import compare_all, measure_mistakes, role_mistakes, scale_mistakes, scale_slips
from qkvlib.check.misconceptions.softmax import soft
from qkvlib.check.spec import Mistake, mistake


def _score_arguments(draw: Draw, T: int, S: int, d_head: int, batch: tuple[int, ...] = ()) -> tuple:
    return draw(*batch, T, d_head), draw(*batch, S, d_head)


score_inputs = cases(
    _score_arguments,
    case("one sequence", T=5, S=7, d_head=3),
    case("as many tokens as features", T=3, S=3, d_head=3),
    case("a batch of sequences", T=5, S=7, d_head=3, batch=ONE_AXIS),
    case("a batch of heads", T=5, S=5, d_head=11, batch=TWO_AXES),
)


def _after(then: Callable) -> Callable:
    return lambda Q, K: then(compare_all(Q, K))


def _standard(z: np.ndarray, axis: Any) -> np.ndarray:
    return (z - z.mean(axis=axis, keepdims=True)) / z.std(axis=axis, keepdims=True)


def score_mistakes() -> tuple[Mistake, ...]:
    """Every slip on the way to a grid of scores."""
    return (
        *measure_mistakes(),
        *role_mistakes(values=False),
        *scale_mistakes(queries=True),
        mistake(
            "scaled-by-one-query",
            "Your scale changes with the queries themselves.",
            "It should depend on one length only: how many features are summed over.",
            lambda Q, K: Q @ swap_last_axes(K) / np.linalg.norm(Q, axis=-1, keepdims=True),
            lambda Q, K: Q @ swap_last_axes(K) / np.linalg.norm(Q),
            lambda Q, K: Q @ swap_last_axes(K) / np.sqrt(np.abs(Q @ swap_last_axes(K))),
        ),
        mistake(
            "scaled-by-the-numbers",
            "Your scale is made from the numbers in Q, K or the scores, so it changes with every text.",
            "It is one fixed number, known before any score is.",
            lambda Q, K: Q @ swap_last_axes(K) / np.std(Q @ swap_last_axes(K)),
            lambda Q, K: Q @ swap_last_axes(K) / np.max(Q @ swap_last_axes(K)),
            lambda Q, K: Q @ swap_last_axes(K) / np.abs(Q @ swap_last_axes(K)).max(),
            lambda Q, K: Q @ swap_last_axes(K) / (np.linalg.norm(Q) * np.linalg.norm(K)),
        ),
        mistake(
            "cut-to-whole-numbers",
            "Q and K were cut to whole numbers before they met.",
            "Leave the digits in: astype(int) drops them.",
            lambda Q, K: compare_all(Q.astype(int), K.astype(int)),
        ),
        mistake(
            "scale-by-first-axis",
            "Your scale follows the first axis of Q, or of K, which may be the batch.",
            "len counts what stands there; which axis of Q is summed over in a dot product?",
            lambda Q, K: Q @ swap_last_axes(K) / np.sqrt(len(Q)),
            lambda Q, K: Q @ swap_last_axes(K) / len(Q),
            lambda Q, K: Q @ swap_last_axes(K) / np.sqrt(len(K)),
            lambda Q, K: Q @ swap_last_axes(K) / len(K),
        ),
        *scale_slips(compare_all),
        *compared(compare_all, "Your scores"),
        mistake(
            "root-cut-to-whole-number",
            "Your scores are divided by a root that was cut to a whole number.",
            "Let the root keep its digits: int and // drop them.",
            lambda Q, K: Q @ swap_last_axes(K) / int(np.sqrt(Q.shape[-1])),
            lambda Q, K: Q @ swap_last_axes(K) // np.sqrt(Q.shape[-1]),
        ),
        mistake(
            "dot-across-the-batch",
            "np.dot and np.inner pair every sequence of a batch with every other one.",
            "@ keeps each sequence to itself.",
            lambda Q, K: np.dot(Q, swap_last_axes(K)) / np.sqrt(Q.shape[-1]),
            lambda Q, K: np.inner(Q, K) / np.sqrt(Q.shape[-1]),
            lambda Q, K: np.dot(Q, swap_last_axes(K)),
            lambda Q, K: np.inner(Q, K),
        ),
        mistake(
            "reshaped-for-transposed",
            "K was reshaped where it should be turned round: the shape fits, and the numbers stand in other places.",
            "A reshape keeps the order of the numbers; swapping two axes changes it.",
            lambda Q, K: Q @ K.reshape(*K.shape[:-2], K.shape[-1], K.shape[-2]) / np.sqrt(Q.shape[-1]),
            lambda Q, K: Q @ K.reshape(*K.shape[:-2], K.shape[-1], K.shape[-2]),
        ),
        mistake(
            "features-left-out",
            "Some features take no part in your dot products.",
            "Check where your loop or slice over the last axis begins and stops.",
            lambda Q, K: compare_all(Q[..., :-1], K[..., :-1]),
            lambda Q, K: compare_all(Q[..., 1:], K[..., 1:]),
            lambda Q, K: compare_all(Q[..., :1], K[..., :1]),
            lambda Q, K: Q[..., :-1] @ swap_last_axes(K[..., :-1]) / np.sqrt(Q.shape[-1]),
            lambda Q, K: Q[..., 1:] @ swap_last_axes(K[..., 1:]) / np.sqrt(Q.shape[-1]),
        ),
        mistake(
            "standardised",
            "Your scores have been shifted and stretched to mean 0 and spread 1.",
            "The scale is one fixed number, known before any score is.",
            lambda Q, K: _standard(Q @ swap_last_axes(K), None),
            lambda Q, K: _standard(Q @ swap_last_axes(K), -1),
        ),
        mistake(
            "scale-by-size",
            "Your scale counts all the numbers in Q.",
            "Only the features of one token are summed over in a dot product.",
            lambda Q, K: Q @ swap_last_axes(K) / np.sqrt(Q.size),
            lambda Q, K: Q @ swap_last_axes(K) / Q.size,
        ),
        mistake(
            "softmax-already",
            "Your rows are positive and sum to 1: these are weights already.",
            "Scores are what goes into the softmax.",
            _after(soft),
            lambda Q, K: soft(Q @ swap_last_axes(K)),
            recognise=lambda args, z: np.min(z) >= 0 and np.allclose(np.sum(z, -1), 1),
        ),
        mistake(
            "softmax-already-over-queries",
            "Your columns are positive and sum to 1: a softmax ran, and over the queries at that.",
            "Scores are what goes into the softmax.",
            _after(lambda z: soft(z, -2)),
            lambda Q, K: soft(Q @ swap_last_axes(K), -2),
        ),
        mistake(
            "not-summed",
            "Queries and keys are multiplied entry by entry, and the products are not added up.",
            "A score is one number per query and key: a dot product.",
            lambda Q, K: Q[..., :, None, :] * K[..., None, :, :],
            lambda Q, K: Q * K,
            lambda Q, K: Q * K / np.sqrt(Q.shape[-1]),
            lambda Q, K: Q[..., :, None, :] * K[..., None, :, :] / np.sqrt(Q.shape[-1]),
        ),
        mistake(
            "same-token-only",
            "Each query meets only the key of its own place.",
            "Every query is compared with every key.",
            lambda Q, K: (Q * K).sum(-1),
            lambda Q, K: (Q * K).sum(-1) / np.sqrt(Q.shape[-1]),
        ),
        mistake(
            "features-compared",
            "Your grid compares features with features: the tokens have been summed away.",
            "Which of the two should stand turned round, so that the features are summed over?",
            lambda Q, K: swap_last_axes(Q) @ K / np.sqrt(Q.shape[-1]),
            lambda Q, K: swap_last_axes(Q) @ K,
            lambda Q, K: swap_last_axes(K) @ Q / np.sqrt(Q.shape[-1]),
        ),
        mistake(
            "root-in-the-wrong-place",
            "The square root was taken of the dot products instead of the width.",
            "Only the width goes under the root.",
            lambda Q, K: np.sqrt(Q @ swap_last_axes(K) / Q.shape[-1]),
            lambda Q, K: np.sqrt(Q @ swap_last_axes(K)),
            lambda Q, K: np.sqrt(np.abs(Q @ swap_last_axes(K)) / Q.shape[-1]),
        ),
        mistake(
            "squared-width",
            "Your scores are much too small: the width has been squared.",
            "A spread grows with the root of the width.",
            lambda Q, K: Q @ swap_last_axes(K) / Q.shape[-1] ** 2,
        ),
        mistake(
            "absolute-values",
            "None of your scores is negative.",
            "A query and a key that point apart give a negative score, and it is meant.",
            _after(np.abs),
            _after(lambda z: np.maximum(z, 0)),
        ),
        mistake(
            "exponentiated",
            "All of your scores are positive: an exponential has been taken.",
            "That belongs to the softmax, the next step.",
            _after(np.exp),
        ),
        mistake(
            "masked-already",
            "Some of your scores are minus infinity: a mask has been used that nobody asked for.",
            "Here every query may look at every key.",
            lambda Q, K: np.where(np.tri(Q.shape[-2], K.shape[-2], dtype=bool), compare_all(Q, K), -np.inf),
            lambda Q, K: np.where(np.tri(Q.shape[-2], K.shape[-2], dtype=bool), Q @ swap_last_axes(K), -np.inf),
        ),
    )

"""What a bias on the keys does to the weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qkvlib.check.misconceptions.by_hand import in_quotes
from qkvlib.check.misconceptions.softmax import soft
from qkvlib.check.spec import Exercise, mistake


def _effect(q: np.ndarray, K: np.ndarray, bias: np.ndarray) -> dict[str, Any]:
    change = np.full(len(K), q @ bias)
    return {"score_change": change, "weight_change": np.zeros(len(K))}


def _other(scores: Callable, weights: Callable | None = None) -> Callable:
    def version(q: np.ndarray, K: np.ndarray, bias: np.ndarray) -> Any:
        before = K @ q
        change = np.broadcast_to(scores(q, K, bias), (len(K),)).astype(float)
        moved = np.zeros(len(K)) if weights is None else weights(before, change)
        return {"score_change": change, "weight_change": moved}

    return version


def _shift(before: Any, change: Any) -> np.ndarray:
    return soft(before + change) - soft(before)


EXERCISE = Exercise(
    name="whisper_key_bias",
    parts=("score_change", "weight_change"),
    given={
        "q": np.array([3.0, 3.0]),
        "K": np.array([[3.0, 2.0], [2.0, 2.0]]),
        "bias": np.array([1.0, -2.0]),
    },
    reference=_effect,
    tolerance=1e-4,
    mistakes=(
        in_quotes("Your changes are words.", "Give numbers: one change for each score and each weight."),
        mistake(
            "after-not-change",
            "You give the scores or the weights as they are with the bias.",
            "A change is after minus before.",
            recognise=lambda args, a: np.allclose(_first(a), (args[1] + args[2]) @ args[0], atol=1e-3),
        ),
        mistake(
            "one-key-only",
            "By your answer the score of one key changes and that of the other does not.",
            "The bias is added to every key: what does the query make of it in each?",
            recognise=lambda args, a: any(
                np.allclose(_first(a), args[0] @ args[2] * mine, atol=1e-3) for mine in np.eye(len(args[1]))
            ),
        ),
        mistake(
            "scaled-change",
            "Your score changes are divided by the root of a width.",
            "Plain dot products are asked for here.",
            recognise=lambda args, a: np.allclose(_first(a), args[0] @ args[2] / np.sqrt(len(args[0])), atol=2e-3),
        ),
        mistake(
            "weights-for-changes",
            "You give the weights themselves, not how much they change.",
            "After minus before.",
            lambda q, K, b: {"score_change": np.full(len(K), q @ b), "weight_change": soft(K @ q)},
            recognise=lambda args, a: np.allclose(_second(a), soft(args[1] @ args[0]), atol=2e-3),
        ),
        mistake(
            "weights-move",
            "Your score changes are right, but you expect the weights to move.",
            "Every score in the row moved by the same amount. What does softmax see?",
            _other(lambda q, K, b: q @ b, lambda before, change: change),
            _other(lambda q, K, b: q @ b, lambda before, change: change / before),
            recognise=lambda args, a: (
                np.allclose(_first(a), args[0] @ args[2]) and not np.allclose(_second(a), 0, atol=1e-3)
            ),
        ),
        mistake(
            "bias-meets-keys",
            "You let the bias meet the keys.",
            "It is part of a key; whom does a key meet?",
            _other(lambda q, K, b: K @ b),
            _other(lambda q, K, b: K @ b, _shift),
        ),
        mistake(
            "bias-summed",
            "You added up the bias without the query.",
            "A score is a dot product with the query.",
            _other(lambda q, K, b: b.sum()),
            _other(lambda q, K, b: b.sum(), _shift),
        ),
        mistake(
            "sign",
            "Your change has the wrong sign.",
            "After minus before, not the other way round.",
            _other(lambda q, K, b: -(q @ b)),
        ),
        mistake(
            "entry-by-entry",
            "You give the entries of the bias itself, or their products with the query.",
            "A score is one number per key: add the products up.",
            _other(lambda q, K, b: b),
            _other(lambda q, K, b: b * q),
            _other(lambda q, K, b: b, _shift),
            _other(lambda q, K, b: b * q, _shift),
        ),
        mistake(
            "scores-for-changes",
            "You give the scores themselves, not how much they change.",
            "After minus before.",
            _other(lambda q, K, b: (K + b) @ q),
            _other(lambda q, K, b: K @ q),
        ),
        mistake(
            "scaled",
            "You divided by the root of the width.",
            "Plain dot products are asked for here.",
            _other(lambda q, K, b: q @ b / np.sqrt(len(q))),
        ),
        mistake(
            "no-change-at-all",
            "You expect the scores to stay as they are.",
            "The keys did change: what is the query's dot product with the bias?",
            _other(lambda q, K, b: 0.0),
        ),
    ),
    hints=(
        "Work out q·(k + b) for both keys, and compare with q·k.",
        "The same number is added to every score in the row.",
        "Softmax sees differences: what happens to a difference when both sides move together?",
    ),
    praise="Right: a bias on the keys shifts the whole row, and softmax does not notice: Whisper does without.",
)


def _first(answer: Any) -> Any:
    return answer["score_change"] if isinstance(answer, dict) else answer[0]


def _second(answer: Any) -> Any:
    return answer["weight_change"] if isinstance(answer, dict) else answer[1]

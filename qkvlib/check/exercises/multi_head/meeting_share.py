"""Where two demands on one head meet: the share that makes two mixtures of blends the same vector."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import are_shares, batch, calls, quarters
from qkvlib.check.spec import Exercise, mistake


def _inputs(rng):
    def shares(*shape):
        parts = rng.uniform(0.5, 4.0, (*shape, 3))
        return parts / parts.sum(-1, keepdims=True)

    first_stronger, last_stronger = np.sort(shares())[::-1][[0, 2, 1]], np.sort(shares())[[1, 0, 2]]
    return calls(
        ("a head that prefers place 1", first_stronger),
        ("a head that prefers place 3", last_stronger),
        batch("several heads", shares(5)),
        batch("several heads of several models", shares(2, 3)),
    )


def _reference(weights):
    first, last = weights[..., 0], weights[..., 2]
    return np.minimum(first, last) / np.maximum(first, last)


EXERCISE = Exercise(
    name="meeting_share",
    reference=_reference,
    inputs=_inputs,
    promised=are_shares,
    fills={"weights": quarters},
    mistakes=(
        mistake(
            "only-for-place-1",
            "Right for a head that prefers place 1; for one that prefers place 3 your share is above 1.",
            "There the other question fails. Which of the two weights plays α in its four sentences?",
            lambda w: w[..., 2] / w[..., 0],
        ),
        mistake(
            "only-for-place-3",
            "Right for a head that prefers place 3; for one that prefers place 1 your share is above 1.",
            "There the other question fails. Which of the two weights plays α in its four sentences?",
            lambda w: w[..., 0] / w[..., 2],
        ),
        mistake(
            "larger-over-smaller",
            "Your share is above 1.",
            "A mixture takes a part of each of two sentences, so neither share can be more than the whole.",
            lambda w: np.maximum(w[..., 0], w[..., 2]) / np.minimum(w[..., 0], w[..., 2]),
        ),
        mistake(
            "the-second-sentence",
            "That is the share of the second sentence.",
            "The first one of each pair is asked for.",
            lambda w: 1 - _reference(w),
        ),
        mistake(
            "share-of-both",
            "You divide by both weights together.",
            "Try it: mix the two blends with your share, and the other two. Which noun has not the same part in both?",
            lambda w: np.minimum(w[..., 0], w[..., 2]) / (w[..., 0] + w[..., 2]),
            lambda w: w[..., 2] / (w[..., 0] + w[..., 2]),
            lambda w: w[..., 0] / (w[..., 0] + w[..., 2]),
        ),
        mistake(
            "the-weight-itself",
            "You give a weight of the head.",
            "The share says how two sentences are mixed; it depends on how the two weights compare.",
            lambda w: np.minimum(w[..., 0], w[..., 2]),
            lambda w: w[..., 2],
            lambda w: w[..., 0],
        ),
        mistake(
            "the-verb-takes-part",
            'You compare with what "chased" gives to itself.',
            "Its own value is the same in all four sentences. Which two weights differ in what they mix?",
            lambda w: w[..., 1] / w[..., 0],
            lambda w: np.minimum(w[..., 0], w[..., 1]) / np.maximum(w[..., 0], w[..., 1]),
            lambda w: w[..., 2] / w[..., 1],
        ),
        mistake(
            "difference-for-ratio",
            "That is the difference of the two weights.",
            "Set the two mixtures equal and solve for the share.",
            lambda w: np.abs(w[..., 0] - w[..., 2]),
            lambda w: w[..., 0] - w[..., 2],
        ),
        mistake(
            "always-a-half",
            "Your share is a half, whatever the weights are.",
            "The more one place is preferred, the less of it is needed.",
            lambda w: np.full(w.shape[:-1], 0.5),
        ),
        mistake(
            "middle-counted",
            "The weight of the word in the middle takes part.",
            "Only the first place and the last one change between the sentences.",
            lambda w: w.min(axis=-1) / w.max(axis=-1),
        ),
        mistake(
            "cut-at-one",
            "Right for a head that prefers place 1; for one that prefers place 3 your share is cut off at 1.",
            "There the two weights change places.",
            lambda w: np.minimum(w[..., 2] / w[..., 0], 1),
        ),
    ),
    hints=(
        "Mix the lesson's first two blends, s of the one and 1 - s of the other. How much cat is in it? How much dog?",
        "Do the same with the last two. The parts of cat and dog must agree: that is an equation for s.",
        "If place 3 has the larger weight, the two weights change places in the equation.",
    ),
    praise="Right: at this share the two mixtures are one vector, and one matrix cannot give it two answers.",
)

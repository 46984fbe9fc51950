"""What the exercises of the clinic share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qkvlib.check.misconceptions.inputs import batch, calls, normal
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.spec import Call, Mistake, mistake
from qkvlib.clinic import BUGS


def still_broken(bug: str, nudge: str, *more: Callable) -> Mistake:
    """The bug has not been fixed yet: its fingerprint is what is seen."""
    fingerprint = BUGS[bug].fingerprint
    seen = f"The bug is still there. Its fingerprint: {fingerprint}."
    return mistake("still-broken", seen, nudge, BUGS[bug].broken, *more)


# A function of the clinic promises `out`; the weights may come back beside it.
OUT_AND_WEIGHTS: dict[str, Any] = {"forms": (lambda r: r[0], lambda r: r), "parts": ("out", "weights")}


def one_head_inputs(rng: np.random.Generator) -> list[Call]:
    return calls(
        ("one sequence", normal(rng, 5, 3), normal(rng, 5, 3), normal(rng, 5, 3)),
        ("more keys than queries", normal(rng, 5, 3), normal(rng, 7, 3), normal(rng, 7, 3)),
        batch("a batch of sequences", normal(rng, 2, 7, 5), normal(rng, 2, 7, 5), normal(rng, 2, 7, 5)),
    )


WEIGHTS_ONLY = mistake(
    "weights-only",
    "What comes back are the weights.",
    "Blend the values with them.",
    lambda Q, K, V: head(Q, K, V)[1],
)

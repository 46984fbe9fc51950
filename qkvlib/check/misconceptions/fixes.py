"""What the exercises of the clinic share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, Draw, case, cases
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.spec import Mistake, mistake
from qkvlib.clinic import BUGS


def still_broken(bug: str, nudge: str, *more: Callable) -> Mistake:
    """The bug has not been fixed yet: its fingerprint is what is seen."""
    fingerprint = BUGS[bug].fingerprint
    seen = f"The bug is still there. Its fingerprint: {fingerprint}."
    return mistake("still-broken", seen, nudge, BUGS[bug].broken, *more)


def _one_head_arguments(draw: Draw, T: int, S: int, d_head: int, batch: tuple[int, ...] = ()) -> tuple:
    return draw(*batch, T, d_head), draw(*batch, S, d_head), draw(*batch, S, d_head)


one_head_inputs = cases(
    _one_head_arguments,
    case("one sequence", T=5, S=5, d_head=3),
    case("more keys than queries", T=5, S=7, d_head=3),
    case("a batch of sequences", T=7, S=7, d_head=5, batch=ONE_AXIS),
)


def output(Q: np.ndarray, K: np.ndarray, V: np.ndarray, **switches: Any) -> np.ndarray:
    """What a head of the clinic hands back: its output alone."""
    return head(Q, K, V, **switches)[0]


def weights_only(model: Callable) -> Mistake:
    """Nothing is blended; `model` is the exercise's, and hands back its output alone."""
    return mistake(
        "weights-only",
        "What comes back are the weights.",
        "Blend the values with them.",
        lambda *a: model(*a, values="none"),
    )

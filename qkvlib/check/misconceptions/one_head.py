"""One head of attention with switches for misconceptions, and what may be handed back beside its output."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import swap_last_axes
from qkvlib.check.misconceptions.masks import apply_mask
from qkvlib.check.misconceptions.scores import compare_all
from qkvlib.check.misconceptions.softmax import NORMALISERS, soft
from qkvlib.check.spec import Mistake, switch


def head(
    Q: np.ndarray,
    K: np.ndarray,
    V: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    roles: str = "qk",
    scale: str = "sqrt-d",
    measure: str = "dot",
    normalise: str = "keys",
    masking: str = "before",
    values: str = "V",
    d_model: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """One head of attention -> (out, weights), with switches."""
    grid = compare_all(Q, K, V, roles=roles, scale=scale, measure=measure, d_model=d_model)
    if normalise == "heads" and masking == "before":
        masking = "finite"  # a place that is forbidden in every head would be NaN otherwise
    weights = NORMALISERS["keys" if normalise == "in-kind" else normalise](apply_mask(grid, mask, masking))
    if normalise == "in-kind":
        weights = weights.astype(Q.dtype)
    if mask is not None and masking == "after":
        weights = np.where(mask, weights, 0.0)
    carried = soft(V) if values == "softmax" else {"K": K, "Q": Q}.get(values, V)
    if values == "none":
        return weights, weights
    if values == "weights-T":
        return swap_last_axes(weights) @ carried, weights
    spent = np.where(mask, weights, 0.0) if mask is not None and masking == "values" else weights
    return spent @ carried, weights


def value_mistakes() -> tuple[Mistake, ...]:
    """The right weights, spent on the wrong rows."""
    return (
        switch(
            "keys-as-values",
            "What you blend are the keys.",
            "Keys are for being found; what does a token hand over once it is found?",
            values="K",
        ),
        switch(
            "queries-as-values",
            "What you blend are the queries.",
            "Queries only ask; what does a token hand over once it is found?",
            values="Q",
        ),
        switch(
            "weights-transposed",
            "Each value is shared out by what others ask of it: the weights are turned round in the blend.",
            "Row i of the result should use row i of the weights.",
            values="weights-T",
        ),
    )

"""A mask in the wrong place, or the wrong way round."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qkvlib.check.inputs import swap_last_axes
from qkvlib.check.spec import Mistake, mistake, switch


def apply_mask(grid: np.ndarray, mask: np.ndarray | None, masking: str) -> np.ndarray:
    """Scores in which the mask was used in one way or another; "after" masks the weights, not the scores."""
    if mask is None or masking in ("ignored", "after", "values", "first-row"):
        return grid
    if masking == "inverted":
        return np.where(mask, -np.inf, grid)
    if masking == "zeros":
        return np.where(mask, grid, 0.0)
    if masking == "tiny":
        return np.where(mask, grid, -1e-9)
    if masking == "finite":
        return np.where(mask, grid, -1e9)
    if masking == "small":
        return np.where(mask, grid, -1.0)
    if masking == "plus-inf":
        return np.where(mask, grid, np.inf)
    if masking == "no-self":
        return np.where(mask & ~np.eye(grid.shape[-2], grid.shape[-1], dtype=np.bool_), grid, -np.inf)
    if masking == "transposed":
        return np.where(swap_last_axes(np.broadcast_to(mask, (*mask.shape[:-2], *grid.shape[-2:]))), grid, -np.inf)
    if masking == "added":
        return grid + mask
    if masking == "indexed":
        grid = grid.copy()
        grid[~mask] = -np.inf
        return grid
    return np.where(mask, grid, -np.inf)


def mask_as_index(model: Callable) -> Mistake:
    """grid[~mask] = ..., with something in front of the tokens; `model` is the exercise's."""
    return mistake(
        "mask-as-index",
        "A mask with two axes cannot pick places in scores that have a batch, or heads, in front.",
        "np.where lets the mask spread over the leading axes.",
        lambda *a: model(*a, masking="indexed"),
    )


def mask_mistakes(after: bool = True) -> tuple[Mistake, ...]:
    """The mask in the wrong place, or the wrong way round."""
    mistakes = [
        switch(
            "mask-ignored",
            "Tokens look where the mask forbids it: your result does not depend on the mask.",
            "Where in your function is the mask used?",
            companion=True,
            masking="ignored",
        ),
        switch(
            "mask-inverted",
            "Your tokens look exactly where they may not, and nowhere else.",
            "True means may look; check both branches of your where.",
            masking="inverted",
        ),
        switch(
            "zeros-for-minus-infinity",
            "Forbidden places still get weight: their scores were set to 0, and the exponential of 0 is 1.",
            "Which score does the exponential turn into nothing?",
            masking="zeros",
        ),
        switch(
            "tiny-for-huge",
            "Forbidden places still get weight: -1e-9 is almost 0, not almost minus infinity.",
            "Look at the sign of the exponent.",
            masking="tiny",
        ),
        switch(
            "too-small-a-penalty",
            "Forbidden places get less weight, but still some.",
            "Which score does the exponential turn into exactly nothing?",
            masking="small",
        ),
        switch(
            "infinity-gone-wrong",
            "Your result is NaN: an infinity met a 0, or stands with the wrong sign.",
            "np.where chooses without multiplying; and which infinity does the exponential turn into nothing?",
            masking="plus-inf",
        ),
        switch(
            "excludes-self",
            "No token looks at itself, though the mask allows it.",
            "Use the mask as it was given; the diagonal is allowed.",
            masking="no-self",
        ),
        switch(
            "mask-transposed",
            "Your mask is turned round: tokens look where others may look at them.",
            "Rows of the mask are queries, as in the scores.",
            masking="transposed",
        ),
        switch(
            "mask-added",
            "Allowed places have 1 added to their score, and forbidden ones are still looked at.",
            "A True that is added is only a 1; forbidden scores have to vanish.",
            masking="added",
        ),
    ]
    if after:
        mistakes.append(
            switch(
                "mask-after-softmax",
                "Forbidden weights are 0, but the rows that lost some no longer sum to 1.",
                "Mask before the sharing out, so that the allowed places share the whole of it.",
                masking="after",
            )
        )
    return tuple(mistakes)

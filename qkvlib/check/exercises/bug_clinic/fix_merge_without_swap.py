"""The clinic: heads merged without swapping back."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, case, cases
from qkvlib.check.misconceptions import heads
from qkvlib.check.misconceptions.fixes import still_broken
from qkvlib.check.spec import Exercise, mistake
from qkvlib.clinic import BUGS


def _arguments(draw, n_heads, T, d_head, batch=()):
    return (draw(*batch, n_heads, T, d_head),)


EXERCISE = Exercise(
    name="fix_merge_without_swap",
    reference=BUGS["fix_merge_without_swap"].fixed,
    inputs=cases(
        _arguments,
        case("one sequence", n_heads=2, T=5, d_head=3),
        case("as many tokens as heads", n_heads=5, T=5, d_head=3),
        case("a batch of sequences", n_heads=3, T=7, d_head=5, batch=ONE_AXIS),
    ),
    axes=("token", "column of the joined heads"),
    mistakes=(
        still_broken(
            "fix_merge_without_swap", "Whose numbers lie next to each other in memory: a token's, or a head's?"
        ),
        mistake(
            "features-swapped",
            "Tokens and features changed places before the reshape.",
            "It is heads and tokens that have to change places.",
            lambda H: np.swapaxes(H, -1, -2).reshape(*H.shape[:-3], H.shape[-2], -1),
        ),
        mistake(
            "interleaved-merge",
            "Your rows take one number from each head in turn.",
            "Each head's block stays together: head 0 first, then head 1.",
            lambda H: heads.merge(H, "interleaved"),
        ),
        mistake(
            "swapped-not-joined",
            "The axes are swapped, but heads and features are still two axes.",
            "The reshape is still needed: join the last two.",
            lambda H: np.swapaxes(H, -2, -3),
        ),
        mistake(
            "swapped-after",
            "The swap comes after the reshape, when the heads can no longer be told apart.",
            "Swap first, while heads are an axis of their own.",
            lambda H: np.swapaxes(H.reshape(*H.shape[:-3], H.shape[-2], -1), -1, -2),
            lambda H: np.swapaxes(H.reshape(*H.shape[:-3], -1, H.shape[-2]), -1, -2),
            lambda H: np.swapaxes(H.reshape(H.shape), -2, -3).reshape(*H.shape[:-3], -1, H.shape[-1]),
        ),
        mistake(
            "first-axes-swapped",
            "With a batch in front, the first axis was taken for the heads.",
            "Count axes from the end: heads are axis -3.",
            lambda H: np.swapaxes(H, 0, 1).reshape(*H.shape[:-3], H.shape[-2], -1),
        ),
        mistake(
            "heads-added",
            "Your heads have been added up, or averaged.",
            "Keep them side by side; nothing is lost in a merge.",
            lambda H: H.sum(-3),
            lambda H: H.mean(-3),
        ),
        heads.always_a_batch(heads.merge, axes=3),
    ),
    hints=(
        "Print the first row of the result for np.arange(12).reshape(2, 3, 2): which of its numbers are token 0's?",
        "A reshape reads memory in order. Bring the heads of one token next to each other before it.",
        "Which two axes change places first, counted from the end? The reshape then stays as it was.",
    ),
    praise="Fixed: a token's row holds its own heads, side by side.",
)

"""Heads side by side again."""

from __future__ import annotations

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import ONE_AXIS, case, cases, swap_last_axes
from qkvlib.check.misconceptions import heads
from qkvlib.check.spec import Exercise, mistake


def _arguments(draw, n_heads, T, d_head, batch=()):
    return (draw(*batch, n_heads, T, d_head),)


EXERCISE = Exercise(
    name="merge_heads",
    reference=attention.merge_heads,
    inputs=cases(
        _arguments,
        case("one sequence", n_heads=2, T=5, d_head=3),
        case("as many tokens as heads", n_heads=5, T=5, d_head=3),
        case("a batch of sequences", n_heads=3, T=7, d_head=5, batch=ONE_AXIS),
    ),
    axes=("token", "column of the joined heads"),
    mistakes=(
        mistake(
            "bare-reshape-on-merge",
            "The shape is right, but your rows mix tokens: the heads were reshaped without swapping axes.",
            "First bring the heads beside the features of the same token.",
            lambda H: heads.merge(H, "reshape"),
            lambda H: H.reshape(H.shape[1], -1),
            lambda H: H.reshape(H.shape[-2], -1),
        ),
        mistake(
            "interleaved-merge",
            "Your rows take one number from each head in turn.",
            "Each head's block stays together: head 0 first, then head 1.",
            lambda H: heads.merge(H, "interleaved"),
            lambda H: H.T.reshape(-1, H.shape[0] * H.shape[-1]),
        ),
        mistake(
            "heads-reversed",
            "Your heads are joined in reversed order.",
            "Head 0 takes the first columns.",
            lambda H: heads.merge(H, "reversed"),
        ),
        mistake(
            "heads-averaged",
            "Your heads have been averaged.",
            "Keep them side by side; nothing is lost in a merge.",
            lambda H: H.mean(-3),
            lambda H: H.mean(0),
        ),
        mistake(
            "heads-added",
            "Your heads have been added up.",
            "Keep them side by side; nothing is lost in a merge.",
            lambda H: H.sum(-3),
            lambda H: H.sum(0),
        ),
        mistake(
            "heads-under-one-another",
            "Your heads lie under one another: there are too many rows.",
            "Every token has one row, with all its heads side by side.",
            lambda H: H.reshape(*H.shape[:-3], -1, H.shape[-1]),
            lambda H: np.concatenate(list(H), axis=0),
            lambda H: np.concatenate([H[..., h, :, :] for h in range(H.shape[-3])], axis=-2),
        ),
        mistake(
            "swapped-not-joined",
            "The axes are swapped, but heads and features are still two axes.",
            "Join the last two into one.",
            lambda H: np.swapaxes(H, -2, -3),
        ),
        mistake(
            "unmerged",
            "H comes back as it was.",
            "Swap two axes, then join two.",
            lambda H: H,
        ),
        mistake(
            "first-axes-joined",
            "With a batch in front, the first axis was taken for the heads.",
            "Count axes from the end: heads are axis -3.",
            lambda H: np.concatenate(list(H), axis=-1),
            lambda H: np.swapaxes(H, 0, 1).reshape(H.shape[1], -1),
            lambda H: np.swapaxes(H, 0, 1).reshape(*H.shape[1:-2], -1, H.shape[0] * H.shape[-1]),
        ),
        mistake(
            "first-head-only",
            "Only one head is left.",
            "All heads belong in the row, side by side.",
            lambda H: H[..., 0, :, :],
            lambda H: H[0],
            lambda H: H[..., -1, :, :],
        ),
        heads.always_a_batch(heads.merge, axes=3),
        mistake(
            "merge-transposed",
            "Tokens became columns.",
            "Tokens are rows, before and after.",
            lambda H: swap_last_axes(heads.merge(H)),
        ),
        mistake(
            "flattened",
            "Everything lies in one long row.",
            "Keep one row per token.",
            lambda H: H.reshape(-1),
            lambda H: H.reshape(*H.shape[:-3], -1),
            lambda H: np.swapaxes(H, -2, -3).reshape(*H.shape[:-3], -1),
            lambda H: np.swapaxes(H, -2, -3).reshape(-1),
        ),
    ),
    hints=(
        "It should undo split_heads: which step was the last one there?",
        "Swap axes -3 and -2, so that each token has its heads next to each other.",
        "Then reshape, with -1 for the joined width.",
    ),
    praise="Right: it undoes split_heads, number by number.",
)

"""Which feature asks for which: W_Q W_Kᵀ."""

from __future__ import annotations

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import ONE_AXIS, case, cases, swap_last_axes
from qkvlib.check.misconceptions.scores import unit
from qkvlib.check.misconceptions.softmax import soft
from qkvlib.check.spec import Exercise, mistake


def _arguments(draw, d_model, d_head, batch=()):
    return draw(*batch, d_model, d_head), draw(*batch, d_model, d_head)


EXERCISE = Exercise(
    name="qk_circuit",
    reference=attention.qk_circuit,
    inputs=cases(
        _arguments,
        case("one head", d_model=7, d_head=3),
        case("square matrices", d_model=5, d_head=5),
        case("a batch of heads", d_model=7, d_head=3, batch=ONE_AXIS),
    ),
    axes=("feature that is wanted", "feature that is offered"),
    mistakes=(
        mistake(
            "inner-width-kept",
            "Your circuit is as wide as a head: the features have been summed away.",
            "It should say for every pair of features how well one asks for the other.",
            lambda W_Q, W_K: swap_last_axes(W_Q) @ W_K,
            lambda W_Q, W_K: swap_last_axes(W_K) @ W_Q,
        ),
        mistake(
            "no-transpose",
            "The two matrices are multiplied as they stand, so a feature of one meets a column of the other.",
            "q·k sums over d_head: which axis of both matrices is that?",
            lambda W_Q, W_K: W_Q @ W_K,
            lambda W_Q, W_K: W_K @ W_Q,
        ),
        mistake(
            "circuit-transposed",
            "Your circuit is turned round: its rows are offered and its columns wanted.",
            "Rows stand for the token that asks.",
            lambda W_Q, W_K: W_K @ swap_last_axes(W_Q),
        ),
        mistake(
            "transposed-all-axes",
            "With several heads in front, .T turns every axis round, the heads too.",
            "Swap only the last two axes.",
            lambda W_Q, W_K: W_Q @ W_K.T,
        ),
        mistake(
            "one-matrix-twice",
            "Your circuit is symmetric: one matrix meets itself.",
            "Asking and offering each have a matrix of their own.",
            lambda W_Q, W_K: W_Q @ swap_last_axes(W_Q),
            lambda W_Q, W_K: W_K @ swap_last_axes(W_K),
        ),
        mistake(
            "symmetrised",
            "Your circuit is symmetric: the two directions have been averaged or added.",
            "That wanting differs from offering is the whole point.",
            lambda W_Q, W_K: (W_Q @ swap_last_axes(W_K) + W_K @ swap_last_axes(W_Q)) / 2,
            lambda W_Q, W_K: W_Q @ swap_last_axes(W_K) + W_K @ swap_last_axes(W_Q),
        ),
        mistake(
            "scaled",
            "Your circuit has been divided by the root of a width.",
            "The scale belongs to the scores; here only the two matrices meet.",
            lambda W_Q, W_K: W_Q @ swap_last_axes(W_K) / np.sqrt(W_Q.shape[-1]),
            lambda W_Q, W_K: W_Q @ swap_last_axes(W_K) / np.sqrt(W_Q.shape[-2]),
            lambda W_Q, W_K: W_Q @ swap_last_axes(W_K) / W_Q.shape[-1],
        ),
        mistake(
            "inverse-for-transpose",
            "One of your two matrices was inverted.",
            "Nothing is undone here: y W_K only stands turned round in the score.",
            lambda W_Q, W_K: W_Q @ np.linalg.pinv(W_K),
        ),
        mistake(
            "elementwise",
            "The two matrices are multiplied entry by entry.",
            "The sign for a matrix product is @.",
            lambda W_Q, W_K: W_Q * W_K,
            lambda W_Q, W_K: (W_Q * W_K).sum(-1),
        ),
        mistake(
            "not-summed",
            "The products over d_head are there, but have not been added up.",
            "One number per pair of features.",
            lambda W_Q, W_K: W_Q[..., :, None, :] * W_K[..., None, :, :],
        ),
        mistake(
            "softmax-already",
            "The rows of your circuit are positive and sum to 1.",
            "There are no tokens here yet, so nothing to share out.",
            lambda W_Q, W_K: soft(W_Q @ swap_last_axes(W_K)),
        ),
        mistake(
            "difference",
            "The two matrices were subtracted or added.",
            "They meet in a product: follow q·k, with x W_Q for q and y W_K for k.",
            lambda W_Q, W_K: W_Q - W_K,
            lambda W_Q, W_K: W_Q + W_K,
        ),
        mistake(
            "cosine",
            "The rows were cut to length 1 first.",
            "Their lengths are part of what the head has learned.",
            lambda W_Q, W_K: unit(W_Q) @ swap_last_axes(unit(W_K)),
        ),
        mistake(
            "heads-added",
            "With several heads in front, their circuits have been added into one.",
            "Each head keeps a circuit of its own: the axes in front stay.",
            lambda W_Q, W_K: (W_Q @ swap_last_axes(W_K)).reshape(-1, W_Q.shape[-2], W_Q.shape[-2]).sum(0),
        ),
    ),
    hints=(
        "Write a score with everything in it: (x W_Q)(y W_K)ᵀ. Where do x and y stand?",
        "(A B)ᵀ = Bᵀ Aᵀ. What stands between x and yᵀ?",
        "The result is [d_model, d_model]: swap the last two axes of one matrix.",
    ),
    praise="Right: features wanted in the rows, features offered in the columns, and that is all the scores ever see.",
)

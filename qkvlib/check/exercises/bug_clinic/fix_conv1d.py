"""The clinic: a Conv1D weight turned round."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, case, cases, swap_last_axes
from qkvlib.check.misconceptions.fixes import still_broken
from qkvlib.check.spec import Exercise, mistake
from qkvlib.clinic import BUGS


def _arguments(draw, T, d_in, d_out, batch=()):
    return draw(*batch, T, d_in), draw(d_in, d_out), draw(d_out)


EXERCISE = Exercise(
    name="fix_conv1d",
    reference=BUGS["fix_conv1d"].fixed,
    inputs=cases(
        _arguments,
        case("c_proj, which is square", T=5, d_in=7, d_out=7),
        case("c_attn, which is not square", T=5, d_in=3, d_out=9),
        case("a batch of sequences", T=5, d_in=3, d_out=11, batch=ONE_AXIS),
    ),
    axes=("token", "column of weight"),
    mistakes=(
        still_broken("fix_conv1d", "Which axis of a Conv1D weight is d_in?"),
        mistake(
            "turned-when-square",
            "Your code decides by the shape, and a square weight is still turned round.",
            "A shape cannot tell which way round a square weight is stored; the kind of layer can.",
            lambda X, w, b: X @ (w.T if w.shape[0] == w.shape[1] else w) + b,
        ),
        mistake(
            "bias-left-out",
            "The bias is gone.",
            "Only the transpose was wrong.",
            lambda X, w, b: X @ w,
            lambda X, w, b: X @ w.T,
        ),
        mistake(
            "bias-subtracted",
            "The bias is subtracted.",
            "It is added.",
            lambda X, w, b: X @ w - b,
        ),
        mistake(
            "bias-multiplied",
            "The bias is multiplied in.",
            "It is added, once per row.",
            lambda X, w, b: X @ w * b,
        ),
        mistake(
            "bias-before",
            "The bias is added before the product.",
            "It belongs to the result: it has d_out entries.",
            lambda X, w, b: (X + b) @ w,
            lambda X, w, b: X @ (w + b),
        ),
        mistake(
            "bias-down-the-rows",
            "The bias runs down the tokens.",
            "It has one entry per column of the result.",
            lambda X, w, b: X @ w + b[:, None],
        ),
        mistake(
            "matrix-on-the-left",
            "The weight stands to the left of X.",
            "Tokens are rows: a row is multiplied from the right.",
            lambda X, w, b: w @ X + b,
            lambda X, w, b: w.T @ X + b,
        ),
        mistake(
            "input-transposed",
            "X is turned round.",
            "Leave X as it is; tokens are rows.",
            lambda X, w, b: X.T @ w + b,
            lambda X, w, b: swap_last_axes(swap_last_axes(w) @ swap_last_axes(X)) + b[::-1],
        ),
        mistake(
            "result-transposed",
            "The result is turned round.",
            "Tokens are rows, before and after.",
            lambda X, w, b: swap_last_axes(X @ w + b),
        ),
        mistake(
            "elementwise",
            "X and the weight are multiplied entry by entry.",
            "The sign for a matrix product is @.",
            lambda X, w, b: X * w + b,
        ),
        mistake(
            "transposed-both-ways",
            "The weight is still turned round, though the shapes now fit by force.",
            "A reshape is not a transpose; here neither is needed.",
            lambda X, w, b: X @ w.T.reshape(w.shape) + b,
            lambda X, w, b: X @ w.reshape(w.shape[::-1]).T + b,
        ),
        mistake(
            "real-convolution",
            "A real convolution runs over each row, although the layer has only its name from one.",
            "A Conv1D of GPT-2 is a matrix and a bias, no more.",
            lambda X, w, b: np.array([np.convolve(x, w[:, 0], mode="same") for x in X]) + b,
        ),
    ),
    hints=(
        "A Linear of PyTorch stores [d_out, d_in] and multiplies by its transpose. What does a Conv1D store?",
        "Try the bug on c_attn: its weight is not square, and the error tells.",
        "Drop two characters.",
    ),
    praise="Fixed: a Conv1D weight is [d_in, d_out] already.",
)

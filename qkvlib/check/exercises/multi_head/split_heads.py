"""The columns cut into heads."""

from __future__ import annotations

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import ONE_AXIS, case, cases, swap_last_axes
from qkvlib.check.misconceptions import heads
from qkvlib.check.spec import Exercise, mistake


def _arguments(draw, T, n_heads, d_head, batch=()):
    return draw(*batch, T, n_heads * d_head), n_heads


EXERCISE = Exercise(
    name="split_heads",
    reference=attention.split_heads,
    inputs=cases(
        _arguments,
        case("one sequence", T=5, n_heads=2, d_head=3),
        case("as many tokens as heads", T=3, n_heads=3, d_head=5),
        case("a batch of sequences", T=7, n_heads=3, d_head=5, batch=ONE_AXIS),
    ),
    axes=("head", "token", "feature of a head"),
    mistakes=(
        mistake(
            "bare-reshape-on-split",
            "The shape is right, but your heads mix tokens: the array was reshaped straight into heads.",
            "A reshape keeps the order of the numbers. Cut the columns first, then swap two axes.",
            lambda X, n: heads.split(X, n, "reshape"),
            lambda X, n: X.reshape(n, X.shape[0], X.shape[1] // n),
            lambda X, n: X.reshape(n, X.shape[-2], X.shape[-1] // n),
            lambda X, n: X.reshape(n, -1, X.shape[-1] // n),
        ),
        mistake(
            "heads-among-tokens",
            "The columns are cut, but heads still stand behind tokens.",
            "Each head wants to see all tokens: which two axes must be swapped?",
            lambda X, n: heads.split(X, n, "not-swapped"),
            lambda X, n: X.reshape(X.shape[0], n, -1),
        ),
        mistake(
            "interleaved-columns",
            "Your heads take every n-th column instead of a block of neighbouring ones.",
            "Which comes first when the columns are cut, the head or the place within it?",
            lambda X, n: heads.split(X, n, "interleaved"),
        ),
        mistake(
            "head-transposed",
            "Inside each of your heads tokens and features have changed places.",
            "Tokens are rows, in a head as well.",
            lambda X, n: swap_last_axes(heads.split(X, n)),
            lambda X, n: X.reshape(*X.shape[:-1], n, -1).T,
            lambda X, n: np.moveaxis(X.reshape(*X.shape[:-1], n, -1), -3, -1),
        ),
        mistake(
            "tokens-split",
            "You have shared out the tokens among the heads.",
            "Every head sees every token; it is the width that is cut.",
            lambda X, n: np.stack(np.split(X, n, axis=-2), axis=-3),
            lambda X, n: np.stack(np.split(X, n, axis=0)),
            lambda X, n: X.reshape(*X.shape[:-2], n, -1, X.shape[-1]),
            lambda X, n: np.array_split(X, n, axis=0),
        ),
        mistake(
            "first-axes-swapped",
            "With a batch in front, the wrong two axes change places.",
            "Count from the end: which axes are tokens and heads after cutting?",
            lambda X, n: np.swapaxes(X.reshape(*X.shape[:-1], n, -1), 0, 1),
            lambda X, n: np.swapaxes(X.reshape(*X.shape[:-1], n, -1), 0, -2),
        ),
        mistake(
            "head-axis-last",
            "The head axis stands last.",
            "It belongs before the tokens, so that attention runs over the last two axes.",
            lambda X, n: np.moveaxis(X.reshape(*X.shape[:-1], n, -1), -2, -1),
            lambda X, n: X.reshape(*X.shape[:-1], -1, n),
        ),
        mistake(
            "heads-before-batch",
            "Your head axis stands before the batch.",
            "The batch stays in front; heads come right before the tokens.",
            lambda X, n: np.moveaxis(X.reshape(*X.shape[:-1], n, -1), -2, 0),
            lambda X, n: np.stack(np.split(X, n, axis=-1)),
            lambda X, n: np.split(X, n, axis=-1),
        ),
        mistake(
            "one-head-only",
            "Only one head comes back.",
            "n_heads blocks of columns, n_heads heads.",
            lambda X, n: X[..., : X.shape[-1] // n],
            lambda X, n: heads.split(X, n)[..., 0, :, :],
            lambda X, n: heads.split(X, n)[..., :1, :, :],
        ),
        mistake(
            "copied-not-split",
            "Every head has the full width: X was copied, not cut.",
            "The width is shared out among the heads.",
            lambda X, n: np.repeat(X[..., None, :, :], n, axis=-3),
        ),
        heads.always_a_batch(heads.split),
        mistake(
            "n-heads-wide",
            "Your heads are n_heads wide, and there are too many, or too few, of them.",
            "The number of heads is given; their width is what is left over.",
            lambda X, n: np.swapaxes(X.reshape(*X.shape[:-1], -1, n), -2, -3),
        ),
        heads.fixed_number(*(lambda X, n, m=m: heads.split(X, m) for m in (2, 4, 8))),
        mistake(
            "heads-reversed",
            "Your heads come in reversed order.",
            "Head 0 takes the first columns.",
            lambda X, n: heads.split(X, n)[..., ::-1, :, :],
        ),
        mistake(
            "unsplit",
            "X comes back as it was, or with one more axis.",
            "Cut its last axis into n_heads pieces.",
            lambda X, n: X,
            lambda X, n: X[..., None, :, :],
        ),
    ),
    hints=(
        "Which axis is cut, and into how many pieces of which length?",
        "Reshape [..., T, n_heads · d_head] to [..., T, n_heads, d_head]: this cuts the columns and moves nothing.",
        "Then swap tokens and heads, counting from the end: axes -2 and -3.",
    ),
    praise="Right: the width is split, the tokens are not.",
)

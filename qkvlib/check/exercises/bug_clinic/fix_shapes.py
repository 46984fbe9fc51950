"""The clinic: scaled by the width of the model."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, case, cases
from qkvlib.check.misconceptions import heads
from qkvlib.check.misconceptions.everywhere import WHOLE_NUMBERS, everywhere
from qkvlib.check.misconceptions.fixes import still_broken
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.misconceptions.scores import measure_mistakes, scale_mistakes, scale_slips
from qkvlib.check.misconceptions.softmax import softmax_mistakes
from qkvlib.check.spec import Exercise, mistake, switch, without
from qkvlib.clinic import BUGS


def _weights_of_heads(
    X: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    n_heads: int,
    *,
    cut: str = "proper",
    q: str = "Q",
    k: str = "K",
    **switches: Any,
) -> np.ndarray:
    by = {"Q": W_Q, "K": W_K}
    Q, K = heads.split(X @ by[q], n_heads, cut), heads.split(X @ by[k], n_heads, cut)
    return head(Q, K, K, d_model=X.shape[-1], **switches)[1]


def _arguments(draw, T, d_model, n_heads, d_head, batch=()):
    wide = n_heads * d_head
    return draw(*batch, T, d_model), draw.weight(d_model, wide), draw.weight(d_model, wide), n_heads


EXERCISE = Exercise(
    name="fix_shapes",
    reference=BUGS["fix_shapes"].fixed,
    model=_weights_of_heads,
    inputs=cases(
        _arguments,
        case("two heads", T=5, d_model=6, n_heads=2, d_head=3),
        case("more heads", T=7, d_model=15, n_heads=5, d_head=3),
        case("heads that are wider together than the model", T=5, d_model=3, n_heads=2, d_head=4),
        case("a batch of sequences", T=5, d_model=6, n_heads=3, d_head=2, batch=ONE_AXIS),
    ),
    axes=("head", "query", "key"),
    mistakes=(
        still_broken("fix_shapes", "Inside a head, how many features does one dot product add up?"),
        *without(scale_mistakes("The scores behind your weights", model=True), "scale-by-sqrt-d-model"),
        *scale_slips(_weights_of_heads, "The scores behind your weights"),
        switch(
            "keys-from-query-matrix", "Both sides of your comparison come from W_Q.", "Only the width was wrong.", k="Q"
        ),
        *without(measure_mistakes(), "distance", "squared-distance", "distance-rewarded"),
        *without(softmax_mistakes(), "softmax-twice", "minus-sign"),
        *(m for m in heads.head_switches() if "cut" in m.switches),
        heads.width_from_d_model(
            lambda X, W_Q, W_K, n: _weights_of_heads(X, W_Q * np.sqrt(W_Q.shape[-1] / X.shape[-1]), W_K, n),
            lambda X, W_Q, W_K, n: _weights_of_heads(X, W_Q * np.sqrt(W_Q.shape[-1] // n / (X.shape[-1] // n)), W_K, n),
            lambda X, W_Q, W_K, n: head(*(heads.narrow(X, W, n) for W in (W_Q, W_K, W_K)))[1],
        ),
        mistake(
            "width-of-all-heads",
            "The scores behind your weights are scaled by the width of all heads together.",
            "A dot product inside one head only adds up that head's own features.",
            lambda X, W_Q, W_K, n: _weights_of_heads(X, W_Q / np.sqrt(n), W_K, n),
        ),
        mistake(
            "root-in-the-wrong-place",
            "The number of heads stands outside the root: it divides, or multiplies, the root of the whole width.",
            "Which number goes under the root?",
            lambda X, W_Q, W_K, n: _weights_of_heads(X, W_Q * n, W_K, n, scale="sqrt-model"),
            lambda X, W_Q, W_K, n: _weights_of_heads(X, W_Q / n, W_K, n, scale="sqrt-model"),
        ),
        mistake(
            "heads-lost",
            "Your weights have lost their heads: the split is gone.",
            "Keep the split; only one number in the code is wrong.",
            lambda X, W_Q, W_K, n: head(X @ W_Q, X @ W_K, X @ W_K)[1],
            lambda X, W_Q, W_K, n: head(X @ W_Q * np.sqrt(n), X @ W_K, X @ W_K)[1],
        ),
        heads.fixed_number(*(lambda X, W_Q, W_K, n, m=m: _weights_of_heads(X, W_Q, W_K, m) for m in (2, 4, 8))),
        *everywhere(_weights_of_heads, but=(WHOLE_NUMBERS,), blends=False),
    ),
    hints=(
        "Run the broken code with one head and with four: for which is it right?",
        "Look at what is under the square root.",
        "Q has been split: its last axis knows the number that you need.",
    ),
    praise="Fixed: inside a head, the width of the head is what counts.",
)

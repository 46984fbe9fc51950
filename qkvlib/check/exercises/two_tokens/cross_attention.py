"""Queries from one text, keys and values from another."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, case, cases
from qkvlib.check.misconceptions.everywhere import everywhere
from qkvlib.check.misconceptions.one_head import head, value_mistakes
from qkvlib.check.misconceptions.scores import measure_mistakes, scale_mistakes, scale_slips
from qkvlib.check.misconceptions.softmax import softmax_mistakes, softmax_slips
from qkvlib.check.spec import Exercise, mistake, switch


def _cross(
    X: np.ndarray,
    Y: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    *,
    q: str = "X",
    k: str = "Y",
    v: str = "Y",
    **switches: Any,
) -> tuple[np.ndarray, np.ndarray]:
    by = {"X": X, "Y": Y}
    return head(by[q] @ W_Q, by[k] @ W_K, by[v] @ W_V, d_model=X.shape[-1], **switches)


def _arguments(draw, T, S, d_model, d_head, batch=()):
    return draw(*batch, T, d_model), draw(*batch, S, d_model), *(draw.weight(d_model, d_head) for _ in "QKV")


EXERCISE = Exercise(
    name="cross_attention",
    parameters=("X", "Y", "W_Q", "W_K", "W_V"),
    parts=("out", "weights"),
    reference=_cross,
    model=_cross,
    inputs=cases(
        _arguments,
        case("two texts", T=5, S=7, d_model=11, d_head=3),
        case("texts of one length", T=5, S=5, d_model=7, d_head=2),
        case("a batch of texts", T=5, S=3, d_model=7, d_head=5, batch=ONE_AXIS),
    ),
    mistakes=(
        switch(
            "texts-swapped",
            "In your result the tokens of Y ask and those of X answer.",
            "Rows of the result should belong to X.",
            versions=(lambda *a: _cross(*a, q="Y", k="X"),),
            q="Y",
            k="X",
            v="X",
        ),
        switch(
            "self-attention-of-x",
            "Your X attends to itself: Y plays no part.",
            "Who is asked, and whose content is handed over?",
            k="X",
            v="X",
        ),
        switch(
            "self-attention-of-y",
            "Your Y attends to itself: X plays no part.",
            "Who is asking?",
            q="Y",
        ),
        switch(
            "keys-from-x",
            "Your keys come from X, your values from Y.",
            "What is found and what is handed over belong to the same token.",
            k="X",
        ),
        switch(
            "values-from-x",
            "Your values come from X, your keys from Y.",
            "What is found and what is handed over belong to the same token.",
            v="X",
        ),
        mistake(
            "texts-joined",
            "You joined the two texts, and everybody attends to everybody.",
            "Only X asks, and only Y is asked.",
            lambda X, Y, W_Q, W_K, W_V: _cross(*(np.concatenate([X, Y], -2),) * 2, W_Q, W_K, W_V),
            lambda X, Y, W_Q, W_K, W_V: _cross(X, np.concatenate([X, Y], -2), W_Q, W_K, W_V),
        ),
        mistake(
            "texts-added",
            "You added the two texts, token by token, which only works for texts of one length.",
            "They stay apart: X asks and Y is asked.",
            lambda X, Y, W_Q, W_K, W_V: _cross(X + Y, X + Y, W_Q, W_K, W_V),
        ),
        mistake(
            "values-unprojected",
            "What you blend are the embeddings of Y: W_V is never used.",
            "What a token hands over is projected, too.",
            lambda X, Y, W_Q, W_K, W_V: head(X @ W_Q, Y @ W_K, Y),
        ),
        mistake(
            "causal-unasked",
            "Your tokens cannot see all of Y: a causal mask has been used.",
            "Y is another text; nothing in it is the future of X.",
            lambda X, Y, W_Q, W_K, W_V: _cross(X, Y, W_Q, W_K, W_V, mask=np.tri(X.shape[-2], Y.shape[-2], dtype=bool)),
        ),
        mistake(
            "nothing-projected",
            "The embeddings themselves are compared.",
            "Three matrices, three roles, as before.",
            lambda X, Y, W_Q, W_K, W_V: head(X, Y, Y),
            lambda X, Y, W_Q, W_K, W_V: head(X, Y, Y @ W_V),
        ),
        mistake(
            "keys-and-values-swapped",
            "W_K and W_V have changed places.",
            "Which of the two makes what a token hands over?",
            lambda X, Y, W_Q, W_K, W_V: _cross(X, Y, W_Q, W_V, W_K),
        ),
        mistake(
            "queries-and-keys-swapped",
            "W_Q and W_K have changed places.",
            "Which of the two makes what a token looks for?",
            lambda X, Y, W_Q, W_K, W_V: _cross(X, Y, W_K, W_Q, W_V),
        ),
        *measure_mistakes(),
        *softmax_mistakes(),
        *(m for m in value_mistakes() if m.slug != "queries-as-values"),
        *scale_mistakes("The scores behind your weights", queries=True),
        *scale_slips(_cross, "The scores behind your weights"),
        *softmax_slips(_cross),
        *everywhere(_cross, but=("weights-transposed",), wide=True),
        mistake(
            "weights-only",
            "What comes back are the weights.",
            "Blend the values with them.",
            lambda X, Y, W_Q, W_K, W_V: _cross(X, Y, W_Q, W_K, W_V)[1],
        ),
        mistake(
            "results-swapped",
            "You return the weights first and the output second.",
            "Output first, then the weights.",
            lambda X, Y, W_Q, W_K, W_V: _cross(X, Y, W_Q, W_K, W_V)[::-1],
        ),
    ),
    hints=(
        "Only the first line of self-attention changes: who is projected into queries, who into keys and values?",
        "Queries from X; keys and values from Y.",
        "Then call attention as you wrote it.",
    ),
    praise="Right: this is how a translator's output looks at its input. Nothing else had to change.",
)

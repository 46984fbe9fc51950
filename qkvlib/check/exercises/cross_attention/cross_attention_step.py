"""One step of decoding in cross-attention: the source's keys and values are there already."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib.check.inputs import case, cases
from qkvlib.check.misconceptions.everywhere import everywhere
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.misconceptions.one_query import ONE_QUERY
from qkvlib.check.misconceptions.scores import measure_mistakes, scale_mistakes, scale_slips
from qkvlib.check.misconceptions.softmax import softmax_mistakes, softmax_slips
from qkvlib.check.spec import Exercise, mistake, switch, without

Kept = tuple[np.ndarray, np.ndarray]


def _arguments(draw, n_source, d_model, d_head, d_v, batch=()):
    kept = draw(*batch, n_source, d_head), draw(*batch, n_source, d_v)
    return draw(*batch, d_model), kept, draw.weight(d_model, d_head)


def _step(
    x: np.ndarray,
    kept: Kept,
    W_Q: np.ndarray,
    *,
    q: str = "projected",
    see: str = "all",
    halves: str = "kv",
    **switches: Any,
) -> np.ndarray:
    K, V = kept if halves == "kv" else kept[::-1]
    cut = {"all": slice(None), "but-first": slice(1, None), "but-last": slice(-1), "last": slice(-1, None),
           "first": slice(1)}[see]  # fmt: skip
    row = (x if q == "bare" else x @ W_Q)[..., None, :]
    return head(row, K[..., cut, :], V[..., cut, :], d_model=x.shape[-1], **switches)[0][..., 0, :]


def _weights(x: np.ndarray, kept: Kept, W_Q: np.ndarray) -> np.ndarray:
    return head((x @ W_Q)[..., None, :], kept[0], kept[0])[1][..., 0, :]


def _grown(x: np.ndarray, kept: Kept, W_Q: np.ndarray) -> np.ndarray:
    q = (x @ W_Q)[..., None, :]
    K, V = (np.concatenate([part, q], axis=-2) for part in kept)
    return head(q, K, V)[0][..., 0, :]


EXERCISE = Exercise(
    name="cross_attention_step",
    parameters=("x", "kept", "W_Q"),
    reference=_step,
    model=_step,
    inputs=cases(
        _arguments,
        case("a short source", n_source=7, d_model=5, d_head=3, d_v=2),
        case("a square head", n_source=3, d_model=5, d_head=5, d_v=5),
        case("a source of one token", n_source=1, d_model=7, d_head=3, d_v=3),
        case("a batch of one text", n_source=5, d_model=7, d_head=2, d_v=2, batch=(1,)),
    ),
    mistakes=(
        switch(
            "query-unprojected",
            "The row itself asks: W_Q is never used.",
            "What does a token look with, its row or its query?",
            q="bare",
        ),
        switch(
            "halves-swapped",
            "Keys and values of the source have changed places.",
            "The pair holds the keys first: they are compared, the values are blended.",
            halves="vk",
        ),
        switch(
            "keys-as-values",
            "What you blend are the keys.",
            "Keys are for being found; values are handed over.",
            values="K",
        ),
        switch(
            "first-source-row-unseen",
            "The first token of the source is never looked at.",
            "The whole source is there, from its first row to its last.",
            see="but-first",
        ),
        switch(
            "last-source-row-unseen",
            "The last token of the source is never looked at.",
            "Nothing in the source is the future: the whole of it is there.",
            see="but-last",
        ),
        switch(
            "last-source-row-only",
            "Only the last token of the source is looked at.",
            "The query meets every key that was kept.",
            see="last",
        ),
        switch(
            "first-source-row-only",
            "Only the first token of the source is looked at, as under a causal mask for a single query.",
            "Nothing in the source is the future: the query meets every key.",
            see="first",
        ),
        mistake(
            "source-grown",
            "The new token has joined the source: a row was added to what was kept, as in self-attention.",
            "Here keys and values belong to another text, and that is complete.",
            _grown,
        ),
        mistake(
            "source-projected-again",
            "What was kept was projected once more.",
            "These are keys and values already: only x needs projecting.",
            lambda x, kept, W_Q: _step(x, (kept[0] @ W_Q, kept[1]), W_Q),
            lambda x, kept, W_Q: _step(x, (kept[0] @ W_Q, kept[1] @ W_Q), W_Q),
        ),
        mistake(
            "weights-for-output",
            "What comes back are the weights.",
            "Blend the values with them.",
            _weights,
        ),
        mistake(
            "values-averaged",
            "Your output is the plain average of the values.",
            "The weights say how much of each value to take.",
            lambda *a: _step(*a, normalise="uniform"),
        ),
        mistake(
            "residual-added",
            "The row has been added to the output.",
            "The residual connection comes later, outside attention.",
            lambda *a: _step(*a) + a[0],
        ),
        *(m for m in softmax_mistakes() if m.slug not in ONE_QUERY),
        *without(measure_mistakes(), "transposed-all-axes"),
        *scale_mistakes("The scores of the new token"),
        *scale_slips(_step, "The scores of the new token"),
        *softmax_slips(_step),
        *everywhere(_step, "The scores of the new token", but=("weights-go-on",), wide=True),
    ),
    hints=(
        "Everything about the source is there. What is still missing is the question.",
        "One query, x W_Q; then scores with all kept keys, softmax, and the blend of the kept values.",
        "A vector has no axis for tokens: x[..., None, :] gives it one. The output goes without it.",
    ),
    praise="Right: one projection and one row of scores for each word, however often the source is read.",
)

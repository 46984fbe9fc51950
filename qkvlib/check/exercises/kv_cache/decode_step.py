"""One step of decoding with a cache."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import case, cases
from qkvlib.check.misconceptions.cache import cache_switches, grow_cache, kept_cache, seen_cache
from qkvlib.check.misconceptions.everywhere import everywhere
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.misconceptions.one_query import one_query_mistakes
from qkvlib.check.misconceptions.projection import projection_switches
from qkvlib.check.misconceptions.scores import scale_mistakes, scale_slips
from qkvlib.check.spec import Exercise, mistake, picked, switch


def _arguments(draw, d_model, d_head, d_v, kept, batch=()):
    cache = (draw(*batch, kept, d_head), draw(*batch, kept, d_v))
    return draw(*batch, d_model), cache, *(draw.weight(d_model, width) for width in (d_head, d_head, d_v))


def _decode(
    x: np.ndarray,
    cache: tuple[np.ndarray, np.ndarray],
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    *,
    q: str = "Q",
    k: str = "K",
    v: str = "V",
    grow: str = "end",
    see: str = "all",
    keep: str = "new",
    **switches: Any,
) -> tuple:
    by = {"Q": W_Q, "K": W_K, "V": W_V}

    def row(name: str) -> np.ndarray:
        return (x if name == "X" else x @ by[name])[..., None, :]

    new = row(k), row(v)
    if grow == "embedding":
        new, grow = (x[..., None, :], x[..., None, :]), "end"
    grown = grow_cache(cache, new, grow)
    if see == "nothing":
        return np.zeros((*x.shape[:-1], W_V.shape[-1])), grown
    seen = seen_cache(cache, new, grown, see)
    out = head(row(q), *seen, **switches)[0][..., 0, :]
    return out, kept_cache(cache, new, grown, keep)


EXERCISE = Exercise(
    name="decode_step",
    parts=("out", "the new cache"),
    unpacked=("K", "V"),
    reference=attention.decode_step,
    model=_decode,
    inputs=cases(
        _arguments,
        case("a short cache", d_model=5, d_head=3, d_v=2, kept=7),
        case("a square head", d_model=5, d_head=5, d_v=5, kept=3),
        case("the very first token", d_model=5, d_head=3, d_v=3, kept=0),
        case("a batch of one text", d_model=7, d_head=2, d_v=2, kept=1, batch=(1,)),
    ),
    mistakes=(
        *cache_switches(_decode),
        switch(
            "embedding-cached",
            "The embedding itself went into the cache.",
            "Keys and values are kept, so that nothing has to be projected again.",
            grow="embedding",
        ),
        *picked(projection_switches(), "one-matrix-for-all", "queries-and-keys-swapped", "keys-and-values-swapped"),
        switch("keys-from-query-matrix", "The new key is made with W_Q.", "Read that line again.", k="Q"),
        switch("values-from-key-matrix", "The new value is made with W_K.", "Read that line again.", v="K"),
        switch("queries-from-key-matrix", "The new query is made with W_K.", "Read that line again.", q="K"),
        switch(
            "query-unprojected",
            "The embedding itself asks: W_Q is never used.",
            "Project it first.",
            q="X",
        ),
        *scale_mistakes("The scores of the new token"),
        *scale_slips(_decode, "The scores of the new token"),
        mistake(
            "scale-by-sqrt-d-model",
            "The scores of the new token are scaled by the width of the whole model.",
            "A dot product adds up the features of one query, not of the embedding.",
            lambda x, c, Q, K, V: _decode(x, c, Q * np.sqrt(Q.shape[1] / x.shape[-1]), K, V),
        ),
        mistake(
            "weights-too",
            "The weights come back as well, beside the output and the cache.",
            "Two results are promised: out, then the cache.",
            lambda *a: (_decode(*a)[0], _decode_weights(*a), _decode(*a)[1]),
            lambda *a: (*_decode(*a), _decode_weights(*a)),
        ),
        *one_query_mistakes(_decode),
        *everywhere(_decode, "The scores of the new token", but=("weights-go-on",)),
        mistake(
            "weights-for-output",
            "What comes back as output are the weights.",
            "Blend the values with them.",
            lambda x, c, Q, K, V: (_decode_weights(x, c, Q, K, V), _decode(x, c, Q, K, V)[1]),
        ),
        mistake(
            "query-cached-too",
            "The query went into the cache as well.",
            "A query is used once; keep keys and values only.",
            lambda x, c, Q, K, V: (_decode(x, c, Q, K, V)[0], (x @ Q, *_decode(x, c, Q, K, V)[1])),
        ),
        mistake(
            "cache-projected-again",
            "What is in the cache was projected once more.",
            "It holds keys and values already: only x needs projecting.",
            lambda x, c, Q, K, V: _decode(x, (c[0] @ K, c[1] @ V), Q, K, V),
            lambda x, c, Q, K, V: _all_again(x, c, Q, K, V),
        ),
        mistake(
            "every-row-asks",
            "Every token asks again, where only the new one should.",
            "One step makes one query and one output.",
            lambda x, c, Q, K, V: _all_ask(x, c, Q, K, V),
        ),
        mistake(
            "append-flattens",
            "np.append without an axis lays the whole cache out in one long row.",
            "np.concatenate with an axis keeps the rows: tokens are the axis before the last.",
            lambda x, c, Q, K, V: attention.attention(x @ Q, np.append(c[0], x @ K), np.append(c[1], x @ V)),
            lambda x, c, Q, K, V: head(x @ Q, np.append(c[0], x @ K), np.append(c[1], x @ V)),
        ),
        mistake(
            "squeezed",
            "np.squeeze without an axis takes out every axis of length 1, and a batch of one text with it.",
            "One axis only has to go, the one before the last: index it, or name it.",
            lambda *a: (np.squeeze(_decode(*a)[0]), _decode(*a)[1]),
        ),
    ),
    hints=(
        "Only one token is new. What does it need, and what do later tokens need from it?",
        "Project x three times; append its key and value to the cache; then let its query look at the whole cache.",
        "A vector has no axis for tokens: x[..., None, :] gives it one. Join along -2; the output goes without it.",
    ),
    praise="Right: one projection per token, and the cache does the remembering.",
)


def _decode_weights(
    x: np.ndarray, c: tuple[np.ndarray, np.ndarray], W_Q: np.ndarray, W_K: np.ndarray, W_V: np.ndarray
) -> np.ndarray:
    row = x[..., None, :]
    K = np.concatenate([c[0], row @ W_K], axis=-2)
    return head(row @ W_Q, K, K)[1][..., 0, :]


def _all_again(
    x: np.ndarray, c: tuple[np.ndarray, np.ndarray], W_Q: np.ndarray, W_K: np.ndarray, W_V: np.ndarray
) -> tuple:
    row = x[..., None, :]
    X = np.concatenate([c[0], row], axis=-2)
    return head(row @ W_Q, X @ W_K, X @ W_V)[0][..., 0, :], (X @ W_K, X @ W_V)


def _all_ask(
    x: np.ndarray, c: tuple[np.ndarray, np.ndarray], W_Q: np.ndarray, W_K: np.ndarray, W_V: np.ndarray
) -> tuple:
    row = x[..., None, :]
    K, V = np.concatenate([c[0], row @ W_K], axis=-2), np.concatenate([c[1], row @ W_V], axis=-2)
    return head(K, K, V)[0], (K, V)

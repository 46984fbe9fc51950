"""One step of decoding, with keys that were turned when they came."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import case, cases
from qkvlib.check.misconceptions.cache import cache_switches, grow_cache, kept_cache, seen_cache
from qkvlib.check.misconceptions.everywhere import WHOLE_NUMBERS, everywhere
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.misconceptions.one_query import one_query_mistakes
from qkvlib.check.misconceptions.projection import projection_switches
from qkvlib.check.misconceptions.scores import scale_mistakes, scale_slips
from qkvlib.check.misconceptions.turning import pairing_mistakes, planes_of, turn_mistakes, turned
from qkvlib.check.spec import Exercise, picked, switch


def _reference(x, cache, W_Q, W_K, W_V, speeds):
    q, k, v = attention.project_qkv(x[..., None, :], W_Q, W_K, W_V)
    place = np.array([cache[0].shape[-2]])
    K = np.concatenate([cache[0], attention.rotate(k, place, speeds)], axis=-2)
    V = np.concatenate([cache[1], v], axis=-2)
    return attention.attention(attention.rotate(q, place, speeds), K, V)[0][..., 0, :], (K, V)


def _decode(
    x: np.ndarray,
    cache: tuple[np.ndarray, np.ndarray],
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    speeds: np.ndarray,
    *,
    place: str = "next",
    q: str = "",
    k: str = "",
    v: str = "still",
    how: str = "halves",
    again: str = "",
    late: bool = False,
    grow: str = "end",
    see: str = "all",
    keep: str = "new",
    made: str = "QKV",
    **switches: Any,
) -> tuple:
    """One step with switches: which matrix makes what, where the new token stands, what is turned and when, and what
    becomes of the cache."""
    n = cache[0].shape[-2]
    here = np.array([{"next": n, "zero": 0, "one late": n + 1, "one early": n - 1, "twice": 2 * n}[place]])
    by = {"Q": W_Q, "K": W_K, "V": W_V}
    rows = [x[..., None, :] @ by[name] for name in made]
    plain = rows[1], rows[2]
    query, *new = (turned(row, here, speeds, way or how) for row, way in zip(rows, (q, k, v), strict=True))
    grown = grow_cache(cache, tuple(new), grow)
    if see == "nothing":
        return np.zeros((*x.shape[:-1], W_V.shape[-1])), grown
    keys, values = seen_cache(cache, tuple(new), grown, see)
    if again:
        keys = turned(grow_cache(cache, plain, grow)[0], np.arange(n + 1), speeds)
    out = head(query, keys, values, d_model=x.shape[-1], **switches)[0][..., 0, :]
    if again or late:
        new = list(plain)
        grown = grow_cache(cache, plain, grow)
    if again == "in the cache":
        grown = keys, grown[1]
    return out, kept_cache(cache, tuple(new), grown, keep)


def _arguments(draw, d_model, pairs, kept, batch=()):
    d_head, speeds = 2 * pairs, planes_of(draw, pairs)
    keys = turned(draw(*batch, kept, d_head), np.arange(kept), speeds).astype(draw(1).dtype)
    weights = (draw.weight(d_model, d_head) for _ in range(3))
    return draw(*batch, d_model), (keys, draw(*batch, kept, d_head)), *weights, speeds


_MADE = {
    "queries-and-keys-swapped": "KQV",
    "keys-and-values-swapped": "QVK",
    "keys-from-query-matrix": "QQV",
    "queries-from-key-matrix": "KKV",
    "values-from-key-matrix": "QKK",
    "values-from-query-matrix": "QKQ",
    "one-matrix-for-all": "QQQ",
}

EXERCISE = Exercise(
    name="decode_with_rotary",
    parameters=("x", "cache", "W_Q", "W_K", "W_V", "speeds"),
    parts=("out", "the new cache"),
    unpacked=("K", "V"),
    reference=_reference,
    model=_decode,
    inputs=cases(
        _arguments,
        case("five tokens in the cache", d_model=7, pairs=2, kept=5),
        case("a wider head", d_model=5, pairs=3, kept=3),
        case("the very first token", d_model=5, pairs=2, kept=0),
        case("a cache of one token", d_model=3, pairs=1, kept=1),
    ),
    mistakes=(
        switch(
            "position-0",
            "Query and key of the new token stay unturned, as at place 0.",
            "Turn both to its place: how many tokens stand before it? The cache knows.",
            place="zero",
        ),
        switch(
            "one-place-too-far",
            "The new token stands one place too far.",
            "With n tokens at the places 0 to n − 1, which is free?",
            place="one late",
        ),
        switch(
            "one-place-too-near",
            "The new token stands where the one before it stands.",
            "With n tokens at the places 0 to n − 1, which is free?",
            place="one early",
        ),
        switch(
            "place-counted-twice",
            "The new token stands twice as far on as it should.",
            "Its place is the number of tokens before it.",
            place="twice",
        ),
        switch(
            "new-key-not-turned",
            "The new key goes into the cache as it was projected, among keys that have been turned.",
            "Turn it to its place before it goes in, and it never has to be turned again.",
            k="still",
        ),
        switch(
            "query-not-turned",
            "The query has not been turned.",
            "It stands at the same place as the new key.",
            q="still",
        ),
        switch(
            "values-turned",
            "The value has been turned as well.",
            "A value is handed over, not compared: where it comes from is settled by the weights.",
            v="halves",
        ),
        switch(
            "cache-turned-again",
            "All keys were turned in this step, those in the cache a second time.",
            "They were turned when they came. Only the new one is new.",
            versions=(lambda *a: _decode(*a, again="in the cache"),),
            again="for the scores",
        ),
        switch(
            "turned-after-caching",
            "The output is right, but the key that you keep has not been turned.",
            "The next token will read it from the cache, and expects it turned.",
            late=True,
        ),
        *pairing_mistakes()[:1],
        *picked(turn_mistakes(), "turned-backwards", "one-speed-for-all", "speeds-left-out", "degrees"),
        *cache_switches(_decode),
        *(replace(m, switches={"made": _MADE[m.slug]}) for m in projection_switches() if m.slug in _MADE),
        *scale_mistakes("The scores of the new token"),
        *scale_slips(_decode, "The scores of the new token"),
        *one_query_mistakes(_decode),
        *everywhere(_decode, "The scores of the new token", but=(WHOLE_NUMBERS,), wide=True),
    ),
    hints=(
        "Where does the new token stand? n tokens lie in the cache, at the places 0 to n − 1.",
        "Project, turn q and k to place n, append k and v, then let q look at the whole cache.",
        "x[..., None, :] is a row, and rotate wants a place for each row: np.array([n]). The output has no such axis.",
    ),
    praise="Right: one key is turned, once, and the offsets to all that came before are there.",
)

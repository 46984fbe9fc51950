"""The clinic: cached after repeating."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib.check.misconceptions.fixes import still_broken
from qkvlib.check.misconceptions.sharing import share, shared_inputs
from qkvlib.check.spec import Exercise, mistake, switch
from qkvlib.clinic import BUGS


def _cached(K: np.ndarray, n_rep: int, *, keep: str = "K", read: str = "repeat") -> tuple:
    cache = {"K": K, "repeated": np.repeat(K, n_rep, axis=-3), "tiled": share(K, n_rep, "tile")}[keep]
    keys = K if read == "nothing" else share(K, n_rep, read)
    return cache, keys


EXERCISE = Exercise(
    name="fix_cache_after_repeat",
    reference=BUGS["fix_cache_after_repeat"].fixed,
    model=_cached,
    inputs=shared_inputs,
    parts=("the cache", "the keys that are read"),
    mistakes=(
        still_broken("fix_cache_after_repeat", "Keep what is needed, repeat when reading."),
        switch(
            "never-repeated",
            "The cache is small again, but the query heads now find too few keys.",
            "Repeat on the way out of the cache.",
            read="nothing",
        ),
        switch(
            "tiled",
            "The keys that are read come in the order 0 1 0 1.",
            "Neighbours share: 0 0 1 1.",
            companion=True,
            read="tile",
        ),
        switch("tiled-in-the-cache", "The cache still holds copies, now tiled.", "Keep K as it arrives.", keep="tiled"),
        mistake(
            "results-swapped",
            "The keys that are read come first and the cache second.",
            "Cache first, then the keys that are read.",
            lambda K, n: _cached(K, n)[::-1],
        ),
        mistake(
            "one-result",
            "Only one of the two comes back.",
            "Return the cache, and the keys that are read.",
            lambda K, n: np.repeat(K, n, axis=-3),
        ),
        mistake(
            "last-token-only",
            "Your cache holds one token.",
            "Every token so far is kept.",
            lambda K, n: (K[..., -1:, :], np.repeat(K[..., -1:, :], n, axis=-3)),
        ),
        mistake(
            "wrong-axis",
            "Tokens, features or sequences were repeated, not heads.",
            "Heads are the third axis from the end.",
            lambda K, n: (K, np.repeat(K, n, axis=-2)),
            lambda K, n: (K, np.repeat(K, n, axis=-1)),
            lambda K, n: (K, np.repeat(K, n, axis=0)),
        ),
        mistake(
            "joined-along-another-axis",
            "The tokens were joined along the wrong axis.",
            "Tokens are the axis before the last.",
            lambda K, n: _joined(K, n, -3),
            lambda K, n: _joined(K, n, -1),
            lambda K, n: _joined(K, n, 0),
        ),
        mistake(
            "cache-left-as-list",
            "The tokens were never joined: a list of pieces comes back.",
            "np.concatenate puts them together along the tokens.",
            lambda K, n: (_pieces(K), np.repeat(K, n, axis=-3)),
            lambda K, n: (_pieces(K), np.repeat(_pieces(K), n, axis=-3)),
        ),
        mistake(
            "first-of-the-copies",
            "Your cache is as small as K, but it holds the first heads of the repeated keys: copies of one another.",
            "Each K/V head is kept once: cache K before it is repeated.",
            lambda K, n: (np.repeat(K, n, axis=-3)[..., : K.shape[-3], :, :], np.repeat(K, n, axis=-3)),
        ),
    ),
    hints=(
        "How large is the cache, measured in K? How large need it be?",
        "Move repeat_kv out of the loop.",
        "Return two things: what is kept, and what the query heads read of it.",
    ),
    praise="Fixed: the cache is n_rep times smaller, and every number is the same.",
)


def _pieces(K: np.ndarray) -> np.ndarray:
    return np.stack([K[..., t : t + 1, :] for t in range(K.shape[-2])])


def _joined(K: np.ndarray, n: int, axis: Any) -> Any:
    cache = np.concatenate([K[..., t : t + 1, :] for t in range(K.shape[-2])], axis=axis)
    return cache, np.repeat(cache, n, axis=-3)

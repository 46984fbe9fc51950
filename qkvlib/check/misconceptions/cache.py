"""Growing, reading and handing back a cache."""

from __future__ import annotations

from collections.abc import Callable
from operator import setitem
from typing import Any

import numpy as np

from qkvlib.check.spec import Mistake, mistake, switch

Pair = tuple[np.ndarray, ...]  # keys and values


def grow_cache(cache: Pair, new: Pair, how: str = "end") -> Pair:
    """The cache with the new token in it, in one wrong way or another."""

    def both(join: Any) -> Pair:
        return tuple(np.concatenate(join(old, row), axis=-2) for old, row in zip(cache, new, strict=True))

    if how == "end":
        return both(lambda old, row: (old, row))
    if how == "front":
        return both(lambda old, row: (row, old))
    if how == "replace":
        return new
    if how == "overwrite":
        return both(lambda old, row: (old[..., :-1, :], row))
    if how == "twice":
        return both(lambda old, row: (old, row, row))
    if how == "keys":
        return grow_cache(cache, new)[0], cache[1]
    if how == "values":
        return cache[0], grow_cache(cache, new)[1]
    if how == "slide":
        return both(lambda old, row: (old[..., 1:, :], row))
    if how == "turned":
        return both(lambda old, row: (old, np.swapaxes(row, -2, -3) if row.ndim > 2 else row.T))
    if how in ("head-axis", "last-axis"):
        axis = -3 if how == "head-axis" else -1
        return tuple(np.concatenate([old, row], axis) for old, row in zip(cache, new, strict=True))
    if how == "vector":
        return both(lambda old, row: (old, row[..., 0, :]))
    raise ValueError(how)


def seen_cache(
    cache: Pair,
    new: Pair,
    grown: Pair,
    how: str = "all",
) -> Pair:
    """What the new token looks at."""
    return {"all": grown, "old": cache, "new": new, "last": tuple(part[..., 1:, :] for part in grown)}[how]


def kept_cache(
    cache: Pair,
    new: Pair,
    grown: Pair,
    how: str = "new",
) -> tuple:
    """What is handed back as cache."""
    return {
        "new": grown,
        "old": tuple(cache),
        "swapped": grown[::-1],
        "row": new,
        "vector": tuple(row[..., 0, :] for row in new),
    }[how]


def cache_switches(step: Callable) -> tuple[Mistake, ...]:
    """What goes wrong with a cache in one step of decoding; `step(x, cache, ...)` is the exercise's model."""
    return (
        switch(
            "sees-only-the-past",
            "The new token does not look at itself: its key and value came too late.",
            "Put its key and value into the cache first, then attend.",
            versions=(
                lambda *a: step(*a, see="old" if a[1][0].size else "nothing"),
                lambda *a: step(*a, see="old" if a[1][0].size else "all"),
            ),
            see="old",
        ),
        switch(
            "cache-not-grown",
            "The cache comes back as long as it was.",
            "The next token will need this one's key and value.",
            keep="old",
        ),
        switch(
            "cache-unused",
            "The new token sees only itself: the cache is never read.",
            "Keys and values of all tokens so far take part.",
            versions=(lambda *a: step(*a, see="new", keep="old"),),
            see="new",
        ),
        switch(
            "cache-replaced",
            "The cache holds only the new token: the past is lost.",
            "Add a row to what is there.",
            grow="replace",
        ),
        switch(
            "only-the-new-row-kept",
            "The output is right, but what you hand back as cache is the new row alone.",
            "Hand back the whole cache, one row longer.",
            versions=(lambda *a: step(*a, keep="vector"),),
            keep="row",
        ),
        switch(
            "added-at-the-front",
            "The new token stands first in the cache.",
            "Tokens stay in their order; the newest comes last.",
            grow="front",
        ),
        switch(
            "last-row-overwritten",
            "The new token has replaced the last one.",
            "Append a row; nothing is dropped.",
            grow="overwrite",
        ),
        switch(
            "appended-twice",
            "The new token stands in the cache twice.",
            "Once is enough: look for a second append.",
            grow="twice",
        ),
        switch(
            "values-not-cached",
            "The keys grow, but the values do not.",
            "Both halves of the cache get a row.",
            grow="keys",
        ),
        switch(
            "keys-not-cached",
            "The values grow, but the keys do not.",
            "Both halves of the cache get a row.",
            grow="values",
        ),
        switch(
            "oldest-forgotten",
            "The output does not see the oldest token.",
            "Every token so far takes part.",
            see="last",
        ),
        switch(
            "cache-halves-swapped",
            "Keys and values have changed places in the cache that you return.",
            "Hand it back in the order in which it came: keys, then values.",
            keep="swapped",
        ),
        mistake(
            "row-axis-missing",
            "The new key, or the new value, has one axis fewer than the cache, so the two cannot be joined.",
            "Give each a row axis of length 1 first: None in an index, or reshape, makes one.",
            lambda *a: step(*a, grow="vector"),
        ),
        mistake(
            "joined-along-another-axis",
            "The new row does not lie along the tokens of the cache: its axes, or the one of the join, are others.",
            "Tokens are the axis before the last; count from the end.",
            lambda *a: step(*a, grow="last-axis"),
            lambda *a: step(*a, grow="head-axis"),
            lambda *a: step(*a, grow="turned"),
        ),
        mistake(
            "array-has-no-append",
            "The halves of the cache are arrays, and an array cannot be appended to in place.",
            "np.concatenate, or np.vstack, makes a new array that is one row longer.",
            lambda x, cache, *rest: cache[0].append(x),
        ),
        mistake(
            "cache-is-a-pair",
            "The cache comes as a tuple of keys and values, and a tuple cannot be changed in place.",
            "Make two new arrays and hand them back as a new pair.",
            lambda x, cache, *rest: setitem(cache, 0, x),
        ),
        read_backwards(step),
        mistake(
            "oldest-dropped",
            "The oldest token was dropped from the cache when the new one came.",
            "Every token so far is kept.",
            lambda *a: step(*a, grow="slide"),
        ),
    )


def read_backwards(step: Callable) -> Mistake:
    """K and V taken out of the cache in the wrong order; the cache is the second argument of `step`."""
    return mistake(
        "cache-taken-in-the-wrong-order",
        "You take the cache apart in the wrong order: new keys go to the old values, and new values to the old keys.",
        "The cache comes as keys, then values.",
        lambda x, cache, *rest: step(x, tuple(cache)[::-1], *rest),
    )

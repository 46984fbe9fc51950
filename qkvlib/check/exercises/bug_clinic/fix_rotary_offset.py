"""The clinic: new tokens rotated as the first."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import case, cases
from qkvlib.check.misconceptions.fixes import still_broken
from qkvlib.check.misconceptions.scores import compare_all
from qkvlib.check.misconceptions.softmax import soft
from qkvlib.check.misconceptions.turning import planes_of, turned
from qkvlib.check.spec import Exercise, switch


def _weights(Q, K, cached, speeds, *, first="behind", q="halves", k="halves", cache="as it is", mask="behind"):
    T, S = Q.shape[-2], cached.shape[-2]
    start = {"behind": S, "zero": 0, "one early": S - 1, "one late": S + 1}
    own = {"queries only": (S, 0), "keys only": (0, S)}.get(first) or (start[first], start[first])
    Q, K = turned(Q, own[0] + np.arange(T), speeds, q), turned(K, own[1] + np.arange(T), speeds, k)
    if cache == "again":
        cached = turned(cached, np.arange(S), speeds)
    grid = compare_all(Q, np.concatenate([cached, K], axis=-2))
    if mask == "none":
        return soft(grid)
    return soft(np.where(np.tril(np.ones((T, S + T), bool), S if mask == "behind" else 0), grid, -np.inf))


def _arguments(draw, T, S, pairs, batch=()):
    speeds = planes_of(draw, pairs)
    cached = turned(draw(*batch, S, 2 * pairs), np.arange(S), speeds).astype(draw(1).dtype)
    return draw(*batch, T, 2 * pairs), draw(*batch, T, 2 * pairs), cached, speeds


EXERCISE = Exercise(
    name="fix_rotary_offset",
    parameters=("Q", "K", "cached", "speeds"),
    reference=_weights,
    model=_weights,
    inputs=cases(
        _arguments,
        case("two new tokens", T=2, S=3, pairs=2),
        case("one new token", T=1, S=5, pairs=3),
        case("a full pass", T=5, S=0, pairs=2),
    ),
    axes=("query", "key"),
    mistakes=(
        still_broken("fix_rotary_offset", "S tokens stand before the new ones. Where does the first new one stand?"),
        switch(
            "keys-still-at-0",
            "The queries now stand where they should; the new keys still stand at 0.",
            "A token's query and key stand at the same place.",
            first="queries only",
        ),
        switch(
            "queries-still-at-0",
            "The new keys now stand where they should; the queries still stand at 0.",
            "A token's query and key stand at the same place.",
            first="keys only",
        ),
        switch(
            "one-place-off",
            "The new tokens stand one place beside their own.",
            "The cache holds the places 0 to S − 1.",
            versions=(lambda *a: _weights(*a, first="one early"),),
            first="one late",
        ),
        switch(
            "cache-turned-again",
            "The keys in the cache were turned a second time.",
            "They stand where they belong; only the new tokens stood at 0.",
            cache="again",
        ),
        switch(
            "nothing-turned",
            "The new tokens are not turned at all any more.",
            "The turning was right; only the places were not.",
            q="still",
            k="still",
        ),
        switch("future-seen", "The causal mask is gone.", "Only the places were wrong.", mask="none"),
        switch(
            "mask-top-left",
            "The causal mask counts the new tokens from the first key, so keys in the cache are hidden from them.",
            "A new token sees the whole cache: only the places were wrong.",
            mask="top left",
        ),
    ),
    hints=(
        "Print `places` for two new tokens behind three cached ones. Which places are taken already?",
        "Count on from the cache.",
        "As many places as there are new tokens, and the first of them is S.",
    ),
    praise="Fixed: a token stands at the same place in a full pass and with a cache.",
)

"""Scores of queries and keys that have been turned to their places."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import case, cases
from qkvlib.check.misconceptions.everywhere import compared
from qkvlib.check.misconceptions.scores import compare_all, scale_mistakes, scale_slips
from qkvlib.check.misconceptions.softmax import soft
from qkvlib.check.misconceptions.turning import pairing_mistakes, planes_of, turn_mistakes, turned
from qkvlib.check.spec import Exercise, mistake, switch, without


def _reference(Q: np.ndarray, K: np.ndarray, speeds: np.ndarray) -> np.ndarray:
    T, S = Q.shape[-2], K.shape[-2]
    turned_Q = attention.rotate(Q, np.arange(S - T, S), speeds)
    return attention.scores(turned_Q, attention.rotate(K, np.arange(S), speeds))


def _scores(
    Q: np.ndarray,
    K: np.ndarray,
    speeds: np.ndarray,
    *,
    first: str = "last T",
    q: str = "",
    k: str = "",
    how: str = "halves",
    **switches: Any,
) -> np.ndarray:
    """Scores with switches: where the first query stands, how queries and keys are turned, how they are compared."""
    T, S = Q.shape[-2], K.shape[-2]
    start = {"last T": S - T, "zero": 0, "behind": S, "one late": S - T + 1, "one early": S - T - 1}[first]
    Q = turned(Q, np.arange(start, start + T), speeds, q or how)
    return compare_all(Q, turned(K, np.arange(S), speeds, k or how), **switches)


def _is_before(Q: np.ndarray, K: np.ndarray) -> np.ndarray:
    """[T, S]: whether a key stands before a query, or beside it."""
    T, S = Q.shape[-2], K.shape[-2]
    return np.tril(np.ones((T, S), bool), S - T)


def _by_distance(Q: np.ndarray, K: np.ndarray, speeds: np.ndarray) -> np.ndarray:
    return np.where(_is_before(Q, K), _scores(Q, K, speeds), _scores(Q, K, speeds, how="back"))


def _masked(hidden: float, Q: np.ndarray, K: np.ndarray, speeds: np.ndarray) -> np.ndarray:
    return np.where(_is_before(Q, K), _scores(Q, K, speeds), hidden)


def _arguments(draw, T, S, pairs, batch=()):
    return draw(*batch, T, 2 * pairs), draw(*batch, S, 2 * pairs), planes_of(draw, pairs)


EXERCISE = Exercise(
    name="rotary_scores",
    parameters=("Q", "K", "speeds"),
    reference=_reference,
    model=_scores,
    inputs=cases(
        _arguments,
        case("two new tokens", T=2, S=5, pairs=2),
        case("one new token", T=1, S=7, pairs=3),
        case("a full pass", T=5, S=5, pairs=3),
        case("one plane", T=3, S=7, pairs=1),
    ),
    axes=("query", "key"),
    mistakes=(
        switch(
            "queries-from-0",
            "Your queries stand at the places 0, 1, ...: right in a full pass, wrong when earlier tokens are cached.",
            "They are the last T of S tokens. Where does the first of them stand?",
            first="zero",
        ),
        switch(
            "queries-behind-the-keys",
            "Your queries stand behind all keys, each one as many places too far as there are queries.",
            "A query has its own key among the S, at the same place.",
            first="behind",
        ),
        switch(
            "queries-one-off",
            "Your queries stand one place beside their own keys.",
            "The last query stands where the last key stands.",
            versions=(lambda *a: _scores(*a, first="one early"),),
            first="one late",
        ),
        switch(
            "nothing-turned",
            "These are scores without positions: nothing was turned.",
            "Turn queries and keys to their places first.",
            how="still",
        ),
        switch(
            "keys-not-turned",
            "Only the queries are turned, so a score knows where the query stands and not how far away the key is.",
            "The offset comes about from two turns.",
            k="still",
        ),
        switch(
            "queries-not-turned",
            "Only the keys are turned, so a score knows where the key stands and not how far away the query is.",
            "The offset comes about from two turns.",
            q="still",
        ),
        switch(
            "turned-against-each-other",
            "Queries and keys turn in opposite directions, so that scores see the sum of two places.",
            "Turn both the same way: in the dot product the angles are subtracted.",
            versions=(lambda *a: _scores(*a, q="back"),),
            k="back",
        ),
        switch(
            "offset-with-the-wrong-sign",
            "Both are turned backwards: a key two places before is scored as one two places behind.",
            "Anticlockwise: x cos − y sin first, then x sin + y cos.",
            how="back",
        ),
        mistake(
            "turned-twice",
            "Queries or keys are turned twice.",
            "Once each, by their own place.",
            lambda Q, K, speeds: _scores(Q, K, 2 * speeds),
        ),
        *pairing_mistakes()[:1],
        *without(turn_mistakes(), "turned-backwards", "sine-and-cosine-swapped"),  # as backwards, a quarter turn on
        *scale_mistakes(),
        *scale_slips(_scores),
        *compared(_scores, "Your scores"),
        mistake(
            "sign-of-the-offset-lost",
            "A key behind a query is scored as if it stood as far before it.",
            "An offset has a sign, and by it a turn has a direction.",
            _by_distance,
        ),
        mistake(
            "softmaxed",
            "Each of your rows is shared out to 1: a softmax went over the scores.",
            "Scores are asked for; the sharing out comes after them.",
            lambda *a: soft(_scores(*a)),
        ),
        mistake(
            "masked",
            "The scores of keys behind a query are masked.",
            "The score of every query with every key is asked for; a mask comes after it.",
            *(lambda *a, hidden=hidden: _masked(hidden, *a) for hidden in (-np.inf, -1e9, 0.0)),
        ),
        switch(
            "no-transpose",
            "Queries and keys are multiplied as they stand, so features meet tokens instead of features.",
            "Swap the last two axes of the keys.",
            measure="no-transpose",
        ),
    ),
    hints=(
        "Keys stand at 0 to S − 1. The last query stands where the last key stands.",
        "np.arange(S - T, S) are the places of the queries.",
        "Turn both, then scores as ever: every query with every key, divided by √d_head.",
    ),
    praise="Right: the offset comes about in the dot product, in a full pass and with a cache.",
)

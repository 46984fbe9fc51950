"""The clinic: position rows of the wrong tokens."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, case, cases
from qkvlib.check.misconceptions.fixes import still_broken
from qkvlib.check.misconceptions.scores import compare_all
from qkvlib.check.misconceptions.softmax import soft
from qkvlib.check.spec import Exercise, mistake, switch


def _biased(Q, K, slope, *, sign=-1, masked=True, when="before"):
    T, S = Q.shape[-2], K.shape[-2]
    places = np.arange(S - T, S)[:, None]
    back = np.maximum(places - np.arange(S), 0.0)
    grid, bias = compare_all(Q, K), sign * slope * back
    forbidden = np.where(np.arange(S) <= places, 0.0, -np.inf) if masked else 0.0
    if when == "after":
        return soft(grid + forbidden) + np.where(np.isinf(forbidden), 0.0, bias)
    return soft((grid * bias if when == "times" else grid + bias) + forbidden)


def _arguments(draw, T, S, d_head, slope, batch=()):
    return draw(*batch, T, d_head), draw(*batch, S, d_head), slope


def _with_rows(Q, K, slope, rows, corner=None, hidden=-np.inf):
    """With some of the rows of the bias, and a mask whose triangle begins at `corner`."""
    T, S = Q.shape[-2], K.shape[-2]
    back = np.abs(np.arange(S)[:, None] - np.arange(S))
    allowed = np.tri(T, S, S - T if corner is None else corner, dtype=bool)
    return soft(np.where(allowed, compare_all(Q, K) - slope * back[rows(T, S)], hidden))


def _squared(Q, K, slope):
    T, S = Q.shape[-2], K.shape[-2]
    back = np.arange(S - T, S)[:, None] - np.arange(S)
    grid = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1]) - slope * back**2
    return soft(np.where(back >= 0, grid, -np.inf))


EXERCISE = Exercise(
    name="fix_bias_rows",
    parameters=("Q", "K", "slope"),
    reference=_biased,
    model=_biased,
    inputs=cases(
        _arguments,
        case("two new tokens", T=2, S=5, d_head=3, slope=0.5),
        case("one new token", T=1, S=7, d_head=5, slope=0.25),
        case("a full pass", T=5, S=5, d_head=3, slope=1.0),
        case("a batch of sequences", T=3, S=7, d_head=5, slope=0.5, batch=ONE_AXIS),
    ),
    promised=lambda Q, K, slope: Q.shape[-2] <= K.shape[-2],
    axes=("query", "key"),
    mistakes=(
        still_broken("fix_bias_rows", "The first query is token S - T, not token 0. Which rows are its?"),
        switch(
            "distance-rewarded",
            "What lies further back now scores higher.",
            "A key loses `slope` for every token it lies back.",
            sign=1,
        ),
        switch(
            "no-positions",
            "Distance does not count at all any more.",
            "The bias belongs there; only its rows were wrong.",
            sign=0,
        ),
        switch(
            "future-seen",
            "The causal mask is gone.",
            "Only the rows of the bias were wrong.",
            masked=False,
        ),
        switch(
            "bias-on-the-weights",
            "The bias was added to the weights, which then no longer share out 1.",
            "It belongs to the scores, before the softmax.",
            when="after",
        ),
        switch(
            "bias-multiplied",
            "Scores are multiplied by the bias.",
            "It is subtracted.",
            when="times",
        ),
        mistake(
            "distance-squared",
            "A key loses the square of its distance.",
            "It loses slope for every token it lies back.",
            lambda Q, K, slope: _squared(Q, K, slope),
        ),
        mistake(
            "one-row-early",
            "Your rows of the bias begin and end one too early.",
            "Rows are counted from 0: the first query is token S - T.",
            lambda Q, K, slope: _with_rows(Q, K, slope, lambda T, S: slice(S - T - 1, S - 1)),
        ),
        mistake(
            "mask-top-left",
            "The rows of the bias are right, but the mask now begins at the top left, and new tokens lose keys.",
            "The first query is token S - T for the mask as well.",
            lambda Q, K, slope: _with_rows(Q, K, slope, lambda T, S: slice(S - T, S), corner=0),
        ),
        mistake(
            "zeros-for-minus-infinity",
            "What lies ahead still takes a share: its scores are 0, and the exponential of 0 is 1.",
            "Which score does the exponential turn into nothing?",
            lambda Q, K, slope: _with_rows(Q, K, slope, lambda T, S: slice(S - T, S), hidden=0.0),
        ),
    ),
    hints=(
        "Print `back` for five tokens. Which row belongs to the last of them?",
        "The last T rows, not the first T.",
        "Where does a slice begin that leaves T of S rows? Try T = S too: then nothing is cut off.",
    ),
    praise="Fixed: distance counts the same in a full pass and with a cache.",
)

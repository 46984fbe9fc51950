"""Sources of different lengths in one array: nobody looks at the padding."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, case, cases, small_whole
from qkvlib.check.misconceptions.everywhere import everywhere
from qkvlib.check.misconceptions.masks import mask_mistakes
from qkvlib.check.misconceptions.one_head import head, value_mistakes
from qkvlib.check.misconceptions.scores import measure_mistakes, scale_mistakes, scale_slips
from qkvlib.check.misconceptions.softmax import softmax_mistakes, softmax_slips
from qkvlib.check.spec import Exercise, mistake, switch, without


def _arguments(draw, T, S, d_head, d_v, batch=(), full=False):
    lengths = np.full(batch, S) if full else draw.rng.integers(2, S, batch)
    Q, K, V = draw(*batch, T, d_head), draw(*batch, S, d_head), draw(*batch, S, d_v)
    return Q, K, V, lengths if batch else int(lengths)


def _small(rng):
    for T, S, length in ((1, 2, 1), (1, 3, 2), (2, 3, 2), (2, 3, 1), (2, 4, 3), (3, 4, 2)):
        yield *(small_whole(rng, n, 2) for n in (T, S, S)), length
    yield small_whole(rng, 2, 1, 2), small_whole(rng, 2, 3, 2), small_whole(rng, 2, 3, 2), np.array([1, 3])


def _padded(
    Q: np.ndarray,
    K: np.ndarray,
    V: np.ndarray,
    lengths: Any,
    *,
    counted: str = "each",
    shift: int = 0,
    side: str = "end",
    rows: str = "keys",
    **switches: Any,
) -> tuple[np.ndarray, np.ndarray]:
    n, S = np.asarray(lengths), K.shape[-2]
    n = {"each": n, "first": n.reshape(-1)[0], "longest": n.max(), "shortest": n.min()}[counted] + shift
    n = np.broadcast_to(n, K.shape[:-2])[..., None]
    if rows == "queries":
        return head(Q, K, V, np.broadcast_to((np.arange(Q.shape[-2]) < n)[..., None], (*Q.shape[:-1], S)), **switches)
    places = np.arange(S)
    real = places >= S - n if side == "front" else places < n
    return head(Q, K, V, real[..., None, :], **switches)


def _triangle(Q: np.ndarray, K: np.ndarray) -> np.ndarray:
    return np.tri(Q.shape[-2], K.shape[-2], dtype=bool)


def _causal_as_well(Q: np.ndarray, K: np.ndarray, V: np.ndarray, lengths: Any) -> tuple[np.ndarray, np.ndarray]:
    real = (np.arange(K.shape[-2]) < np.asarray(lengths)[..., None])[..., None, :]
    return head(Q, K, V, real & _triangle(Q, K))


def _zeroed(Q: np.ndarray, K: np.ndarray, V: np.ndarray, lengths: Any) -> tuple[np.ndarray, np.ndarray]:
    """Padding set to 0 in K and V in place of a mask."""
    real = (np.arange(K.shape[-2]) < np.asarray(lengths)[..., None])[..., None]
    return head(Q, K * real, V * real)


EXERCISE = Exercise(
    name="padded_source",
    parameters=("Q", "K", "V", "lengths"),
    parts=("out", "weights"),
    reference=_padded,
    model=_padded,
    inputs=cases(
        _arguments,
        case("one source", T=3, S=7, d_head=5, d_v=2),
        case("a batch of sources", T=5, S=7, d_head=3, d_v=3, batch=ONE_AXIS),
        case("as many queries as keys", T=5, S=5, d_head=3, d_v=3, batch=(3,)),
        case("sources without padding", T=3, S=5, d_head=2, d_v=7, batch=ONE_AXIS, full=True),
    ),
    small=_small,
    mistakes=(
        switch(
            "one-too-many",
            "One token of the padding is still looked at.",
            "With length 3, the places 0, 1 and 2 are real: is place 3?",
            shift=1,
        ),
        switch(
            "one-too-few",
            "The last real token of a source is hidden as well.",
            "With length 3, the places 0, 1 and 2 are real: is yours an off-by-one?",
            shift=-1,
        ),
        switch(
            "padding-at-the-front",
            "You hide the first tokens of a source, as if the padding stood in front.",
            "The real tokens come first; the padding fills up what is behind them.",
            side="front",
        ),
        switch(
            "first-length-for-all",
            "The length of the first source is used for all of them.",
            "Each source has its own: give the lengths an axis for the keys, and let numpy spread them.",
            counted="first",
        ),
        switch(
            "longest-for-all",
            "All sources are cut at the longest length, so that shorter ones still show their padding.",
            "Each source has its own length.",
            counted="longest",
        ),
        switch(
            "shortest-for-all",
            "All sources are cut at the shortest length, so that longer ones lose real tokens.",
            "Each source has its own length.",
            counted="shortest",
        ),
        switch(
            "queries-masked",
            "It is the target's rows that you count against the length, and not the source's.",
            "Who is padded here, those who ask or those who are asked? Which axis of the scores are they?",
            rows="queries",
        ),
        mistake(
            "causal-as-well",
            "Beside the padding, later tokens of the source are hidden.",
            "The source is all there before the first query comes: nothing in it is the future.",
            _causal_as_well,
        ),
        mistake(
            "causal-instead",
            "A causal mask has been used; the lengths play no part.",
            "Nothing in the source is the future. What has to be hidden is what is no token at all.",
            lambda Q, K, V, lengths: head(Q, K, V, _triangle(Q, K)),
        ),
        mistake(
            "padding-zeroed",
            "The padding was set to 0 and not hidden: a key of zeros has the score 0, and 0 takes its share.",
            "Which score does the exponential turn into nothing?",
            _zeroed,
        ),
        mistake(
            "source-cut-off",
            "The weights have too few columns: the padding has been cut off.",
            "The sources share one array, and so do their weights: the padding's columns stay, and hold 0.",
            lambda Q, K, V, n: head(Q, K[..., : np.max(n), :], V[..., : np.max(n), :]),
        ),
        *without(mask_mistakes(), "excludes-self", "mask-transposed"),
        *measure_mistakes(),
        *softmax_mistakes(),
        *value_mistakes(),
        *scale_mistakes("The scores behind your weights", queries=True),
        *scale_slips(_padded, "The scores behind your weights"),
        *softmax_slips(_padded),
        *everywhere(_padded, but=("weights-transposed",), masked=True),
        mistake(
            "weights-only",
            "What comes back are the weights.",
            "Blend the values with them.",
            lambda *a: _padded(*a)[1],
        ),
        mistake(
            "results-swapped",
            "You return the weights first and the output second.",
            "Output first, then the weights.",
            lambda *a: _padded(*a)[::-1],
        ),
    ),
    hints=(
        "Which places of a source are real? np.arange(S) counts them; compare it with the length.",
        "The mask has a row of keys for each source, and every query shares it: [..., 1, S].",
        "lengths[..., None] has an axis for the keys. Give the mask one for the queries; use it before the softmax.",
    ),
    praise="Right: padding fills the array, and no target token takes anything from it.",
)

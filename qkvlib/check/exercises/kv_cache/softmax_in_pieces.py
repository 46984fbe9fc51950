"""Attention over keys and values that come in pieces."""

from __future__ import annotations

import numpy as np

from qkvlib.attention import blend, softmax
from qkvlib.check.inputs import Draw, case, cases
from qkvlib.check.spec import Exercise, mistake

Pieces = list[tuple[np.ndarray, np.ndarray]]


def _whole(pieces: Pieces) -> np.ndarray:
    scores, values = (
        np.concatenate(parts, axis=axis) for parts, axis in zip(zip(*pieces, strict=True), (-1, -2), strict=True)
    )
    return blend(softmax(scores), values)


def _arguments(draw: Draw, T: int, sizes: tuple, far: bool = False, batch: tuple = ()) -> tuple:
    pieces = [(draw(*batch, T, n), draw(*batch, n, 3)) for n in sizes]
    if far:  # the largest score of a row comes first in one row, last in another, and exp of it would overflow
        for row, piece in enumerate((0, -1)):
            pieces[piece][0][..., row, 0] += 1000
        for scores, _ in pieces:  # and all scores of a third row lie so low that exp gives 0
            scores[..., 2, :] -= 1000
    return (pieces,)


def _running(
    pieces: Pieces,
    rescale_total: bool = True,
    rescale_blend: bool = True,
    divide: bool = True,
    start: float = -np.inf,
) -> np.ndarray:
    """The way of the lesson, with a step left out."""
    largest, total, mixed = np.array(start), np.zeros(()), np.zeros(())
    for scores, values in pieces:
        new = np.maximum(largest, scores.max(axis=-1, keepdims=True))
        e, keep = np.exp(scores - new), np.exp(largest - new)
        total = total * (keep if rescale_total else 1) + e.sum(axis=-1, keepdims=True)
        mixed = mixed * (keep if rescale_blend else 1) + e @ values
        largest = new
    return mixed / total if divide else mixed


def _of_each(pieces: Pieces) -> list[np.ndarray]:
    return [blend(softmax(scores), values) for scores, values in pieces]


def _without_shift(pieces: Pieces) -> np.ndarray:
    with np.errstate(all="ignore"):
        e = [np.exp(scores) for scores, _ in pieces]
        return sum(a @ values for a, (_, values) in zip(e, pieces, strict=True)) / sum(
            a.sum(-1, keepdims=True) for a in e
        )


def _first_shift(pieces: Pieces) -> np.ndarray:
    shift = pieces[0][0].max(axis=-1, keepdims=True)
    return _without_shift([(scores - shift, values) for scores, values in pieces])


def _own_shifts(pieces: Pieces) -> np.ndarray:
    return _without_shift([(scores - scores.max(axis=-1, keepdims=True), values) for scores, values in pieces])


EXERCISE = Exercise(
    name="softmax_in_pieces",
    reference=_whole,
    inputs=cases(
        _arguments,
        case("three pieces of unlike size", T=4, sizes=(2, 5, 3)),
        case("four pieces", T=3, sizes=(1, 4, 2, 3)),
        case("a single piece", T=3, sizes=(4,)),
        case("scores near 1,000 in some rows", T=4, sizes=(2, 5, 3), far=True),
    ),
    axes=("query", "feature"),
    mistakes=(
        mistake(
            "pieces-averaged",
            "Every piece shares out a 1 of its own, and you take the mean of the blends.",
            "The shares of a row sum to 1 over all pieces together.",
            lambda pieces: np.mean(_of_each(pieces), axis=0),
        ),
        mistake(
            "pieces-added",
            "Every piece shares out a 1 of its own, and you add the blends up.",
            "The shares of a row sum to 1 over all pieces together.",
            lambda pieces: sum(_of_each(pieces)),
        ),
        mistake(
            "last-piece-alone",
            "Your result is the blend of the last piece alone.",
            "What was found in the pieces before has to be kept.",
            lambda pieces: _of_each(pieces)[-1],
        ),
        mistake(
            "not-rescaled",
            "When a larger score comes, what you have summed so far stays as it was.",
            "Sum and blend were measured against the old largest score: multiply both by e^(old - new).",
            lambda pieces: _running(pieces, rescale_total=False, rescale_blend=False),
        ),
        mistake(
            "only-the-sum-rescaled",
            "You rescale the sum when a larger score comes, and not the blend.",
            "Both were measured against the old largest score.",
            lambda pieces: _running(pieces, rescale_blend=False),
        ),
        mistake(
            "only-the-blend-rescaled",
            "You rescale the blend when a larger score comes, and not the sum.",
            "Both were measured against the old largest score.",
            lambda pieces: _running(pieces, rescale_total=False),
        ),
        mistake(
            "each-piece-its-own-largest",
            "You subtract from each piece its own largest score and then add up.",
            "Numbers that are added must have been measured against the same score.",
            _own_shifts,
        ),
        mistake(
            "overflow",
            "With scores near 1,000 your result is not a number: e^1000 is too large for a float.",
            "Subtract the largest score seen so far before you take e^.",
            _without_shift,
        ),
        mistake(
            "largest-of-the-first-piece",
            "You subtract the largest score of the first piece from all; a later one may hold a score far above it.",
            "The largest score seen so far may grow from piece to piece.",
            _first_shift,
        ),
        mistake(
            "begun-at-0",
            "Your largest score so far begins at 0, so where all scores are far below 0 you divide 0 by 0.",
            "Nothing has been seen at the start: which number is below every score?",
            lambda pieces: _running(pieces, start=0.0),
        ),
        mistake(
            "one-largest-for-all-rows",
            "You subtract one largest score from all rows: where a row lies far below it, 0 is divided by 0.",
            "Each row has a largest score of its own.",
            lambda pieces: _without_shift([(s - max(z.max() for z, _ in pieces), v) for s, v in pieces]),
            lambda pieces: _without_shift([(s - s.max(), v) for s, v in pieces]),
        ),
        mistake(
            "not-divided",
            "Your blend has not been divided by the sum.",
            "At the end, blend divided by sum.",
            lambda pieces: _running(pieces, divide=False),
        ),
    ),
    hints=(
        "From piece to piece go each row's largest score, its sum of e^(score - largest), and its undivided blend.",
        "When the largest grows from old to new, what was summed before is multiplied by e^(old - new).",
        "keepdims=True keeps largest and sum as [..., T, 1], so that they meet the blend's rows.",
    ),
    praise="Right, in pieces of any size: the same numbers as all at once.",
)

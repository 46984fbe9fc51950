"""One row copied in from another run."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import Numbers, case, cases
from qkvlib.check.spec import Exercise, mistake


def _with_row(own: np.ndarray, other: np.ndarray, row: int) -> np.ndarray:
    patched = np.array(own)
    patched[..., row, :] = other[..., row, :]
    return patched


def _with_column(own: np.ndarray, other: np.ndarray, row: int) -> np.ndarray:
    patched = np.array(own)
    patched[..., row] = other[..., row]
    return patched


def _along_axis_1(own: np.ndarray, other: np.ndarray, row: int) -> np.ndarray:
    patched = np.array(own)
    patched[:, row] = other[:, row]
    return patched


def _arguments(draw, T, d, row, batch=()):
    return draw(*batch, T, d), draw(*batch, T, d), row


EXERCISE = Exercise(
    name="patch_row",
    reference=_with_row,
    inputs=cases(
        _arguments,
        case("five tokens", T=5, d=3, row=2),
        case("the first row", T=4, d=7, row=0),
        case("the last row", T=7, d=7, row=6),
        case("one head in front", T=5, d=3, row=1, batch=(1,)),
        case("three heads", T=5, d=4, row=1, batch=(3,)),
        case("one token alone, in whole numbers", Numbers.WHOLE, T=1, d=3, row=0),
    ),
    promised=lambda own, other, row: 0 <= row < own.shape[-2],
    axes=("token", "feature"),
    mistakes=(
        mistake(
            "all-rows",
            "You copy every row of the other run.",
            "One row is to change, the others stay as they are.",
            lambda own, other, row: other,
        ),
        mistake(
            "other-way-round",
            "You put the own row into the other run.",
            "Whose answer do you want to see turn?",
            lambda own, other, row: _with_row(other, own, row),
        ),
        mistake(
            "column-for-row",
            "You copy a feature of all tokens, not all features of one token.",
            "Which axis are the tokens?",
            _with_column,
        ),
        mistake(
            "nothing-copied",
            "Nothing has changed: your result is the own run.",
            "Which row comes from the other run?",
            lambda own, other, row: own,
        ),
        mistake(
            "row-alone",
            "What comes back is the copied row by itself.",
            "The whole array is asked for, with that row in its place.",
            lambda own, other, row: other[..., row, :],
            lambda own, other, row: other[row],
        ),
        mistake(
            "first-axis",
            "You count rows along the first axis.",
            "With heads in front, the tokens are the axis before the last.",
            lambda own, other, row: np.concatenate([own[:row], other[row : row + 1], own[row + 1 :]]),
        ),
        mistake(
            "second-axis",
            "You count rows along axis 1: those are the tokens only behind exactly one axis in front.",
            "Count from the end: the tokens are the axis before the last.",
            _along_axis_1,
        ),
        mistake(
            "added",
            "You add the other run's row to the own one.",
            "The copy takes the place of what was there.",
            lambda own, other, row: own + _with_row(np.zeros_like(own), other, row),
        ),
        mistake(
            "rows-before-too",
            "You copy more rows than one.",
            "A slice such as [:row] takes many.",
            lambda own, other, row: np.concatenate([other[..., : row + 1, :], own[..., row + 1 :, :]], axis=-2),
            lambda own, other, row: np.concatenate([own[..., :row, :], other[..., row:, :]], axis=-2),
        ),
        mistake(
            "neighbouring-row",
            "The row that comes from elsewhere is a neighbour of the one that was asked for.",
            "Rows are counted from 0.",
            lambda own, other, row: _with_row(own, other, row - 1),
            lambda own, other, row: _with_row(own, other, row + 1),
        ),
        mistake(
            "row-set-to-zero",
            "The row of the token is 0: that takes something out, and puts nothing in.",
            "The row comes from other.",
            lambda own, other, row: _with_row(own, np.zeros_like(own), row),
        ),
    ),
    hints=(
        "Start from a copy of own, so that the run itself is not changed.",
        "The tokens are the axis before the last: an index that begins with ... leaves the axes in front alone.",
    ),
    praise="Right: one row from elsewhere, everything else as it was.",
)

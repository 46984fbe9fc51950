"""GPT-2's fused matrix, taken apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from qkvlib.check.inputs import case, cases
from qkvlib.check.spec import Exercise, mistake


def _c_attn(weight: np.ndarray, bias: np.ndarray, order: Any = (0, 1, 2), weight_axis: int = -1) -> tuple:
    weights, biases = np.split(weight, 3, axis=weight_axis), np.split(bias, 3)
    return tuple((weights[k], biases[k]) for k in order)


def _three_of_many(weight: np.ndarray, bias: np.ndarray) -> tuple:
    W_Q, W_K, W_V = np.split(weight, len(weight), axis=1)
    b_Q, b_K, b_V = np.split(bias, len(weight))
    return (W_Q, b_Q), (W_K, b_K), (W_V, b_V)


def _by_kind(pairs: Iterable[tuple]) -> tuple:
    return tuple(zip(*pairs, strict=True))


def _blocks(weight: np.ndarray, bias: np.ndarray, width: int, open_end: bool = False) -> tuple:
    cuts = [slice(0, width), slice(width, 2 * width), slice(2 * width, None if open_end else 3 * width)]
    return tuple((weight[:, cut], bias[cut]) for cut in cuts)


def _arguments(draw, d_model):
    return draw(d_model, 3 * d_model), draw(3 * d_model)


EXERCISE = Exercise(
    name="split_c_attn",
    parameters=("weight", "bias"),
    parts=("(W_Q, b_Q)", "(W_K, b_K)", "(W_V, b_V)"),
    reference=_c_attn,
    inputs=cases(
        _arguments,
        case("a small layer", d_model=5),
        case("a layer whose width is a multiple of three", d_model=3),
        case("a wider layer", d_model=11),
    ),
    promised=lambda weight, bias: weight.shape[1] == 3 * weight.shape[0],
    mistakes=(
        mistake(
            "split-by-rows",
            "Your pieces are short and wide: the rows of the weight were shared out.",
            "A Conv1D weight is [d_in, d_out]; Q, K and V lie side by side in d_out.",
            lambda w, b: _c_attn(w, b, weight_axis=0),
            lambda w, b: tuple(zip(np.array_split(w, 3), np.split(b, 3), strict=True)),
            lambda w, b: tuple((w[k * len(w) // 3 : (k + 1) * len(w) // 3], np.split(b, 3)[k]) for k in range(3)),
        ),
        mistake(
            "fixed-width",
            "Your blocks are not a third of the columns each: their width is fixed, or read from the wrong axis.",
            "Read the width from the weight: how many columns belong to each of the three?",
            *(lambda w, b, d=d: _blocks(w, b, d) for d in (8, 64, 768)),
            *(lambda w, b, d=d: _blocks(w, b, d, open_end=True) for d in (8, 64)),
        ),
        mistake(
            "every-third-column",
            "You take every third column for each role.",
            "The fused matrix is [Q | K | V]: three blocks.",
            lambda w, b: tuple((w[:, k::3], b[k::3]) for k in range(3)),
            lambda w, b: tuple((w[:, k::3], np.split(b, 3)[k]) for k in range(3)),
            lambda w, b: tuple((w.reshape(len(w), -1, 3)[..., k], b.reshape(-1, 3)[:, k]) for k in range(3)),
        ),
        mistake(
            "reshaped-into-three",
            "The weight was reshaped into three matrices, so each of them mixes rows of the fused one.",
            "A reshape keeps the order of the numbers, which runs along the rows; cut the columns.",
            lambda w, b: tuple(zip(w.reshape(3, len(w), -1), b.reshape(3, -1), strict=True)),
        ),
        mistake(
            "pieces-transposed",
            "Your matrices are turned round, as a Linear would store them.",
            "GPT-2's Conv1D stores them ready for X @ W.",
            lambda w, b: tuple((W.T, c) for W, c in _c_attn(w, b)),
        ),
        mistake(
            "transposed-first",
            "The weight was turned round before it was cut.",
            "GPT-2's Conv1D stores it ready for X @ W: cut its columns.",
            lambda w, b: tuple((W, c) for W, c in zip(np.split(w.T, 3, axis=-1), np.split(b, 3), strict=True)),
        ),
        mistake(
            "roles-reordered",
            "The three pieces are right, but stand in another order.",
            "c_attn holds Q, then K, then V.",
            *(lambda w, b, o=o: _c_attn(w, b, o) for o in ((1, 0, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0), (2, 0, 1))),
        ),
        mistake(
            "bias-not-split",
            "Each of your matrices has the whole bias beside it.",
            "Every role has its own third of it.",
            lambda w, b: tuple((W, b) for W in np.split(w, 3, axis=-1)),
        ),
        mistake(
            "one-bias-for-all",
            "All your matrices have the same bias.",
            "Every role has its own third of it.",
            lambda w, b: tuple((W, np.split(b, 3)[0]) for W in np.split(w, 3, axis=-1)),
        ),
        mistake(
            "bias-reordered",
            "Your matrices are right, but their biases have changed places.",
            "Weights and biases are cut in the same order.",
            lambda w, b: tuple(zip(np.split(w, 3, axis=-1), np.split(b, 3)[::-1], strict=True)),
            lambda w, b: tuple((W, b[k::3]) for k, W in enumerate(np.split(w, 3, axis=-1))),
        ),
        mistake(
            "biases-left-out",
            "Three matrices come back without their biases.",
            "Three pairs: each matrix with its bias.",
            lambda w, b: tuple(np.split(w, 3, axis=-1)),
            lambda w, b: tuple((W, np.zeros(len(b) // 3)) for W in np.split(w, 3, axis=-1)),
        ),
        mistake(
            "grouped-by-kind",
            "Three matrices come first and three biases after them.",
            "The function promises three pairs, one for each role.",
            lambda w, b: _by_kind(_c_attn(w, b)),
        ),
        mistake(
            "one-piece-for-all",
            "All three roles got the same columns.",
            "Move on by d_model columns for each role.",
            lambda w, b: (_c_attn(w, b)[0],) * 3,
        ),
        mistake(
            "bias-added",
            "The bias was added to the weight.",
            "Keep them apart: it is added after the product.",
            lambda w, b: tuple((W + c, c) for W, c in _c_attn(w, b)),
            lambda w, b: tuple(W + c for W, c in _c_attn(w, b)),
        ),
        mistake(
            "cut-off-by-one",
            "Your pieces overlap, or leave a column out.",
            "Piece k runs from k d_model up to, and without, (k + 1) d_model.",
            lambda w, b: tuple(
                (w[:, k * len(w) : (k + 1) * len(w) - 1], b[k * len(w) : (k + 1) * len(w) - 1]) for k in range(3)
            ),
            lambda w, b: tuple(
                (w[:, k * len(w) : (k + 1) * len(w) + 1], b[k * len(w) : (k + 1) * len(w) + 1]) for k in range(3)
            ),
        ),
        mistake(
            "d-model-pieces",
            "np.split was told to make d_model pieces, where pieces of d_model columns were meant.",
            "Its second argument is how many pieces there are.",
            lambda w, b: _three_of_many(w, b),
        ),
        mistake(
            "bias-first",
            "In each of your pairs the bias comes first and the matrix second.",
            "The function promises (W, b) for each role.",
            lambda w, b: tuple((c, W) for W, c in _c_attn(w, b)),
        ),
    ),
    hints=(
        "weight is [d_model, 3 d_model] and is used as X @ weight + bias.",
        "Cut the last axis of both into three equal blocks.",
        "np.split does it; zip brings each matrix together with its bias.",
    ),
    praise="Right: three blocks of columns, each with its own bias.",
)

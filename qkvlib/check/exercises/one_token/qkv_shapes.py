"""The shapes of X, the three matrices and Q."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np

from qkvlib.check.misconceptions.by_hand import in_quotes
from qkvlib.check.spec import Exercise, mistake


def _shapes(B: int, T: int, d_model: int, d_head: int) -> dict[str, tuple]:
    weight = (d_model, d_head)
    return {"X": (B, T, d_model), "W_Q": weight, "W_K": weight, "W_V": weight, "Q": (B, T, d_head)}


def _shapes_with(**replace: str) -> Callable:
    def version(B: int, T: int, d_model: int, d_head: int) -> Any:
        sizes = {"B": B, "T": T, "d_model": d_model, "d_head": d_head}
        return {
            **_shapes(**sizes),
            **{name: tuple(sizes[part] for part in parts.split()) for name, parts in replace.items()},
        }

    return version


def _flat_shapes(*names: str, keep: int = 1) -> Callable:
    """The shapes of `names` with all axes but the last `keep` laid together."""

    def version(B: int, T: int, d_model: int, d_head: int) -> Any:
        shapes = _shapes(B, T, d_model, d_head)
        cut = {name: len(shapes[name]) - keep for name in names}
        return {**shapes, **{n: (int(np.prod(shapes[n][:c])), *shapes[n][c:]) for n, c in cut.items()}}

    return version


EXERCISE = Exercise(
    name="qkv_shapes",
    parts=("X", "W_Q", "W_K", "W_V", "Q"),
    given={"B": 2, "T": 5, "d_model": 7, "d_head": 3},
    reference=_shapes,
    tolerance=1e-9,
    mistakes=(
        mistake(
            "matrices-transposed",
            "Your matrices are turned round.",
            "In X W the width of X must meet the rows of W.",
            _shapes_with(W_Q="d_head d_model", W_K="d_head d_model", W_V="d_head d_model"),
        ),
        mistake(
            "some-matrices-transposed",
            "Your three matrices do not all stand the same way round: one or two of them are [d_head, d_model].",
            "X meets each of them from the left: what must their rows be as many as?",
            *(
                _shapes_with(**dict.fromkeys(names, "d_head d_model"))
                for n in (1, 2)
                for names in combinations(("W_Q", "W_K", "W_V"), n)
            ),
        ),
        mistake(
            "width-kept",
            "Your Q is as wide as X.",
            "A row comes out as wide as its matrix has columns.",
            _shapes_with(Q="B T d_model"),
        ),
        mistake(
            "square-matrices",
            "Your matrices are square.",
            "They take d_model numbers in and give d_head numbers out.",
            _shapes_with(W_Q="d_model d_model", W_K="d_model d_model", W_V="d_model d_model", Q="B T d_model"),
            _shapes_with(W_Q="d_model d_model", W_K="d_model d_model", W_V="d_model d_model"),
            _shapes_with(W_Q="d_head d_head", W_K="d_head d_head", W_V="d_head d_head"),
        ),
        mistake(
            "batched-matrices",
            "Your matrices have a batch axis.",
            "There is one set of matrices for all sequences and all tokens.",
            _shapes_with(W_Q="B d_model d_head", W_K="B d_model d_head", W_V="B d_model d_head"),
        ),
        mistake(
            "matrices-per-token",
            "Your matrices have an axis for tokens.",
            "Every token goes through the same matrices.",
            _shapes_with(W_Q="T d_head", W_K="T d_head", W_V="T d_head"),
            _shapes_with(W_Q="T d_model", W_K="T d_model", W_V="T d_model"),
        ),
        mistake(
            "batch-lost",
            "The batch axis is missing from Q.",
            "Projecting changes the last axis only; the ones before it stay.",
            _shapes_with(Q="T d_head"),
            _shapes_with(X="T d_model", Q="T d_head"),
        ),
        mistake(
            "tokens-and-features-swapped",
            "Tokens and features have changed places.",
            "Tokens are rows: the feature axis comes last.",
            _shapes_with(X="B d_model T", Q="B d_head T"),
            _shapes_with(Q="B d_head T"),
            _shapes_with(X="B d_model T"),
        ),
        mistake(
            "batch-and-tokens-swapped",
            "Sequences and tokens have changed places.",
            "The batch comes first: each sequence holds its tokens.",
            _shapes_with(X="T B d_model", Q="T B d_head"),
            _shapes_with(X="T B d_model"),
            _shapes_with(Q="T B d_head"),
        ),
        mistake(
            "head-width-for-x",
            "Your X is only as wide as a head.",
            "X comes before any projection: it still has the full width.",
            _shapes_with(X="B T d_head"),
        ),
        in_quotes(
            "Your shapes are text.",
            "Write a shape as whole numbers in round brackets, with commas and without quotes.",
        ),
        mistake(
            "arrays-for-shapes",
            "You hand over arrays where their shapes are asked for.",
            "An array carries its shape with it: which attribute is that?",
            recognise=lambda args, shapes: any(np.ndim(value) > 1 for value in shapes.values()),
        ),
        mistake(
            "meeting-size-kept",
            "Your Q keeps d_model, where X and W_Q meet.",
            "In a product the two inner sizes vanish; which ones are left?",
            _shapes_with(Q="B T d_model d_head"),
            _shapes_with(Q="B d_model d_head"),
        ),
        mistake(
            "scores-for-queries",
            "Your Q has the shape of a grid of scores.",
            "Q comes before any token meets another: one row per token, one number per column of W_Q.",
            _shapes_with(Q="B T T"),
            _shapes_with(Q="T T"),
        ),
        mistake(
            "axes-multiplied",
            "You give how many numbers there are, not how they are arranged.",
            "A shape has one number for each axis.",
            lambda *sizes: {name: np.prod(shape) for name, shape in _shapes(*sizes).items()},
        ),
        mistake(
            "flattened",
            "Sequences and tokens lie on one axis in your shapes.",
            "Keep one axis for the sequences and one for the tokens in each.",
            *(_flat_shapes(*names) for names in (("X", "Q"), ("X",), ("Q",))),
            *(_flat_shapes(*names, keep=0) for names in (("X", "Q"), ("X",), ("Q",))),
        ),
    ),
    hints=(
        "Tokens are rows. Start with X: sequences, tokens in each, numbers per token.",
        "W_Q must accept a row of X and give back a row of d_head numbers.",
        "In a product the inner two sizes vanish and the outer ones remain.",
    ),
    praise="Right: shapes first, then numbers.",
)

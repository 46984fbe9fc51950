"""Embeddings that know their places."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, case, cases
from qkvlib.check.spec import Exercise, mistake


def _added(X: np.ndarray, P: np.ndarray) -> np.ndarray:
    return X + P[: X.shape[-2]]


def _arguments(draw, T, d_model, places, batch=()):
    return draw(*batch, T, d_model), draw(places, d_model)


def _sines(T: int, d: int) -> np.ndarray:
    """The table of "Attention Is All You Need", 3.5."""
    turned = np.arange(T)[:, None] / 10000 ** (2 * (np.arange(d) // 2) / d)
    return np.where(np.arange(d) % 2 == 0, np.sin(turned), np.cos(turned))


EXERCISE = Exercise(
    name="add_positions",
    reference=_added,
    inputs=cases(
        _arguments,
        case("three tokens, five places", T=3, d_model=2, places=5),
        case("seven tokens, eleven places", T=7, d_model=5, places=11),
        case("as many tokens as places", T=5, d_model=3, places=5),
        case("a batch of sequences", T=3, d_model=5, places=7, batch=ONE_AXIS),
    ),
    promised=lambda X, P: X.shape[-2] <= len(P),
    axes=("token", "feature"),
    mistakes=(
        mistake(
            "last-places",
            "Your tokens get the last rows of P.",
            "The first token stands in place 0.",
            lambda X, P: X + P[-X.shape[-2] :],
            lambda X, P: X + P[: X.shape[-2]][::-1],
        ),
        mistake(
            "same-place-for-all",
            "All your tokens get one and the same row of P.",
            "Each place has a row of its own.",
            lambda X, P: X + P[0],
            lambda X, P: X + P[-1],
            lambda X, P: X + P[X.shape[-2] - 1],
            lambda X, P: X + P[X.shape[-2]],
            lambda X, P: X + P.mean(0),
            lambda X, P: X + P.sum(0),
        ),
        mistake(
            "whole-table",
            "You add the whole table, and it has more rows than there are tokens.",
            "How many of the rows of P does a sentence of this length use?",
            lambda X, P: X + P,
        ),
        mistake(
            "places-counted-from-1",
            "Your first token gets the row of the second place.",
            "Python counts from 0.",
            lambda X, P: X + np.take(P, range(1, X.shape[-2] + 1), axis=0, mode="clip"),
            lambda X, P: X + P[1 : X.shape[-2] + 1],
        ),
        mistake(
            "axis-of-the-batch",
            "You take as many rows of P as your array has along its first axis.",
            "With a batch in front, the tokens are the axis before the last.",
            lambda X, P: X + P[: X.shape[0]],
            lambda X, P: X + P[: len(X)],
        ),
        mistake(
            "multiplied",
            "You multiply by the rows of P.",
            "A place is added to what the word says.",
            lambda X, P: X * P[: X.shape[-2]],
        ),
        mistake(
            "put-beside",
            "You put the rows of P beside the embeddings, so that each token becomes wider.",
            "The width of a token stays as it is.",
            lambda X, P: np.concatenate([X, np.broadcast_to(P[: X.shape[-2]], X.shape)], axis=-1),
        ),
        mistake(
            "places-alone",
            "What comes back are the places without the words.",
            "Both belong into the row.",
            lambda X, P: np.broadcast_to(P[: X.shape[-2]], X.shape),
            lambda X, P: P[: X.shape[-2]],
        ),
        mistake(
            "words-alone",
            "What comes back are the embeddings as they came in.",
            "Which row of P belongs to which token?",
            lambda X, P: X,
        ),
        mistake(
            "place-as-number",
            "You add the number of the place, not its row of P.",
            "P[t] is the row of place t.",
            lambda X, P: X + np.arange(X.shape[-2])[:, None],
        ),
        mistake(
            "cut-by-the-width",
            "You take as many rows of P as X is wide.",
            "How many rows are needed is said by the tokens, the axis before the last.",
            lambda X, P: X + P[: X.shape[-1]],
        ),
        mistake(
            "axis-1-counted",
            "You take as many rows of P as X has along axis 1: the tokens only behind exactly one axis in front.",
            "Count from the end: the tokens are the axis before the last.",
            lambda X, P: X + P[: X.shape[1]],
        ),
        mistake(
            "sines-for-P",
            "You add a table of sines and cosines of your own, and P takes no part.",
            "The rows to add are those of P, whatever is in them.",
            lambda X, P: X + _sines(*X.shape[-2:]),
        ),
    ),
    hints=(
        "Token 0 gets row 0 of P, token 1 gets row 1.",
        "How many rows of P does this sentence need? X.shape says so; which axis are the tokens?",
    ),
    praise="Right: the same word has another row in another place.",
)

"""How far a table of scores is from its own mirror image."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import case, cases
from qkvlib.check.spec import Exercise, mistake


def _scores(X: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray) -> np.ndarray:
    return X @ W_Q @ W_K.T @ X.T


def _gap(S: np.ndarray) -> float:
    return float(np.abs(S - S.T).max())


def _weights(S: np.ndarray) -> np.ndarray:
    e = np.exp(S - S.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _arguments(draw, T, d_model, d_head, shared=False):
    X, W = draw(T, d_model), draw(d_model, d_head)
    return X, W, W if shared else draw(d_model, d_head)


EXERCISE = Exercise(
    name="asymmetry",
    reference=lambda X, W_Q, W_K: _gap(_scores(X, W_Q, W_K)),
    inputs=cases(
        _arguments,
        case("three tokens", T=3, d_model=5, d_head=2),
        case("seven tokens", T=7, d_model=5, d_head=3),
        case("one matrix for both", T=4, d_model=5, d_head=3, shared=True),
        case("one head as wide as the model", T=4, d_model=5, d_head=5),
    ),
    mistakes=(
        mistake(
            "after-softmax",
            "You compare weights, not scores.",
            "Softmax divides each row by its own sum; look at the table before it.",
            lambda X, W_Q, W_K: _gap(_weights(_scores(X, W_Q, W_K))),
            lambda X, W_Q, W_K: _gap(_weights(_scores(X, W_Q, W_K) / np.sqrt(W_Q.shape[1]))),
        ),
        mistake(
            "scaled",
            "You compare scores that are divided by √d_head.",
            "The plain products q · k are asked for.",
            lambda X, W_Q, W_K: _gap(_scores(X, W_Q, W_K) / np.sqrt(W_Q.shape[1])),
        ),
        mistake(
            "circuit-alone",
            "You compare W_Q W_Kᵀ with its transpose; the tokens take no part.",
            "The scores of these tokens are asked for.",
            lambda X, W_Q, W_K: _gap(W_Q @ W_K.T),
        ),
        mistake(
            "always-zero",
            "Your number is 0 for every table, also where it is not symmetric.",
            "Do gaps of both signs cancel, or two largest entries? Or do queries and keys come from one matrix?",
            lambda X, W_Q, W_K: _gap(_scores(X, W_Q, W_Q)),
            lambda X, W_Q, W_K: _gap(_scores(X, W_K, W_K)),
            lambda X, W_Q, W_K: (_scores(X, W_Q, W_K) - _scores(X, W_Q, W_K).T).sum(),
            lambda X, W_Q, W_K: _scores(X, W_Q, W_K).max() - _scores(X, W_Q, W_K).T.max(),
        ),
        mistake(
            "summed",
            "You put all gaps together: their sum, or the root of their squares.",
            "The largest one is asked for.",
            lambda X, W_Q, W_K: np.abs(_scores(X, W_Q, W_K) - _scores(X, W_Q, W_K).T).sum(),
            lambda X, W_Q, W_K: np.linalg.norm(_scores(X, W_Q, W_K) - _scores(X, W_Q, W_K).T),
        ),
        mistake(
            "averaged",
            "You average the gaps.",
            "The largest one is asked for.",
            lambda X, W_Q, W_K: np.abs(_scores(X, W_Q, W_K) - _scores(X, W_Q, W_K).T).mean(),
        ),
        mistake(
            "table-for-number",
            "What comes back is the whole table of gaps.",
            "One number is asked for, the largest.",
            lambda X, W_Q, W_K: _scores(X, W_Q, W_K) - _scores(X, W_Q, W_K).T,
            lambda X, W_Q, W_K: np.abs(_scores(X, W_Q, W_K) - _scores(X, W_Q, W_K).T),
        ),
        mistake(
            "yes-or-no",
            "You say whether the table is symmetric, not by how much it is not.",
            "One number is asked for, 0 when it is symmetric.",
            lambda X, W_Q, W_K: np.allclose(_scores(X, W_Q, W_K), _scores(X, W_Q, W_K).T),
            lambda X, W_Q, W_K: not np.allclose(_scores(X, W_Q, W_K), _scores(X, W_Q, W_K).T),
        ),
        mistake(
            "half-of-the-gap",
            "Your number is half of the largest gap.",
            "The gap itself is asked for, S[i, j] - S[j, i].",
            lambda X, W_Q, W_K: _gap(_scores(X, W_Q, W_K)) / 2,
        ),
        mistake(
            "queries-minus-keys",
            "You compare queries with keys, number by number.",
            "Make the table of scores first: every query with every key.",
            lambda X, W_Q, W_K: np.abs(X @ W_Q - X @ W_K).max(),
        ),
    ),
    hints=(
        "Make the table of scores first: every query with every key.",
        "Subtract its transpose. Which entry is furthest from 0?",
    ),
    praise="Right. With one matrix for both it is 0, whatever the tokens.",
)

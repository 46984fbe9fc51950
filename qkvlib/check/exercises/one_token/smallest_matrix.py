"""The smallest matrix that sends x to q."""

from __future__ import annotations

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import case, cases
from qkvlib.check.spec import Exercise, mistake


def _arguments(draw, d_model, d_head):
    return draw(d_model), draw(d_head)


def _only_row(x: np.ndarray, q: np.ndarray, row: int) -> np.ndarray:
    W = np.zeros((len(x), len(q)))
    W[row] = q / x[row]
    return W


def _quotients_on_the_diagonal(x: np.ndarray, q: np.ndarray) -> np.ndarray:
    W = np.zeros((len(x), len(q)))
    for k in range(min(len(x), len(q))):
        W[k, k] = q[k] / x[k]
    return W


EXERCISE = Exercise(
    name="smallest_matrix",
    reference=attention.smallest_matrix,
    inputs=cases(
        _arguments,
        case("one pair", d_model=5, d_head=3),
        case("another pair", d_model=2, d_head=7),
        case("vectors of one length", d_model=3, d_head=3),
    ),
    axes=("entry of x", "entry of q"),
    mistakes=(
        mistake(
            "not-divided",
            "x times your matrix points the right way, but is too long or too short.",
            "How long is x times the outer product of x and q? Divide that away.",
            lambda x, q: np.outer(x, q),
        ),
        mistake(
            "divided-by-length",
            "x times your matrix is still off by the length of x.",
            "x meets itself in that product: how does x·x differ from the length of x?",
            lambda x, q: np.outer(x, q) / np.linalg.norm(x),
        ),
        mistake(
            "divided-by-other-length",
            "You divide by a number made from q.",
            "It is x that meets itself in x W; what should cancel?",
            lambda x, q: np.outer(x, q) / (q @ q),
            lambda x, q: np.outer(x, q) / np.linalg.norm(q),
            lambda x, q: np.outer(x, q) / (np.linalg.norm(x) * np.linalg.norm(q)),
        ),
        mistake(
            "divided-by-sum",
            "You divide by the sum of x, or of its absolute values.",
            "Which sum of products appears when x meets W?",
            lambda x, q: np.outer(x, q) / x.sum(),
            lambda x, q: np.outer(x, q) / np.abs(x).sum(),
        ),
        mistake(
            "divided-by-count",
            "You divide by how many entries x has, whatever they are.",
            "Which sum of products appears when x meets W?",
            lambda x, q: np.outer(x, q) / len(x),
        ),
        mistake(
            "transposed",
            "Your matrix has one row per entry of q.",
            "In x W the rows of W belong to the entries of x.",
            lambda x, q: np.outer(q, x) / (x @ x),
            lambda x, q: np.outer(q, x),
            lambda x, q: np.outer(q, x) / (q @ q),
        ),
        mistake(
            "one-row-only",
            "x times your matrix is q, but one row does all the work and the others are 0.",
            "Share the work among the rows, and the matrix gets smaller: who can contribute most?",
            *(lambda x, q, r=r: _only_row(x, q, r) for r in (0, -1)),
            lambda x, q: _only_row(x, q, int(np.argmax(np.abs(x)))),
        ),
        mistake(
            "equal-shares",
            "x times your matrix is q, and every entry of x contributes equally.",
            "That works, but a large entry of x can do more with less: share in proportion.",
            lambda x, q: np.outer(1 / x, q) / len(x),
        ),
        mistake(
            "same-rows",
            "x times your matrix is q, but all its rows are alike.",
            "A row whose entry of x is tiny costs much and brings little.",
            lambda x, q: np.outer(np.ones_like(x), q) / x.sum(),
        ),
        mistake(
            "elementwise-quotient",
            "You divide q by x entry by entry.",
            "Every entry of q collects from all of x, so one entry of x cannot settle it.",
            lambda x, q: q[None, :] / x[:, None],
            lambda x, q: np.diag(q / x),
            _quotients_on_the_diagonal,
        ),
        mistake(
            "only-one-vector",
            "What comes back is a vector, not a matrix.",
            "It needs a row for every entry of x and a column for every entry of q.",
            lambda x, q: q / (x @ x),
            lambda x, q: x / (x @ x),
            lambda x, q: (x @ x) * q,
        ),
        mistake(
            "not-the-smallest",
            "x times your matrix is q, as it should be, but a smaller matrix does it too.",
            "Anything in W that x does not see only makes it larger. Which part does x see?",
            recognise=lambda args, W: np.allclose(args[0] @ np.asarray(W), args[1]),
        ),
    ),
    hints=(
        "Try the outer product of x and q first. What is x times that?",
        "x times the outer product is q, times a number that depends on x alone.",
        "Divide by that number, and you are there; np.linalg.pinv knows the same matrix.",
    ),
    praise="Right: the smallest of infinitely many matrices that send x to q. So q alone says little about W.",
)

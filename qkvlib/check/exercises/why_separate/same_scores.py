"""Other matrices, the same scores."""

from __future__ import annotations

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import Numbers, case, cases
from qkvlib.check.spec import Exercise, mistake


def _arguments(draw, d_model, d_head):
    W_Q, W_K = draw(d_model, d_head), draw(d_model, d_head)
    A = draw(d_head, d_head) + 2 * np.eye(d_head, dtype=W_Q.dtype)
    if draw.numbers is Numbers.WHOLE:  # ones on the diagonal keep it invertible
        return W_Q, W_K, np.triu(A, 1) + np.eye(d_head, dtype=int)
    return W_Q, W_K, A + np.triu(np.ones_like(A), 1)


_inv = np.linalg.inv

EXERCISE = Exercise(
    name="same_scores",
    parts=("the new W_Q", "the new W_K"),
    reference=attention.same_scores,
    inputs=cases(
        _arguments,
        case("one head", d_model=7, d_head=3),
        case("a wider head", d_model=11, d_head=5),
        case("square matrices", d_model=2, d_head=2),
    ),
    tolerance=1e-4,
    mistakes=(
        mistake(
            "same-matrix-on-both",
            "Both matrices were multiplied by A, so the scores change.",
            "What has to stand between W_Q and W_Kᵀ for the two to cancel?",
            lambda W_Q, W_K, A: (W_Q @ A, W_K @ A),
        ),
        mistake(
            "inverse-not-transposed",
            "W_K was multiplied by the inverse of A, but in the score it stands turned round.",
            "(W_K B)ᵀ = Bᵀ W_Kᵀ: which B makes A Bᵀ vanish?",
            lambda W_Q, W_K, A: (W_Q @ A, W_K @ _inv(A)),
        ),
        mistake(
            "transpose-for-inverse",
            "W_K was multiplied by the transpose of A; that cancels only when A is a rotation.",
            "What undoes A in general?",
            lambda W_Q, W_K, A: (W_Q @ A, W_K @ A.T),
        ),
        mistake(
            "keys-unchanged",
            "Only W_Q changed, so the scores change too.",
            "W_K has to take back what A does.",
            lambda W_Q, W_K, A: (W_Q @ A, W_K),
        ),
        mistake(
            "queries-unchanged",
            "Only W_K changed, so the scores change too.",
            "Start with W_Q A, and let W_K take it back.",
            lambda W_Q, W_K, A: (W_Q, W_K @ _inv(A).T),
            lambda W_Q, W_K, A: (W_Q, W_K @ A),
        ),
        mistake(
            "nothing-changed",
            "Both matrices come back as they were.",
            "The first should become W_Q A.",
            lambda W_Q, W_K, A: (W_Q, W_K),
        ),
        mistake(
            "other-way-round",
            "The scores stay the same, but A and its inverse have changed places.",
            "W_Q takes A itself; W_K takes it back.",
            lambda W_Q, W_K, A: (W_Q @ _inv(A).T, W_K @ A),
            lambda W_Q, W_K, A: (W_Q @ _inv(A), W_K @ A.T),
        ),
        mistake(
            "on-the-left",
            "A stands to the left, where it meets d_model instead of d_head.",
            "A is [d_head, d_head]: on which side of W_Q does it fit?",
            lambda W_Q, W_K, A: (A @ W_Q, _inv(A).T @ W_K),
            lambda W_Q, W_K, A: (A @ W_Q, _inv(A) @ W_K),
            lambda W_Q, W_K, A: (A @ W_Q, W_K @ _inv(A).T),
        ),
        mistake(
            "both-inverted",
            "Both matrices were multiplied by an inverse.",
            "One takes A, the other takes it back.",
            lambda W_Q, W_K, A: (W_Q @ _inv(A), W_K @ _inv(A).T),
            lambda W_Q, W_K, A: (W_Q @ _inv(A), W_K @ _inv(A)),
        ),
        mistake(
            "matrix-on-the-left",
            "The inverse stands to the left of W_K, where d_model numbers would have to meet it.",
            "A acts on the features of a head, which are the columns of W_K.",
            lambda W_Q, W_K, A: (W_Q @ A, np.linalg.inv(A) @ W_K),
            lambda W_Q, W_K, A: (W_Q @ A, np.linalg.inv(A).T @ W_K),
        ),
        mistake(
            "sides-exchanged",
            "The inverse of A went to the queries, and A itself to the keys.",
            "The new W_Q is given: W_Q A. What must the keys do about it?",
            lambda W_Q, W_K, A: (W_Q @ _inv(A), W_K @ A),
        ),
        mistake(
            "elementwise-inverse",
            "1/A inverts each number alone; it is not the inverse matrix.",
            "np.linalg.inv gives the matrix that undoes A.",
            lambda W_Q, W_K, A: (W_Q @ A, W_K @ (1 / A)),
            lambda W_Q, W_K, A: (W_Q @ A, W_K @ (1 / A).T),
        ),
        mistake(
            "divided-by-a-matrix",
            "/ divides number by number, and a matrix is not undone that way.",
            "np.linalg.inv gives the matrix that undoes A.",
            lambda W_Q, W_K, A: (W_Q @ A, W_K / A),
        ),
        mistake(
            "minus-for-inverse",
            "You multiply by -A, which undoes what is added; A was multiplied in.",
            "Which matrix makes the identity together with A?",
            lambda W_Q, W_K, A: (W_Q @ A, W_K @ -A),
            lambda W_Q, W_K, A: (W_Q @ A, W_K @ -A.T),
        ),
        mistake(
            "determinant-for-inverse",
            "You divide by the determinant of A, one number, and A turns and shears as well.",
            "np.linalg.inv gives the matrix that undoes A.",
            lambda W_Q, W_K, A: (W_Q @ A, W_K / np.linalg.det(A)),
            lambda W_Q, W_K, A: (W_Q @ A, W_K @ A / np.linalg.det(A)),
        ),
        mistake(
            "swapped",
            "The new W_K comes first.",
            "Return the pair in the order W_Q, W_K.",
            lambda W_Q, W_K, A: (W_K @ _inv(A).T, W_Q @ A),
        ),
        mistake(
            "scores-not-kept",
            "W_Q A is right, but with your W_K the scores change.",
            "Write down W_Q A (W_K B)ᵀ and choose B so that A disappears.",
            recognise=lambda args, pair: (
                np.allclose(pair[0], args[0] @ args[2]) and not np.allclose(pair[0] @ pair[1].T, args[0] @ args[1].T)
            ),
        ),
        mistake(
            "another-pair",
            "The scores stay the same, but W_Q did not become W_Q A.",
            "There are infinitely many such pairs; this one starts with W_Q A.",
            recognise=lambda args, pair: np.allclose(pair[0] @ pair[1].T, args[0] @ args[1].T),
        ),
    ),
    hints=(
        "All that the scores see is W_Q W_Kᵀ. Put W_Q A in the place of W_Q.",
        "W_Q A Bᵀ W_Kᵀ equals W_Q W_Kᵀ when A Bᵀ is the identity.",
        "So B is the inverse of A, turned round.",
    ),
    praise="Right: other queries, other keys, the same scores. A query's numbers mean nothing alone.",
)

"""Other queries, other keys, the same scores."""

import numpy as np

from .. import examples
from ..widgets import Instrument, Sheet


def same_scores() -> Instrument:
    """Q and K of lesson 2 [2, 2], and Q A and K A⁻ᵀ for any A [2, 2] the learner makes: one table of scores."""
    s = Sheet(
        "same_scores",
        title="Same scores, other numbers",
        hint="Drag the numbers of A. Queries and keys change; watch the two tables of scores.",
    )
    Q = s.input("Q", examples.X @ examples.W_Q, rows=("token 1", "token 2"), about="the queries of lesson 2")
    K = s.input("K", examples.X @ examples.W_K, rows=("token 1", "token 2"), about="the keys of lesson 2")
    A = s.input("A", [[2, 1], [0, 1]], step=0.5)
    # For 2 x 2: J A Jᵀ is the matrix of cofactors, and divided by the determinant it is the inverse, transposed.
    J = s.input("J", np.array([[0, 1], [-1, 0]]), editable=False)
    cofactors = s.matmul("cofactors", s.matmul("J_A", J, A), s.transpose("J_turned", J))
    doubled = s.total("twice_the_determinant", s.multiply("A_times_cofactors", A, cofactors), over="all")
    determinant = s.scale("determinant", doubled, by=0.5, about="where it is 0, A cannot be undone")
    A_back = s.divide("A_back", cofactors, determinant, about="A inverted and transposed")
    Q_A = s.matmul("Q_A", Q, A, about="other queries: Q A")
    K_A = s.matmul("K_A", K, A_back, about="other keys: K A⁻ᵀ")
    s.scores("scores", Q, K)
    s.scores("scores_A", Q_A, K_A)
    s.lay(
        ["A", s.panel("A_back", title="A⁻ᵀ"), s.panel("determinant", title="determinant of A")],
        ["Q", "K", "→", s.panel("scores", title="scores from Q and K")],
        [
            s.panel("Q_A", title="Q A"),
            s.panel("K_A", title="K A⁻ᵀ"),
            "→",
            s.panel("scores_A", title="scores from those"),
        ],
    )
    return Instrument(s)

"""The lines of attention in their order."""

from __future__ import annotations

from qkvlib.check.misconceptions.by_hand import letters, order_mistakes, reversed_order
from qkvlib.check.spec import Exercise, mistake

EXERCISE = Exercise(
    name="order_attention",
    given={
        "lines": (
            "A  out = weights @ V",
            "B  Q, K, V = X @ W_Q, X @ W_K, X @ W_V",
            "C  weights = softmax(grid)",
            "D  grid = Q @ K.T / np.sqrt(d_head)",
            "E  weights = softmax(V)",
        )
    },
    reference=lambda lines: "BDCA",
    tidy=letters,
    mistakes=(
        mistake(
            "values-shared-out",
            "Line E is in your order: it turns the values into shares.",
            "One line is there to mislead. Which of Q, K and V never goes through a softmax?",
            recognise=lambda args, order: "E" in order,
        ),
        mistake(
            "softmax-before-scores",
            "The softmax comes before there is a grid to share out.",
            "Which line makes the variable that the softmax reads?",
            *(lambda lines, order=order: order for order in ("BCDA", "CBDA", "BCAD", "CDBA")),
        ),
        mistake(
            "blend-too-early",
            "The values are blended before the weights are there.",
            "Which line makes the variable that the blend reads?",
            *(lambda lines, order=order: order for order in ("BDAC", "BADC", "ABDC", "BACD")),
        ),
        mistake(
            "projection-not-first",
            "Something is compared before the tokens have their three roles.",
            "Project first.",
            *(lambda lines, order=order: order for order in ("DBCA", "DCBA", "DCAB", "CDAB")),
        ),
        reversed_order("BDCA"),
        *order_mistakes(
            ("line-missing", "Not every line that is needed is in your order exactly once."),
            "Four of the five letters belong in it.",
            "With this order one of the lines reads a variable that is not there yet.",
            "Go line by line: what does it read, and which line made that?",
        ),
    ),
    hints=("Each line reads variables that an earlier line made.", "Project, compare, share out, blend."),
    praise="Right: project, compare, share out, blend. Values never meet a softmax.",
)

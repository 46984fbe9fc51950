"""The steps of a projection in their order."""

from __future__ import annotations

from qkvlib.check.misconceptions.by_hand import letters, order_mistakes, reversed_order
from qkvlib.check.spec import Exercise, mistake

EXERCISE = Exercise(
    name="order_by_hand",
    given={
        "steps": (
            "A  add the weighted rows, column by column",
            "B  write the shapes: [4] times [4, 2] gives [2]",
            "C  multiply each row of W by the entry of x beside it",
            "D  write the entries of x beside the rows of W",
        )
    },
    reference=lambda steps: "BDCA",
    tidy=letters,
    mistakes=(
        mistake(
            "shapes-not-first",
            "The shapes come later in your order.",
            "Writing them costs a second and catches most mistakes: what comes before any number?",
            *(lambda steps, order=order: order for order in ("DBCA", "DCBA", "DCAB")),
        ),
        mistake(
            "added-too-early",
            "You add before you have multiplied.",
            "What is it that gets added up?",
            *(lambda steps, order=order: order for order in ("BDAC", "BADC", "BACD", "DBAC", "ABDC", "ADBC", "ABCD")),
        ),
        mistake(
            "multiplied-too-early",
            "You multiply before it is clear which entry belongs to which row.",
            "Lay the numbers side by side first.",
            *(lambda steps, order=order: order for order in ("BCDA", "CBDA", "BCAD", "CDBA")),
        ),
        reversed_order("BDCA"),
        *order_mistakes(
            ("step-missing", "Not every step is in your order exactly once."),
            "There are four letters; use each of them once.",
            "With this order one of the steps needs something that is not there yet.",
            "Ask of each step what it needs to have on the paper before it.",
        ),
    ),
    hints=("Shape first, always.", "Multiplying needs the numbers to lie side by side; adding needs the products."),
    praise="Right: shapes, then pairs, then products, then sums.",
)

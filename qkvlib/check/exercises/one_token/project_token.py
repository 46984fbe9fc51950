"""One token through one matrix."""

from __future__ import annotations

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import case, cases
from qkvlib.check.misconceptions.softmax import soft
from qkvlib.check.spec import Exercise, mistake


def _arguments(draw, d_model, d_head):
    return draw(d_model), draw(d_model, d_head)


EXERCISE = Exercise(
    name="project_token",
    reference=attention.project_token,
    inputs=cases(
        _arguments,
        case("one token", d_model=5, d_head=3),
        case("a square matrix", d_model=5, d_head=5),
        case("a wider result", d_model=3, d_head=7),
    ),
    axes=("column of W",),
    mistakes=(
        mistake(
            "matrix-transposed",
            "Each entry of your result pairs x with a row of W.",
            "x has one number per row of W, so which way do you run through W to use each of them once?",
            lambda x, W: W @ x,
            lambda x, W: x @ W.T,
            lambda x, W: np.array([sum(x[j] * W[i, j] for j in range(len(x))) for i in range(len(W))]),
        ),
        mistake(
            "not-summed",
            "The products are all there, one for every entry of W, but they have not been added up.",
            "A dot product multiplies and then adds: over which axis?",
            lambda x, W: x[:, None] * W,
        ),
        mistake(
            "elementwise",
            "x is multiplied entry by entry with W, which stretches columns instead of mixing rows.",
            "Every entry of the result needs all the entries of x: use a matrix product.",
            lambda x, W: x * W,
            lambda x, W: (x * W).sum(axis=0),
            lambda x, W: (x * W).sum(axis=1),
            lambda x, W: (x * W).sum(axis=-1),
        ),
        mistake(
            "summed-over-columns",
            "You added the products along the columns, so the result has one number per row of W.",
            "Each result entry collects from all rows of one column.",
            lambda x, W: (x[:, None] * W).sum(axis=1),
        ),
        mistake(
            "one-number",
            "Everything has been added up to a single number.",
            "Keep one sum per column of W.",
            lambda x, W: (x @ W).sum(),
            lambda x, W: (x[:, None] * W).sum(),
        ),
        mistake(
            "outer-product",
            "Each entry of x meets each entry of W and none are added up.",
            "Projecting turns one row into a shorter row: multiply along one axis, and add along it.",
            lambda x, W: np.outer(x, W),
            lambda x, W: np.multiply.outer(x, W),
        ),
        mistake(
            "mean-for-sum",
            "Every entry is too small by the width of x: the products were averaged.",
            "A projection adds.",
            lambda x, W: (x @ W) / len(x),
        ),
        mistake(
            "matrix-alone",
            "Your result does not depend on x.",
            "Weight each row of W by the entry of x beside it before adding.",
            lambda x, W: W.sum(axis=0),
            lambda x, W: W[0],
            lambda x, W: W.mean(axis=0),
        ),
        mistake(
            "row-lookup",
            "You picked the row of W that belongs to the largest entry of x.",
            "Every row takes part, each as strongly as its entry of x says.",
            lambda x, W: W[np.argmax(x)],
        ),
        mistake(
            "extra-axis",
            "The numbers are right, but they lie in a matrix of one row or one column.",
            "One token in, one plain vector out.",
            lambda x, W: (x @ W)[None],
            lambda x, W: (x @ W)[:, None],
        ),
        mistake(
            "scaled",
            "Every entry has been divided by the square root of a width.",
            "The scale belongs to the scores of the next lesson, not to a projection.",
            lambda x, W: x @ W / np.sqrt(W.shape[1]),
            lambda x, W: x @ W / np.sqrt(W.shape[0]),
        ),
        mistake(
            "normalised",
            "Your result has been cut to a fixed length or a fixed sum.",
            "A projection leaves its result as long as it comes out.",
            lambda x, W: x @ W / np.linalg.norm(x @ W),
            lambda x, W: (x / np.linalg.norm(x)) @ W,
            lambda x, W: soft(x @ W),
            lambda x, W: x @ W / (x @ W).sum(),
        ),
        mistake(
            "added",
            "x and W were added rather than multiplied.",
            "Multiply each entry of x into its row of W, then add the rows.",
            lambda x, W: x[:, None] + W,
            lambda x, W: (x[:, None] + W).sum(axis=0),
            lambda x, W: x + W,
        ),
        mistake(
            "last-term-only",
            "Only one entry of x has reached your result.",
            "In a loop, collect with += instead of starting again with =, and return after the loop, not inside it.",
            lambda x, W: x[-1] * W[-1],
            lambda x, W: x[0] * W[0],
        ),
        mistake(
            "cut-to-whole-numbers",
            "Each product was cut to a whole number before it was added.",
            "Collect in a float array, and leave out int and astype.",
            lambda x, W: np.trunc(x[:, None] * W).sum(axis=0),
        ),
        mistake(
            "misses-the-end",
            "One entry of x never takes part.",
            "Check where your loop or slice begins and stops.",
            lambda x, W: x[:-1] @ W[:-1],
            lambda x, W: x[1:] @ W[1:],
        ),
    ),
    hints=(
        "Write the shapes first: x has d_model entries, W is [d_model, d_head]. What shape must come out?",
        "Entry j of the result is the dot product of x with column j of W.",
        "numpy has an operator for exactly this; it reads x @ ...",
    ),
    praise="Right: every entry of x weights its own row of W, and the rows add up.",
)

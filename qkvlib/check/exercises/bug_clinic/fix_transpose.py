"""The clinic: a transpose left out."""

from __future__ import annotations

from qkvlib.check.misconceptions.fixes import still_broken
from qkvlib.check.misconceptions.score_grid import score_inputs, score_mistakes
from qkvlib.check.misconceptions.scores import compare_all
from qkvlib.check.spec import Exercise, without
from qkvlib.clinic import BUGS

EXERCISE = Exercise(
    name="fix_transpose",
    reference=BUGS["fix_transpose"].fixed,
    model=compare_all,
    inputs=score_inputs,
    axes=("query", "key"),
    mistakes=(
        still_broken(
            "fix_transpose",
            "Which axes should meet in the product: features with features?",
        ),
        *without(score_mistakes(), "no-transpose"),
    ),
    hints=(
        "Try it on three tokens with five features each: the error names the two sizes that met.",
        "K has to offer its features to the product, so its last two axes change places.",
        "np.swapaxes takes two axes by number: count from the end, and a batch in front stays where it is.",
    ),
    praise="Fixed: features meet features, for any number of tokens.",
)

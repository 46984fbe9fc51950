"""The clinic: heads tiled, not repeated."""

from __future__ import annotations

from qkvlib.check.misconceptions.fixes import still_broken
from qkvlib.check.misconceptions.sharing import repeat_mistakes, shared_inputs
from qkvlib.check.spec import Exercise
from qkvlib.clinic import BUGS

EXERCISE = Exercise(
    name="fix_tiled_heads",
    reference=BUGS["fix_tiled_heads"].fixed,
    inputs=shared_inputs,
    axes=("query head", "token", "feature of a head"),
    mistakes=(
        still_broken(
            "fix_tiled_heads",
            "Write down which K/V head each of six query heads should read.",
            *repeat_mistakes()[0].versions,
        ),
        *repeat_mistakes()[1:],
    ),
    hints=(
        "With n_rep = 2 the query heads should read 0 0 1 1.",
        "[K] * n_rep lays whole sets of heads one after another.",
        "np.repeat repeats each head in place; tell it the axis.",
    ),
    praise="Fixed: neighbours share a head.",
)

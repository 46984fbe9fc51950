"""K/V heads repeated for their groups."""

from __future__ import annotations

from qkvlib import attention
from qkvlib.check.misconceptions.sharing import repeat_mistakes, shared_inputs
from qkvlib.check.spec import Exercise

EXERCISE = Exercise(
    name="repeat_kv",
    reference=attention.repeat_kv,
    inputs=shared_inputs,
    axes=("query head", "token", "feature of a head"),
    mistakes=repeat_mistakes(),
    hints=(
        "With two K/V heads and n_rep = 3 the six heads should read 0 0 0 1 1 1.",
        "Heads are the third axis from the end.",
        "np.repeat repeats each entry in place; np.tile repeats the whole row of them.",
    ),
    praise="Right: neighbours share a head.",
)

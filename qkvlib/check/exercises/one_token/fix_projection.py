"""Two lines of a projection to put right."""

from __future__ import annotations

from qkvlib import attention
from qkvlib.check.misconceptions.projection import project, projecting_mistakes, qkv_inputs
from qkvlib.check.spec import Exercise

EXERCISE = Exercise(
    name="fix_projection",
    parts=("Q", "K", "V"),
    reference=attention.project_qkv,
    model=project,
    inputs=qkv_inputs,
    mistakes=projecting_mistakes(),
    hints=(
        "Run it on X = x1 alone, and compare with the three vectors that you know from the lesson.",
        "Two of its three lines are wrong, each in its own way.",
        "Each role starts from X and goes through its own matrix.",
    ),
    praise="Fixed: every role starts from X, and goes through its own matrix.",
)

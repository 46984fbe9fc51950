"""The three roles of every token."""

from __future__ import annotations

from qkvlib import attention
from qkvlib.check.misconceptions.projection import project, projecting_mistakes, qkv_inputs
from qkvlib.check.spec import Exercise

EXERCISE = Exercise(
    name="project_qkv",
    parts=("Q", "K", "V"),
    reference=attention.project_qkv,
    model=project,
    inputs=qkv_inputs,
    mistakes=projecting_mistakes(),
    hints=(
        "One role at a time: which matrix turns tokens into queries?",
        "X is [..., T, d_model] and W_Q is [d_model, d_head]; @ works on the last two axes and leaves the batch alone.",
        "Three lines of the same form and one return with three names.",
    ),
    praise="Right: the same tokens, three matrices, three roles.",
)

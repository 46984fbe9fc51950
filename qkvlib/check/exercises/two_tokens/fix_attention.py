"""Two lines of a head to put right."""

from __future__ import annotations

from qkvlib import attention
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.misconceptions.whole_head import attention_inputs, attention_mistakes
from qkvlib.check.spec import Exercise

EXERCISE = Exercise(
    name="fix_attention",
    parts=("out", "weights"),
    reference=attention.attention,
    model=head,
    inputs=attention_inputs,
    mistakes=attention_mistakes(),
    hints=(
        "Print weights.sum(axis=-1): what should it be?",
        "Then let K be all zeros but keep V: should the output be zero?",
        "Two lines are wrong: one axis, and one letter.",
    ),
    praise="Fixed: each query shares out 1 among the keys, and what it collects are values.",
)

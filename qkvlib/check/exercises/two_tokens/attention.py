"""One head: scores, softmax, blend."""

from __future__ import annotations

from qkvlib import attention
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.misconceptions.whole_head import attention_inputs, attention_mistakes
from qkvlib.check.spec import Exercise

EXERCISE = Exercise(
    name="attention",
    parts=("out", "weights"),
    reference=attention.attention,
    model=head,
    inputs=attention_inputs,
    mistakes=attention_mistakes(),
    hints=(
        "Three functions that you have already written, one after another.",
        "scores, then softmax, then blend. What is the shape after each?",
        "Keep the weights in a variable: they are used once more, in the return.",
    ),
    praise="Right: softmax(Q Kᵀ / √d_head) V, and the weights to look at.",
)

"""The clinic: keys and values swapped."""

from __future__ import annotations

from qkvlib.check.misconceptions.everywhere import everywhere
from qkvlib.check.misconceptions.fixes import one_head_inputs, output, still_broken, weights_only
from qkvlib.check.misconceptions.one_head import head, value_mistakes
from qkvlib.check.misconceptions.scores import compare_all, measure_mistakes, role_mistakes, scale_mistakes
from qkvlib.check.misconceptions.softmax import soft, softmax_mistakes
from qkvlib.check.spec import Exercise, mistake
from qkvlib.clinic import BUGS

EXERCISE = Exercise(
    name="fix_values_in_scores",
    reference=BUGS["fix_values_in_scores"].fixed,
    model=output,
    inputs=one_head_inputs,
    mistakes=(
        still_broken("fix_values_in_scores", "Two of the three decide who is heard."),
        mistake(
            "keys-in-the-blend",
            "The keys have moved into the blend.",
            "What is heard is V, and only V.",
            lambda Q, K, V: head(Q, K, K + V),
            lambda Q, K, V: (head(Q, K, V, roles="qk+v")[1] @ (K + V), head(Q, K, V, roles="qk+v")[1]),
        ),
        mistake(
            "values-subtracted",
            "The values still take part in the matching, now with a minus.",
            "They should leave the scores altogether.",
            lambda Q, K, V: (soft(compare_all(Q, K - V)) @ V, soft(compare_all(Q, K - V))),
            lambda Q, K, V: (soft(compare_all(Q + V, K)) @ V, soft(compare_all(Q + V, K))),
            lambda Q, K, V: (soft(compare_all(Q, K * V)) @ V, soft(compare_all(Q, K * V))),
        ),
        *role_mistakes(),
        *measure_mistakes(),
        *softmax_mistakes(),
        *value_mistakes(),
        *scale_mistakes("The scores behind your result"),
        mistake(
            "doubled",
            "Your output is twice as large as it should be.",
            "That doubling V doubles the output is how the bug was found; the function itself takes V as it comes.",
            lambda Q, K, V: 2 * output(Q, K, V),
        ),
        weights_only(output),
        *everywhere(
            output, "The scores behind your result", but=("values-as-keys", "weights-transposed", "weights-go-on")
        ),
    ),
    hints=(
        "Double V: what should happen to the output, and to the weights?",
        "Two letters have changed places.",
        "Scores need Q and K only; what is blended is V.",
    ),
    praise="Fixed: matching by keys, content by values.",
)

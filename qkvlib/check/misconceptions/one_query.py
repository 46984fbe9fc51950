"""One query at a time, as in a step of decoding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from qkvlib.check.misconceptions.softmax import softmax_mistakes
from qkvlib.check.spec import Mistake, mistake, switch

# With a single query these come to the same as another mistake, or to the right thing.
ONE_QUERY = frozenset(("softmax-over-everything", "softmax-over-first-axis", "softmax-over-second-axis"))


def one_query_mistakes(step: Callable) -> tuple[Mistake, ...]:
    """Sharing out, blending and handing back in one step of decoding; `step` is the exercise's model."""
    return (
        *(_with_one_query(m) for m in softmax_mistakes() if m.slug not in ONE_QUERY),
        switch(
            "keys-as-values",
            "What you blend are the keys.",
            "Keys are for being found; values are handed over.",
            values="K",
        ),
        mistake(
            "cache-only",
            "The cache is there, but no output comes back.",
            "Return both: out, then the cache.",
            lambda *a: step(*a)[1],
        ),
        mistake(
            "results-swapped",
            "The cache comes first and the output second.",
            "Output first, then the cache.",
            lambda *a: step(*a)[::-1],
        ),
        mistake(
            "values-averaged",
            "Your output is the plain average of the values.",
            "The weights say how much of each value to take.",
            lambda *a: step(*a, normalise="uniform"),
        ),
        mistake(
            "residual-added",
            "The embedding has been added to the output.",
            "The residual connection comes later, outside attention.",
            lambda *a: (step(*a)[0] + a[0], step(*a)[1]),
        ),
    )


def _with_one_query(found: Mistake) -> Mistake:
    if found.slug != "softmax-over-queries":
        return found
    return replace(
        found,
        seen="Every value counts in full: the output is their plain sum, as a softmax over a single query gives.",
    )

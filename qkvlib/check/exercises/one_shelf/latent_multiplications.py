"""The multiplications of one decoding step from latent rows: keys made anew, or the query carried over."""

from __future__ import annotations

from qkvlib.check.inputs import calls
from qkvlib.check.spec import Exercise, switch


def _counts(
    d_model: int,
    n_heads: int,
    d_head: int,
    rank: int,
    n_tokens: int,
    *,
    down: int = 1,
    output: int = 1,
    ends: int = 2,
    blends: int = 2,
    made: int = 2,
    again: str = "all",
    wide: str = "rank",
    heads: str = "each",
    factor: int = 1,
    order: str = "anew first",
) -> tuple[int, ...]:
    """Both counts. `ends` W_UK and W_UV once, `made` keys and values of the rows, `blends` scores and blends."""
    width = n_heads * d_head
    both = (1 + output) * d_model * width + down * d_model * rank
    rows = {"all": n_tokens, "old": n_tokens - 1, "new": 1}[again]
    anew = both + made * rows * rank * width + blends * n_tokens * width
    compared = {"rank": rank, "head": d_head}[wide] * (n_heads if heads == "each" else 1)
    carried = both + ends * width * rank + blends * n_tokens * compared
    counts = factor * anew, factor * carried
    return counts if order == "anew first" else counts[::-1]


EXERCISE = Exercise(
    name="latent_multiplications",
    reference=lambda d_model, n_heads, d_head, rank, n_tokens: _counts(d_model, n_heads, d_head, rank, n_tokens),
    model=_counts,
    parts=("with keys and values made anew", "with the query carried over"),
    inputs=lambda rng: calls(
        ("a small layer", 13, 3, 5, 7, 11),
        ("a wide row", 29, 2, 3, 17, 5),
        ("many tokens", 19, 7, 5, 11, 1009),
        ("the first token", 31, 11, 2, 13, 1),
    ),
    promised=lambda *sizes: min(sizes) > 0,
    tolerance=1e-9,
    mistakes=(
        switch(
            "compared-in-a-head's-width",
            "With the query carried over, your scores are as cheap as those with keys.",
            "How wide is a query once it is carried over to c?",
            wide="head",
        ),
        switch(
            "one-head-compares",
            "With the query carried over, only one head compares and blends.",
            "c is shared, but each head has a carried query of its own.",
            heads="one",
        ),
        switch(
            "only-the-new-row-made",
            "Made anew, you count the key and the value of the new token alone.",
            "Only c is on the shelf: of how many rows are keys and values needed in a step?",
            again="new",
        ),
        switch(
            "new-row-not-made",
            "Made anew, the new token's key and value are missing.",
            "It looks at itself as well.",
            again="old",
        ),
        switch("values-not-made", "Made anew, you count keys or values, and not both.", "Both are made of c.", made=1),
        switch(
            "one-end-missing",
            "With the query carried over, one of the two products at the ends is missing.",
            "W_UK meets the query, W_UV meets the blend.",
            ends=1,
        ),
        switch(
            "ends-missing",
            "With the query carried over, W_UK and W_UV are not counted.",
            "They meet no row any more, but the query and the blend.",
            ends=0,
        ),
        switch("latent-row-not-made", "W_down is missing in both counts.", "The new token's c has to be made.", down=0),
        switch("output-matrix-left-out", "W_O is missing in both counts.", "It comes last, in both ways.", output=0),
        switch(
            "blends-left-out", "You count the scores, but not the blends.", "Each weight multiplies a row.", blends=1
        ),
        switch(
            "additions-counted",
            "Your counts are twice as large.",
            "Multiplications alone are asked for, not additions as well.",
            factor=2,
        ),
        switch(
            "order",
            "Right, but the two counts have changed places.",
            "Made anew first, then carried over.",
            order="carried first",
        ),
    ),
    hints=(
        "A row of a numbers times a matrix [a, b] takes a · b multiplications. Begin with what both ways share.",
        "Made anew: keys and values of all rows, n_heads · d_head numbers each, out of rank numbers.",
        "Carried over: each head has a query of rank numbers, meets every row, and blends every row.",
    ),
    praise="Right. In a layer of DeepSeek-V3's size, 1,000 tokens, no turned part: 17 billion and 386 million.",
)

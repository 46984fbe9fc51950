"""The multiplications of one decoding step, with keys and values kept or with X kept."""

from __future__ import annotations

from qkvlib.check.inputs import calls
from qkvlib.check.spec import Exercise, mistake, switch


def _counts(
    d_model, n_heads, n_tokens, *, kept=4, carried=4, wide="heads", blends=2, again=False, factor=1, order="kv first"
):
    """Both counts. `kept` and `carried` are products of a row with a whole matrix, `blends` scores and blends."""
    width = {"heads": n_heads * d_model, "model": d_model, "head": d_model // n_heads}[wide]
    with_kv = kept * d_model**2 + blends * n_tokens * d_model
    with_x = carried * d_model**2 + blends * n_tokens * width
    if again:
        with_x = 2 * d_model**2 + 2 * n_tokens * d_model**2 + blends * n_tokens * d_model
    both = factor * with_kv, factor * with_x
    return both if order == "kv first" else both[::-1]


EXERCISE = Exercise(
    name="step_multiplications",
    reference=lambda d_model, n_heads, n_tokens: _counts(d_model, n_heads, n_tokens),
    model=_counts,
    parts=("with keys and values kept", "with X kept"),
    inputs=lambda rng: calls(
        ("a small layer", 66, 11, 17),
        ("few tokens", 210, 14, 3),
        ("many tokens", 84, 7, 1009),
        ("the first token", 130, 13, 1),
    ),
    promised=lambda d_model, n_heads, n_tokens: d_model % n_heads == 0 < n_tokens,
    tolerance=1e-9,
    mistakes=(
        switch(
            "x-as-narrow-as-a-head",
            "Your scores with X are as cheap as those with keys: each head still compares d_head numbers.",
            "How wide is a query once it is carried over to the rows of X? And how many heads have one?",
            wide="model",
            versions=(lambda *a: _counts(*a, wide="head"),),
        ),
        switch(
            "projected-again",
            "With X kept, you project all tokens again.",
            "Carry the query over instead, once: q W_Kᵀ. And apply W_V to the blend, not to the rows.",
            again=True,
        ),
        switch(
            "blends-left-out",
            "You count the scores, but not the blends.",
            "Each weight multiplies a whole row.",
            blends=1,
        ),
        switch(
            "projections-only",
            "You count the matrices, but not the scores and blends.",
            "The new query meets every token in the cache.",
            blends=0,
        ),
        switch(
            "output-matrix-left-out",
            "W_O is missing in both counts.",
            "It multiplies the merged heads, whatever is kept.",
            kept=3,
            carried=3,
        ),
        switch(
            "query-left-out",
            "With X kept, one product with a whole matrix is missing.",
            "Go through the list: the query, carrying it over, W_V, W_O.",
            carried=3,
            versions=(lambda *a: _counts(*a, carried=2),),
        ),
        switch(
            "matrices-left-out",
            "Scores and blends are counted, but not the matrices.",
            "The new token has to be projected, and W_O comes last.",
            kept=0,
            carried=0,
        ),
        mistake(
            "all-pairs-counted",
            "You count every token meeting every other: the square of n_tokens.",
            "In one step of decoding a single new query meets the n_tokens keys.",
            lambda d, n, T: (4 * d**2 + 2 * T**2 * d, 4 * d**2 + 2 * n * T**2 * d),
        ),
        mistake(
            "heads-in-both",
            "Both your counts multiply scores and blends by n_heads; with keys kept, the heads share one width.",
            "There each head compares only d_head numbers: how many is that for all heads together?",
            lambda d, n, T: (_counts(d, n, T)[1],) * 2,
        ),
        mistake(
            "whole-matrix-for-each-head",
            "With X kept, you count a product with a whole matrix for every head.",
            "Carrying over uses only the d_head columns of one head, n_heads times: how much is that together?",
            *(
                lambda d, n, T, whole=whole: (_counts(d, n, T)[0], (4 + whole * (n - 1)) * d**2 + 2 * n * T * d)
                for whole in (1, 2)
            ),
        ),
        switch(
            "keys-and-values-not-projected",
            "With keys and values kept, products with whole matrices are missing: the new token has a q, a k and a v.",
            "Go through the list: W_Q, W_K, W_V, and W_O at the end.",
            kept=2,
            versions=(lambda *a: _counts(*a, kept=1),),
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
            "Keys and values first, then X.",
            order="x first",
        ),
    ),
    hints=(
        "A row of a numbers times a matrix [a, b] takes a · b multiplications.",
        "With keys: each head compares d_head numbers with each token, all heads together d_model; then they blend.",
        "With X: each head compares d_model numbers with each token, and there are n_heads of them.",
    ),
    praise="Right. For a layer of Llama-2-7B's size at 1,000 tokens that makes 75 and 329 million.",
)

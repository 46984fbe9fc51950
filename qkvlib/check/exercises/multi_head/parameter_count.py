"""How many numbers a layer holds."""

from __future__ import annotations

from qkvlib import attention
from qkvlib.check.inputs import calls
from qkvlib.check.spec import Exercise, mistake, switch


def _count(
    D: int,
    n: int,
    n_kv: int,
    *,
    q: int = 1,
    k: int = 1,
    v: int = 1,
    o: int = 1,
    kv_width: str = "shared",
    biases: bool = False,
    per_head: int = 1,
) -> int:
    d = D // n
    wide = {
        "shared": d * n_kv,
        "full": D,
        "head": d,
        "ratio": D * n // n_kv,
        "inverse": D // n_kv,
        "model": D * n_kv,
        "count": n_kv,
    }[kv_width]
    total = q * D * D + (k + v) * D * wide + o * D * D
    if biases:
        total += q * D + (k + v) * wide + o * D
    return total * (n if per_head == "n" else 1)


EXERCISE = Exercise(
    name="parameter_count",
    reference=attention.parameter_count,
    model=_count,
    inputs=lambda rng: calls(
        ("a small model", 66, 11, 11),
        ("shared K/V heads", 210, 14, 7),
        ("few K/V heads", 84, 12, 3),
        ("one K/V head", 130, 26, 1),
    ),
    promised=lambda d_model, n_heads, n_kv_heads: d_model % n_heads == n_heads % n_kv_heads == 0,
    tolerance=1e-9,
    mistakes=(
        switch(
            "kv-full-width",
            "Your W_K and W_V are as large as W_Q: n_kv_heads changes nothing.",
            "How many columns do fewer K/V heads need?",
            kv_width="full",
        ),
        mistake(
            "kv-square",
            "Your W_K and W_V are square.",
            "Their columns are fewer, but every number of the embedding still has a row in them.",
            lambda D, n, kv: 2 * D * D + 2 * (D // n * kv) ** 2,
        ),
        switch(
            "kv-one-head",
            "Your W_K and W_V are only one head wide.",
            "There are n_kv_heads of them.",
            kv_width="head",
        ),
        switch(
            "kv-ratio-inverted",
            "Your W_K and W_V grow as n_kv_heads shrinks.",
            "Fewer K/V heads, fewer columns.",
            kv_width="ratio",
        ),
        switch(
            "kv-head-as-wide-as-model",
            "Each of your K/V heads is as wide as the whole model.",
            "One head is d_model / n_heads wide.",
            kv_width="model",
        ),
        switch(
            "kv-head-one-wide",
            "Each of your K/V heads has a single column.",
            "One head is d_model / n_heads wide.",
            kv_width="count",
        ),
        switch(
            "kv-divided-by-kv-heads",
            "You divide d_model by n_kv_heads to get the width of K and V.",
            "The width of one head is d_model / n_heads; K and V have n_kv_heads of that width.",
            kv_width="inverse",
        ),
        switch(
            "output-matrix-left-out",
            "One matrix of full size is missing from your count.",
            "There is one before the heads, and one after them that mixes what they found.",
            companion=True,
            o=0,
        ),
        switch(
            "biases-counted",
            "Your count has a few thousandths too many: biases are in it.",
            "Only the entries of the four matrices are asked for.",
            biases=True,
        ),
        mistake(
            "every-head-at-full-width",
            "You count four matrices of full size for every head.",
            "The heads share the width of one matrix, and K and V may have fewer heads than Q.",
            lambda D, n, n_kv: 4 * n * D * D,
        ),
        switch(
            "times-heads",
            "Your count is too large by the number of heads.",
            "The heads share the width of one matrix; they do not each have a full one.",
            per_head="n",
        ),
        switch(
            "keys-forgotten",
            "W_K or W_V is missing from your count.",
            "Two matrices shrink with n_kv_heads.",
            k=0,
        ),
        mistake(
            "only-values-shrink",
            "Only one of W_K and W_V shrinks in your count.",
            "K and V are shared in the same groups.",
            lambda D, n, n_kv: 3 * D * D + D * (D // n * n_kv),
        ),
        mistake(
            "output-matrix-shrinks",
            "Your W_O shrinks with n_kv_heads.",
            "There are still n_heads heads to join.",
            lambda D, n, n_kv: D * D + 3 * D * (D // n * n_kv),
        ),
        mistake(
            "everything-shrinks",
            "All four of your matrices shrink with n_kv_heads.",
            "Only keys and values are shared.",
            lambda D, n, n_kv: 4 * D * (D // n * n_kv),
        ),
        mistake(
            "head-by-head-squares",
            "You count small square matrices inside each head.",
            "Each head reads the full width: its matrix has d_model rows.",
            lambda D, n, n_kv: 4 * n * (D // n) ** 2,
            lambda D, n, n_kv: (2 * n + 2 * n_kv) * (D // n) ** 2,
        ),
        mistake(
            "widths-added",
            "You added rows and columns instead of multiplying them.",
            "A matrix has rows times columns entries.",
            lambda D, n, n_kv: 4 * (D + D),
            lambda D, n, n_kv: 2 * (D + D) + 2 * (D + D // n * n_kv),
        ),
        mistake(
            "one-matrix",
            "You counted one matrix.",
            "There are four.",
            lambda D, n, n_kv: D * D,
            lambda D, n, n_kv: D * (D // n * n_kv),
        ),
        mistake(
            "whole-block-counted",
            "Your count is that of a whole block, feed-forward part included.",
            "Only W_Q, W_K, W_V and W_O are asked for.",
            lambda D, n, n_kv: 12 * D * D,
            lambda D, n, n_kv: attention.parameter_count(D, n, n_kv) + 8 * D * D,
        ),
        mistake(
            "bytes-counted",
            "You counted bytes.",
            "Entries are asked for, whatever their size.",
            *(lambda D, n, n_kv, b=b: b * attention.parameter_count(D, n, n_kv) for b in (2, 4, 8)),
        ),
        mistake(
            "division-rounded",
            "Your count does not come out whole or is slightly off.",
            "Use // for the width of a head.",
            lambda D, n, n_kv: 2 * D * D + 2 * D * D * (n_kv // n),
            lambda D, n, n_kv: 2 * D * D + 2 * D * D // (n // n_kv) + 1,
        ),
        mistake(
            "heads-for-width",
            "The number of heads stands where the width of a head belongs.",
            "One head is d_model / n_heads wide.",
            lambda d_model, n_heads, n_kv_heads: 2 * d_model**2 + 2 * d_model * n_kv_heads * n_heads,
        ),
    ),
    hints=(
        "Four matrices. Which two do not depend on n_kv_heads?",
        "One head is d_model / n_heads wide; K and V have n_kv_heads of them.",
        "Twice d_model x d_model, and twice d_model x (what K needs).",
    ),
    praise="Right: W_Q and W_O keep their size, W_K and W_V shrink.",
)

"""Two caches of a decoder: what it keeps of the source, and what it keeps of its own words."""

from __future__ import annotations

from qkvlib.check.inputs import calls
from qkvlib.check.spec import Exercise, mistake, switch


def _two(
    layers: int,
    d: int,
    source: int,
    target: int,
    size: int = 2,
    *,
    pair: int = 2,
    depth: str = "all",
    wide: str = "d",
    unit: str = "asked",
    across: str = "source",
    own: str = "target",
) -> tuple[int, int]:
    row = pair * (layers if depth == "all" else 1) * {"d": d, "one": 1, "square": d * d}[wide]
    row *= {"asked": size, "none": 1, "two": 2, "bits": 8 * size}[unit]
    rows = {"source": source, "target": target, "both": source + target, "grid": source * target, "square": target**2}
    return row * rows[across], row * rows[own]


EXERCISE = Exercise(
    name="cross_cache_bytes",
    parameters=("n_layers", "d_model", "n_source", "n_target", "bytes_per_value"),
    parts=("of the source", "of its own words"),
    reference=_two,
    model=_two,
    inputs=lambda rng: calls(
        ("two bytes a value", 3, 5, 7, 11),
        ("four bytes a value", 2, 13, 17, 5, 4),
        ("the first word", 5, 7, 23, 1, 1),
    ),
    tolerance=1e-9,
    mistakes=(
        mistake(
            "added-together",
            "Both caches have been added into one number.",
            "Two numbers are asked for: they grow in different ways.",
            lambda *a: sum(_two(*a)),
        ),
        switch(
            "only-one-of-k-and-v",
            "Both numbers are half of what is needed.",
            "What is kept for every token: one vector, or more?",
            pair=1,
        ),
        switch(
            "queries-kept",
            "Both numbers are half as large again as they should be: queries are in them.",
            "A query is used once; who still needs it later?",
            pair=3,
        ),
        switch(
            "one-layer-only",
            "The numbers are those of a single layer.",
            "Each layer of the decoder has keys and values of its own, of the source as well.",
            depth="one",
        ),
        switch(
            "width-forgotten",
            "A key counts as one number.",
            "How many numbers are there in a row of K?",
            wide="one",
        ),
        switch(
            "matrices-kept",
            "You count d_model × d_model numbers, the size of a matrix that projects.",
            "What is kept are rows of K and V, not the matrices that made them.",
            wide="square",
        ),
        switch(
            "values-for-bytes",
            "You count numbers, and bytes are asked for.",
            "How many bytes does one number take?",
            unit="none",
        ),
        switch(
            "bytes-per-value-ignored",
            "Your answer does not depend on bytes_per_value.",
            "Two is only what it is unless something else is asked for.",
            unit="two",
        ),
        switch("bits-for-bytes", "Your numbers are eight times too large.", "A byte has eight bits.", unit="bits"),
        switch(
            "source-grows-with-the-words",
            "What is kept of the source grows with the words written.",
            "It is made once, before the first word. Does a later word add to it?",
            versions=(lambda *a: _two(*a, across="grid"),),
            across="both",
        ),
        switch(
            "weights-kept",
            "A row is kept for every pair of words, as if the weights were kept.",
            "Keys and values have one row for each token.",
            across="grid",
            own="square",
        ),
        switch(
            "own-cache-holds-the-source",
            "The cache of its own words holds the source as well.",
            "Self-attention in the decoder looks at the words written, and at no others.",
            own="both",
        ),
        mistake(
            "results-swapped",
            "The two numbers have changed places.",
            "First what is kept of the source, then what is kept of its own words.",
            lambda *a: _two(*a)[::-1],
        ),
    ),
    hints=(
        "One token, one layer: how many numbers are kept?",
        "Each layer keeps a key and a value of d_model numbers for each token. How many tokens are there?",
        "Both are 2 · n_layers · d_model · tokens · bytes_per_value; only the tokens differ.",
    ),
    praise="Right: the one is fixed once the source has been read, the other grows by a row a word.",
)

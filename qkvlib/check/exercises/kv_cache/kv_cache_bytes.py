"""How much memory a cache takes."""

from __future__ import annotations

from qkvlib import attention
from qkvlib.check.inputs import batch, calls
from qkvlib.check.spec import Exercise, mistake, switch


def _bytes(
    layers: int,
    kv: int,
    d: int,
    tokens: int,
    size: int = 2,
    batch: int = 1,
    *,
    pair: int = 2,
    depth: str = "all",
    count: str = "kv",
    wide: str = "d",
    long: str = "linear",
    unit: str = "asked",
    many: int = 1,
) -> int:
    total = pair * (layers if depth == "all" else 1) * (kv if count == "kv" else 1) * (d if wide == "d" else 1)
    total *= {"linear": tokens, "quadratic": tokens**2, "half": tokens * (tokens + 1) // 2, "one": 1}[long]
    total *= {"asked": size, "none": 1, "bits": 8 * size, "two": 2, "four": 4}[unit]
    return total * (batch if many else 1)


EXERCISE = Exercise(
    name="kv_cache_bytes",
    reference=attention.kv_cache_bytes,
    model=_bytes,
    inputs=lambda rng: calls(
        ("the defaults", 3, 5, 7, 11),
        ("four bytes a value", 2, 3, 13, 17, 4),
        batch("a batch", 5, 7, 11, 23, 1, 3),
    ),
    tolerance=1e-9,
    mistakes=(
        switch(
            "only-one-of-k-and-v",
            "Your cache holds half of what is needed.",
            "What is kept for every token: one vector, or more?",
            pair=1,
        ),
        switch(
            "queries-cached",
            "Your cache is half as large again as it should be: queries are in it.",
            "A query is used once, by its own token; who still needs it later?",
            pair=3,
        ),
        switch(
            "four-things-cached",
            "Your cache is twice as large as it should be.",
            "The 2 for K and V and the bytes per value are two different factors; is one of them counted twice?",
            pair=4,
        ),
        switch(
            "one-layer",
            "Your cache is that of a single layer.",
            "Every layer has keys and values of its own.",
            depth="one",
        ),
        switch(
            "one-kv-head",
            "Your cache is that of a single head.",
            "Every K/V head is kept.",
            count="one",
        ),
        switch(
            "head-width-forgotten",
            "One number per head and token is too little.",
            "How many numbers does a key have?",
            wide="one",
        ),
        switch(
            "elements-for-bytes",
            "You count values, not bytes.",
            "How many bytes does one of them take?",
            unit="none",
        ),
        switch(
            "bits-for-bytes",
            "You count bits.",
            "bytes_per_value is in bytes already.",
            unit="bits",
        ),
        switch(
            "fixed-two-bytes",
            "Your values always take two bytes, whatever bytes_per_value says.",
            "Use the argument.",
            unit="two",
        ),
        switch(
            "fixed-four-bytes",
            "Your values always take four bytes, whatever bytes_per_value says.",
            "Use the argument.",
            versions=(lambda a, b, c, d, size=4, batch=1: _bytes(a, b, c, d, size, batch),),
            unit="four",
        ),
        switch(
            "quadratic",
            "Your cache grows with the square of the number of tokens.",
            "The scores are a square, but they are not kept; what is kept per token?",
            long="quadratic",
        ),
        switch(
            "triangular",
            "Your cache adds up what every step looks at.",
            "A token is stored once, however often it is read.",
            long="half",
        ),
        switch(
            "one-token",
            "Your cache is that of one token.",
            "Every token so far is kept.",
            long="one",
        ),
        switch(
            "batch-ignored",
            "Your cache does not grow with the batch.",
            "Every sequence has a cache of its own.",
            many=0,
        ),
        mistake(
            "sizes-alone",
            "The sizes are multiplied and nothing else: your number counts one vector, and values instead of bytes.",
            "What is kept for every token: one vector, or more? And how many bytes does a number take?",
            lambda a, b, c, d, size=2, batch=1: a * b * c * d,
            lambda a, b, c, d, size=2, batch=1: a * b * c * d * batch,
        ),
        mistake(
            "kilobytes",
            "Your number is in kilobytes, megabytes or larger units.",
            "Plain bytes are asked for.",
            *(
                lambda *a, unit=unit: attention.kv_cache_bytes(*a) / unit
                for unit in (1024, 1024**2, 1024**3, 1000, 10**6, 10**9)
            ),
            *(lambda *a, unit=unit: attention.kv_cache_bytes(*a) // unit for unit in (1024, 1024**2)),
        ),
        mistake(
            "added-not-multiplied",
            "Some of your factors are added where they should be multiplied.",
            "Every layer has every head, and every head keeps every token.",
            lambda a, b, c, d, size=2, batch=1: 2 * (a + b + c + d) * size * batch,
            lambda a, b, c, d, size=2, batch=1: 2 * a * b * (c + d) * size * batch,
            lambda a, b, c, d, size=2, batch=1: (2 + a * b * c * d) * size * batch,
            lambda a, b, c, d, size=2, batch=1: 2 * a * b * c * (d + batch) * size,
            lambda a, b, c, d, size=2, batch=1: 2 * a * (b + c) * d * size * batch,
            lambda a, b, c, d, size=2, batch=1: (a * b * c * d + 2) * size * batch,
        ),
        mistake(
            "two-as-a-power",
            "You square something where it should be taken twice.",
            "Keys and values are two things: their 2 is a factor.",
            lambda a, b, c, d, size=2, batch=1: (a * b * c * d * size * batch) ** 2,
            lambda a, b, c, d, size=2, batch=1: a * b * c * d * size**2 * batch,
            lambda a, b, c, d, size=2, batch=1: (a * b * c * d) ** 2 * size * batch,
        ),
        mistake(
            "matrices-for-cache",
            "Your number does not depend on how many tokens there are: it is the size of the matrices.",
            "What is kept for each token?",
            lambda a, b, c, d, size=2, batch=1: 2 * a * (b * c) ** 2 * size * batch,
            lambda a, b, c, d, size=2, batch=1: 2 * a * (b * c) ** 2 * size,
        ),
        mistake(
            "kv-heads-squared",
            "Your cache grows with the square of the heads, or of their width.",
            "A key is one row of d_head numbers per head; no factor appears twice.",
            lambda a, b, c, d, size=2, batch=1: 2 * a * b * b * c * d * size * batch,
            lambda a, b, c, d, size=2, batch=1: 2 * a * (b * c) ** 2 * d * size * batch,
            lambda a, b, c, d, size=2, batch=1: 2 * a * b * c * c * d * size * batch,
        ),
        mistake(
            "one-token-short",
            "Your cache holds one token too few, or one too many.",
            "Every token so far is kept, the newest too.",
            lambda a, b, c, d, size=2, batch=1: 2 * a * b * c * (d - 1) * size * batch,
            lambda a, b, c, d, size=2, batch=1: 2 * a * b * c * (d + 1) * size * batch,
        ),
        mistake(
            "projections-counted",
            "The matrices are in your number, too.",
            "Only what grows with the tokens is cached.",
            lambda a, b, c, d, size=2, batch=1: (
                attention.kv_cache_bytes(a, b, c, d, size, batch) + 2 * a * (b * c) ** 2
            ),
        ),
    ),
    hints=(
        "Start from one token in one layer: what is kept, and how many numbers is that?",
        "One key and one value, each n_kv_heads times d_head numbers.",
        "Then: every layer, every token, every sequence of the batch, and bytes for each number.",
    ),
    praise="Right: linear in tokens, and n_heads does not appear at all.",
)

"""Lesson 6: shared K/V heads and the cache."""

from __future__ import annotations

import numpy as np

from qkvlib import attention as math
from qkvlib.check.spec import Exercise, Mistake, mistake, switch
from qkvlib.check.specs import heads
from qkvlib.check.specs.common import (
    calls,
    first_of_pair,
    head,
    mask_as_index,
    mask_mistakes,
    normal,
    picked,
    random_mask,
    scale_mistakes,
    scale_slips,
    softmax_slips,
)

# -- repeat_kv ----------------------------------------------------------------------------------------------------


def shared_inputs(rng):
    """(K, n_rep), with something to repeat in every call."""
    return calls(
        ("two K/V heads", normal(rng, 2, 5, 3), 3),
        ("as many heads as tokens", normal(rng, 3, 3, 3), 2),
        ("a batch of sequences", normal(rng, 2, 3, 7, 5), 2),
    )


def _repeat_inputs(rng):
    return [*shared_inputs(rng), *calls(("nothing to repeat", normal(rng, 3, 5, 2), 1))]


def repeat_mistakes() -> tuple[Mistake, ...]:
    return (
        mistake(
            "tiled",
            "Your heads come in the order 0 1 0 1: neighbours read different K/V heads.",
            "A group of neighbouring query heads shares one: 0 0 1 1.",
            lambda K, n: heads.share(K, n, "tile"),
            lambda K, n: np.tile(K, (n, 1, 1)),
            lambda K, n: np.concatenate([K] * n),
            lambda K, n: np.concatenate([K] * n, axis=1),
            lambda K, n: K[..., np.arange(K.shape[-3] * n) % n, :, :],
        ),
        mistake(
            "groups-miscounted",
            "The place of a query head is divided by the number of K/V heads, where the size of a group belongs.",
            "How many neighbours share a head: n_rep, or n_kv_heads?",
            lambda K, n: K[..., np.arange(K.shape[-3] * n) // K.shape[-3], :, :],
        ),
        mistake(
            "tokens-repeated",
            "Your tokens have been repeated, not your heads.",
            "The head axis stands before the tokens: which number has it, counted from the end?",
            lambda K, n: np.repeat(K, n, axis=-2),
            lambda K, n: np.concatenate([K] * n, axis=-2),
            lambda K, n: K[..., np.arange(K.shape[-3] * n) // n, :],
        ),
        mistake(
            "features-repeated",
            "Your features have been repeated, so every head grew wider.",
            "The head axis is the third from the end.",
            lambda K, n: np.repeat(K, n, axis=-1),
            lambda K, n: np.concatenate([K] * n, axis=-1),
            lambda K, n: K[..., np.arange(K.shape[-3] * n) // n],
        ),
        mistake(
            "batch-repeated",
            "With a batch in front, the sequences are repeated instead of the heads.",
            "Count from the end: the head axis is -3.",
            lambda K, n: np.repeat(K, n, axis=0),
            lambda K, n: np.repeat(K, n, axis=1),
            lambda K, n: K[np.arange(K.shape[-3] * n) // n],
        ),
        mistake(
            "new-axis",
            "The copies stand on an axis of their own.",
            "Head and copy belong on one axis: n_kv_heads times n_rep heads.",
            lambda K, n: np.repeat(K[..., None, :, :], n, axis=-3),
            lambda K, n: np.stack([K] * n),
            lambda K, n: np.stack([K] * n, axis=-3),
            lambda K, n: np.broadcast_to(K[..., None, :, :], (*K.shape[:-2], n, *K.shape[-2:])),
        ),
        mistake(
            "flattened",
            "Everything lies in one long row.",
            "Tell repeat along which axis.",
            lambda K, n: np.repeat(K, n),
        ),
        mistake(
            "not-repeated",
            "The heads come back as they were.",
            "There should be n_rep times as many.",
            lambda K, n: K,
        ),
        mistake(
            "multiplied",
            "The numbers were multiplied; the heads are as many as before.",
            "Copies are asked for: list * n repeats, array * n multiplies.",
            lambda K, n: K * n,
        ),
        mistake(
            "one-copy-too-many",
            "There is one copy of each head too many, or too few.",
            "n_rep counts the original as well.",
            lambda K, n: np.repeat(K, n + 1, axis=-3),
            lambda K, n: np.repeat(K, max(n - 1, 1), axis=-3),
        ),
        mistake(
            "heads-reversed",
            "Your groups come in reversed order.",
            "The first group reads the first head.",
            lambda K, n: np.repeat(K[..., ::-1, :, :], n, axis=-3),
        ),
        mistake(
            "averaged",
            "Your heads have been averaged.",
            "Copies keep the numbers as they are.",
            lambda K, n: heads.share(K, n, "mean"),
            lambda K, n: np.repeat(K, n, axis=-3) / n,
        ),
        mistake(
            "first-head-only",
            "All your copies are copies of the first head.",
            "Each head is copied n_rep times.",
            lambda K, n: heads.share(K, n, "first"),
        ),
        mistake(
            "padded-with-zeros",
            "The new heads are all zeros.",
            "They are copies of the head before them.",
            lambda K, n: np.concatenate([K, np.zeros_like(K).repeat(n - 1, axis=-3)], axis=-3),
        ),
        mistake(
            "copies-mixed-with-tokens",
            "The shape is right, but your heads mix tokens: the copies were reshaped along the wrong axis.",
            "Make the copies next to the head they come from, then join those two axes.",
            lambda K, n: np.repeat(K, n, axis=-2).reshape(*K.shape[:-3], -1, *K.shape[-2:]),
            lambda K, n: np.repeat(K, n, axis=-1).reshape(*K.shape[:-3], -1, *K.shape[-2:]),
            lambda K, n: np.repeat(K, n).reshape(*K.shape[:-3], -1, *K.shape[-2:]),
        ),
    )


repeat_kv = Exercise(
    name="repeat_kv",
    lesson=6,
    parameters=("K", "n_rep"),
    reference=math.repeat_kv,
    inputs=_repeat_inputs,
    axes=("query head", "token", "feature of a head"),
    mistakes=repeat_mistakes(),
    hints=(
        "With two K/V heads and n_rep = 3 the six heads should read 0 0 0 1 1 1.",
        "Heads are the third axis from the end.",
        "np.repeat repeats each entry in place; np.tile repeats the whole row of them.",
    ),
    praise="Right: neighbours share a head.",
)


# -- grouped_query_attention --------------------------------------------------------------------------------------


def _gqa_inputs(rng):
    def weights(D, n_heads, n_kv):
        d = D // n_heads
        wide = (D, d * n_kv, d * n_kv, D)
        return tuple(normal(rng, D, w) / np.sqrt(D / 2) for w in wide)

    return calls(
        ("one sequence", normal(rng, 5, 12), *weights(12, 6, 2), 6, 2),
        ("one sequence with a mask", normal(rng, 5, 12), *weights(12, 4, 2), 4, 2, random_mask(rng, 5, 5)),
        ("a batch of sequences", normal(rng, 2, 7, 18), *weights(18, 6, 3), 6, 3),
        ("one K/V head for each query head", normal(rng, 5, 6), *weights(6, 3, 3), 3, 3, random_mask(rng, 5, 5)),
    )


_GQA = ("X", "W_Q", "W_K", "W_V", "W_O", "n_heads", "n_kv_heads", "mask")
_WITHOUT = {"queries-from-key-matrix", "queries-and-keys-swapped", "nothing-projected", "one-head"}

grouped_query_attention = Exercise(
    name="grouped_query_attention",
    lesson=6,
    parameters=_GQA,
    reference=math.grouped_query_attention,
    model=heads.layer,
    inputs=_gqa_inputs,
    tidy=first_of_pair,
    axes=("token", "column of W_O"),
    mistakes=(
        *heads.sharing_switches(),
        mistake(
            "not-repeated",
            "Your query heads and the heads of the keys differ in number, and nothing brings them together.",
            "Each group of query heads shares one K/V head: repeat K and V before comparing.",
            lambda X, Q, K, V, out, n, kv, mask=None: _plain_heads(X, Q, K, V, out, n, kv, mask),
            lambda X, Q, K, V, out, n, kv, mask=None: _one_by_one(X, Q, K, V, out, n, kv, mask, lambda h: h),
        ),
        mistake(
            "groups-miscounted",
            "The number of a query head is divided by the number of K/V heads, where the size of a group belongs.",
            "How many neighbours share a head: n_heads // n_kv_heads, or n_kv_heads?",
            lambda X, Q, K, V, out, n, kv, mask=None: _one_by_one(X, Q, K, V, out, n, kv, mask, lambda h: h // kv),
        ),
        mistake(
            "queries-averaged",
            "The query heads of a group were averaged into one.",
            "Sharing keys and values leaves every query head its own question.",
            lambda X, Q, K, V, out, n, kv, mask=None: _averaged(X, Q, K, V, out, n, kv, mask),
        ),
        heads.one_head_meets_all(
            lambda X, Q, K, V, out, n, kv, mask=None: heads.split(X, n) @ Q,
            lambda X, Q, K, V, out, n, kv, mask=None: _heads(X, Q, K, V, n, kv, mask) @ out,
        ),
        mistake(
            "values-not-repeated",
            "The keys are repeated, but the values are not: the weights have more heads than V.",
            "A key and its value belong together: share both out in the same way.",
            lambda *a: heads.layer(*a, share_v="none"),
        ),
        mistake(
            "tokens-repeated",
            "The tokens were repeated, where it is the heads that are too few.",
            "The head axis stands before the tokens: which number has it, counted from the end?",
            lambda *a: heads.layer(*a, share_k="tokens", share_v="tokens"),
        ),
        mistake(
            "ratio-upside-down",
            "You repeat n_kv_heads // n_heads times, which is 0 as soon as heads are shared.",
            "How many query heads share one K/V head?",
            lambda X, Q, K, V, out, n, kv, mask=None: _repeated(X, Q, K, V, out, n, kv, mask, kv // n),
        ),
        mistake(
            "repeated-kv-times",
            "Each K/V head was repeated as often as there are K/V heads.",
            "How many query heads share one?",
            lambda X, Q, K, V, out, n, kv, mask=None: _repeated(X, Q, K, V, out, n, kv, mask, kv),
        ),
        mistake(
            "repeated-heads-times",
            "Each K/V head was repeated as often as there are query heads.",
            "How many query heads share one?",
            lambda X, Q, K, V, out, n, kv, mask=None: _repeated(X, Q, K, V, out, n, kv, mask, n),
        ),
        mistake(
            "kv-split-into-query-heads",
            "K and V were split into as many heads as Q, so their heads are too narrow.",
            "They have n_kv_heads heads, each as wide as a query head.",
            lambda X, Q, K, V, out, n, kv, mask=None: _split_all(X, Q, K, V, out, n, n, mask),
        ),
        mistake(
            "queries-split-into-kv-heads",
            "Q was split into n_kv_heads heads, so its heads are too wide.",
            "Q has n_heads heads.",
            lambda X, Q, K, V, out, n, kv, mask=None: _split_all(X, Q, K, V, out, kv, kv, mask),
        ),
        mistake(
            "queries-dropped",
            "Only n_kv_heads of your query heads are used.",
            "Sharing keys and values leaves every query head in place.",
            lambda X, Q, K, V, out, n, kv, mask=None: _first_queries(X, Q, K, V, out, n, kv, mask),
        ),
        mistake(
            "columns-repeated-before-split",
            "The columns of K and V were repeated one by one before the split, so heads mix features.",
            "Split into heads first, then repeat whole heads.",
            lambda X, Q, K, V, out, n, kv, mask=None: _columns(X, Q, K, V, out, n, kv, mask, np.repeat),
        ),
        *(m for m in heads.projection_switches() if m.slug not in _WITHOUT),
        *heads.head_switches(),
        *heads.attending_switches(),
        *mask_mistakes(),
        mistake(
            "always-causal",
            "Your function masks the future even when no mask is given.",
            "When mask is None, every token may look everywhere.",
            lambda X, Q, K, V, out, n, kv, mask=None: heads.layer(
                X, Q, K, V, out, n, kv, np.tri(X.shape[-2], dtype=bool)
            ),
        ),
        mistake(
            "mask-required",
            "Your function cannot do without a mask.",
            "When mask is None, every token may look everywhere.",
            lambda X, Q, K, V, out, n, kv, mask=None: heads.layer(X, Q, K, V, out, n, kv, _there(mask)),
        ),
        *scale_mistakes("The scores in your heads", model=True),
        *scale_slips(heads.layer, "The scores in your heads"),
        *softmax_slips(heads.layer),
        mask_as_index(heads.layer),
        heads.always_a_batch(heads.layer),
        mistake(
            "scale-by-groups",
            "Your scale follows n_kv_heads.",
            "Sharing changes nothing about the width of a head.",
            lambda X, Q, K, V, out, n, kv, mask=None: heads.layer(X, Q * np.sqrt(kv / n), K, V, out, n, kv, mask),
            lambda X, Q, K, V, out, n, kv, mask=None: heads.layer(X, Q * np.sqrt(n / kv), K, V, out, n, kv, mask),
        ),
        mistake(
            "heads-unmerged",
            "Your heads come back as an axis of their own.",
            "Merge them, then multiply by W_O.",
            lambda X, Q, K, V, out, n, kv, mask=None: _heads(X, Q, K, V, n, kv, mask),
        ),
        mistake(
            "residual-added",
            "X has been added to the output.",
            "The residual connection comes later, outside attention.",
            lambda X, Q, K, V, out, n, kv, mask=None: heads.layer(X, Q, K, V, out, n, kv, mask) + X,
        ),
    ),
    hints=(
        "It is multi-head attention with one more step. Where do K and V have too few heads?",
        "Split Q into n_heads heads, K and V into n_kv_heads; all heads are equally wide.",
        "Repeat K and V n_heads // n_kv_heads times, and go on as before.",
    ),
    praise="Right: many questions, fewer keys and values, shared by neighbours.",
)


def _there(mask):
    return ~(~mask)


def _heads(X, W_Q, W_K, W_V, n, kv, mask):
    K, V = (heads.share(heads.split(X @ W, kv), n // kv) for W in (W_K, W_V))
    return head(heads.split(X @ W_Q, n), K, V, mask)[0]


def _plain_heads(X, W_Q, W_K, W_V, W_O, n, kv, mask):
    Q, K, V = heads.split(X @ W_Q, n), heads.split(X @ W_K, kv), heads.split(X @ W_V, kv)
    return heads.merge(head(Q, K, V, mask)[0]) @ W_O


def _one_by_one(X, W_Q, W_K, W_V, W_O, n, kv, mask, read):
    Q, K, V = heads.split(X @ W_Q, n), heads.split(X @ W_K, kv), heads.split(X @ W_V, kv)
    one = [head(Q[..., h, :, :], K[..., read(h), :, :], V[..., read(h), :, :], mask)[0] for h in range(n)]
    return np.concatenate(one, axis=-1) @ W_O


def _averaged(X, W_Q, W_K, W_V, W_O, n, kv, mask):
    Q = heads.split(X @ W_Q, n)
    Q = Q.reshape(*Q.shape[:-3], kv, n // kv, *Q.shape[-2:]).mean(-3)
    H = head(Q, heads.split(X @ W_K, kv), heads.split(X @ W_V, kv), mask)[0]
    return heads.merge(heads.share(H, n // kv)) @ W_O


def _repeated(X, W_Q, W_K, W_V, W_O, n, kv, mask, times):
    K, V = (np.repeat(heads.split(X @ W, kv), times, axis=-3) for W in (W_K, W_V))
    return heads.merge(head(heads.split(X @ W_Q, n), K, V, mask)[0]) @ W_O


def _split_all(X, W_Q, W_K, W_V, W_O, n, kv, mask):
    Q, K, V = heads.split(X @ W_Q, n), heads.split(X @ W_K, kv), heads.split(X @ W_V, kv)
    return heads.merge(head(Q, K, V, mask)[0]) @ W_O


def _first_queries(X, W_Q, W_K, W_V, W_O, n, kv, mask):
    Q = heads.split(X @ W_Q, n)[..., :kv, :, :]
    return heads.merge(head(Q, heads.split(X @ W_K, kv), heads.split(X @ W_V, kv), mask)[0]) @ W_O


def _columns(X, W_Q, W_K, W_V, W_O, n, kv, mask, repeat):
    K, V = (heads.split(repeat(X @ W, n // kv, axis=-1), n) for W in (W_K, W_V))
    return heads.merge(head(heads.split(X @ W_Q, n), K, V, mask)[0]) @ W_O


# -- kv_cache_bytes -----------------------------------------------------------------------------------------------


def _bytes(
    layers,
    kv,
    d,
    tokens,
    size=2,
    batch=1,
    *,
    pair=2,
    depth="all",
    count="kv",
    wide="d",
    long="linear",
    unit="asked",
    many=1,
):
    total = pair * (layers if depth == "all" else 1) * (kv if count == "kv" else 1) * (d if wide == "d" else 1)
    total *= {"linear": tokens, "quadratic": tokens**2, "half": tokens * (tokens + 1) // 2, "one": 1}[long]
    total *= {"asked": size, "none": 1, "bits": 8 * size, "two": 2, "four": 4}[unit]
    return total * (batch if many else 1)


kv_cache_bytes = Exercise(
    name="kv_cache_bytes",
    lesson=6,
    parameters=("n_layers", "n_kv_heads", "d_head", "n_tokens", "bytes_per_value", "batch"),
    reference=math.kv_cache_bytes,
    model=_bytes,
    inputs=lambda rng: calls(
        ("the defaults", 3, 5, 7, 11),
        ("four bytes a value", 2, 3, 13, 17, 4),
        ("a batch", 5, 7, 11, 23, 1, 3),
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
            "kilobytes",
            "Your number is in kilobytes, megabytes or larger units.",
            "Plain bytes are asked for.",
            *(
                lambda *a, unit=unit: math.kv_cache_bytes(*a) / unit
                for unit in (1024, 1024**2, 1024**3, 1000, 10**6, 10**9)
            ),
            *(lambda *a, unit=unit: math.kv_cache_bytes(*a) // unit for unit in (1024, 1024**2)),
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
            lambda a, b, c, d, size=2, batch=1: math.kv_cache_bytes(a, b, c, d, size, batch) + 2 * a * (b * c) ** 2,
        ),
    ),
    hints=(
        "Start from one token in one layer: what is kept, and how many numbers is that?",
        "One key and one value, each n_kv_heads times d_head numbers.",
        "Then: every layer, every token, every sequence of the batch, and bytes for each number.",
    ),
    praise="Right: linear in tokens, and n_heads does not appear at all.",
)


# -- decode_step --------------------------------------------------------------------------------------------------


def _decode_inputs(rng):
    def call(about, D, d, dv, tokens):
        cache = (normal(rng, tokens, d), normal(rng, tokens, dv))
        return (about, normal(rng, D), cache, normal(rng, D, d), normal(rng, D, d), normal(rng, D, dv))

    return calls(
        call("a short cache", 5, 3, 2, 7),
        call("a square head", 5, 5, 5, 3),
        call("the very first token", 5, 3, 3, 0),
        call("a longer cache", 7, 2, 2, 11),
    )


def _decode(
    x,
    cache,
    W_Q,
    W_K,
    W_V,
    *,
    q="Q",
    k="K",
    v="V",
    grow="end",
    see="all",
    keep="new",
    scale="sqrt-d",
    normalise="keys",
    values="V",
):
    by = {"Q": W_Q, "K": W_K, "V": W_V}

    def row(name):
        return (x if name == "X" else x @ by[name])[None]

    new = row(k), row(v)
    if grow == "embedding":
        new, grow = (x[None], x[None]), "end"
    grown = heads.grow_cache(cache, new, grow)
    if see == "nothing":
        return np.zeros(W_V.shape[-1]), grown
    seen = heads.seen_cache(cache, new, grown, see)
    out = head(row(q), *seen, scale=scale, normalise=normalise, values=values)[0][0]
    return out, heads.kept_cache(cache, new, grown, keep)


def decode_forms():
    """The output as a vector or a row; the cache as a pair or as two further results; the cache first is a mistake."""
    return (
        lambda r: r,
        lambda r: (r[0][None], r[1]),
        lambda r: (r[0], *r[1]),
        lambda r: (r[0][None], *r[1]),
    )


decode_step = Exercise(
    name="decode_step",
    lesson=6,
    parameters=("x", "cache", "W_Q", "W_K", "W_V"),
    parts=("out", "the new cache"),
    reference=math.decode_step,
    model=_decode,
    inputs=_decode_inputs,
    forms=decode_forms(),
    mistakes=(
        *heads.cache_switches(_decode),
        switch(
            "embedding-cached",
            "The embedding itself went into the cache.",
            "Keys and values are kept, so that nothing has to be projected again.",
            grow="embedding",
        ),
        *picked(
            heads.projection_switches(), "one-matrix-for-all", "queries-and-keys-swapped", "keys-and-values-swapped"
        ),
        switch("keys-from-query-matrix", "The new key is made with W_Q.", "Read that line again.", k="Q"),
        switch("values-from-key-matrix", "The new value is made with W_K.", "Read that line again.", v="K"),
        switch("queries-from-key-matrix", "The new query is made with W_K.", "Read that line again.", q="K"),
        switch(
            "query-unprojected",
            "The embedding itself asks: W_Q is never used.",
            "Project it first.",
            q="X",
        ),
        *scale_mistakes("The scores of the new token"),
        *scale_slips(_decode, "The scores of the new token"),
        mistake(
            "scale-by-sqrt-d-model",
            "The scores of the new token are scaled by the width of the whole model.",
            "A dot product adds up the features of one query, not of the embedding.",
            lambda x, c, Q, K, V: _decode(x, c, Q * np.sqrt(Q.shape[1] / len(x)), K, V),
        ),
        mistake(
            "weights-too",
            "The weights come back as well, beside the output and the cache.",
            "Two results are promised: out, then the cache.",
            lambda *a: (_decode(*a)[0], _decode_weights(*a), _decode(*a)[1]),
            lambda *a: (*_decode(*a), _decode_weights(*a)),
        ),
        *heads.one_query_mistakes(_decode),
        mistake(
            "weights-for-output",
            "What comes back as output are the weights.",
            "Blend the values with them.",
            lambda x, c, Q, K, V: (_decode_weights(x, c, Q, K, V), _decode(x, c, Q, K, V)[1]),
        ),
        mistake(
            "query-cached-too",
            "The query went into the cache as well.",
            "A query is used once; keep keys and values only.",
            lambda x, c, Q, K, V: (_decode(x, c, Q, K, V)[0], (x @ Q, *_decode(x, c, Q, K, V)[1])),
            lambda x, c, Q, K, V: (_decode(x, c, Q, K, V)[0], (*_decode(x, c, Q, K, V)[1], x @ Q)),
        ),
        mistake(
            "cache-projected-again",
            "What is in the cache was projected once more.",
            "It holds keys and values already: only x needs projecting.",
            lambda x, c, Q, K, V: _decode(x, (c[0] @ K, c[1] @ V), Q, K, V),
            lambda x, c, Q, K, V: _all_again(x, c, Q, K, V),
        ),
        mistake(
            "every-row-asks",
            "Every token asks again, where only the new one should.",
            "One step makes one query and one output.",
            lambda x, c, Q, K, V: _all_ask(x, c, Q, K, V),
        ),
    ),
    hints=(
        "Only one token is new. What does it need, and what do later tokens need from it?",
        "Project x three times; append its key and value to the cache; then let its query look at the whole cache.",
        "np.vstack([K, k]) puts a row under K. Return out and the pair of longer arrays.",
    ),
    praise="Right: one projection per token, and the cache does the remembering.",
)


def _decode_weights(x, c, W_Q, W_K, W_V):
    K = np.vstack([c[0], (x @ W_K)[None]])
    return head((x @ W_Q)[None], K, K)[1][0]


def _all_again(x, c, W_Q, W_K, W_V):
    X = np.vstack([c[0], x])
    return head((x @ W_Q)[None], X @ W_K, X @ W_V)[0][0], (X @ W_K, X @ W_V)


def _all_ask(x, c, W_Q, W_K, W_V):
    K, V = np.vstack([c[0], (x @ W_K)[None]]), np.vstack([c[1], (x @ W_V)[None]])
    return head(K, K, V)[0], (K, V)


EXERCISES = (repeat_kv, grouped_query_attention, kv_cache_bytes, decode_step)

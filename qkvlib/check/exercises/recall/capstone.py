"""A whole layer of grouped-query attention, one token at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from qkvlib.attention import KVCache
from qkvlib.check.inputs import case, cases, small_whole
from qkvlib.check.misconceptions import heads
from qkvlib.check.misconceptions.cache import cache_switches, grow_cache, kept_cache, seen_cache
from qkvlib.check.misconceptions.everywhere import everywhere
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.misconceptions.one_query import one_query_mistakes
from qkvlib.check.misconceptions.projection import projection_switches
from qkvlib.check.misconceptions.scores import scale_mistakes, scale_slips
from qkvlib.check.misconceptions.sharing import FEW_HEADS, share, sharing_switches
from qkvlib.check.spec import Exercise, mistake, picked, switch


def _arguments(draw, d_model, n_heads, n_kv_heads, d_head, kept):
    q, kv = n_heads * d_head, n_kv_heads * d_head
    cache = (draw(n_kv_heads, kept, d_head), draw(n_kv_heads, kept, d_head))
    weights = (draw.weight(*shape) for shape in ((d_model, q), (d_model, kv), (d_model, kv), (q, d_model)))
    return draw(d_model), cache, *weights, n_heads, n_kv_heads


def _small(rng: np.random.Generator) -> Iterator[tuple]:
    for n_heads, n_kv, d, T in FEW_HEADS:
        D, cache = n_heads * d, (small_whole(rng, n_kv, T, d), small_whole(rng, n_kv, T, d))
        wide = (D, n_kv * d, n_kv * d, D)
        yield small_whole(rng, D), cache, *(small_whole(rng, D, w) for w in wide), n_heads, n_kv
        yield (
            small_whole(rng, D),
            tuple(part[:, :0] for part in cache),
            *(small_whole(rng, D, w) for w in wide),
            n_heads,
            n_kv,
        )


def _reference(
    x: np.ndarray,
    cache: tuple[np.ndarray, np.ndarray],
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n_heads: int,
    n_kv_heads: int,
) -> tuple:
    K, V = cache
    memory = KVCache(n_kv_heads, K.shape[-1])
    memory.append(K, V)
    return memory.step(x, W_Q, W_K, W_V, W_O, n_heads), (memory.K, memory.V)


def _step(
    x: np.ndarray,
    cache: tuple[np.ndarray, np.ndarray],
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n_heads: int,
    n_kv_heads: int,
    *,
    q: str = "Q",
    k: str = "K",
    v: str = "V",
    cut: str = "proper",
    join: str = "proper",
    grow: str = "end",
    see: str = "all",
    keep: str = "new",
    share_k: str = "repeat",
    share_v: str = "repeat",
    output: str = "right",
    **switches: Any,
) -> tuple:
    by = {"Q": W_Q, "K": W_K, "V": W_V}
    n_rep = n_heads // n_kv_heads
    d = W_Q.shape[1] // n_heads

    def rows(name: str, n: int) -> np.ndarray:
        flat = x @ by[name]
        if cut == "interleaved" or (cut == "interleaved-queries" and name == q):
            return flat.reshape(d, n).T[:, None]
        return flat.reshape(n, 1, d)

    new_q, new = rows(q, n_heads), (rows(k, n_kv_heads), rows(v, n_kv_heads))
    grown = grow_cache(cache, new, grow)
    if see == "nothing":
        return np.zeros(W_O.shape[1]), grown
    seen = seen_cache(cache, new, grown, see)
    read_K, read_V = share(seen[0], n_rep, share_k), share(seen[1], n_rep, share_v)
    merged = heads.merge(head(new_q, read_K, read_V, d_model=x.shape[-1], **switches)[0], join)[0]
    out = {
        "right": lambda: merged @ (W_O[: merged.shape[-1]] if join == "on-top" else W_O),
        "none": lambda: merged,
        "turned": lambda: merged @ W_O.T,
    }[output]()
    if keep == "repeated":
        return out, tuple(share(part, n_rep) for part in grown)
    return out, kept_cache(cache, new, grown, keep)


EXERCISE = Exercise(
    name="capstone",
    parts=("out", "the new cache"),
    unpacked=("K", "V"),
    reference=_reference,
    model=_step,
    inputs=cases(
        _arguments,
        case("a short cache", d_model=12, n_heads=6, n_kv_heads=2, d_head=2, kept=5),
        case("the very first token", d_model=12, n_heads=4, n_kv_heads=2, d_head=3, kept=0),
        case("one K/V head for each query head", d_model=6, n_heads=3, n_kv_heads=3, d_head=2, kept=7),
        case("heads wider together than the model", d_model=5, n_heads=4, n_kv_heads=2, d_head=3, kept=3),
    ),
    small=_small,
    mistakes=(
        *cache_switches(_step),
        switch(
            "cached-after-repeating",
            "Your cache holds a copy of every K/V head for each query head that reads it.",
            "Keep them as they are, and repeat when reading.",
            keep="repeated",
        ),
        *sharing_switches(),
        mistake(
            "not-repeated",
            "Your query heads and the heads of the keys differ in number, and nothing brings them together.",
            "Each group of query heads shares one K/V head: repeat when reading.",
            lambda x, c, Q, K, V, out, n, kv: _not_repeated(x, c, Q, K, V, out, n, kv),
        ),
        mistake(
            "values-not-repeated",
            "The keys are repeated, but the values are not: the weights have more heads than V.",
            "A key and its value belong together: share both out in the same way.",
            lambda *a: _step(*a, share_v="none"),
        ),
        mistake(
            "kv-split-into-query-heads",
            "The new key was cut into as many heads as there are queries.",
            "Keys and values have n_kv_heads heads, each as wide as a query head.",
            lambda *a: _cut_like_queries(*a, tokens=(1,)),
            lambda *a: _cut_like_queries(*a, tokens=()),
        ),
        mistake(
            "queries-averaged",
            "The query heads of a group were averaged into one.",
            "Sharing keys and values leaves every query head its own question.",
            lambda *a: _averaged(*a),
        ),
        mistake(
            "repeated-before-appending",
            "The cache is repeated before the new row is added, so old and new differ in their number of heads.",
            "Append first; repeat when reading.",
            lambda *a: _repeated_first(*a),
        ),
        *picked(projection_switches(), "queries-and-keys-swapped", "keys-and-values-swapped"),
        switch("values-from-key-matrix", "The new value is made with W_K.", "Read that line again.", v="K"),
        switch("keys-from-value-matrix", "The new key is made with W_V.", "Read that line again.", k="V"),
        switch(
            "interleaved-columns",
            "Your heads take every n-th column instead of a block of neighbouring ones.",
            "Head h has the h-th block of columns.",
            versions=(lambda *a: _step(*a, cut="interleaved-queries"),),
            cut="interleaved",
        ),
        *(m for m in heads.head_switches() if "join" in m.switches and m.switches["join"] != "reshape"),
        *(m for m in heads.head_switches() if "output" in m.switches),
        *scale_mistakes("The scores of the new token", model=True),
        *scale_slips(_step, "The scores of the new token"),
        heads.over_heads(lambda *a: _step(*a, normalise="whole")),
        *one_query_mistakes(_step),
        *everywhere(_step, "The scores of the new token", but=("axes-from-the-front",)),
        heads.width_from_d_model(
            lambda x, c, Q, K, *a: (heads.cut_by_d_model(x[None], Q, a[2], a[2]), _step(x, c, Q, K, *a))[1],
            lambda x, c, Q, K, *a: (heads.cut_by_d_model(x[None], K, a[3], a[2]), _step(x, c, Q, K, *a))[1],
        ),
        *heads.in_some_way(_step),
        mistake(
            "heads-unmerged",
            "Your heads come back as an axis of their own.",
            "Merge them, then multiply by W_O.",
            lambda *a: (_unmerged(*a), _step(*a)[1]),
        ),
        mistake(
            "one-wide-head",
            "All of it was done by a single wide head.",
            "Split the query into n_heads heads before comparing.",
            lambda x, c, Q, K, V, out, n, kv: _wide(x, c, Q, K, V, out, n, kv),
        ),
    ),
    hints=(
        "You have written every part: project, split, append to the cache, repeat, attend, merge, W_O.",
        "A new key is one row per K/V head, [n_kv_heads, 1, d_head]: append it along T, before any repeating.",
        "One query row per head looks at all keys of its group, without a mask; attention returns two things.",
    ),
    praise="Right: a complete layer of grouped-query attention, one token at a time. You have built it all.",
)


def _not_repeated(
    x: np.ndarray,
    cache: tuple[np.ndarray, np.ndarray],
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    kv: int,
) -> tuple:
    d = W_Q.shape[1] // n
    K = np.concatenate([cache[0], (x @ W_K).reshape(kv, 1, d)], -2)
    V = np.concatenate([cache[1], (x @ W_V).reshape(kv, 1, d)], -2)
    return heads.merge(head((x @ W_Q).reshape(n, 1, d), K, V)[0])[0] @ W_O, (K, V)


def _repeated_first(
    x: np.ndarray,
    cache: tuple[np.ndarray, np.ndarray],
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    kv: int,
) -> tuple:
    K, V = (np.repeat(part, n // kv, -3) for part in cache)
    return _step(x, (K, V), W_Q, W_K, W_V, W_O, n, kv)


def _cut_like_queries(
    x: np.ndarray,
    cache: tuple[np.ndarray, np.ndarray],
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    kv: int,
    *,
    tokens: tuple[int, ...],
) -> tuple:
    (x @ W_K).reshape(n, *tokens, W_Q.shape[1] // n)  # stops here, unless every query head has a K/V head of its own
    return _step(x, cache, W_Q, W_K, W_V, W_O, n, kv)


def _averaged(
    x: np.ndarray,
    cache: tuple[np.ndarray, np.ndarray],
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    kv: int,
) -> tuple:
    K, V = _step(x, cache, W_Q, W_K, W_V, W_O, n, kv)[1]
    q = (x @ W_Q).reshape(kv, n // kv, -1).mean(1, keepdims=True)
    return heads.merge(share(head(q, K, V)[0], n // kv))[0] @ W_O, (K, V)


def _unmerged(
    x: np.ndarray,
    cache: tuple[np.ndarray, np.ndarray],
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    kv: int,
) -> np.ndarray:
    d = W_Q.shape[1] // n
    K, V = _step(x, cache, W_Q, W_K, W_V, W_O, n, kv)[1]
    K, V = np.repeat(K, n // kv, -3), np.repeat(V, n // kv, -3)
    return head((x @ W_Q).reshape(n, 1, d), K, V)[0]


def _wide(
    x: np.ndarray,
    cache: tuple[np.ndarray, np.ndarray],
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    kv: int,
) -> tuple:
    K, V = _step(x, cache, W_Q, W_K, W_V, W_O, n, kv)[1]
    wide_K, wide_V = (heads.merge(np.repeat(part, n // kv, -3)) for part in (K, V))
    return head((x @ W_Q)[None], wide_K, wide_V)[0][0] @ W_O, (K, V)

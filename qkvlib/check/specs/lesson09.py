"""Lesson 9: the capstone, a complete layer of grouped-query attention with its cache."""

from __future__ import annotations

import numpy as np

from qkvlib.attention import KVCache
from qkvlib.check.spec import Exercise, mistake, switch
from qkvlib.check.specs import heads
from qkvlib.check.specs.common import ONE_QUERY, calls, head, normal, scale_mistakes, softmax_mistakes
from qkvlib.check.specs.lesson06 import decode_forms


def _capstone_inputs(rng):
    def call(about, D, n_heads, n_kv, tokens):
        d = D // n_heads
        cache = (normal(rng, n_kv, tokens, d), normal(rng, n_kv, tokens, d))
        wide = (D, d * n_kv, d * n_kv, D)
        return (about, normal(rng, D), cache, *(normal(rng, D, w) / np.sqrt(D / 2) for w in wide), n_heads, n_kv)

    return calls(
        call("a short cache", 12, 6, 2, 5),
        call("the very first token", 12, 4, 2, 0),
        call("one K/V head for each query head", 6, 3, 3, 7),
        call("a longer cache", 18, 6, 3, 11),
    )


def _reference(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    K, V = cache
    memory = KVCache(n_kv_heads, K.shape[-1])
    memory.append(K, V)
    return memory.step(x, W_Q, W_K, W_V, W_O, n_heads), (memory.K, memory.V)


def _step(
    x,
    cache,
    W_Q,
    W_K,
    W_V,
    W_O,
    n_heads,
    n_kv_heads,
    *,
    q="Q",
    k="K",
    v="V",
    cut="proper",
    join="proper",
    grow="end",
    see="all",
    keep="new",
    share_k="repeat",
    share_v="repeat",
    output="right",
    **switches,
):
    by = {"Q": W_Q, "K": W_K, "V": W_V}
    n_rep = n_heads // n_kv_heads
    d = W_Q.shape[1] // n_heads

    def rows(name, n):
        flat = x @ by[name]
        if cut == "interleaved":
            return flat.reshape(d, n).T[:, None]
        return flat.reshape(n, 1, d)

    new_q, new_k, new_v = rows(q, n_heads), rows(k, n_kv_heads), rows(v, n_kv_heads)
    K, V = cache
    K2, V2 = {
        "end": lambda: (np.concatenate([K, new_k], -2), np.concatenate([V, new_v], -2)),
        "front": lambda: (np.concatenate([new_k, K], -2), np.concatenate([new_v, V], -2)),
        "replace": lambda: (new_k, new_v),
        "overwrite": lambda: (np.concatenate([K[:, :-1], new_k], -2), np.concatenate([V[:, :-1], new_v], -2)),
        "keys": lambda: (np.concatenate([K, new_k], -2), V),
    }[grow]()
    if see == "nothing":
        return np.zeros(W_O.shape[1]), (K2, V2)
    seen = {"all": (K2, V2), "old": (K, V), "new": (new_k, new_v)}[see]
    read_K, read_V = heads.share(seen[0], n_rep, share_k), heads.share(seen[1], n_rep, share_v)
    merged = heads.merge(head(new_q, read_K, read_V, d_model=x.shape[-1], **switches)[0], join)[0]
    out = {"right": lambda: merged @ W_O, "none": lambda: merged, "turned": lambda: merged @ W_O.T}[output]()
    kept = {
        "new": lambda: (K2, V2),
        "old": lambda: (K, V),
        "repeated": lambda: (np.repeat(K2, n_rep, -3), np.repeat(V2, n_rep, -3)),
        "swapped": lambda: (V2, K2),
        "row": lambda: (new_k, new_v),
    }[keep]()
    return out, kept


capstone = Exercise(
    name="capstone",
    lesson=9,
    parameters=("x", "cache", "W_Q", "W_K", "W_V", "W_O", "n_heads", "n_kv_heads"),
    parts=("out", "the new cache"),
    reference=_reference,
    model=_step,
    inputs=_capstone_inputs,
    forms=decode_forms(),
    mistakes=(
        switch(
            "sees-only-the-past",
            "The new token does not look at itself: its key and value came too late.",
            "Put its key and value into the cache first, then attend.",
            versions=(
                lambda *a: _step(*a, see="old" if a[1][0].size else "nothing"),
                lambda *a: _step(*a, see="old" if a[1][0].size else "all"),
            ),
            see="old",
        ),
        switch(
            "cache-unused",
            "The new token sees only itself: the cache is never read.",
            "Keys and values of all tokens so far take part.",
            see="new",
        ),
        switch(
            "cache-not-grown",
            "The cache comes back as long as it was.",
            "The next token will need this one's key and value.",
            keep="old",
        ),
        switch(
            "cached-after-repeating",
            "Your cache holds a copy of every K/V head for each query head that reads it.",
            "Keep them as they are, and repeat when reading.",
            keep="repeated",
        ),
        switch(
            "cache-replaced",
            "The cache holds only the new token: the past is lost.",
            "Add a row to what is there.",
            grow="replace",
        ),
        switch(
            "only-the-new-row-kept",
            "The output is right, but what you hand back as cache is the new row alone.",
            "Hand back the whole cache, one row longer.",
            keep="row",
        ),
        switch(
            "added-at-the-front",
            "The new token stands first in the cache.",
            "Tokens stay in their order; the newest comes last.",
            grow="front",
        ),
        switch(
            "last-row-overwritten",
            "The new token has replaced the last one.",
            "Append a row; nothing is dropped.",
            grow="overwrite",
        ),
        switch(
            "values-not-cached",
            "The keys grow, but the values do not.",
            "Both halves of the cache get a row.",
            grow="keys",
        ),
        switch(
            "cache-halves-swapped",
            "Keys and values have changed places in the cache that you return.",
            "Hand it back in the order in which it came: keys, then values.",
            keep="swapped",
        ),
        *heads.sharing_switches(),
        mistake(
            "not-repeated",
            "Your query heads and K/V heads differ in number, and nothing brings them together.",
            "Each group of query heads shares one K/V head: repeat when reading.",
            lambda x, c, Q, K, V, out, n, kv: _not_repeated(x, c, Q, K, V, out, n, kv),
        ),
        switch(
            "queries-and-keys-swapped",
            "W_Q and W_K have changed places.",
            "Which of the two makes what a token looks for?",
            q="K",
            k="Q",
        ),
        switch(
            "keys-and-values-swapped",
            "W_K and W_V have changed places.",
            "Which of the two makes what a token hands over?",
            k="V",
            v="K",
        ),
        switch("values-from-key-matrix", "The new value is made with W_K.", "Read that line again.", v="K"),
        switch("keys-from-value-matrix", "The new key is made with W_V.", "Read that line again.", k="V"),
        switch(
            "interleaved-columns",
            "Your heads take every n-th column instead of a block of neighbouring ones.",
            "Head h has the h-th block of columns.",
            cut="interleaved",
        ),
        *(m for m in heads.head_switches() if "join" in m.switches and m.switches["join"] != "reshape"),
        *(m for m in heads.head_switches() if "output" in m.switches),
        *scale_mistakes("The scores of the new token", model=True),
        *(m for m in softmax_mistakes() if m.slug not in ONE_QUERY),
        switch(
            "keys-as-values",
            "What you blend are the keys.",
            "Keys are for being found; values are handed over.",
            values="K",
        ),
        mistake(
            "output-only",
            "The output is there, but no cache comes back.",
            "Return both: the next step needs the cache.",
            lambda *a: _step(*a)[0],
        ),
        mistake(
            "cache-only",
            "The cache is there, but no output comes back.",
            "Return both: out, then the cache.",
            lambda *a: _step(*a)[1],
        ),
        mistake(
            "results-swapped",
            "The cache comes first and the output second.",
            "Output first, then the cache.",
            lambda *a: _step(*a)[::-1],
        ),
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
        "The cache is [n_kv_heads, T, d_head] for K and for V; append along T, before any repeating.",
        "One query row per head looks at all keys of its group. No mask is needed: nothing of the future is there yet.",
    ),
    praise="Right: a complete layer of grouped-query attention, one token at a time. You have built it all.",
)


def _not_repeated(x, cache, W_Q, W_K, W_V, W_O, n, kv):
    d = W_Q.shape[1] // n
    K = np.concatenate([cache[0], (x @ W_K).reshape(kv, 1, d)], -2)
    V = np.concatenate([cache[1], (x @ W_V).reshape(kv, 1, d)], -2)
    return heads.merge(head((x @ W_Q).reshape(n, 1, d), K, V)[0])[0] @ W_O, (K, V)


def _unmerged(x, cache, W_Q, W_K, W_V, W_O, n, kv):
    d = W_Q.shape[1] // n
    K, V = _step(x, cache, W_Q, W_K, W_V, W_O, n, kv)[1]
    K, V = np.repeat(K, n // kv, -3), np.repeat(V, n // kv, -3)
    return head((x @ W_Q).reshape(n, 1, d), K, V)[0]


def _wide(x, cache, W_Q, W_K, W_V, W_O, n, kv):
    K, V = _step(x, cache, W_Q, W_K, W_V, W_O, n, kv)[1]
    wide_K, wide_V = (heads.merge(np.repeat(part, n // kv, -3)) for part in (K, V))
    return head((x @ W_Q)[None], wide_K, wide_V)[0][0] @ W_O, (K, V)


EXERCISES = (capstone,)

"""Several tokens through grouped-query attention with positions, a causal mask and a cache."""

from __future__ import annotations

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import case, cases, small_whole
from qkvlib.check.misconceptions import heads
from qkvlib.check.misconceptions.cache import read_backwards
from qkvlib.check.misconceptions.everywhere import everywhere
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.misconceptions.scores import scale_mistakes
from qkvlib.check.misconceptions.sharing import FEW_HEADS, share, sharing_switches
from qkvlib.check.spec import Exercise, mistake, picked, switch


def _arguments(draw, d_model, n_heads, n_kv_heads, d_head, kept, T):
    q, kv = n_heads * d_head, n_kv_heads * d_head
    cache = (draw(n_kv_heads, kept, d_head), draw(n_kv_heads, kept, d_head))
    weights = (draw.weight(*shape) for shape in ((d_model, q), (d_model, kv), (d_model, kv), (q, d_model)))
    return draw(T, d_model), cache, draw(kept + T + 4, d_model), *weights, n_heads, n_kv_heads


def _small(rng):
    for n_heads, n_kv, d, n in FEW_HEADS:
        for T in (0, 1, 2):
            D, cache = n_heads * d, (small_whole(rng, n_kv, T, d), small_whole(rng, n_kv, T, d))
            sizes = ((T + n + 1, D), (D, D), (D, n_kv * d), (D, n_kv * d), (D, D))
            yield small_whole(rng, n, D), cache, *(small_whole(rng, *size) for size in sizes), n_heads, n_kv


def _many(
    X,
    cache,
    P,
    W_Q,
    W_K,
    W_V,
    W_O,
    n_heads,
    n_kv_heads,
    *,
    place="proper",
    see="causal",
    cut="proper",
    join="proper",
    share_k="repeat",
    share_v="repeat",
    keep="grown",
    kept_with="positions",
    looked_up_with="positions",
    output="right",
    **switches,
):
    n, T = len(X), cache[0].shape[-2]
    start = {"proper": T, "zero": 0, "late": T + 1, "none": T, "last": T + n - 1}[place]
    rows = P[start : start + n] if place != "last" else P[start]
    read = X if place == "none" else X + rows
    Q = heads.split(read @ W_Q, n_heads, cut)
    offered = X if looked_up_with == "none" else read
    new = [heads.split(offered @ W, n_kv_heads, cut) for W in (W_K, W_V)]
    K, V = (np.concatenate([old, row], axis=-2) for old, row in zip(cache, new, strict=True))
    before, keys = np.arange(T, T + n)[:, None], np.arange(T + n)
    mask = {
        "causal": keys <= before,
        "all": None,
        "top-left": keys <= np.arange(n)[:, None],
        "not-itself": (keys < before) | (before == 0),
        "only-before": keys < before,
        "one-too-far": keys <= before + 1,
        "new": (keys <= before) & ((keys >= T) | (T == 0)),
        "future": keys >= before,
    }[see]
    n_rep = n_heads // n_kv_heads
    H, _ = head(Q, share(K, n_rep, share_k), share(V, n_rep, share_v), mask, d_model=X.shape[-1], **switches)
    merged = heads.merge(H, join)
    out = merged if output == "none" else merged @ (W_O[: merged.shape[-1]] if join == "on-top" else W_O)
    if kept_with == "none":
        K, V = (np.concatenate([o, heads.split(X @ W, n_kv_heads)], -2) for o, W in zip(cache, (W_K, W_V), strict=True))
    kept = {
        "grown": (K, V),
        "old": tuple(cache),
        "new": tuple(new),
        "repeated": (share(K, n_rep), share(V, n_rep)),
        "swapped": (V, K),
    }[keep]
    return out, kept


def _placed_again(kept, P, W, n_kv_heads):
    return kept + heads.split(P[: kept.shape[-2]] @ W, n_kv_heads)


def _reference(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    T = cache[0].shape[-2]
    Q, *new = attention.project_qkv(X + P[T : T + len(X)], W_Q, W_K, W_V)
    K, V = (
        np.concatenate([old, attention.split_heads(rows, n_kv_heads)], -2) for old, rows in zip(cache, new, strict=True)
    )
    mask = attention.causal_mask(len(X), K.shape[-2])
    H = attention.attend_in_groups(attention.split_heads(Q, n_heads), K, V, mask)
    return attention.merge_heads(H) @ W_O, (K, V)


EXERCISE = Exercise(
    name="capstone_many",
    reference=_reference,
    model=_many,
    inputs=cases(
        _arguments,
        case("a short piece after a short cache", d_model=11, n_heads=6, n_kv_heads=2, d_head=2, kept=5, T=3),
        case("the beginning of a text", d_model=12, n_heads=4, n_kv_heads=2, d_head=3, kept=0, T=5),
        case(
            "a K/V head for each query head, a piece longer than the cache",
            d_model=10,
            n_heads=3,
            n_kv_heads=3,
            d_head=5,
            kept=2,
            T=7,
        ),
        case("one K/V head for all", d_model=14, n_heads=5, n_kv_heads=1, d_head=3, kept=11, T=4),
    ),
    small=_small,
    parts=("out", "the new cache"),
    unpacked=("K", "V"),
    mistakes=(
        switch(
            "positions-from-zero",
            "Your new tokens get the first positions of P, although there is a text before them.",
            "Where in the whole text does the first new token stand?",
            place="zero",
        ),
        switch(
            "positions-left-out",
            "Positions are missing: the layer reads X as it is.",
            "Add a row of P to each row of X first.",
            place="none",
        ),
        switch(
            "positions-one-late",
            "Your positions are one too far on.",
            "Positions are counted from 0. What is the position of the first token after T others?",
            place="late",
        ),
        switch(
            "one-position-for-all",
            "All your new tokens get the same position.",
            "Each stands at a place of its own.",
            place="last",
        ),
        switch(
            "keys-cached-without-positions",
            "The output is right, but the keys and values that you hand back were made without positions.",
            "Keep the ones you have used.",
            kept_with="none",
        ),
        switch(
            "positions-in-the-queries-only",
            "Your queries know where they stand, but the new keys and values are made from X without positions.",
            "Add the rows of P once, before anything is projected.",
            looked_up_with="none",
        ),
        switch(
            "mask-missing",
            "Your new tokens see those that come after them.",
            "Each sees the cache, itself, and the new tokens before it.",
            see="all",
        ),
        switch(
            "mask-top-left",
            "Your mask begins at the top left, as if there were no cache: the first new token sees one token only.",
            "The queries are the *last* tokens of the text. Which keys lie behind the first of them?",
            see="top-left",
        ),
        switch(
            "hidden-from-itself",
            "Your tokens do not see themselves.",
            "A token may look at its own key as well.",
            see="not-itself",
            versions=(
                lambda *a: _many(*a, see="only-before"),
                lambda *a: _many(*a, see="only-before", masking="finite"),
            ),
        ),
        switch(
            "one-too-far",
            "Each of your tokens sees one key too many: its successor's.",
            "Row i may look at the columns 0 to T + i. On which diagonal does your triangle end?",
            see="one-too-far",
        ),
        switch(
            "cache-hidden",
            "Your new tokens see each other, but not the cache.",
            "All of the cache came before all of them.",
            see="new",
        ),
        switch(
            "mask-inverted",
            "Your tokens see what they should not, and nothing else.",
            "True, or False, where a token may look? Check which your code means.",
            see="future",
        ),
        switch(
            "masked-after-softmax",
            "Your weights no longer sum to 1: they were set to 0 after the softmax.",
            "Hide the scores first, with -inf, and the softmax shares out all of 1 among the rest.",
            masking="after",
        ),
        switch(
            "cache-not-grown",
            "The cache comes back as long as it was.",
            "The next tokens will need these keys and values.",
            keep="old",
        ),
        switch(
            "only-the-new-rows-kept",
            "The output is right, but what you hand back as cache are the new rows alone.",
            "Hand back the whole cache, n rows longer.",
            keep="new",
        ),
        switch(
            "cached-after-repeating",
            "Your cache holds a copy of every K/V head for each query head that reads it.",
            "Keep them as they are, and repeat when reading.",
            keep="repeated",
        ),
        switch(
            "cache-halves-swapped",
            "Keys and values have changed places in the cache that you return.",
            "Hand it back in the order in which it came: keys, then values.",
            keep="swapped",
        ),
        switch(
            "bare-reshape-on-split",
            "Your heads mix tokens: the rows were reshaped straight into heads.",
            "Cut the columns first, [n, heads, d_head], then swap two axes.",
            cut="reshape",
        ),
        switch(
            "merged-without-swap",
            "Your heads were merged without swapping back, so the rows of the output mix tokens.",
            "Swap heads and tokens first, then lay the heads side by side.",
            join="reshape",
        ),
        switch("output-matrix-left-out", "W_O is missing.", "It multiplies the merged heads.", output="none"),
        *picked(sharing_switches(), "tiled", "values-tiled", "keys-tiled", "first-kv-head-only"),
        *scale_mistakes("The scores of the new tokens", model=True),
        mistake(
            "results-swapped",
            "The cache comes first and the outputs second.",
            "Outputs first, then the cache.",
            lambda *a: _many(*a)[::-1],
        ),
        *everywhere(_many, "The scores of the new tokens", but=("axes-from-the-front",), masked=True),
        mistake(
            "positions-on-the-cache",
            "You add positions to the keys in the cache, and they have theirs already.",
            "What is in the cache was made from rows that stood in their places: only X is new.",
            lambda X, c, P, Q, K, V, *a: _many(X, (_placed_again(c[0], P, K, a[2]), c[1]), P, Q, K, V, *a),
            lambda X, c, P, Q, K, V, *a: _many(
                X, (_placed_again(c[0], P, K, a[2]), _placed_again(c[1], P, V, a[2])), P, Q, K, V, *a
            ),
        ),
        mistake(
            "last-output-only",
            "Only the last of your new tokens has an output.",
            "n rows go in, and n rows come out.",
            lambda *a: (_many(*a)[0][-1], _many(*a)[1]),
            lambda *a: (_many(*a)[0][-1:], _many(*a)[1]),
        ),
        read_backwards(_many),
        heads.width_from_d_model(
            lambda X, c, P, Q, K, *a: (heads.cut_by_d_model(X, Q, a[2], a[2]), _many(X, c, P, Q, K, *a))[1],
            lambda X, c, P, Q, K, *a: (heads.cut_by_d_model(X, K, a[3], a[2]), _many(X, c, P, Q, K, *a))[1],
        ),
        *heads.in_some_way(_many),
    ),
    hints=(
        "Three things are new after the first capstone: the positions, n rows to append instead of one, and the mask.",
        "The new tokens stand at the places T, T + 1, ... of the text; T is the length of the cache.",
        "The scores of a head are [n, T + n]. Row i may look at the columns 0 to T + i.",
    ),
    praise="Right: this layer reads a prompt in pieces of any size.",
)

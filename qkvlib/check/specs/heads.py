"""Several heads with switches for misconceptions: what the specs of lessons 5, 6, 7 and 9 share."""

from __future__ import annotations

from dataclasses import replace
from operator import setitem

import numpy as np

from qkvlib.check.spec import Mistake, mistake, switch
from qkvlib.check.specs.common import ONE_QUERY, head, measure_mistakes, role_mistakes, softmax_mistakes, value_mistakes

# -- splitting and merging ----------------------------------------------------------------------------------------


def split(X, n, how="proper"):
    """[..., T, n·d] -> [..., n, T, d], in one wrong way or another."""
    *batch, tokens, width = X.shape
    if how == "proper":
        return np.swapaxes(X.reshape(*batch, tokens, n, -1), -2, -3)
    if how == "reshape":
        return X.reshape(*batch, n, tokens, width // n)
    if how == "interleaved":
        return np.moveaxis(X.reshape(*batch, tokens, width // n, n), -1, -3)
    if how == "not-swapped":
        return X.reshape(*batch, tokens, n, width // n)
    raise ValueError(how)


def merge(H, how="proper"):
    """[..., n, T, d] -> [..., T, n·d], in one wrong way or another."""
    *batch, n, tokens, d = H.shape
    if how == "proper":
        return np.swapaxes(H, -2, -3).reshape(*batch, tokens, n * d)
    if how == "reshape":
        return H.reshape(*batch, tokens, n * d)
    if how == "interleaved":
        return np.moveaxis(H, -3, -1).reshape(*batch, tokens, n * d)
    if how == "reversed":
        return np.concatenate([H[..., h, :, :] for h in reversed(range(n))], axis=-1)
    if how == "mean":
        return np.concatenate([H.mean(-3)] * n, axis=-1)
    if how == "sum":
        return np.concatenate([H.sum(-3)] * n, axis=-1)
    if how == "first":
        return np.concatenate([H[..., :1, :, :].sum(-3)] * n, axis=-1)
    raise ValueError(how)


def share(K, n_rep, how="repeat"):
    """[..., n_kv, T, d] -> [..., n_kv·n_rep, T, d], in one wrong way or another."""
    if how == "repeat":
        return np.repeat(K, n_rep, axis=-3)
    if how == "tile":
        return np.concatenate([K] * n_rep, axis=-3)
    if how == "first":
        return np.repeat(K[..., :1, :, :], n_rep * K.shape[-3], axis=-3)
    if how == "mean":
        return np.repeat(K.mean(-3, keepdims=True), n_rep * K.shape[-3], axis=-3)
    if how == "reversed":
        return np.repeat(K[..., ::-1, :, :], n_rep, axis=-3)
    if how == "tokens":
        return np.repeat(K, n_rep, axis=-2)
    if how == "none":
        return K
    raise ValueError(how)


# -- the cache ----------------------------------------------------------------------------------------------------
# `cache` and `new` are pairs (keys, values) of [..., T, d] and of [..., 1, d].


def grow_cache(cache, new, how="end"):
    """The cache with the new token in it, in one wrong way or another."""

    def both(join):
        return tuple(np.concatenate(join(old, row), axis=-2) for old, row in zip(cache, new, strict=True))

    if how == "end":
        return both(lambda old, row: (old, row))
    if how == "front":
        return both(lambda old, row: (row, old))
    if how == "replace":
        return new
    if how == "overwrite":
        return both(lambda old, row: (old[..., :-1, :], row))
    if how == "twice":
        return both(lambda old, row: (old, row, row))
    if how == "keys":
        return grow_cache(cache, new)[0], cache[1]
    if how == "values":
        return cache[0], grow_cache(cache, new)[1]
    if how == "slide":
        return both(lambda old, row: (old[..., 1:, :], row))
    if how == "turned":
        return both(lambda old, row: (old, np.swapaxes(row, -2, -3) if row.ndim > 2 else row.T))
    if how in ("head-axis", "last-axis"):
        axis = -3 if how == "head-axis" else -1
        return tuple(np.concatenate([old, row], axis) for old, row in zip(cache, new, strict=True))
    if how == "vector":
        return both(lambda old, row: (old, row[..., 0, :]))
    raise ValueError(how)


def seen_cache(cache, new, grown, how="all"):
    """What the new token looks at."""
    return {"all": grown, "old": cache, "new": new, "last": tuple(part[..., 1:, :] for part in grown)}[how]


def kept_cache(cache, new, grown, how="new"):
    """What is handed back as cache."""
    return {
        "new": grown,
        "old": tuple(cache),
        "swapped": grown[::-1],
        "row": new,
        "vector": tuple(row[..., 0, :] for row in new),
    }[how]


# -- the whole layer ----------------------------------------------------------------------------------------------


def layer(
    X,
    W_Q,
    W_K,
    W_V,
    W_O,
    n_heads,
    n_kv_heads,
    mask=None,
    *,
    q="Q",
    k="K",
    v="V",
    side="right",
    cut="proper",
    join="proper",
    one_head=False,
    share_k="repeat",
    share_v="repeat",
    output="right",
    **switches,
):
    """Grouped-query attention -> out; `n_kv_heads = n_heads` is multi-head attention."""
    by = {"Q": W_Q, "K": W_K, "V": W_V}

    def make(name):
        if name == "X":
            return X
        return X @ (by[name].T if side == "turned" else by[name])

    Q, K, V = make(q), make(k), make(v)
    if one_head:
        H = head(Q, _widen(K, Q), _widen(V, Q), mask, d_model=X.shape[-1], **switches)[0]
    else:
        Q, K, V = split(Q, n_heads, cut), split(K, n_kv_heads, cut), split(V, n_kv_heads, cut)
        n_rep = n_heads // n_kv_heads
        K, V = share(K, n_rep, share_k), share(V, n_rep, share_v)
        H = head(Q, K, V, mask, d_model=X.shape[-1], **switches)[0]
        # Heads that were never swapped with the tokens are joined without swapping back.
        H = H.reshape(*H.shape[:-2], -1) if cut == "not-swapped" else merge(H, join)
    if output == "none":
        return H
    if output == "turned":
        return H @ W_O.T
    return H @ W_O


def _widen(K, Q):
    """For one wide head: the key columns, again and again until they are as wide as the queries."""
    return np.concatenate([K] * (Q.shape[-1] // K.shape[-1]), axis=-1)


# -- sentences ----------------------------------------------------------------------------------------------------


def projection_switches() -> tuple[Mistake, ...]:
    """One matrix taken for another."""
    return (
        switch(
            "one-matrix-for-all",
            "Queries, keys and values all come from one matrix.",
            "Each role has a matrix of its own.",
            q="Q",
            k="Q",
            v="Q",
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
        switch(
            "keys-from-query-matrix",
            "Your keys are made with W_Q.",
            "Read the line that makes the keys again.",
            k="Q",
        ),
        switch(
            "queries-from-key-matrix",
            "Your queries are made with W_K.",
            "Read the line that makes the queries again.",
            q="K",
        ),
        switch(
            "values-from-key-matrix",
            "Your values are made with W_K.",
            "Read the line that makes the values again.",
            v="K",
        ),
        switch(
            "values-from-query-matrix",
            "Your values are made with W_Q.",
            "Read the line that makes the values again.",
            v="Q",
        ),
        switch(
            "values-unprojected",
            "Your values are the embeddings themselves: W_V is never used.",
            "What a token hands over is projected too.",
            v="X",
        ),
        switch(
            "nothing-projected",
            "The embeddings themselves are compared: W_Q and W_K are never used.",
            "Project first, then split into heads.",
            q="X",
            k="X",
        ),
        switch(
            "matrices-transposed",
            "Your matrices are turned round.",
            "X has d_model columns; which axis of W has d_model entries?",
            side="turned",
        ),
    )


def head_switches() -> tuple[Mistake, ...]:
    """Heads cut or joined in the wrong way, and W_O."""
    return (
        switch(
            "bare-reshape-on-split",
            "Your heads mix tokens with features: the array was reshaped straight into heads.",
            "A reshape keeps the order of the numbers; after cutting the columns, two axes must be swapped.",
            cut="reshape",
        ),
        switch(
            "interleaved-columns",
            "Your heads take every n-th column instead of a block of neighbouring ones.",
            "Which comes first when the columns are cut, the head or the place within it?",
            cut="interleaved",
        ),
        switch(
            "heads-among-tokens",
            "Your tokens attend across heads instead of across tokens: two axes were never swapped.",
            "Attention runs over the last two axes, so they must be tokens and features.",
            cut="not-swapped",
        ),
        switch(
            "bare-reshape-on-merge",
            "Your merged rows mix tokens: the heads were reshaped without swapping axes back.",
            "Put the heads beside the features of the same token first.",
            join="reshape",
        ),
        switch(
            "interleaved-merge",
            "Your merged rows take one number from each head in turn.",
            "Each head's block stays together: head 0 first, then head 1.",
            join="interleaved",
        ),
        switch(
            "heads-reversed",
            "Your heads are joined in reversed order.",
            "Head 0 comes first.",
            join="reversed",
        ),
        switch(
            "heads-averaged",
            "Your heads have been averaged.",
            "Each keeps its own block of columns; W_O does the mixing.",
            join="mean",
        ),
        switch(
            "heads-added",
            "Your heads have been added up before W_O.",
            "Each keeps its own block of columns; W_O does the mixing.",
            join="sum",
        ),
        switch(
            "first-head-only",
            "Only your first head reaches the output.",
            "Join all of them, side by side.",
            join="first",
        ),
        switch(
            "one-head",
            "All of it was done by a single wide head: n_heads changes nothing.",
            "Split the width before comparing.",
            one_head=True,
        ),
        switch(
            "output-matrix-left-out",
            "Your heads are joined, but W_O is never used.",
            "One last product mixes what the heads found.",
            output="none",
        ),
        switch(
            "output-matrix-transposed",
            "Your W_O is turned round.",
            "Its rows belong to the columns of the joined heads.",
            output="turned",
        ),
    )


def sharing_switches() -> tuple[Mistake, ...]:
    """Which K/V head a query head reads."""
    return (
        switch(
            "tiled",
            "Neighbouring query heads read different K/V heads: the heads were tiled, 0 1 0 1.",
            "A group of neighbours shares one: 0 0 1 1.",
            share_k="tile",
            share_v="tile",
        ),
        switch(
            "values-tiled",
            "Your keys are repeated, but your values are tiled, so a head finds with one and reads another.",
            "K and V must be shared out in the same way.",
            share_v="tile",
        ),
        switch(
            "keys-tiled",
            "Your values are repeated, but your keys are tiled, so a head finds with one and reads another.",
            "K and V must be shared out in the same way.",
            share_k="tile",
        ),
        switch(
            "first-kv-head-only",
            "All your query heads read the first K/V head.",
            "Each group of query heads has its own.",
            share_k="first",
            share_v="first",
        ),
        switch(
            "kv-heads-averaged",
            "Your K/V heads have been averaged into one.",
            "Each group of query heads has its own.",
            share_k="mean",
            share_v="mean",
        ),
        switch(
            "kv-heads-reversed",
            "Your groups read the K/V heads in reversed order.",
            "The first group reads the first.",
            share_k="reversed",
            share_v="reversed",
        ),
    )


def cache_switches(step) -> tuple[Mistake, ...]:
    """What goes wrong with a cache in one step of decoding; `step(x, cache, ...)` is the exercise's model."""
    return (
        switch(
            "sees-only-the-past",
            "The new token does not look at itself: its key and value came too late.",
            "Put its key and value into the cache first, then attend.",
            versions=(
                lambda *a: step(*a, see="old" if a[1][0].size else "nothing"),
                lambda *a: step(*a, see="old" if a[1][0].size else "all"),
            ),
            see="old",
        ),
        switch(
            "cache-not-grown",
            "The cache comes back as long as it was.",
            "The next token will need this one's key and value.",
            keep="old",
        ),
        switch(
            "cache-unused",
            "The new token sees only itself: the cache is never read.",
            "Keys and values of all tokens so far take part.",
            versions=(lambda *a: step(*a, see="new", keep="old"),),
            see="new",
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
            versions=(lambda *a: step(*a, keep="vector"),),
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
            "appended-twice",
            "The new token stands in the cache twice.",
            "Once is enough: look for a second append.",
            grow="twice",
        ),
        switch(
            "values-not-cached",
            "The keys grow, but the values do not.",
            "Both halves of the cache get a row.",
            grow="keys",
        ),
        switch(
            "keys-not-cached",
            "The values grow, but the keys do not.",
            "Both halves of the cache get a row.",
            grow="values",
        ),
        switch(
            "oldest-forgotten",
            "The output does not see the oldest token.",
            "Every token so far takes part.",
            see="last",
        ),
        switch(
            "cache-halves-swapped",
            "Keys and values have changed places in the cache that you return.",
            "Hand it back in the order in which it came: keys, then values.",
            keep="swapped",
        ),
        mistake(
            "row-axis-missing",
            "The new key has one axis fewer than the cache, so the two cannot be joined.",
            "Give it a row axis of length 1 first: None in an index, or reshape, makes one.",
            lambda *a: step(*a, grow="vector"),
        ),
        mistake(
            "joined-along-another-axis",
            "The new row does not lie along the tokens of the cache: its axes, or the one of the join, are others.",
            "Tokens are the axis before the last; count from the end.",
            lambda *a: step(*a, grow="last-axis"),
            lambda *a: step(*a, grow="head-axis"),
            lambda *a: step(*a, grow="turned"),
        ),
        mistake(
            "array-has-no-append",
            "The halves of the cache are arrays, and an array cannot be appended to in place.",
            "np.concatenate, or np.vstack, makes a new array that is one row longer.",
            lambda x, cache, *rest: cache[0].append(x),
        ),
        mistake(
            "cache-is-a-pair",
            "The cache comes as a tuple of keys and values, and a tuple cannot be changed in place.",
            "Make two new arrays and hand them back as a new pair.",
            lambda x, cache, *rest: setitem(cache, 0, x),
        ),
        mistake(
            "oldest-dropped",
            "The oldest token was dropped from the cache when the new one came.",
            "Every token so far is kept.",
            lambda *a: step(*a, grow="slide"),
        ),
    )


def one_query_mistakes(step) -> tuple[Mistake, ...]:
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
            "output-only",
            "The output is there, but no cache comes back.",
            "Return both: the next step needs the cache.",
            lambda *a: step(*a)[0],
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


def attending_switches() -> tuple[Mistake, ...]:
    """Mistakes inside a head. Those that come to the same as a wrong projection are named as that."""
    same_as_projection = {"keys-ask", "queries-only", "keys-only", "keys-as-values", "queries-as-values"}
    all_of_them = (*role_mistakes(), *measure_mistakes(), *softmax_mistakes(), *value_mistakes())
    return (*(m for m in all_of_them if m.slug not in same_as_projection), over_heads())


def over_heads(*versions) -> Mistake:
    """A softmax along the axis of the heads."""
    return switch(
        "softmax-over-heads",
        "Your softmax runs across the heads, so the heads share out each place among them.",
        "Every head has a whole 1 to share out among the keys.",
        versions=versions,
        normalise="heads",
    )


def one_head_meets_all(*versions) -> Mistake:
    """A product that numpy refuses, with the same words whichever of these it was."""
    return mistake(
        "one-head-meets-all",
        "A product lets the columns of one head meet a matrix that is made for all heads together.",
        "Where do you cut into heads, and where are they joined again? Project before, and apply W_O after.",
        *versions,
    )


def always_a_batch(function, axes=2) -> Mistake:
    """B, T, D = X.shape; `function` is the exercise done right on an array with `axes` axes and any in front."""

    def unpacked(X, *rest):
        if X.ndim <= axes:
            raise ValueError(f"not enough values to unpack (expected {axes + 1}, got {X.ndim})")
        if X.ndim > axes + 1:
            raise ValueError(f"too many values to unpack (expected {axes + 1})")
        return function(X, *rest)

    def flattened(X, *rest):
        return function(X.reshape(-1, *X.shape[-axes:]), *rest)

    return mistake(
        "always-a-batch",
        "Your function counts on exactly one batch axis, so it does not work on a single sequence.",
        "Take the last axes by name and leave those in front as they come: *batch, T, D = X.shape.",
        unpacked,
        flattened,
    )

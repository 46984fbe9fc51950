"""Several heads with switches for misconceptions: what the specs of lessons 5, 6, 7 and 9 share."""

from __future__ import annotations

import numpy as np

from qkvlib.check.spec import Mistake, switch
from qkvlib.check.specs.common import head, measure_mistakes, role_mistakes, softmax_mistakes, value_mistakes

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
    raise ValueError(how)


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


def attending_switches() -> tuple[Mistake, ...]:
    """Mistakes inside a head. Those that come to the same as a wrong projection are named as that."""
    same_as_projection = {"keys-ask", "queries-only", "keys-only", "keys-as-values", "queries-as-values"}
    all_of_them = (*role_mistakes(), *measure_mistakes(), *softmax_mistakes(), *value_mistakes())
    over_heads = switch(
        "softmax-over-heads",
        "Your softmax runs across the heads, so the heads share out each place among them.",
        "Every head has a whole 1 to share out among the keys.",
        normalise="heads",
    )
    return (*(m for m in all_of_them if m.slug not in same_as_projection), over_heads)

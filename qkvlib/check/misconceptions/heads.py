"""Several heads with switches for misconceptions: splitting, merging, and the whole layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from qkvlib.check.misconceptions.one_head import head, value_mistakes
from qkvlib.check.misconceptions.scores import measure_mistakes, role_mistakes
from qkvlib.check.misconceptions.sharing import share
from qkvlib.check.misconceptions.softmax import softmax_mistakes
from qkvlib.check.spec import Mistake, mistake, switch


def split(X: np.ndarray, n: int, how: str = "proper") -> np.ndarray:
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


def narrow(X: np.ndarray, W: np.ndarray, n: int) -> np.ndarray:
    """The first d_model columns of what W makes, as n heads: right where heads and model are equally wide together."""
    return split((X @ W)[..., : X.shape[-1] // n * n], n)


def width_from_d_model(*versions: Callable) -> Mistake:
    """The width of a head taken from the embeddings."""
    return mistake(
        "width-from-d-model",
        "You take the width of a head from d_model, but together the heads may be wider than X, or narrower.",
        "Which matrix says how wide the heads are?",
        *versions,
    )


def merge(H: np.ndarray, how: str = "proper") -> np.ndarray:
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
    if how == "last-lost":
        return np.concatenate([merge(H)[..., : (n - 1) * d], np.zeros((*batch, tokens, d))], axis=-1)
    if how == "on-top":
        return H.sum(-3)
    raise ValueError(how)


def layer(
    X: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n_heads: int,
    n_kv_heads: int,
    mask: np.ndarray | None = None,
    *,
    q: str = "Q",
    k: str = "K",
    v: str = "V",
    side: str = "right",
    cut: str = "proper",
    join: str = "proper",
    one_head: bool = False,
    share_k: str = "repeat",
    share_v: str = "repeat",
    output: str = "right",
    **switches: Any,
) -> np.ndarray:
    """Grouped-query attention -> out; `n_kv_heads = n_heads` is multi-head attention."""
    by = {"Q": W_Q, "K": W_K, "V": W_V}

    def make(name: str) -> np.ndarray:
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
    return H @ (W_O[: H.shape[-1]] if join == "on-top" else W_O)


def _widen(K: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """For one wide head: the key columns, again and again until they are as wide as the queries."""
    return np.concatenate([K] * (Q.shape[-1] // K.shape[-1]), axis=-1)


def head_switches() -> tuple[Mistake, ...]:
    """Heads cut or joined in the wrong way, and W_O."""
    return (
        switch(
            "bare-reshape-on-split",
            "Your heads mix tokens with features: the array was reshaped straight into heads.",
            "A reshape keeps the order of the numbers; after cutting the columns, two axes must be swapped.",
            companion=True,
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
            companion=True,
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
            companion=True,
            output="none",
        ),
        switch(
            "output-matrix-transposed",
            "Your W_O is turned round.",
            "Its rows belong to the columns of the joined heads.",
            output="turned",
        ),
    )


def attending_switches() -> tuple[Mistake, ...]:
    """Mistakes inside a head. Those that come to the same as a wrong projection are named as that."""
    same_as_projection = {"keys-ask", "queries-only", "keys-only", "keys-as-values", "queries-as-values"}
    all_of_them = (*role_mistakes(), *measure_mistakes(), *softmax_mistakes(), *value_mistakes())
    return (*(m for m in all_of_them if m.slug not in same_as_projection), over_heads())


def over_heads(*versions: Callable) -> Mistake:
    """A softmax along the axis of the heads."""
    return switch(
        "softmax-over-heads",
        "Your softmax runs across the heads, so the heads share out each place among them.",
        "Every head has a whole 1 to share out among the keys.",
        versions=versions,
        normalise="heads",
    )


def split_first(*versions: Callable) -> Mistake:
    """X cut into heads, and then a product that numpy refuses."""
    return mistake(
        "split-first",
        "X is cut into heads before it is projected, so a slice of the embedding meets a matrix made for all of it.",
        "A head reads the whole embedding: project first, then split.",
        *versions,
    )


def one_head_meets_all(*versions: Callable) -> Mistake:
    """What is as wide as one head meets W_O: the same words from numpy, whatever came of the other heads."""
    return mistake(
        "one-head-meets-all",
        "W_O meets rows as wide as one head: your heads are added, averaged, dropped or left apart, not joined.",
        "W_O has a row for every column of all heads together: join them side by side before it.",
        *versions,
    )


def in_some_way(model: Callable) -> Iterator[Mistake]:
    """Slips with the heads of a whole layer; `model` is the exercise's and knows `join`."""
    yield mistake(
        "last-head-lost",
        "Your last head never gets its turn: its columns are 0 before W_O.",
        "range(n) stops at n - 1 by itself.",
        lambda *a: model(*a, join="last-lost"),
    )
    yield mistake(
        "output-matrix-per-head",
        "Your heads are added up, and only the first rows of W_O are used, as many as one head is wide.",
        "Join the heads first; W_O has one row per joined column.",
        lambda *a: model(*a, join="on-top"),
    )


def cut_by_d_model(X: np.ndarray, W: np.ndarray, n: int, n_heads: int) -> np.ndarray:
    """X W as n heads of the width d_model // n_heads: numpy refuses where the heads are wider together than X."""
    return (X @ W).reshape(*X.shape[:-1], n, X.shape[-1] // n_heads)


def fixed_number(*versions: Callable) -> Mistake:
    """Two heads, whatever n_heads says."""
    return mistake(
        "number-of-heads-written-in",
        "The number of heads is written into your function: n_heads changes nothing.",
        "The argument n_heads says how many there are.",
        *versions,
    )


def always_a_batch(function: Callable, axes: int = 2) -> Mistake:
    """B, T, D = X.shape; `function` is the exercise done right on an array with `axes` axes and any in front."""

    def unpacked(X: np.ndarray, *rest: Any) -> Any:
        if X.ndim <= axes:
            raise ValueError(f"not enough values to unpack (expected {axes + 1}, got {X.ndim})")
        if X.ndim > axes + 1:
            raise ValueError(f"too many values to unpack (expected {axes + 1})")
        return function(X, *rest)

    def flattened(X: np.ndarray, *rest: Any) -> Any:
        return function(X.reshape(-1, *X.shape[-axes:]), *rest)

    return mistake(
        "always-a-batch",
        "Your function counts on exactly one batch axis, so it does not work on a single sequence.",
        "Take the last axes by name and leave those in front as they come: *batch, T, D = X.shape.",
        unpacked,
        flattened,
    )

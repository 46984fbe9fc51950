"""Lesson 5: several heads."""

from __future__ import annotations

import numpy as np

from qkvlib import attention as math
from qkvlib.check.spec import Exercise, mistake, switch
from qkvlib.check.specs import heads
from qkvlib.check.specs.common import (
    T,
    calls,
    first_of_pair,
    mask_as_index,
    mask_mistakes,
    normal,
    random_mask,
    scale_mistakes,
    scale_slips,
    softmax_slips,
)

# -- split_heads --------------------------------------------------------------------------------------------------


def _split_inputs(rng):
    return calls(
        ("one sequence", normal(rng, 5, 6), 2),
        ("as many tokens as heads", normal(rng, 3, 15), 3),
        ("a batch of sequences", normal(rng, 2, 7, 15), 3),
        ("two batch axes", normal(rng, 2, 3, 5, 14), 7),
    )


split_heads = Exercise(
    name="split_heads",
    lesson=5,
    parameters=("X", "n_heads"),
    reference=math.split_heads,
    inputs=_split_inputs,
    axes=("head", "token", "feature of a head"),
    mistakes=(
        mistake(
            "bare-reshape-on-split",
            "The shape is right, but your heads mix tokens: the array was reshaped straight into heads.",
            "A reshape keeps the order of the numbers. Cut the columns first, then swap two axes.",
            lambda X, n: heads.split(X, n, "reshape"),
            lambda X, n: X.reshape(n, X.shape[0], X.shape[1] // n),
            lambda X, n: X.reshape(n, X.shape[-2], X.shape[-1] // n),
            lambda X, n: X.reshape(n, -1, X.shape[-1] // n),
        ),
        mistake(
            "heads-among-tokens",
            "The columns are cut, but heads still stand behind tokens.",
            "Each head wants to see all tokens: which two axes must be swapped?",
            lambda X, n: heads.split(X, n, "not-swapped"),
            lambda X, n: X.reshape(X.shape[0], n, -1),
        ),
        mistake(
            "interleaved-columns",
            "Your heads take every n-th column instead of a block of neighbouring ones.",
            "Which comes first when the columns are cut, the head or the place within it?",
            lambda X, n: heads.split(X, n, "interleaved"),
        ),
        mistake(
            "head-transposed",
            "Inside each of your heads tokens and features have changed places.",
            "Tokens are rows, in a head as well.",
            lambda X, n: T(heads.split(X, n)),
            lambda X, n: X.reshape(*X.shape[:-1], n, -1).T,
            lambda X, n: np.moveaxis(X.reshape(*X.shape[:-1], n, -1), -3, -1),
        ),
        mistake(
            "tokens-split",
            "You have shared out the tokens among the heads.",
            "Every head sees every token; it is the width that is cut.",
            lambda X, n: np.stack(np.split(X, n, axis=-2), axis=-3),
            lambda X, n: np.stack(np.split(X, n, axis=0)),
            lambda X, n: X.reshape(*X.shape[:-2], n, -1, X.shape[-1]),
            lambda X, n: np.array_split(X, n, axis=0),
        ),
        mistake(
            "first-axes-swapped",
            "With a batch in front, the wrong two axes change places.",
            "Count from the end: which axes are tokens and heads after cutting?",
            lambda X, n: np.swapaxes(X.reshape(*X.shape[:-1], n, -1), 0, 1),
            lambda X, n: np.swapaxes(X.reshape(*X.shape[:-1], n, -1), 0, -2),
        ),
        mistake(
            "head-axis-last",
            "The head axis stands last.",
            "It belongs before the tokens, so that attention runs over the last two axes.",
            lambda X, n: np.moveaxis(X.reshape(*X.shape[:-1], n, -1), -2, -1),
            lambda X, n: X.reshape(*X.shape[:-1], -1, n),
        ),
        mistake(
            "heads-before-batch",
            "Your head axis stands before the batch.",
            "The batch stays in front; heads come right before the tokens.",
            lambda X, n: np.moveaxis(X.reshape(*X.shape[:-1], n, -1), -2, 0),
            lambda X, n: np.stack(np.split(X, n, axis=-1)),
            lambda X, n: np.split(X, n, axis=-1),
        ),
        mistake(
            "one-head-only",
            "Only one head comes back.",
            "n_heads blocks of columns, n_heads heads.",
            lambda X, n: X[..., : X.shape[-1] // n],
            lambda X, n: heads.split(X, n)[..., 0, :, :],
            lambda X, n: heads.split(X, n)[..., :1, :, :],
        ),
        mistake(
            "copied-not-split",
            "Every head has the full width: X was copied, not cut.",
            "The width is shared out among the heads.",
            lambda X, n: np.repeat(X[..., None, :, :], n, axis=-3),
        ),
        heads.always_a_batch(heads.split),
        mistake(
            "n-heads-wide",
            "Your heads are n_heads wide, and there are too many, or too few, of them.",
            "The number of heads is given; their width is what is left over.",
            lambda X, n: np.swapaxes(X.reshape(*X.shape[:-1], -1, n), -2, -3),
        ),
        mistake(
            "heads-reversed",
            "Your heads come in reversed order.",
            "Head 0 takes the first columns.",
            lambda X, n: heads.split(X, n)[..., ::-1, :, :],
        ),
        mistake(
            "unsplit",
            "X comes back as it was, or with one more axis.",
            "Cut its last axis into n_heads pieces.",
            lambda X, n: X,
            lambda X, n: X[..., None, :, :],
        ),
    ),
    hints=(
        "Which axis is cut, and into how many pieces of which length?",
        "Reshape [..., T, d_model] to [..., T, n_heads, d_head]: this cuts the columns and moves nothing.",
        "Then swap tokens and heads, counting from the end: axes -2 and -3.",
    ),
    praise="Right: the width is split, the tokens are not.",
)


# -- merge_heads --------------------------------------------------------------------------------------------------


def _merge_inputs(rng):
    return calls(
        ("one sequence", normal(rng, 2, 5, 3)),
        ("as many tokens as heads", normal(rng, 5, 5, 3)),
        ("a batch of sequences", normal(rng, 2, 3, 7, 5)),
        ("two batch axes", normal(rng, 2, 3, 7, 5, 2)),
    )


merge_heads = Exercise(
    name="merge_heads",
    lesson=5,
    parameters=("H",),
    reference=math.merge_heads,
    inputs=_merge_inputs,
    axes=("token", "column of the joined heads"),
    mistakes=(
        mistake(
            "bare-reshape-on-merge",
            "The shape is right, but your rows mix tokens: the heads were reshaped without swapping axes.",
            "First bring the heads beside the features of the same token.",
            lambda H: heads.merge(H, "reshape"),
            lambda H: H.reshape(H.shape[1], -1),
            lambda H: H.reshape(H.shape[-2], -1),
        ),
        mistake(
            "interleaved-merge",
            "Your rows take one number from each head in turn.",
            "Each head's block stays together: head 0 first, then head 1.",
            lambda H: heads.merge(H, "interleaved"),
            lambda H: H.T.reshape(-1, H.shape[0] * H.shape[-1]),
        ),
        mistake(
            "heads-reversed",
            "Your heads are joined in reversed order.",
            "Head 0 takes the first columns.",
            lambda H: heads.merge(H, "reversed"),
        ),
        mistake(
            "heads-averaged",
            "Your heads have been averaged.",
            "Keep them side by side; nothing is lost in a merge.",
            lambda H: H.mean(-3),
            lambda H: H.mean(0),
        ),
        mistake(
            "heads-added",
            "Your heads have been added up.",
            "Keep them side by side; nothing is lost in a merge.",
            lambda H: H.sum(-3),
            lambda H: H.sum(0),
        ),
        mistake(
            "heads-under-one-another",
            "Your heads lie under one another: there are too many rows.",
            "Every token has one row, with all its heads side by side.",
            lambda H: H.reshape(*H.shape[:-3], -1, H.shape[-1]),
            lambda H: np.concatenate(list(H), axis=0),
            lambda H: np.concatenate([H[..., h, :, :] for h in range(H.shape[-3])], axis=-2),
        ),
        mistake(
            "swapped-not-joined",
            "The axes are swapped, but heads and features are still two axes.",
            "Join the last two into one.",
            lambda H: np.swapaxes(H, -2, -3),
        ),
        mistake(
            "unmerged",
            "H comes back as it was.",
            "Swap two axes, then join two.",
            lambda H: H,
        ),
        mistake(
            "first-axes-joined",
            "With a batch in front, the first axis was taken for the heads.",
            "Count axes from the end: heads are axis -3.",
            lambda H: np.concatenate(list(H), axis=-1),
            lambda H: np.swapaxes(H, 0, 1).reshape(H.shape[1], -1),
            lambda H: np.swapaxes(H, 0, 1).reshape(*H.shape[1:-2], -1, H.shape[0] * H.shape[-1]),
        ),
        mistake(
            "first-head-only",
            "Only one head is left.",
            "All heads belong in the row, side by side.",
            lambda H: H[..., 0, :, :],
            lambda H: H[0],
            lambda H: H[..., -1, :, :],
        ),
        heads.always_a_batch(heads.merge, axes=3),
        mistake(
            "merge-transposed",
            "Tokens became columns.",
            "Tokens are rows, before and after.",
            lambda H: T(heads.merge(H)),
        ),
        mistake(
            "flattened",
            "Everything lies in one long row.",
            "Keep one row per token.",
            lambda H: H.reshape(-1),
            lambda H: H.reshape(*H.shape[:-3], -1),
        ),
    ),
    hints=(
        "It should undo split_heads: which step was the last one there?",
        "Swap axes -3 and -2, so that each token has its heads next to each other.",
        "Then reshape, with -1 for the joined width.",
    ),
    praise="Right: it undoes split_heads, number by number.",
)


# -- multi_head_attention -----------------------------------------------------------------------------------------


def _mha_inputs(rng):
    def weights(D):
        return tuple(normal(rng, D, D) / np.sqrt(D / 2) for _ in range(4))

    return calls(
        ("one sequence", normal(rng, 5, 6), *weights(6), 2),
        ("one sequence with a mask", normal(rng, 5, 6), *weights(6), 3, random_mask(rng, 5, 5)),
        ("a batch of sequences", normal(rng, 2, 7, 15), *weights(15), 3),
        ("a batch with a mask", normal(rng, 2, 5, 10), *weights(10), 2, random_mask(rng, 5, 5)),
    )


def _mha(X, W_Q, W_K, W_V, W_O, n_heads, mask=None, **switches):
    return heads.layer(X, W_Q, W_K, W_V, W_O, n_heads, n_heads, mask, **switches)


def split_before(X, W_Q, W_K, W_V, W_O, n, mask=None):
    """Every head gets a slice of the embedding and only the matching block of each matrix."""
    d = X.shape[-1] // n
    blocks = [slice(h * d, (h + 1) * d) for h in range(n)]
    Q, K, V = (np.stack([X[..., b] @ W[b, b] for b in blocks], axis=-3) for W in (W_Q, W_K, W_V))
    return heads.merge(heads.head(Q, K, V, mask)[0]) @ W_O


multi_head_attention = Exercise(
    name="multi_head_attention",
    lesson=5,
    parameters=("X", "W_Q", "W_K", "W_V", "W_O", "n_heads", "mask"),
    reference=math.multi_head_attention,
    model=_mha,
    inputs=_mha_inputs,
    tidy=first_of_pair,
    axes=("token", "column of W_O"),
    mistakes=(
        *heads.projection_switches(),
        *heads.head_switches(),
        mistake(
            "split-before-projecting",
            "Each of your heads sees only its own slice of the embedding: the split came before the projection.",
            "Project with the full matrix first, then split.",
            split_before,
        ),
        heads.one_head_meets_all(
            lambda X, Q, K, V, out, n, mask=None: heads.split(X, n) @ Q,
            lambda X, Q, K, V, out, n, mask=None: _heads(X, Q, K, V, n, mask) @ out,
        ),
        mistake(
            "blocks-overlap",
            "Your head h starts at column h, so the heads overlap.",
            "Head h starts where head h - 1 stops.",
            lambda X, Q, K, V, out, n, mask=None: _overlapping(X, Q, K, V, n, mask) @ out,
        ),
        mistake(
            "n-heads-wide",
            "Your heads are n_heads wide, and there are too many, or too few, of them.",
            "The number of heads is given; their width is what is left over.",
            lambda X, Q, K, V, out, n, mask=None: _mha(X, Q, K, V, out, X.shape[-1] // n, mask),
        ),
        mistake(
            "weights-only",
            "What comes back are the weights of your heads.",
            "Blend the values with them, merge, and apply W_O.",
            lambda X, Q, K, V, out, n, mask=None: heads.head(heads.split(X @ Q, n), *[heads.split(X @ K, n)] * 2, mask)[
                1
            ],
        ),
        mistake(
            "mask-required",
            "Your function cannot do without a mask.",
            "When mask is None, every token may look everywhere.",
            lambda X, Q, K, V, out, n, mask=None: _mha(X, Q, K, V, out, n, mask) if mask is not None else _needs(mask),
        ),
        *mask_mistakes(),
        mistake(
            "always-causal",
            "Your function masks the future even when no mask is given.",
            "When mask is None, every token may look everywhere.",
            lambda X, Q, K, V, out, n, mask=None: _mha(X, Q, K, V, out, n, np.tri(X.shape[-2], dtype=bool)),
        ),
        *scale_mistakes("The scores in your heads", model=True),
        *heads.attending_switches(),
        *scale_slips(_mha, "The scores in your heads"),
        *softmax_slips(_mha),
        mask_as_index(_mha),
        heads.always_a_batch(_mha),
        mistake(
            "output-matrix-too-early",
            "W_O meets the values before any token has looked at another.",
            "It mixes what the heads found: it comes last.",
            lambda X, Q, K, V, out, n, mask=None: _mha(X, Q, K, V @ out, out, n, mask, output="none"),
        ),
        mistake(
            "output-matrix-per-head",
            "Each of your heads uses the whole of W_O by itself, or only its first rows.",
            "Join the heads first; W_O then has one row per joined column.",
            lambda X, Q, K, V, out, n, mask=None: _per_head(X, Q, K, V, out, n, mask),
        ),
        mistake(
            "causal-by-default",
            "Without a mask your tokens cannot look ahead: a causal mask has taken its place.",
            "mask=None means that everybody may look everywhere.",
            lambda X, W_Q, W_K, W_V, W_O, n_heads, mask=None: math.multi_head_attention(
                X, W_Q, W_K, W_V, W_O, n_heads, np.tri(X.shape[-2], dtype=bool) if mask is None else mask
            ),
        ),
        mistake(
            "residual-added",
            "X has been added to the output.",
            "The residual connection comes later, outside attention.",
            lambda X, Q, K, V, out, n, mask=None: _mha(X, Q, K, V, out, n, mask) + X,
        ),
        mistake(
            "heads-unmerged",
            "Your heads come back side by side as an axis of their own.",
            "Merge them, then multiply by W_O.",
            lambda X, Q, K, V, out, n, mask=None: _heads(X, Q, K, V, n, mask),
        ),
    ),
    hints=(
        "Six steps: project, split, attend in every head, merge, W_O. Which of them have you written already?",
        "attention works on the last two axes, so it runs in all heads at once after split_heads.",
        "Mask the scores, not the weights; mask=None means that everything is allowed.",
    ),
    praise="Right: project, split, attend, merge, mix.",
)


def _needs(mask):
    return ~mask


def _heads(X, W_Q, W_K, W_V, n, mask=None):
    return heads.head(*(heads.split(X @ W, n) for W in (W_Q, W_K, W_V)), mask)[0]


def _overlapping(X, W_Q, W_K, W_V, n, mask=None):
    d = X.shape[-1] // n
    blocks = [slice(h, h + d) for h in range(n)]
    return np.concatenate([heads.head(*(X @ W[:, b] for W in (W_Q, W_K, W_V)), mask)[0] for b in blocks], axis=-1)


def _per_head(X, W_Q, W_K, W_V, W_O, n, mask=None):
    H = _heads(X, W_Q, W_K, W_V, n, mask)
    return (H @ W_O[: H.shape[-1]]).sum(-3)


# -- parameter_count ----------------------------------------------------------------------------------------------


def _count(D, n, n_kv, *, q=1, k=1, v=1, o=1, kv_width="shared", biases=False, per_head=1):
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


parameter_count = Exercise(
    name="parameter_count",
    lesson=5,
    parameters=("d_model", "n_heads", "n_kv_heads"),
    reference=math.parameter_count,
    model=_count,
    inputs=lambda rng: calls(
        ("a small model", 66, 11, 11),
        ("shared K/V heads", 210, 14, 7),
        ("few K/V heads", 84, 12, 3),
        ("one K/V head", 130, 26, 1),
    ),
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
            o=0,
        ),
        switch(
            "biases-counted",
            "Your count has a few thousandths too many: biases are in it.",
            "Only the entries of the four matrices are asked for.",
            biases=True,
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
            lambda D, n, n_kv: math.parameter_count(D, n, n_kv) + 8 * D * D,
        ),
        mistake(
            "bytes-counted",
            "You counted bytes.",
            "Entries are asked for, whatever their size.",
            *(lambda D, n, n_kv, b=b: b * math.parameter_count(D, n, n_kv) for b in (2, 4, 8)),
        ),
        mistake(
            "division-rounded",
            "Your count does not come out whole or is slightly off.",
            "Use // for the width of a head.",
            lambda D, n, n_kv: 2 * D * D + 2 * D * D * (n_kv // n),
            lambda D, n, n_kv: 2 * D * D + 2 * D * D // (n // n_kv) + 1,
        ),
    ),
    hints=(
        "Four matrices. Which two do not depend on n_kv_heads?",
        "One head is d_model / n_heads wide; K and V have n_kv_heads of them.",
        "Twice d_model x d_model, and twice d_model x (what K needs).",
    ),
    praise="Right: W_Q and W_O keep their size, W_K and W_V shrink.",
)

EXERCISES = (split_heads, merge_heads, multi_head_attention, parameter_count)

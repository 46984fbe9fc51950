"""Lesson 7: the bug clinic. The broken and the mended code of each bug live in `qkvlib.clinic`, once.

The first mistake of every exercise is the bug itself, still there. The other mistakes are what a hasty repair breaks.
"""

from __future__ import annotations

import numpy as np

from qkvlib.check.spec import Exercise, Mistake, mistake, switch
from qkvlib.check.specs import heads
from qkvlib.check.specs.common import (
    T,
    calls,
    compare_all,
    head,
    measure_mistakes,
    normal,
    role_mistakes,
    scale_mistakes,
    scale_slips,
    soft,
    softmax_mistakes,
    value_mistakes,
)
from qkvlib.check.specs.lesson02 import scores as scores_exercise
from qkvlib.check.specs.lesson06 import repeat_mistakes, shared_inputs
from qkvlib.clinic import BUGS


def still_broken(bug: str, nudge: str, *more) -> Mistake:
    """The bug has not been repaired yet: its fingerprint is what is seen."""
    fingerprint = BUGS[bug].fingerprint
    seen = f"The bug is still there. Its fingerprint: {fingerprint}."
    return mistake("still-broken", seen, nudge, BUGS[bug].broken, *more)


def _without(mistakes, *slugs):
    return tuple(m for m in mistakes if m.slug not in slugs)


# A function of the clinic promises `out`; the weights may come back beside it.
_OUT_AND_WEIGHTS = {"forms": (lambda r: r[0], lambda r: r), "parts": ("out", "weights")}

# -- 1 ------------------------------------------------------------------------------------------------------------


def _weights_of_heads(X, W_Q, W_K, n_heads, *, cut="proper", q="Q", k="K", **switches):
    by = {"Q": W_Q, "K": W_K}
    Q, K = heads.split(X @ by[q], n_heads, cut), heads.split(X @ by[k], n_heads, cut)
    return head(Q, K, K, d_model=X.shape[-1], **switches)[1]


fix_shapes = Exercise(
    name="fix_shapes",
    lesson=7,
    parameters=("X", "W_Q", "W_K", "n_heads"),
    reference=BUGS["fix_shapes"].fixed,
    model=_weights_of_heads,
    inputs=lambda rng: calls(
        ("two heads", normal(rng, 5, 6), normal(rng, 6, 6), normal(rng, 6, 6), 2),
        ("more heads", normal(rng, 7, 15), normal(rng, 15, 15) / 2, normal(rng, 15, 15) / 2, 5),
        ("a batch of sequences", normal(rng, 2, 5, 6), normal(rng, 6, 6), normal(rng, 6, 6), 3),
    ),
    axes=("head", "query", "key"),
    mistakes=(
        still_broken("fix_shapes", "Inside a head, how many features does one dot product add up?"),
        *_without(scale_mistakes("The scores behind your weights", model=True), "scale-by-sqrt-d-model"),
        *scale_slips(_weights_of_heads, "The scores behind your weights"),
        switch(
            "keys-from-query-matrix", "Both sides of your comparison come from W_Q.", "Only the width was wrong.", k="Q"
        ),
        *_without(measure_mistakes(), "distance", "squared-distance", "distance-rewarded", "cosine"),
        *_without(softmax_mistakes(), "softmax-twice", "minus-sign"),
        *(m for m in heads.head_switches() if "cut" in m.switches),
        mistake(
            "root-in-the-wrong-place",
            "The number of heads stands outside the root: it divides, or multiplies, the root of the whole width.",
            "Which number goes under the root?",
            lambda X, W_Q, W_K, n: _weights_of_heads(X, W_Q * n, W_K, n, scale="sqrt-model"),
            lambda X, W_Q, W_K, n: _weights_of_heads(X, W_Q / n, W_K, n, scale="sqrt-model"),
        ),
        mistake(
            "heads-lost",
            "Your weights have lost their heads: the split is gone.",
            "Keep the split; only one number in the code is wrong.",
            lambda X, W_Q, W_K, n: head(X @ W_Q, X @ W_K, X @ W_K)[1],
        ),
    ),
    hints=(
        "Run the broken code with one head and with four: for which is it right?",
        "Look at what is under the square root.",
        "Q has been split: its last axis knows the number that you need.",
    ),
    praise="Mended: inside a head, the width of the head is what counts.",
)

# -- 2 ------------------------------------------------------------------------------------------------------------

fix_transpose = Exercise(
    name="fix_transpose",
    lesson=7,
    parameters=("Q", "K"),
    reference=BUGS["fix_transpose"].fixed,
    model=compare_all,
    inputs=scores_exercise.inputs,
    axes=("query", "key"),
    mistakes=(
        still_broken(
            "fix_transpose",
            "Which axes should meet in the product: features with features?",
        ),
        *_without(scores_exercise.mistakes, "no-transpose"),
    ),
    hints=(
        "Try it on three tokens with five features each: the error names the two sizes that met.",
        "K has to offer its features to the product, so its last two axes change places.",
        "np.swapaxes(K, -1, -2) leaves a batch axis alone.",
    ),
    praise="Mended: features meet features, for any number of tokens.",
)

# -- 3 ------------------------------------------------------------------------------------------------------------


def _one_head(X, W_Q, W_K, W_V, *, q="Q", k="K", v="V", **switches):
    by = {"Q": W_Q, "K": W_K, "V": W_V}
    Q, K, V = (X if name == "X" else X @ by[name] for name in (q, k, v))
    return head(Q, K, V, d_model=X.shape[-1], **switches)


fix_shared_matrix = Exercise(
    name="fix_shared_matrix",
    lesson=7,
    parameters=("X", "W_Q", "W_K", "W_V"),
    reference=_one_head,
    model=_one_head,
    inputs=lambda rng: calls(
        ("one sequence", normal(rng, 5, 7), *(normal(rng, 7, 3) / 2 for _ in range(3))),
        ("square matrices", normal(rng, 5, 5), *(normal(rng, 5, 5) / 2 for _ in range(3))),
        ("a batch of sequences", normal(rng, 2, 7, 5), *(normal(rng, 5, 3) / 2 for _ in range(3))),
    ),
    **_OUT_AND_WEIGHTS,
    mistakes=(
        still_broken("fix_shared_matrix", "Three roles, three matrices."),
        *_without(heads.projection_switches(), "one-matrix-for-all"),
        mistake(
            "one-matrix-for-all",
            "All three roles come from one matrix, another one than before.",
            "Each role has a matrix of its own.",
            lambda X, W_Q, W_K, W_V: _one_head(X, W_K, W_K, W_K),
            lambda X, W_Q, W_K, W_V: _one_head(X, W_V, W_V, W_V),
        ),
        *_without(
            scale_mistakes("The scores behind your result", model=True), "scale-by-n-heads", "scale-by-sqrt-n-heads"
        ),
        *softmax_mistakes(),
        switch(
            "weights-transposed",
            "The weights are turned round in the blend.",
            "Only the line with the three projections needed mending.",
            values="weights-T",
        ),
    ),
    hints=(
        "Change W_K by hand and run the broken code again: what happens to the result?",
        "Only one line is wrong.",
        "Each of Q, K and V needs its own letter on the right-hand side.",
    ),
    praise="Mended: three matrices, three roles, and scores that need not be symmetric.",
)

# -- 4 ------------------------------------------------------------------------------------------------------------


def _split_query(X, W_Q, n_heads, *, cut="proper", side="right"):
    return heads.split(X @ (W_Q.T if side == "turned" else W_Q), n_heads, cut)


def _diagonal_blocks(W_Q, n_heads):
    d = len(W_Q) // n_heads
    return np.stack([W_Q[h * d : (h + 1) * d, h * d : (h + 1) * d] for h in range(n_heads)])


fix_split_before_projecting = Exercise(
    name="fix_split_before_projecting",
    lesson=7,
    parameters=("X", "W_Q", "n_heads"),
    reference=BUGS["fix_split_before_projecting"].fixed,
    model=_split_query,
    inputs=lambda rng: calls(
        ("one sequence", normal(rng, 5, 6), normal(rng, 6, 6), 2),
        ("as many tokens as heads", normal(rng, 3, 15), normal(rng, 15, 15), 3),
        ("a batch of sequences", normal(rng, 2, 7, 6), normal(rng, 6, 6), 3),
    ),
    axes=("head", "token", "feature of a head"),
    mistakes=(
        still_broken(
            "fix_split_before_projecting",
            "Let the whole embedding go through the whole matrix first.",
        ),
        *(m for m in heads.head_switches() if "cut" in m.switches),
        switch(
            "matrices-transposed",
            "The matrix is turned round.",
            "Only the order of two steps was wrong.",
            side="turned",
        ),
        mistake(
            "not-split",
            "The projection is right, but the heads are gone.",
            "Split what comes out of the projection.",
            lambda X, W_Q, n: X @ W_Q,
        ),
        mistake(
            "not-projected",
            "The heads are there, but nothing has been projected.",
            "W_Q comes first.",
            lambda X, W_Q, n: heads.split(X, n),
        ),
        mistake(
            "matrix-split-by-rows",
            "Each head uses a block of rows of W_Q, so it still sees only its slice of the embedding.",
            "Heads are blocks of columns.",
            lambda X, W_Q, n: np.stack(
                [x @ w for x, w in zip(np.split(X, n, -1), np.split(W_Q, n, 0), strict=True)], axis=-3
            ),
            lambda X, W_Q, n: heads.split(X, n) @ W_Q,
        ),
        mistake(
            "one-block-each",
            "Each head now has a block of its own, yet it still reads only its slice of the embedding.",
            "A head needs every row of W_Q: project before anything is cut.",
            lambda X, W_Q, n: heads.split(X, n) @ _diagonal_blocks(W_Q, n),
        ),
        mistake(
            "first-columns-for-all",
            "All heads use the same columns of W_Q.",
            "Head h has the h-th block.",
            lambda X, W_Q, n: np.stack([X @ W_Q[:, : X.shape[-1] // n]] * n, axis=-3),
        ),
        mistake(
            "merged-again",
            "The heads have been merged again.",
            "The function promises [..., n_heads, T, d_head].",
            lambda X, W_Q, n: np.swapaxes(heads.split(X @ W_Q, n), -2, -3).reshape(X.shape[0], -1),
        ),
    ),
    hints=(
        "Change the last entry of a token: should head 0 notice?",
        "Two steps stand in the wrong order.",
        "Project X with the whole of W_Q, then call split_heads.",
    ),
    praise="Mended: every head reads the whole embedding.",
)

# -- 5 and 6 ------------------------------------------------------------------------------------------------------


def _qkv(rng):
    return calls(
        ("one sequence", normal(rng, 5, 3), normal(rng, 5, 3), normal(rng, 5, 3)),
        ("more keys than queries", normal(rng, 5, 3), normal(rng, 7, 3), normal(rng, 7, 3)),
        ("a batch of sequences", normal(rng, 2, 7, 5), normal(rng, 2, 7, 5), normal(rng, 2, 7, 5)),
    )


_WEIGHTS_ONLY = mistake(
    "weights-only",
    "What comes back are the weights.",
    "Blend the values with them.",
    lambda Q, K, V: head(Q, K, V)[1],
)

fix_values_in_scores = Exercise(
    name="fix_values_in_scores",
    lesson=7,
    parameters=("Q", "K", "V"),
    reference=head,
    model=head,
    inputs=_qkv,
    **_OUT_AND_WEIGHTS,
    mistakes=(
        still_broken("fix_values_in_scores", "Two of the three decide who is heard."),
        mistake(
            "keys-in-the-blend",
            "The keys have moved into the blend.",
            "What is heard is V, and only V.",
            lambda Q, K, V: head(Q, K, K + V),
            lambda Q, K, V: (head(Q, K, V, roles="qk+v")[1] @ (K + V), head(Q, K, V, roles="qk+v")[1]),
        ),
        mistake(
            "values-subtracted",
            "The values still take part in the matching, now with a minus.",
            "They should leave the scores altogether.",
            lambda Q, K, V: (soft(compare_all(Q, K - V)) @ V, soft(compare_all(Q, K - V))),
            lambda Q, K, V: (soft(compare_all(Q + V, K)) @ V, soft(compare_all(Q + V, K))),
            lambda Q, K, V: (soft(compare_all(Q, K * V)) @ V, soft(compare_all(Q, K * V))),
        ),
        *role_mistakes(),
        *measure_mistakes(),
        *softmax_mistakes(),
        *value_mistakes(),
        *scale_mistakes("The scores behind your result"),
        _WEIGHTS_ONLY,
    ),
    hints=(
        "Double V: what should happen to the output, and to the weights?",
        "One letter too many stands in the line with the scores.",
        "Scores need Q and K only.",
    ),
    praise="Mended: matching by keys, content by values.",
)

fix_softmax_axis = Exercise(
    name="fix_softmax_axis",
    lesson=7,
    parameters=("Q", "K", "V"),
    reference=head,
    model=head,
    inputs=_qkv,
    **_OUT_AND_WEIGHTS,
    mistakes=(
        still_broken("fix_softmax_axis", "Each query shares out a whole 1 among the keys."),
        mistake(
            "second-softmax",
            "A second softmax stands on top of the first, which still runs down the columns.",
            "One is enough, along the right axis.",
            lambda Q, K, V: soft(soft(compare_all(Q, K), -2)) @ V,
        ),
        mistake(
            "first-axis",
            "The softmax runs over the first axis, which may be the batch.",
            "Count from the end: keys are the last axis of the scores.",
            lambda Q, K, V: (soft(compare_all(Q, K), 0) @ V, soft(compare_all(Q, K), 0)),
            lambda Q, K, V: (soft(compare_all(Q, K), 1) @ V, soft(compare_all(Q, K), 1)),
        ),
        mistake(
            "transposed-to-compensate",
            "The weights were turned round to make their rows sum to 1, so now they belong to the wrong tokens.",
            "Leave the scores as they are and change the axis.",
            lambda Q, K, V: (T(soft(compare_all(Q, K), -2)) @ V, T(soft(compare_all(Q, K), -2))),
        ),
        mistake(
            "renormalised",
            "The rows were made to sum to 1 after a softmax over the queries.",
            "That is another set of weights: let the softmax itself run over the keys.",
            lambda Q, K, V: _renormalised(Q, K, V),
        ),
        *_without(role_mistakes(), "keys-ask"),
        *measure_mistakes(),
        *_without(softmax_mistakes(), "softmax-over-queries", "softmax-over-first-axis", "softmax-over-second-axis"),
        *value_mistakes(),
        *scale_mistakes("The scores behind your result"),
        _WEIGHTS_ONLY,
    ),
    hints=(
        "Let V be all ones: what must the output be, if each row of weights sums to 1?",
        "Print weights.sum(axis=-1) and weights.sum(axis=-2).",
        "One number in the call of softmax is wrong.",
    ),
    praise="Mended: each query shares out its own 1.",
)


def _renormalised(Q, K, V):
    weights = soft(compare_all(Q, K), -2)
    weights = weights / weights.sum(-1, keepdims=True)
    return weights @ V, weights


# -- 7 ------------------------------------------------------------------------------------------------------------

fix_tiled_heads = Exercise(
    name="fix_tiled_heads",
    lesson=7,
    parameters=("K", "n_rep"),
    reference=BUGS["fix_tiled_heads"].fixed,
    inputs=shared_inputs,
    axes=("query head", "token", "feature of a head"),
    mistakes=(
        still_broken(
            "fix_tiled_heads",
            "Write down which K/V head each of six query heads should read.",
            *repeat_mistakes()[0].versions,
        ),
        *repeat_mistakes()[1:],
    ),
    hints=(
        "With n_rep = 2 the query heads should read 0 0 1 1.",
        "[K] * n_rep lays whole sets of heads one after another.",
        "np.repeat repeats each head in place; tell it the axis.",
    ),
    praise="Mended: neighbours share a head.",
)

# -- 8 ------------------------------------------------------------------------------------------------------------


def _fused(X, W_QKV, n_heads, *, cut="proper", order="QKV", when="first"):
    if when == "columns":
        parts = {name: (X @ W_QKV)[..., k::3] for k, name in enumerate("QKV")}
    else:
        parts = dict(zip("QKV", np.split(X @ W_QKV, 3, axis=-1), strict=True))
    return tuple(heads.split(parts[name], n_heads, cut) for name in order)


fix_fused_split = Exercise(
    name="fix_fused_split",
    lesson=7,
    parameters=("X", "W_QKV", "n_heads"),
    reference=BUGS["fix_fused_split"].fixed,
    model=_fused,
    inputs=lambda rng: calls(
        ("one sequence", normal(rng, 5, 6), normal(rng, 6, 18), 2),
        ("as many tokens as heads", normal(rng, 3, 6), normal(rng, 6, 18), 3),
        ("a batch of sequences", normal(rng, 2, 7, 10), normal(rng, 10, 30), 5),
    ),
    parts=("Q", "K", "V"),
    mistakes=(
        still_broken("fix_fused_split", "What is cut first: roles, or heads?"),
        *(m for m in heads.head_switches() if "cut" in m.switches),
        switch("queries-and-keys-swapped", "Q and K have changed places.", "The order is Q, K, V.", order="KQV"),
        switch("keys-and-values-swapped", "K and V have changed places.", "The order is Q, K, V.", order="QVK"),
        switch("queries-and-values-swapped", "Q and V have changed places.", "The order is Q, K, V.", order="VKQ"),
        switch(
            "every-third-column",
            "You take every third column for each role.",
            "The fused matrix is [Q | K | V]: three blocks.",
            when="columns",
        ),
        mistake(
            "one-role-for-all",
            "All three results are the same.",
            "Three blocks of columns, three roles.",
            lambda X, W, n: (_fused(X, W, n)[0],) * 3,
        ),
        mistake(
            "heads-missing",
            "The roles are right, but the heads are gone.",
            "Split each of the three into heads.",
            lambda X, W, n: tuple(np.split(X @ W, 3, axis=-1)),
        ),
        mistake(
            "split-along-tokens",
            "The tokens were shared out among the roles.",
            "It is the last axis that holds Q, K and V side by side.",
            lambda X, W, n: tuple(np.split(heads.split(X @ W, n), 3, axis=-2)),
            lambda X, W, n: tuple(np.array_split(X @ W, 3, axis=-2)),
        ),
        mistake(
            "rows-of-the-weight-split",
            "The rows of W_QKV were shared out among the roles, so each piece accepts only part of an embedding.",
            "Q, K and V lie side by side: cut its columns.",
            lambda X, W, n: tuple(heads.split(X @ piece, n) for piece in np.split(W, 3, axis=0)),
        ),
        mistake(
            "heads-shared-out",
            "The heads were shared out among the roles: too many heads were cut at once.",
            "Cut into three roles first, then each into heads.",
            lambda X, W, n: tuple(np.split(heads.split(X @ W, n), 3, axis=-3)),
        ),
    ),
    hints=(
        "Merge the first result again: is it X times the first third of the columns?",
        "Two steps stand in the wrong order.",
        "np.split(X @ W_QKV, 3, axis=-1) first, then split_heads on each.",
    ),
    praise="Mended: roles first, heads second.",
)

# -- 9 ------------------------------------------------------------------------------------------------------------


def _cached(K, n_rep, *, keep="K", read="repeat"):
    cache = {"K": K, "repeated": np.repeat(K, n_rep, axis=-3), "tiled": heads.share(K, n_rep, "tile")}[keep]
    keys = K if read == "nothing" else heads.share(K, n_rep, read)
    return cache, keys


fix_cache_after_repeat = Exercise(
    name="fix_cache_after_repeat",
    lesson=7,
    parameters=("K", "n_rep"),
    reference=BUGS["fix_cache_after_repeat"].fixed,
    model=_cached,
    inputs=shared_inputs,
    parts=("the cache", "the keys that are read"),
    mistakes=(
        still_broken("fix_cache_after_repeat", "Keep what is needed, repeat when reading."),
        switch(
            "never-repeated",
            "The cache is small again, but the query heads now find too few keys.",
            "Repeat on the way out of the cache.",
            read="nothing",
        ),
        switch("tiled", "The keys that are read come in the order 0 1 0 1.", "Neighbours share: 0 0 1 1.", read="tile"),
        switch("tiled-in-the-cache", "The cache still holds copies, now tiled.", "Keep K as it arrives.", keep="tiled"),
        mistake(
            "results-swapped",
            "The keys that are read come first and the cache second.",
            "Cache first, then the keys that are read.",
            lambda K, n: _cached(K, n)[::-1],
        ),
        mistake(
            "one-result",
            "Only one of the two comes back.",
            "Return the cache, and the keys that are read.",
            lambda K, n: K,
            lambda K, n: np.repeat(K, n, axis=-3),
        ),
        mistake(
            "last-token-only",
            "Your cache holds one token.",
            "Every token so far is kept.",
            lambda K, n: (K[..., -1:, :], np.repeat(K[..., -1:, :], n, axis=-3)),
        ),
        mistake(
            "wrong-axis",
            "Tokens, features or sequences were repeated, not heads.",
            "Heads are the third axis from the end.",
            lambda K, n: (K, np.repeat(K, n, axis=-2)),
            lambda K, n: (K, np.repeat(K, n, axis=-1)),
            lambda K, n: (K, np.repeat(K, n, axis=0)),
        ),
        mistake(
            "joined-along-another-axis",
            "The tokens were joined along the wrong axis.",
            "Tokens are the axis before the last.",
            lambda K, n: _joined(K, n, -3),
            lambda K, n: _joined(K, n, -1),
            lambda K, n: _joined(K, n, 0),
        ),
        mistake(
            "cache-left-as-list",
            "The tokens were never joined: a list of pieces comes back.",
            "np.concatenate puts them together along the tokens.",
            lambda K, n: (
                np.stack([K[..., t : t + 1, :] for t in range(K.shape[-2])]),
                np.repeat(K, n, axis=-3),
            ),
        ),
    ),
    hints=(
        "How large is the cache, measured in K? How large need it be?",
        "Move repeat_kv out of the loop.",
        "Return cache, and repeat_kv of it.",
    ),
    praise="Mended: the cache is n_rep times smaller, and every number is the same.",
)


def _joined(K, n, axis):
    cache = np.concatenate([K[..., t : t + 1, :] for t in range(K.shape[-2])], axis=axis)
    return cache, np.repeat(cache, n, axis=-3)


# -- 10 -----------------------------------------------------------------------------------------------------------

fix_conv1d = Exercise(
    name="fix_conv1d",
    lesson=7,
    parameters=("X", "weight", "bias"),
    reference=BUGS["fix_conv1d"].fixed,
    inputs=lambda rng: calls(
        ("c_proj, which is square", normal(rng, 5, 7), normal(rng, 7, 7), normal(rng, 7)),
        ("c_attn, which is not square", normal(rng, 5, 3), normal(rng, 3, 9), normal(rng, 9)),
        ("a batch of sequences", normal(rng, 2, 5, 3), normal(rng, 3, 11), normal(rng, 11)),
    ),
    axes=("token", "column of weight"),
    mistakes=(
        still_broken("fix_conv1d", "Which axis of a Conv1D weight is d_in?"),
        mistake(
            "turned-when-square",
            "Your code decides by the shape, and a square weight is still turned round.",
            "A shape cannot tell which way round a square weight is stored; the kind of layer can.",
            lambda X, w, b: X @ (w.T if w.shape[0] == w.shape[1] else w) + b,
        ),
        mistake(
            "bias-left-out",
            "The bias is gone.",
            "Only the transpose was wrong.",
            lambda X, w, b: X @ w,
            lambda X, w, b: X @ w.T,
        ),
        mistake(
            "bias-subtracted",
            "The bias is subtracted.",
            "It is added.",
            lambda X, w, b: X @ w - b,
        ),
        mistake(
            "bias-multiplied",
            "The bias is multiplied in.",
            "It is added, once per row.",
            lambda X, w, b: X @ w * b,
        ),
        mistake(
            "bias-before",
            "The bias is added before the product.",
            "It belongs to the result: it has d_out entries.",
            lambda X, w, b: (X + b) @ w,
            lambda X, w, b: X @ (w + b),
        ),
        mistake(
            "bias-down-the-rows",
            "The bias runs down the tokens.",
            "It has one entry per column of the result.",
            lambda X, w, b: X @ w + b[:, None],
        ),
        mistake(
            "matrix-on-the-left",
            "The weight stands to the left of X.",
            "Tokens are rows: a row is multiplied from the right.",
            lambda X, w, b: w @ X + b,
            lambda X, w, b: w.T @ X + b,
        ),
        mistake(
            "input-transposed",
            "X is turned round.",
            "Leave X as it is; tokens are rows.",
            lambda X, w, b: X.T @ w + b,
            lambda X, w, b: T(T(w) @ T(X)) + b[::-1],
        ),
        mistake(
            "result-transposed",
            "The result is turned round.",
            "Tokens are rows, before and after.",
            lambda X, w, b: T(X @ w + b),
        ),
        mistake(
            "elementwise",
            "X and the weight are multiplied entry by entry.",
            "The sign for a matrix product is @.",
            lambda X, w, b: X * w + b,
        ),
        mistake(
            "transposed-both-ways",
            "The weight is still turned round, though the shapes now fit by force.",
            "A reshape is not a transpose; here neither is needed.",
            lambda X, w, b: X @ w.T.reshape(w.shape) + b,
            lambda X, w, b: X @ w.reshape(w.shape[::-1]).T + b,
        ),
    ),
    hints=(
        "A Linear of PyTorch stores [d_out, d_in] and multiplies by its transpose. What does a Conv1D store?",
        "Try the bug on c_attn: its weight is not square, and the error tells.",
        "Drop two characters.",
    ),
    praise="Mended: a Conv1D weight is [d_in, d_out] already.",
)

EXERCISES = (
    fix_shapes,
    fix_transpose,
    fix_shared_matrix,
    fix_split_before_projecting,
    fix_values_in_scores,
    fix_softmax_axis,
    fix_tiled_heads,
    fix_fused_split,
    fix_cache_after_repeat,
    fix_conv1d,
)

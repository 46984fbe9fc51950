"""All lessons: half understood. Axes and batches, whole numbers, numpy's own traps, a step at the wrong place."""

import numpy as np

from wrong_answers import wrong
from wrong_answers.attending import good_scores, good_softmax
from wrong_answers.caches import attend_one, full_step, gqa
from wrong_answers.heads import cut, glue, look


@wrong("softmax", "cut-at-zero")
def clip_from_below(z, axis=-1):
    z = np.clip(z, 0, None)
    return z / z.sum(axis=axis, keepdims=True)


@wrong("softmax", "clipped")
def clip_both(z, axis=-1):
    z = np.clip(z, 0, 1)
    return z / z.sum(axis=axis, keepdims=True)


@wrong("softmax", "clipped")
def clip_only(z, axis=-1):
    return np.clip(z, 0, 1)


@wrong("softmax", "clipped")
def clip_eps(z, axis=-1):
    z = np.maximum(z, 1e-9)
    return z / z.sum(axis=axis, keepdims=True)


@wrong("softmax", "clipped")
def clip_exp(z, axis=-1):
    e = np.exp(np.clip(z, None, 1))
    return e / e.sum(axis=axis, keepdims=True)


@wrong("llama_qkv", "kv-widened")
def llama_tiled(tensors, layer):
    W_Q, W_K, W_V = (tensors[f"model.layers.{layer}.self_attn.{n}_proj.weight"].T for n in "qkv")
    n = W_Q.shape[1] // W_K.shape[1]
    return W_Q, np.tile(W_K, (1, n)), np.tile(W_V, (1, n))


@wrong("llama_qkv", "kv-widened")
def llama_repeated(tensors, layer):
    W_Q, W_K, W_V = (tensors[f"model.layers.{layer}.self_attn.{n}_proj.weight"] for n in "qkv")
    n = len(W_Q) // len(W_K)
    return W_Q.T, np.repeat(W_K, n, axis=0).T, np.repeat(W_V, n, axis=0).T


@wrong("grouped_query_attention", "values-not-repeated")
def only_keys(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, v=lambda A: A)


@wrong("capstone", "softmax-over-heads")
def heads_share(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, axis=0)


@wrong("capstone", "no-scale")
def heads_share_unscaled(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, axis=0, scale=1)


@wrong("fix_tiled_heads", "batch-repeated")
def index_first_axis_heads(K, n_rep):
    return K[np.arange(K.shape[-3] * n_rep) // n_rep]


@wrong("fix_tiled_heads", "tokens-repeated")
def index_tokens(K, n_rep):
    return K[..., np.arange(K.shape[-2] * n_rep) // n_rep, :]


@wrong("fix_tiled_heads", "tokens-repeated")
def index_tokens_by_heads(K, n_rep):
    return K[..., np.arange(K.shape[-3] * n_rep) // n_rep, :]


@wrong("fix_tiled_heads", "features-repeated")
def index_features_by_heads(K, n_rep):
    return K[..., np.arange(K.shape[-3] * n_rep) // n_rep]


@wrong("fix_tiled_heads", "still-broken")
def index_modulo_rep(K, n_rep):
    return K[..., np.arange(K.shape[-3] * n_rep) % n_rep, :, :]


@wrong("repeat_kv", "batch-repeated")
def index_first_axis_6(K, n_rep):
    return K[np.arange(K.shape[-3] * n_rep) // n_rep]


@wrong("split_c_attn", "fixed-width")
def open_slice(weight, bias):
    return (weight[:, :8], bias[:8]), (weight[:, 8:16], bias[8:16]), (weight[:, 16:], bias[16:])


@wrong("project_token", "changed-input")
def scale_in_place(x, W):
    W *= x[:, None]
    return W.sum(0)


@wrong("project_qkv", "chained")
def chain(X, W_Q, W_K, W_V):
    Q = X @ W_Q
    K = Q @ W_K
    V = K @ W_V
    return Q, K, V


@wrong("project_qkv", "cut-at-zero")
def relu(X, W_Q, W_K, W_V):
    return tuple(np.maximum(X @ W, 0) for W in (W_Q, W_K, W_V))


@wrong("project_qkv", "low-precision")
def float16(X, W_Q, W_K, W_V):
    return tuple((X @ W).astype(np.float16) for W in (W_Q, W_K, W_V))


@wrong("smallest_matrix", "elementwise-quotient")
def diag_only(x, q):
    n = min(len(x), len(q))
    W = np.zeros((len(x), len(q)))
    for i in range(n):
        W[i, i] = q[i] / x[i]
    return W


@wrong("scores", "scale-by-first-axis")
def d_from_keys_axis(Q, K):
    return Q @ K.swapaxes(-1, -2) / np.sqrt(K.shape[0])


@wrong("scores", "root-cut-to-whole-number")
def floor_sqrt(Q, K):
    return Q @ K.swapaxes(-1, -2) // np.sqrt(Q.shape[-1])


@wrong("scores", "root-cut-to-whole-number")
def int_sqrt(Q, K):
    return Q @ K.swapaxes(-1, -2) / int(np.sqrt(Q.shape[-1]))


@wrong("scores", "power-without-brackets")
def caret(Q, K):
    return Q @ K.swapaxes(-1, -2) / Q.shape[-1] ** 1 / 2


@wrong("scores", "power-without-brackets")
def power_precedence(Q, K):
    return Q @ K.swapaxes(-1, -2) / (Q.shape[-1] ** 1 / 2)


@wrong("scores", "no-batch-axes")
def loop_first_tokens(Q, K):
    grid = np.zeros((Q.shape[-2], K.shape[-2]))
    for i in range(len(Q)):
        for j in range(len(K)):
            grid[i, j] = Q[i] @ K[j]
    return grid / np.sqrt(Q.shape[-1])


@wrong("scores", "dot-across-the-batch")
def inner_product(Q, K):
    return np.inner(Q, K) / np.sqrt(Q.shape[-1])


@wrong("scores", "dot-across-the-batch")
def np_dot(Q, K):
    return np.dot(Q, K.swapaxes(-1, -2)) / np.sqrt(Q.shape[-1])


@wrong("scores", "same-token-only")
def elementwise_sum(Q, K):
    return (Q * K).sum(-1) / np.sqrt(Q.shape[-1])


@wrong("softmax", "summed-before-exp")
def sum_of_z(z, axis=-1):
    return np.exp(z) / z.sum(axis=axis, keepdims=True)


@wrong("softmax", "summed-before-exp")
def exp_of_sum(z, axis=-1):
    return np.exp(z) / np.exp(z.sum(axis=axis, keepdims=True))


@wrong("softmax", "divided-before-exp")
def exp_after(z, axis=-1):
    return np.exp(z / z.sum(axis=axis, keepdims=True))


@wrong("softmax", "another-base")
def exp2(z, axis=-1):
    e = np.exp2(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@wrong("softmax", "changed-input")
def in_place(z, axis=-1):
    z -= z.max(axis=axis, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=axis, keepdims=True)
    return z


@wrong("softmax", "absolute-for-exp")
def abs_instead(z, axis=-1):
    return np.abs(z) / np.abs(z).sum(axis=axis, keepdims=True)


@wrong("softmax", "squares-for-exp")
def squares(z, axis=-1):
    return z**2 / (z**2).sum(axis=axis, keepdims=True)


@wrong("softmax", "subtracted-without-exp")
def shift_min(z, axis=-1):
    z = z - z.min(axis=axis, keepdims=True)
    return z / z.sum(axis=axis, keepdims=True)


@wrong("softmax", "min-max")
def min_max(z, axis=-1):
    lo, hi = z.min(axis=axis, keepdims=True), z.max(axis=axis, keepdims=True)
    return (z - lo) / (hi - lo)


@wrong("blend", "averaged-again")
def weighted_mean(weights, V):
    return (weights[..., None] * V[..., None, :, :]).mean(-2)


@wrong("blend", "not-summed")
def no_sum(weights, V):
    return weights[..., None] * V[..., None, :, :]


@wrong("blend", "dot-across-the-batch")
def np_dot_batch(weights, V):
    return np.dot(weights, V)


@wrong("attention", "softmax-over-the-batch")
def max_of_all(Q, K, V):
    grid = good_scores(Q, K)
    e = np.exp(grid - grid.max())
    w = e / e.sum()
    return w @ V, w


@wrong("attention", "keepdims-forgotten")
def no_keep(Q, K, V):
    grid = good_scores(Q, K)
    e = np.exp(grid)
    w = e / e.sum(-1)
    return w @ V, w


@wrong("attention", "scaled-after-softmax")
def scale_values(Q, K, V):
    w = good_softmax(Q @ K.swapaxes(-1, -2))
    return w @ (V / np.sqrt(Q.shape[-1])), w


@wrong("attention", "rounded")
def rounded(Q, K, V):
    w = good_softmax(good_scores(Q, K)).round(2)
    return w @ V, w


@wrong("cross_attention", "texts-swapped")
def y_queries_x_values(X, Y, W_Q, W_K, W_V):
    Q, K, V = Y @ W_Q, X @ W_K, Y @ W_V
    w = good_softmax(good_scores(Q, K))
    return w @ V, w


@wrong("cross_attention", "texts-added")
def added_texts(X, Y, W_Q, W_K, W_V):
    Z = X + Y
    Q, K, V = Z @ W_Q, Z @ W_K, Z @ W_V
    w = good_softmax(good_scores(Q, K))
    return w @ V, w


@wrong("cross_attention", "causal-unasked")
def causal_cross(X, Y, W_Q, W_K, W_V):
    g = good_scores(X @ W_Q, Y @ W_K)
    g = np.where(np.tri(*g.shape[-2:], dtype=bool), g, -np.inf)
    w = good_softmax(g)
    return w @ (Y @ W_V), w


@wrong("cross_attention", "values-unprojected")
def values_unprojected(X, Y, W_Q, W_K, W_V):
    w = good_softmax(good_scores(X @ W_Q, Y @ W_K))
    return w @ Y, w


@wrong("causal_mask", "additive-mask")
def ints(n):
    return np.tril(np.ones((n, n))) * -np.inf


@wrong("causal_mask", "only-the-token-before")
def only_previous(n):
    return np.eye(n, k=-1, dtype=bool)


@wrong("causal_mask", "places-for-mask")
def indices(n):
    return np.tril_indices(n)


@wrong("masked_attention", "mask-as-index")
def masked_array_index(Q, K, V, mask):
    grid = good_scores(Q, K)
    grid[~mask] = -np.inf
    w = good_softmax(grid)
    return w @ V, w


@wrong("referent", "places-mixed")
def candidate_position(weights, tokens, query, candidates):
    row = weights[tokens.index(query)]
    return candidates[int(np.argmax(row[: len(candidates)]))]


@wrong("referent", "weight-for-word")
def dict_of_weights(weights, tokens, query, candidates):
    row = weights[tokens.index(query)]
    return {w: row[tokens.index(w)] for w in candidates}


@wrong("qk_circuit", "symmetrised")
def symmetrised(W_Q, W_K):
    M = W_Q @ W_K.swapaxes(-1, -2)
    return (M + M.swapaxes(-1, -2)) / 2


@wrong("same_scores", "transpose-for-inverse")
def transpose_only(W_Q, W_K, A):
    return W_Q @ A, W_K @ A.T


@wrong("same_scores", "matrix-on-the-left")
def left(W_Q, W_K, A):
    return W_Q @ A, np.linalg.inv(A) @ W_K


@wrong("same_scores", "elementwise-inverse")
def one_over(W_Q, W_K, A):
    return W_Q @ A, W_K @ (1 / A)


@wrong("soft_lookup", "temperature-after-softmax")
def temp_after(query, keys, values, temperature):
    w = good_softmax(keys @ query) / temperature
    return w @ values


@wrong("soft_lookup", "scaled-as-well")
def also_scaled(query, keys, values, temperature):
    w = good_softmax(keys @ query / temperature / np.sqrt(len(query)))
    return w @ values


@wrong("soft_lookup", "temperature-in-one-place")
def temp_in_exp_only(query, keys, values, temperature):
    e = np.exp(keys @ query / temperature)
    return e / np.exp(keys @ query).sum() @ values


@wrong("split_heads", "always-a-batch")
def transpose_fixed(X, n_heads):
    T, D = X.shape[-2:]
    return X.reshape(-1, T, n_heads, D // n_heads).transpose(0, 2, 1, 3)


@wrong("split_heads", "raised-float-for-integer")
def true_division(X, n_heads):
    return X.reshape(*X.shape[:-1], n_heads, X.shape[-1] / n_heads).swapaxes(-2, -3)


@wrong("multi_head_attention", "output-matrix-too-early")
def wo_first(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V @ W_O, n_heads)
    return glue(look(Q, K, V, mask))


@wrong("multi_head_attention", "only-sometimes")
def mask_if_truthy(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V, n_heads)
    if mask:
        return glue(look(Q, K, V, mask)) @ W_O
    return glue(look(Q, K, V)) @ W_O


@wrong("multi_head_attention", "first-head-only")
def same_head(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    d = X.shape[-1] // n_heads
    out = []
    for _ in range(n_heads):
        Q, K, V = X @ W_Q[:, :d], X @ W_K[:, :d], X @ W_V[:, :d]
        out.append(look(Q, K, V, mask))
    return np.concatenate(out, -1) @ W_O


@wrong("parameter_count", "everything-shrinks")
def floats_count(d_model, n_heads, n_kv_heads):
    return 4 * d_model**2 * n_kv_heads / n_heads


@wrong("repeat_kv", "copies-mixed-with-tokens")
def broadcast_last(K, n_rep):
    return np.broadcast_to(K[..., None], (*K.shape, n_rep)).reshape(*K.shape[:-3], -1, *K.shape[-2:])


@wrong("grouped_query_attention", "ratio-upside-down")
def ratio_turned(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    r = n_kv_heads // n_heads
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, *[lambda A: np.repeat(A, r, axis=-3)] * 2)


@wrong("grouped_query_attention", "tokens-repeated")
def repeat_tokens(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(
        X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, *[lambda A: np.repeat(A, n_heads // n_kv_heads, axis=-2)] * 2
    )


@wrong("grouped_query_attention", "no-batch-axes")
def repeat_axis0(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(
        X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, *[lambda A: np.repeat(A, n_heads // n_kv_heads, axis=0)] * 2
    )


@wrong("decode_step", "row-axis-missing")
def hstacked(x, cache, W_Q, W_K, W_V):
    K, V = np.hstack([cache[0], x @ W_K]), np.hstack([cache[1], x @ W_V])
    return attend_one(x @ W_Q, K, V), (K, V)


@wrong("decode_step", "row-axis-missing")
def concat_vector(x, cache, W_Q, W_K, W_V):
    K, V = np.concatenate([cache[0], x @ W_K]), np.concatenate([cache[1], x @ W_V])
    return attend_one(x @ W_Q, K, V), (K, V)


@wrong("decode_step", "array-has-no-append")
def list_append(x, cache, W_Q, W_K, W_V):
    cache[0].append(x @ W_K)
    cache[1].append(x @ W_V)
    return attend_one(x @ W_Q, *cache), cache


@wrong("decode_step", "keys-and-values-swapped")
def stacked(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_V]), np.vstack([cache[1], x @ W_K])
    return attend_one(x @ W_Q, K, V), (K, V)


@wrong("decode_step", "residual-added")
def residual(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return x + attend_one(x @ W_Q, K, V), (K, V)


@wrong("decode_step", "values-averaged")
def cache_tokens_mean(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return V.mean(0), (K, V)


@wrong("fix_shapes", "scale-by-sqrt-tokens")
def tokens_axis(X, W_Q, W_K, n_heads):
    Q, K = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads)
    return good_softmax(Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-2]))


@wrong("fix_transpose", "no-batch-axes")
def transpose_012(Q, K):
    return Q @ K.transpose(1, 0) / np.sqrt(Q.shape[-1])


@wrong("fix_transpose", "reshaped-for-transposed")
def reshape_for_transpose(Q, K):
    return Q @ K.reshape(*K.shape[:-2], K.shape[-1], K.shape[-2]) / np.sqrt(Q.shape[-1])


@wrong("fix_transpose", "features-compared")
def transposed_q(Q, K):
    return Q.swapaxes(-1, -2) @ K / np.sqrt(Q.shape[-1])


@wrong("fix_fused_split", "heads-among-tokens")
def reshape3(X, W_QKV, n_heads):
    F = (X @ W_QKV).reshape(*X.shape[:-1], 3, n_heads, -1)
    return tuple(np.moveaxis(F, -3, 0))


@wrong("fix_fused_split", "rows-of-the-weight-split")
def split_axis0(X, W_QKV, n_heads):
    return tuple(cut(X @ W, n_heads) for W in np.split(W_QKV, 3, axis=0))


@wrong("fix_cache_after_repeat", "wrong-axis")
def repeat_first_axis(K, n_rep):
    return K, np.repeat(K, n_rep, axis=0)


@wrong("fix_conv1d", "turned-when-square")
def conditional(X, weight, bias):
    if weight.shape[0] != X.shape[-1]:
        weight = weight.T
    return X @ weight.T + bias if weight.shape[0] == weight.shape[1] else X @ weight + bias


@wrong("split_c_attn", "reshaped-into-three")
def reshape_weight(weight, bias):
    W = weight.reshape(3, weight.shape[0], -1)
    return [(W[k], bias.reshape(3, -1)[k]) for k in range(3)]


@wrong("llama_qkv", "braces-not-filled")
def no_braces(tensors, layer):
    return tuple(tensors["model.layers.{layer}.self_attn." + n + "_proj.weight"].T for n in "qkv")


@wrong("capstone", "interleaved-columns")
def heads_reshaped_wrong(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(d, n_heads).T[:, None]
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
    return look(q, np.repeat(K, n, 0), np.repeat(V, n, 0)).reshape(-1) @ W_O, (K, V)


@wrong("capstone", "joined-along-another-axis")
def concat_axis0(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=0)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=0)
    return (x @ W_O), (K, V)


@wrong("capstone", "values-not-repeated")
def only_k_repeated(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(n_heads, 1, d)
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
    return look(q, np.repeat(K, n, 0), V).reshape(-1) @ W_O, (K, V)


@wrong("capstone", "repeated-before-appending")
def concat_repeated(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(n_heads, 1, d)
    K, V = np.repeat(cache[0], n, 0), np.repeat(cache[1], n, 0)
    K = np.concatenate([K, (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
    V = np.concatenate([V, (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
    return look(q, K, V).reshape(-1) @ W_O, (K, V)


@wrong("capstone", "scale-by-sqrt-d-model")
def model_scale(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, scale=len(x) ** -0.5)


@wrong("capstone", "residual-added")
def residual_cap(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    out, c = full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)
    return x + out, c


@wrong("multi_head_attention", "always-a-batch")
def names_three_axes(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    B, T, D = X.shape
    Q, K, V = (np.reshape(X @ W, (B, T, n_heads, D // n_heads)).transpose(0, 2, 1, 3) for W in (W_Q, W_K, W_V))
    return glue(look(Q, K, V, mask)) @ W_O


@wrong("merge_heads", "always-a-batch")
def names_four_axes(H):
    B, n_heads, T, d = H.shape
    return H.transpose(0, 2, 1, 3).reshape(B, T, n_heads * d)


@wrong("multi_head_attention", "mask-as-index")
def indexes_with_the_mask(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = (cut(X @ W, n_heads) for W in (W_Q, W_K, W_V))
    grid = good_scores(Q, K)
    if mask is not None:
        grid[~mask] = -np.inf
    return glue(good_softmax(grid) @ V) @ W_O


@wrong("grouped_query_attention", "mask-as-index")
def indexes_shared_heads(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    n = n_heads // n_kv_heads
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_kv_heads), cut(X @ W_V, n_kv_heads)
    grid = good_scores(Q, np.repeat(K, n, axis=-3))
    if mask is not None:
        grid[mask == 0] = -np.inf
    return glue(good_softmax(grid) @ np.repeat(V, n, axis=-3)) @ W_O


@wrong("capstone", "row-axis-missing")
def one_axis_short(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, d)], axis=1)
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(n_heads, 1, d)
    return look(q, np.repeat(K, n, 0), np.repeat(V, n, 0)).reshape(-1) @ W_O, (K, V)


@wrong("masked_attention", "keepdims-forgotten")
def masked_without_keepdims(Q, K, V, mask):
    e = np.exp(np.where(mask, good_scores(Q, K), -np.inf))
    weights = e / e.sum(axis=-1)
    return weights @ V, weights


@wrong("capstone", "softmax-over-heads")
def one_sum_for_all(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, axis=None)

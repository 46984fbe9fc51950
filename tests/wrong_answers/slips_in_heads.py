"""Lessons 5 to 9, half understood: which heads, which axis, which half of the cache."""

import numpy as np

from wrong_answers import wrong
from wrong_answers.attending import good_scores, good_softmax
from wrong_answers.caches import attend_one, full_step, gqa
from wrong_answers.heads import cut, glue, look


@wrong("split_heads", "raised-float-for-integer")
def true_division(X, n_heads):
    return X.reshape(*X.shape[:-1], n_heads, X.shape[-1] / n_heads).swapaxes(-2, -3)


@wrong("split_heads", "always-a-batch")
def transpose_fixed(X, n_heads):
    T, D = X.shape[-2:]
    return X.reshape(-1, T, n_heads, D // n_heads).transpose(0, 2, 1, 3)


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


@wrong("multi_head_attention", "always-a-batch")
def names_three_axes(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    B, T, D = X.shape
    Q, K, V = (np.reshape(X @ W, (B, T, n_heads, D // n_heads)).transpose(0, 2, 1, 3) for W in (W_Q, W_K, W_V))
    return glue(look(Q, K, V, mask)) @ W_O


@wrong("multi_head_attention", "first-head-only")
def same_head(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    d = X.shape[-1] // n_heads
    out = []
    for _ in range(n_heads):
        Q, K, V = X @ W_Q[:, :d], X @ W_K[:, :d], X @ W_V[:, :d]
        out.append(look(Q, K, V, mask))
    return np.concatenate(out, -1) @ W_O


@wrong("multi_head_attention", "only-sometimes")
def mask_if_truthy(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V, n_heads)
    if mask:
        return glue(look(Q, K, V, mask)) @ W_O
    return glue(look(Q, K, V)) @ W_O


@wrong("multi_head_attention", "output-matrix-too-early")
def wo_first(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V @ W_O, n_heads)
    return glue(look(Q, K, V, mask))


@wrong("multi_head_attention", "one-head-meets-all")
def sum_heads(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V, n_heads)
    return look(Q, K, V, mask).sum(-3) @ W_O


@wrong("multi_head_attention", "one-head-meets-all")
def last_head_only(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    d = X.shape[-1] // n_heads
    for h in range(n_heads):
        out = look(*(X @ W[:, h * d : (h + 1) * d] for W in (W_Q, W_K, W_V)), mask)
    return out @ W_O


@wrong("multi_head_attention", "blocks-overlap")
def wrong_slices(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    d = X.shape[-1] // n_heads
    heads = [look(*(X @ W[:, h : h + d] for W in (W_Q, W_K, W_V)), mask) for h in range(n_heads)]
    return np.concatenate(heads, -1) @ W_O


@wrong("multi_head_attention", "n-heads-wide")
def d_head_is_n_heads(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
    n = X.shape[-1] // n_heads
    Q, K, V = cut(X @ W_Q, n), cut(X @ W_K, n), cut(X @ W_V, n)
    return glue(look(Q, K, V, mask)) @ W_O


@wrong("parameter_count", "everything-shrinks")
def floats_count(d_model, n_heads, n_kv_heads):
    return 4 * d_model**2 * n_kv_heads / n_heads


@wrong("parameter_count", "kv-square")
def d_head_sq(d_model, n_heads, n_kv_heads):
    return 2 * d_model**2 + 2 * (d_model // n_heads * n_kv_heads) ** 2


@wrong("repeat_kv", "copies-mixed-with-tokens")
def broadcast_last(K, n_rep):
    return np.broadcast_to(K[..., None], (*K.shape, n_rep)).reshape(*K.shape[:-3], -1, *K.shape[-2:])


@wrong("repeat_kv", "batch-repeated")
def index_first_axis_6(K, n_rep):
    return K[np.arange(K.shape[-3] * n_rep) // n_rep]


@wrong("grouped_query_attention", "mask-as-index")
def indexes_shared_heads(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    n = n_heads // n_kv_heads
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_kv_heads), cut(X @ W_V, n_kv_heads)
    grid = good_scores(Q, np.repeat(K, n, axis=-3))
    if mask is not None:
        grid[mask == 0] = -np.inf
    return glue(good_softmax(grid) @ np.repeat(V, n, axis=-3)) @ W_O


@wrong("grouped_query_attention", "no-batch-axes")
def repeat_axis0(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(
        X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, *[lambda A: np.repeat(A, n_heads // n_kv_heads, axis=0)] * 2
    )


@wrong("grouped_query_attention", "tokens-repeated")
def repeat_tokens(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(
        X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, *[lambda A: np.repeat(A, n_heads // n_kv_heads, axis=-2)] * 2
    )


@wrong("grouped_query_attention", "ratio-upside-down")
def ratio_turned(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    r = n_kv_heads // n_heads
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, *[lambda A: np.repeat(A, r, axis=-3)] * 2)


@wrong("grouped_query_attention", "values-not-repeated")
def only_keys(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, v=lambda A: A)


@wrong("grouped_query_attention", "queries-averaged")
def heads_mean(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    n = n_heads // n_kv_heads
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_kv_heads), cut(X @ W_V, n_kv_heads)
    Q = Q.reshape(*Q.shape[:-3], n_kv_heads, n, *Q.shape[-2:]).mean(-3)
    return glue(np.repeat(look(Q, K, V, mask), n, -3)) @ W_O


@wrong("grouped_query_attention", "not-repeated")
def loop_h(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_kv_heads), cut(X @ W_V, n_kv_heads)
    return (
        np.concatenate([look(Q[..., h, :, :], K[..., h, :, :], V[..., h, :, :], mask) for h in range(n_heads)], -1)
        @ W_O
    )


@wrong("grouped_query_attention", "groups-miscounted")
def loop_h_div(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_kv_heads), cut(X @ W_V, n_kv_heads)
    return (
        np.concatenate(
            [
                look(Q[..., h, :, :], K[..., h // n_kv_heads, :, :], V[..., h // n_kv_heads, :, :], mask)
                for h in range(n_heads)
            ],
            -1,
        )
        @ W_O
    )


@wrong("kv_cache_bytes", "matrices-for-cache")
def n_heads_sq(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * (n_kv_heads * d_head) ** 2 * bytes_per_value * batch


@wrong("kv_cache_bytes", "added-not-multiplied")
def plus_batch(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return 2 * n_layers * n_kv_heads * d_head * (n_tokens + batch) * bytes_per_value


@wrong("kv_cache_bytes", "two-as-a-power")
def kv_power(n_layers, n_kv_heads, d_head, n_tokens, bytes_per_value=2, batch=1):
    return n_layers * n_kv_heads * d_head * n_tokens * bytes_per_value**2 * batch


@wrong("decode_step", "values-averaged")
def cache_tokens_mean(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return V.mean(0), (K, V)


@wrong("decode_step", "residual-added")
def residual(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    return x + attend_one(x @ W_Q, K, V), (K, V)


@wrong("decode_step", "keys-and-values-swapped")
def stacked(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_V]), np.vstack([cache[1], x @ W_K])
    return attend_one(x @ W_Q, K, V), (K, V)


@wrong("decode_step", "array-has-no-append")
def list_append(x, cache, W_Q, W_K, W_V):
    cache[0].append(x @ W_K)
    cache[1].append(x @ W_V)
    return attend_one(x @ W_Q, *cache), cache


@wrong("decode_step", "row-axis-missing")
def concat_vector(x, cache, W_Q, W_K, W_V):
    K, V = np.concatenate([cache[0], x @ W_K]), np.concatenate([cache[1], x @ W_V])
    return attend_one(x @ W_Q, K, V), (K, V)


@wrong("decode_step", "row-axis-missing")
def hstacked(x, cache, W_Q, W_K, W_V):
    K, V = np.hstack([cache[0], x @ W_K]), np.hstack([cache[1], x @ W_V])
    return attend_one(x @ W_Q, K, V), (K, V)


@wrong("decode_step", "cache-is-a-pair")
def tuple_assign(x, cache, W_Q, W_K, W_V):
    cache[0] = np.vstack([cache[0], x @ W_K])
    cache[1] = np.vstack([cache[1], x @ W_V])
    return attend_one(x @ W_Q, *cache), cache


@wrong("decode_step", "cache-projected-again")
def all_tokens_reproject(x, cache, W_Q, W_K, W_V):
    X = np.vstack([cache[0], x])
    K, V = X @ W_K, X @ W_V
    return attend_one(x @ W_Q, K, V), (K, V)


@wrong("decode_step", "weights-too")
def weights_too(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    w = good_softmax(K @ (x @ W_Q) / np.sqrt(K.shape[1]))
    return w @ V, w, (K, V)


@wrong("decode_step", "scale-by-sqrt-d-model")
def d_model_scale(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0], x @ W_K]), np.vstack([cache[1], x @ W_V])
    w = good_softmax(K @ (x @ W_Q) / np.sqrt(len(x)))
    return w @ V, (K, V)


@wrong("decode_step", "oldest-dropped")
def sliding(x, cache, W_Q, W_K, W_V):
    K, V = np.vstack([cache[0][1:], x @ W_K]), np.vstack([cache[1][1:], x @ W_V])
    return attend_one(x @ W_Q, K, V), (K, V)


@wrong("fix_shapes", "scale-by-sqrt-tokens")
def tokens_axis(X, W_Q, W_K, n_heads):
    Q, K = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads)
    return good_softmax(Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-2]))


@wrong("fix_shapes", "root-in-the-wrong-place")
def d_kv(X, W_Q, W_K, n_heads):
    Q, K = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads)
    return good_softmax(Q @ K.swapaxes(-1, -2) / np.sqrt(X.shape[-1]) / n_heads)


@wrong("fix_shapes", "root-in-the-wrong-place")
def d_sqrt_ratio(X, W_Q, W_K, n_heads):
    Q, K = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads)
    return good_softmax(Q @ K.swapaxes(-1, -2) / (np.sqrt(X.shape[-1]) / n_heads))


@wrong("fix_transpose", "features-compared")
def transposed_q(Q, K):
    return Q.swapaxes(-1, -2) @ K / np.sqrt(Q.shape[-1])


@wrong("fix_transpose", "reshaped-for-transposed")
def reshape_for_transpose(Q, K):
    return Q @ K.reshape(*K.shape[:-2], K.shape[-1], K.shape[-2]) / np.sqrt(Q.shape[-1])


@wrong("fix_transpose", "no-batch-axes")
def transpose_012(Q, K):
    return Q @ K.transpose(1, 0) / np.sqrt(Q.shape[-1])


@wrong("fix_tiled_heads", "still-broken")
def index_modulo_rep(K, n_rep):
    return K[..., np.arange(K.shape[-3] * n_rep) % n_rep, :, :]


@wrong("fix_tiled_heads", "features-repeated")
def index_features_by_heads(K, n_rep):
    return K[..., np.arange(K.shape[-3] * n_rep) // n_rep]


@wrong("fix_tiled_heads", "tokens-repeated")
def index_tokens_by_heads(K, n_rep):
    return K[..., np.arange(K.shape[-3] * n_rep) // n_rep, :]


@wrong("fix_tiled_heads", "tokens-repeated")
def index_tokens(K, n_rep):
    return K[..., np.arange(K.shape[-2] * n_rep) // n_rep, :]


@wrong("fix_tiled_heads", "batch-repeated")
def index_first_axis_heads(K, n_rep):
    return K[np.arange(K.shape[-3] * n_rep) // n_rep]


@wrong("fix_fused_split", "rows-of-the-weight-split")
def split_axis0(X, W_QKV, n_heads):
    return tuple(cut(X @ W, n_heads) for W in np.split(W_QKV, 3, axis=0))


@wrong("fix_fused_split", "heads-among-tokens")
def reshape3(X, W_QKV, n_heads):
    F = (X @ W_QKV).reshape(*X.shape[:-1], 3, n_heads, -1)
    return tuple(np.moveaxis(F, -3, 0))


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


@wrong("split_c_attn", "fixed-width")
def open_slice(weight, bias):
    return (weight[:, :8], bias[:8]), (weight[:, 8:16], bias[8:16]), (weight[:, 16:], bias[16:])


@wrong("split_c_attn", "bias-in-a-matrix")
def bias_2d(weight, bias):
    return tuple(zip(np.split(weight, 3, -1), np.split(bias[None], 3, -1), strict=True))


@wrong("llama_qkv", "braces-not-filled")
def no_braces(tensors, layer):
    return tuple(tensors["model.layers.{layer}.self_attn." + n + "_proj.weight"].T for n in "qkv")


@wrong("llama_qkv", "kv-widened")
def llama_repeated(tensors, layer):
    W_Q, W_K, W_V = (tensors[f"model.layers.{layer}.self_attn.{n}_proj.weight"] for n in "qkv")
    n = len(W_Q) // len(W_K)
    return W_Q.T, np.repeat(W_K, n, axis=0).T, np.repeat(W_V, n, axis=0).T


@wrong("llama_qkv", "kv-widened")
def llama_tiled(tensors, layer):
    W_Q, W_K, W_V = (tensors[f"model.layers.{layer}.self_attn.{n}_proj.weight"].T for n in "qkv")
    n = W_Q.shape[1] // W_K.shape[1]
    return W_Q, np.tile(W_K, (1, n)), np.tile(W_V, (1, n))


@wrong("llama_qkv", "reshaped-for-transposed")
def reshape_not_t(tensors, layer):
    out = []
    for n in "qkv":
        W = tensors[f"model.layers.{layer}.self_attn.{n}_proj.weight"]
        out.append(W.reshape(W.shape[::-1]))
    return out


@wrong("capstone", "softmax-over-heads")
def one_sum_for_all(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, axis=None)


@wrong("capstone", "row-axis-missing")
def one_axis_short(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, d)], axis=1)
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(n_heads, 1, d)
    return look(q, np.repeat(K, n, 0), np.repeat(V, n, 0)).reshape(-1) @ W_O, (K, V)


@wrong("capstone", "residual-added")
def residual_cap(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    out, c = full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)
    return x + out, c


@wrong("capstone", "scale-by-sqrt-d-model")
def model_scale(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, scale=len(x) ** -0.5)


@wrong("capstone", "repeated-before-appending")
def concat_repeated(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(n_heads, 1, d)
    K, V = np.repeat(cache[0], n, 0), np.repeat(cache[1], n, 0)
    K = np.concatenate([K, (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
    V = np.concatenate([V, (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
    return look(q, K, V).reshape(-1) @ W_O, (K, V)


@wrong("capstone", "values-not-repeated")
def only_k_repeated(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(n_heads, 1, d)
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
    return look(q, np.repeat(K, n, 0), V).reshape(-1) @ W_O, (K, V)


@wrong("capstone", "joined-along-another-axis")
def concat_axis0(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=0)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=0)
    return (x @ W_O), (K, V)


@wrong("capstone", "interleaved-columns")
def heads_reshaped_wrong(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    n = n_heads // n_kv_heads
    q = (x @ W_Q).reshape(d, n_heads).T[:, None]
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
    return look(q, np.repeat(K, n, 0), np.repeat(V, n, 0)).reshape(-1) @ W_O, (K, V)


@wrong("capstone", "no-scale")
def heads_share_unscaled(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, axis=0, scale=1)


@wrong("capstone", "softmax-over-heads")
def heads_share(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    return full_step(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, axis=0)


@wrong("capstone", "cache-is-a-pair")
def tuple_assign9(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    cache[0] = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, -1)], 1)
    return x, cache


@wrong("capstone", "joined-along-another-axis")
def reshape_no_head_axis(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    K = np.concatenate([cache[0], (x @ W_K).reshape(1, n_kv_heads, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(1, n_kv_heads, d)], axis=1)
    return x @ W_O, (K, V)


@wrong("capstone", "kv-split-into-query-heads")
def kv_as_many_heads(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    q, k, v = ((x @ W).reshape(n_heads, 1, d) for W in (W_Q, W_K, W_V))
    K, V = np.concatenate([cache[0], k], axis=1), np.concatenate([cache[1], v], axis=1)
    return look(q, K, V).reshape(-1) @ W_O, (K, V)


@wrong("capstone", "queries-averaged")
def group_average(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
    d = W_Q.shape[1] // n_heads
    q = (x @ W_Q).reshape(n_kv_heads, -1, d).mean(1, keepdims=True)
    K = np.concatenate([cache[0], (x @ W_K).reshape(n_kv_heads, 1, d)], axis=1)
    V = np.concatenate([cache[1], (x @ W_V).reshape(n_kv_heads, 1, d)], axis=1)
    H = np.repeat(look(q, K, V), n_heads // n_kv_heads, 0)
    return H.reshape(-1) @ W_O, (K, V)

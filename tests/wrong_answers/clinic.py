"""Lesson 7: repairs that repair nothing, or break something else."""

import numpy as np

from wrong_answers import wrong
from wrong_answers.attending import good_scores, good_softmax
from wrong_answers.heads import cut


@wrong("fix_shapes", "still-broken")
def shapes_same(X, W_Q, W_K, n_heads):
    Q, K = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads)
    return good_softmax(Q @ K.swapaxes(-1, -2) / np.sqrt(X.shape[-1]))


@wrong("fix_shapes", "scale-by-d")
def shapes_no_root(X, W_Q, W_K, n_heads):
    Q, K = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads)
    return good_softmax(Q @ K.swapaxes(-1, -2) / Q.shape[-1])


@wrong("fix_shapes", "scale-by-sqrt-n-heads")
def shapes_heads(X, W_Q, W_K, n_heads):
    Q, K = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads)
    return good_softmax(Q @ K.swapaxes(-1, -2) / np.sqrt(n_heads))


@wrong("fix_transpose", "still-broken")
def transpose_same(Q, K):
    return np.matmul(Q, K) / np.sqrt(Q.shape[-1])


@wrong("fix_transpose", "transposed-all-axes")
def transpose_t(Q, K):
    return Q @ K.T / np.sqrt(Q.shape[-1])


@wrong("fix_shared_matrix", "still-broken")
def shared_same(X, W_Q, W_K, W_V):
    P = X @ W_Q
    return good_softmax(good_scores(P, P)) @ P


@wrong("fix_shared_matrix", "values-from-query-matrix")
def shared_half(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_Q
    return good_softmax(good_scores(Q, K)) @ V


@wrong("fix_split_before_projecting", "bare-reshape-on-split")
def split_reshape(X, W_Q, n_heads):
    P = X @ W_Q
    return P.reshape(*P.shape[:-2], n_heads, P.shape[-2], -1)


@wrong("fix_split_before_projecting", "not-split")
def split_gone(X, W_Q, n_heads):
    return X @ W_Q


@wrong("fix_split_before_projecting", "still-broken")
def split_one_small_layer(X, W_Q, n_heads):
    H = cut(X, n_heads)
    return H @ W_Q[: H.shape[-1], : H.shape[-1]]


@wrong("fix_split_before_projecting", "one-block-each")
def split_small_layers(X, W_Q, n_heads):
    H, d = cut(X, n_heads), X.shape[-1] // n_heads
    return np.stack([H[..., h, :, :] @ W_Q[h * d : (h + 1) * d, h * d : (h + 1) * d] for h in range(n_heads)], axis=-3)


@wrong("fix_values_in_scores", "still-broken")
def values_same(Q, K, V):
    return np.matmul(good_softmax(good_scores(Q, V)), K)


@wrong("fix_values_in_scores", "values-in-scores")
def values_added(Q, K, V):
    return good_softmax(good_scores(Q, V + K)) @ V


@wrong("fix_values_in_scores", "values-as-keys")
def values_for_keys(Q, K, V):
    return good_softmax(good_scores(Q, V)) @ V


@wrong("fix_values_in_scores", "keys-in-the-blend")
def values_moved(Q, K, V):
    return good_softmax(good_scores(Q, K)) @ (K + V)


@wrong("fix_softmax_axis", "still-broken")
def axis_same(Q, K, V):
    return good_softmax(good_scores(Q, K), axis=-2) @ V


@wrong("fix_softmax_axis", "first-axis")
def axis_zero(Q, K, V):
    return good_softmax(good_scores(Q, K), axis=1) @ V


@wrong("fix_tiled_heads", "still-broken")
def tiled_same(K, n_rep):
    return np.concatenate([K] * n_rep, -3)


@wrong("fix_tiled_heads", "batch-repeated")
def tiled_axis(K, n_rep):
    return np.repeat(K, n_rep, axis=0)


@wrong("fix_fused_split", "still-broken")
def fused_same(X, W_QKV, n_heads):
    H = cut(X @ W_QKV, n_heads)
    d = H.shape[-1] // 3
    return H[..., :d], H[..., d : 2 * d], H[..., 2 * d :]


@wrong("fix_fused_split", "heads-missing")
def fused_no_heads(X, W_QKV, n_heads):
    return np.split(X @ W_QKV, 3, axis=-1)


@wrong("fix_cache_after_repeat", "still-broken")
def cache_same(K, n_rep):
    big = np.repeat(K, n_rep, axis=-3)
    return big, big


@wrong("fix_cache_after_repeat", "never-repeated")
def cache_small(K, n_rep):
    return K, K


@wrong("fix_conv1d", "still-broken")
def conv_same(X, weight, bias):
    return np.matmul(X, np.transpose(weight)) + bias


@wrong("fix_conv1d", "bias-left-out")
def conv_no_bias(X, weight, bias):
    return X @ weight


@wrong("fix_softmax_axis", "second-softmax")
def softmax_twice(Q, K, V):
    return good_softmax(good_softmax(good_scores(Q, K), axis=-2)) @ V

"""Lessons 1 to 4, half understood: axes and batches, whole numbers, numpy's own traps, a step at the wrong place."""

import numpy as np

from wrong_answers import wrong
from wrong_answers.attending import good_scores, good_softmax


@wrong("project_token", "changed-input")
def scale_in_place(x, W):
    W *= x[:, None]
    return W.sum(0)


@wrong("project_qkv", "low-precision")
def float16(X, W_Q, W_K, W_V):
    return tuple((X @ W).astype(np.float16) for W in (W_Q, W_K, W_V))


@wrong("project_qkv", "cut-at-zero")
def relu(X, W_Q, W_K, W_V):
    return tuple(np.maximum(X @ W, 0) for W in (W_Q, W_K, W_V))


@wrong("project_qkv", "chained")
def chain(X, W_Q, W_K, W_V):
    Q = X @ W_Q
    K = Q @ W_K
    V = K @ W_V
    return Q, K, V


@wrong("smallest_matrix", "elementwise-quotient")
def diag_only(x, q):
    n = min(len(x), len(q))
    W = np.zeros((len(x), len(q)))
    for i in range(n):
        W[i, i] = q[i] / x[i]
    return W


@wrong("smallest_matrix", "divided-by-sum")
def divide_l1(x, q):
    return np.outer(x, q) / np.abs(x).sum()


@wrong("scores", "same-token-only")
def elementwise_sum(Q, K):
    return (Q * K).sum(-1) / np.sqrt(Q.shape[-1])


@wrong("scores", "dot-across-the-batch")
def np_dot(Q, K):
    return np.dot(Q, K.swapaxes(-1, -2)) / np.sqrt(Q.shape[-1])


@wrong("scores", "dot-across-the-batch")
def inner_product(Q, K):
    return np.inner(Q, K) / np.sqrt(Q.shape[-1])


@wrong("scores", "no-batch-axes")
def loop_first_tokens(Q, K):
    grid = np.zeros((Q.shape[-2], K.shape[-2]))
    for i in range(len(Q)):
        for j in range(len(K)):
            grid[i, j] = Q[i] @ K[j]
    return grid / np.sqrt(Q.shape[-1])


@wrong("scores", "power-without-brackets")
def power_precedence(Q, K):
    return Q @ K.swapaxes(-1, -2) / (Q.shape[-1] ** 1 / 2)


@wrong("scores", "power-without-brackets")
def caret(Q, K):
    return Q @ K.swapaxes(-1, -2) / Q.shape[-1] ** 1 / 2


@wrong("scores", "root-cut-to-whole-number")
def int_sqrt(Q, K):
    return Q @ K.swapaxes(-1, -2) / int(np.sqrt(Q.shape[-1]))


@wrong("scores", "root-cut-to-whole-number")
def floor_sqrt(Q, K):
    return Q @ K.swapaxes(-1, -2) // np.sqrt(Q.shape[-1])


@wrong("scores", "scale-by-first-axis")
def d_from_keys_axis(Q, K):
    return Q @ K.swapaxes(-1, -2) / np.sqrt(K.shape[0])


@wrong("scores", "scaled-by-the-numbers")
def cosine_scaled(Q, K):
    g = Q @ K.swapaxes(-1, -2)
    return g / (np.linalg.norm(Q) * np.linalg.norm(K))


@wrong("scores", "cut-to-whole-numbers")
def float32(Q, K):
    return (Q.astype(int) @ K.astype(int).swapaxes(-1, -2)) / np.sqrt(Q.shape[-1])


@wrong("scores", "scaled-by-the-numbers")
def std(Q, K):
    g = Q @ K.swapaxes(-1, -2)
    return g / g.std()


@wrong("softmax", "min-max")
def min_max(z, axis=-1):
    lo, hi = z.min(axis=axis, keepdims=True), z.max(axis=axis, keepdims=True)
    return (z - lo) / (hi - lo)


@wrong("softmax", "subtracted-without-exp")
def shift_min(z, axis=-1):
    z = z - z.min(axis=axis, keepdims=True)
    return z / z.sum(axis=axis, keepdims=True)


@wrong("softmax", "squares-for-exp")
def squares(z, axis=-1):
    return z**2 / (z**2).sum(axis=axis, keepdims=True)


@wrong("softmax", "absolute-for-exp")
def abs_instead(z, axis=-1):
    return np.abs(z) / np.abs(z).sum(axis=axis, keepdims=True)


@wrong("softmax", "changed-input")
def in_place(z, axis=-1):
    z -= z.max(axis=axis, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=axis, keepdims=True)
    return z


@wrong("softmax", "another-base")
def exp2(z, axis=-1):
    e = np.exp2(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@wrong("softmax", "divided-before-exp")
def exp_after(z, axis=-1):
    return np.exp(z / z.sum(axis=axis, keepdims=True))


@wrong("softmax", "summed-before-exp")
def exp_of_sum(z, axis=-1):
    return np.exp(z) / np.exp(z.sum(axis=axis, keepdims=True))


@wrong("softmax", "summed-before-exp")
def sum_of_z(z, axis=-1):
    return np.exp(z) / z.sum(axis=axis, keepdims=True)


@wrong("softmax", "clipped")
def clip_exp(z, axis=-1):
    e = np.exp(np.clip(z, None, 1))
    return e / e.sum(axis=axis, keepdims=True)


@wrong("softmax", "clipped")
def clip_eps(z, axis=-1):
    z = np.maximum(z, 1e-9)
    return z / z.sum(axis=axis, keepdims=True)


@wrong("softmax", "clipped")
def clip_only(z, axis=-1):
    return np.clip(z, 0, 1)


@wrong("softmax", "clipped")
def clip_both(z, axis=-1):
    z = np.clip(z, 0, 1)
    return z / z.sum(axis=axis, keepdims=True)


@wrong("softmax", "cut-at-zero")
def clip_from_below(z, axis=-1):
    z = np.clip(z, 0, None)
    return z / z.sum(axis=axis, keepdims=True)


@wrong("blend", "dot-across-the-batch")
def np_dot_batch(weights, V):
    return np.dot(weights, V)


@wrong("blend", "not-summed")
def no_sum(weights, V):
    return weights[..., None] * V[..., None, :, :]


@wrong("blend", "averaged-again")
def weighted_mean(weights, V):
    return (weights[..., None] * V[..., None, :, :]).mean(-2)


@wrong("blend", "last-row-wins")
def int_out(weights, V):
    out = np.zeros((weights.shape[0], V.shape[1]))
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            out[i] = weights[i, j] * V[j]
    return out


@wrong("attention", "rounded")
def rounded(Q, K, V):
    w = good_softmax(good_scores(Q, K)).round(2)
    return w @ V, w


@wrong("attention", "scaled-after-softmax")
def scale_values(Q, K, V):
    w = good_softmax(Q @ K.swapaxes(-1, -2))
    return w @ (V / np.sqrt(Q.shape[-1])), w


@wrong("attention", "keepdims-forgotten")
def no_keep(Q, K, V):
    grid = good_scores(Q, K)
    e = np.exp(grid)
    w = e / e.sum(-1)
    return w @ V, w


@wrong("attention", "softmax-over-the-batch")
def max_of_all(Q, K, V):
    grid = good_scores(Q, K)
    e = np.exp(grid - grid.max())
    w = e / e.sum()
    return w @ V, w


@wrong("attention", "elementwise-blend")
def elementwise(Q, K, V):
    w = good_softmax(good_scores(Q, K))
    return w * V, w


@wrong("attention", "softmax-too-early")
def softmax_on_q(Q, K, V):
    w = good_softmax(Q) @ K.swapaxes(-1, -2)
    return w @ V, w


@wrong("attention", "softmax-too-early")
def linear(Q, K, V):
    w = good_softmax(Q) @ good_softmax(K).swapaxes(-1, -2)
    return w @ V, w


@wrong("attention", "scale-by-value-width")
def scale_d_v(Q, K, V):
    w = good_softmax(Q @ K.swapaxes(-1, -2) / np.sqrt(V.shape[-1]))
    return w @ V, w


@wrong("attention", "keepdims-forgotten")
def max_no_keep(Q, K, V):
    g = good_scores(Q, K)
    e = np.exp(g - g.max(-1))
    w = e / e.sum(-1, keepdims=True)
    return w @ V, w


@wrong("attention", "another-function-for-exp")
def relu_weights(Q, K, V):
    g = np.maximum(good_scores(Q, K), 0)
    w = g / g.sum(-1, keepdims=True)
    return w @ V, w


@wrong("attention", "another-function-for-exp")
def abs_weights(Q, K, V):
    g = np.abs(good_scores(Q, K))
    w = g / g.sum(-1, keepdims=True)
    return w @ V, w


@wrong("attention", "another-function-for-exp")
def base2(Q, K, V):
    g = 2 ** good_scores(Q, K)
    w = g / g.sum(-1, keepdims=True)
    return w @ V, w


@wrong("cross_attention", "values-unprojected")
def values_unprojected(X, Y, W_Q, W_K, W_V):
    w = good_softmax(good_scores(X @ W_Q, Y @ W_K))
    return w @ Y, w


@wrong("cross_attention", "causal-unasked")
def causal_cross(X, Y, W_Q, W_K, W_V):
    g = good_scores(X @ W_Q, Y @ W_K)
    g = np.where(np.tri(*g.shape[-2:], dtype=bool), g, -np.inf)
    w = good_softmax(g)
    return w @ (Y @ W_V), w


@wrong("cross_attention", "texts-added")
def added_texts(X, Y, W_Q, W_K, W_V):
    Z = X + Y
    Q, K, V = Z @ W_Q, Z @ W_K, Z @ W_V
    w = good_softmax(good_scores(Q, K))
    return w @ V, w


@wrong("cross_attention", "texts-swapped")
def y_queries_x_values(X, Y, W_Q, W_K, W_V):
    Q, K, V = Y @ W_Q, X @ W_K, Y @ W_V
    w = good_softmax(good_scores(Q, K))
    return w @ V, w


@wrong("causal_mask", "places-for-mask")
def indices(n):
    return np.tril_indices(n)


@wrong("causal_mask", "only-the-token-before")
def only_previous(n):
    return np.eye(n, k=-1, dtype=bool)


@wrong("causal_mask", "additive-mask")
def ints(n):
    return np.tril(np.ones((n, n))) * -np.inf


@wrong("masked_attention", "keepdims-forgotten")
def masked_without_keepdims(Q, K, V, mask):
    e = np.exp(np.where(mask, good_scores(Q, K), -np.inf))
    weights = e / e.sum(axis=-1)
    return weights @ V, weights


@wrong("masked_attention", "mask-as-index")
def masked_array_index(Q, K, V, mask):
    grid = good_scores(Q, K)
    grid[~mask] = -np.inf
    w = good_softmax(grid)
    return w @ V, w


@wrong("masked_attention", "causal-as-well")
def tri_and_mask(Q, K, V, mask):
    g = good_scores(Q, K)
    w = good_softmax(np.where(mask & np.tri(*g.shape[-2:], dtype=bool), g, -1e9))
    return w @ V, w


@wrong("referent", "weight-for-word")
def dict_of_weights(weights, tokens, query, candidates):
    row = weights[tokens.index(query)]
    return {w: row[tokens.index(w)] for w in candidates}


@wrong("referent", "places-mixed")
def candidate_position(weights, tokens, query, candidates):
    row = weights[tokens.index(query)]
    return candidates[int(np.argmax(row[: len(candidates)]))]


@wrong("qk_circuit", "symmetrised")
def symmetrised(W_Q, W_K):
    M = W_Q @ W_K.swapaxes(-1, -2)
    return (M + M.swapaxes(-1, -2)) / 2


@wrong("same_scores", "elementwise-inverse")
def one_over(W_Q, W_K, A):
    return W_Q @ A, W_K @ (1 / A)


@wrong("same_scores", "matrix-on-the-left")
def left(W_Q, W_K, A):
    return W_Q @ A, np.linalg.inv(A) @ W_K


@wrong("same_scores", "transpose-for-inverse")
def transpose_only(W_Q, W_K, A):
    return W_Q @ A, W_K @ A.T


@wrong("same_scores", "sides-exchanged")
def swap_inv(W_Q, W_K, A):
    return W_Q @ np.linalg.inv(A), W_K @ A


@wrong("soft_lookup", "temperature-in-one-place")
def temp_in_exp_only(query, keys, values, temperature):
    e = np.exp(keys @ query / temperature)
    return e / np.exp(keys @ query).sum() @ values


@wrong("soft_lookup", "scaled-as-well")
def also_scaled(query, keys, values, temperature):
    w = good_softmax(keys @ query / temperature / np.sqrt(len(query)))
    return w @ values


@wrong("soft_lookup", "temperature-after-softmax")
def temp_after(query, keys, values, temperature):
    w = good_softmax(keys @ query) / temperature
    return w @ values


@wrong("soft_lookup", "temperature-in-one-place")
def power(query, keys, values, temperature):
    w = good_softmax(keys @ query) ** (1 / temperature)
    return w @ values

"""Lesson 1, 4 and 8: matrices."""

import numpy as np

from wrong_answers import wrong


@wrong("project_token", "matrix-transposed")
def swapped_factors(x, W):
    return np.dot(W, x)


@wrong("project_token", "elementwise")
def star_for_at(x, W):
    return x * W


@wrong("project_token", "summed-over-columns")
def sums_the_wrong_axis(x, W):
    out = []
    for i in range(len(x)):
        out.append(sum(x[i] * W[i][j] for j in range(W.shape[1])))
    return np.array(out)


@wrong("project_token", "last-term-only")
def forgets_to_add(x, W):
    out = np.zeros(W.shape[1])
    for j in range(W.shape[1]):
        for i in range(len(x)):
            out[j] = x[i] * W[i, j]
    return out


@wrong("project_token", "extra-axis")
def row_matrix(x, W):
    return x.reshape(1, -1) @ W


@wrong("project_token", "one-number")
def too_much_sum(x, W):
    return np.sum(x @ W)


@wrong("project_token", "rounded")
def whole_numbers(x, W):
    return (x @ W).round(2)


@wrong("project_token", "no-return")
def no_return(x, W):
    x @ W


@wrong("project_qkv", "one-matrix-for-all")
def copy_and_paste(X, W_Q, W_K, W_V):
    Q = X @ W_Q
    K = X @ W_Q
    V = X @ W_Q
    return Q, K, V


@wrong("project_qkv", "keys-from-query-matrix")
def one_letter(X, W_Q, W_K, W_V):
    Q = np.matmul(X, W_Q)
    K = np.matmul(X, W_Q)
    V = np.matmul(X, W_V)
    return Q, K, V


@wrong("project_qkv", "values-unprojected")
def values_raw(X, W_Q, W_K, W_V):
    return X @ W_Q, X @ W_K, X


@wrong("project_qkv", "queries-and-keys-swapped")
def return_order(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    return K, Q, V


@wrong("project_qkv", "matrix-on-the-left")
def left(X, W_Q, W_K, W_V):
    return W_Q @ X, W_K @ X, W_V @ X


@wrong("project_qkv", "matrices-transposed")
def turned(X, W_Q, W_K, W_V):
    return np.dot(X, W_Q.T), np.dot(X, W_K.T), np.dot(X, W_V.T)


@wrong("project_qkv", "joined")
def joined(X, W_Q, W_K, W_V):
    return np.concatenate((X @ W_Q, X @ W_K, X @ W_V), -1)


@wrong("project_qkv", "no-batch-axes")
def only_matrices(X, W_Q, W_K, W_V):
    _T, _D = X.shape
    return X @ W_Q, X @ W_K, X @ W_V


@wrong("project_qkv", "keys-from-query-matrix")
def two_at_once(X, W_Q, W_K, W_V):
    return X @ W_Q, X @ W_Q, X


@wrong("fix_projection", "keys-from-query-matrix")
def unmended(X, W_Q, W_K, W_V):
    return X @ W_Q, X @ W_Q, X @ W_K


@wrong("fix_projection", "values-from-key-matrix")
def half_mended(X, W_Q, W_K, W_V):
    return X @ W_Q, X @ W_K, X @ W_K


@wrong("smallest_matrix", "not-divided")
def outer_only(x, q):
    return np.outer(x, q)


@wrong("smallest_matrix", "divided-by-length")
def by_norm(x, q):
    return np.outer(x, q) / np.linalg.norm(x)


@wrong("smallest_matrix", "transposed")
def turned_round(x, q):
    return np.outer(q, x) / np.dot(x, x)


@wrong("smallest_matrix", "one-row-only")
def first_row(x, q):
    W = np.zeros((x.size, q.size))
    W[0, :] = q / x[0]
    return W


@wrong("smallest_matrix", "not-the-smallest")
def any_matrix(x, q):
    W = np.outer(x, q) / (x @ x)
    side = np.zeros_like(x)
    side[0], side[1] = x[1], -x[0]
    return W + np.outer(side, np.ones_like(q))


@wrong("qk_circuit", "inner-width-kept")
def inner(W_Q, W_K):
    return np.swapaxes(W_Q, -1, -2) @ W_K


@wrong("qk_circuit", "circuit-transposed")
def other_way(W_Q, W_K):
    return W_K @ np.swapaxes(W_Q, -1, -2)


@wrong("qk_circuit", "transposed-all-axes")
def plain_t(W_Q, W_K):
    return W_Q @ W_K.T


@wrong("qk_circuit", "scaled")
def with_scale(W_Q, W_K):
    return W_Q @ np.swapaxes(W_K, -1, -2) / np.sqrt(W_K.shape[-1])


@wrong("same_scores", "same-matrix-on-both")
def both_a(W_Q, W_K, A):
    return W_Q @ A, W_K @ A


@wrong("same_scores", "inverse-not-transposed")
def plain_inverse(W_Q, W_K, A):
    return W_Q @ A, W_K @ np.linalg.inv(A)


@wrong("same_scores", "scores-not-kept")
def made_up(W_Q, W_K, A):
    return W_Q @ A, W_K @ np.diag(1 / np.diag(A))


@wrong("same_scores", "part-wrong")
def only_half(W_Q, W_K, A):
    return W_Q @ A @ A, W_K @ np.linalg.inv(A).T


@wrong("soft_lookup", "temperature-multiplied")
def times(query, keys, values, temperature):
    e = np.exp(keys @ query * temperature)
    return e / e.sum() @ values


@wrong("soft_lookup", "hard-lookup")
def hard(query, keys, values, temperature):
    return values[np.argmax(keys @ query / temperature)]


@wrong("soft_lookup", "temperature-ignored")
def ignored(query, keys, values, temperature):
    e = np.exp(keys @ query)
    return values.T @ (e / e.sum())


@wrong("soft_lookup", "weights-returned")
def weights(query, keys, values, temperature):
    e = np.exp(keys @ query / temperature)
    return e / e.sum()


@wrong("soft_lookup", "not-normalised")
def shares(query, keys, values, temperature):
    return np.exp(keys @ query / temperature) @ values


@wrong("split_c_attn", "split-by-rows")
def rows(weight, bias):
    W = np.array_split(weight, 3)
    b = np.array_split(bias, 3)
    return [(W[0], b[0]), (W[1], b[1]), (W[2], b[2])]


@wrong("split_c_attn", "every-third-column")
def strided(weight, bias):
    return [(weight[:, i::3], bias[i::3]) for i in range(3)]


@wrong("split_c_attn", "pieces-transposed")
def as_linear(weight, bias):
    return [(W.T, b) for W, b in zip(np.split(weight, 3, axis=1), np.split(bias, 3), strict=True)]


@wrong("split_c_attn", "biases-left-out")
def no_bias(weight, bias):
    return np.split(weight, 3, axis=1)


@wrong("split_c_attn", "roles-reordered")
def kqv(weight, bias):
    (Q, K, V), (q, k, v) = np.split(weight, 3, axis=1), np.split(bias, 3)
    return (K, k), (Q, q), (V, v)


@wrong("llama_qkv", "not-transposed")
def stored(tensors, layer):
    base = f"model.layers.{layer}.self_attn."
    return tensors[base + "q_proj.weight"], tensors[base + "k_proj.weight"], tensors[base + "v_proj.weight"]


@wrong("llama_qkv", "layer-ignored")
def layer_zero(tensors, layer):
    base = "model.layers.0.self_attn."
    return tuple(tensors[base + f"{name}_proj.weight"].T for name in "qkv")


@wrong("llama_qkv", "name-matched-loosely")
def searches(tensors, layer):
    found = []
    for part in ("q_proj", "k_proj", "v_proj"):
        for key, value in tensors.items():
            if part in key and f"layers.{layer}" in key:
                found.append(value.T)
                break
    return tuple(found)


@wrong("llama_qkv", "raised-KeyError")
def misspelt(tensors, layer):
    return tuple(tensors[f"layers.{layer}.attention.{name}.weight"].T for name in "qkv")


# -- as a first reader of the course typed them


@wrong("project_token", "cut-to-whole-numbers")
def whole_steps(x, W):
    total = np.zeros(W.shape[1], dtype=int)
    for times, row in zip(x, W, strict=True):
        total = total + (times * row).astype(int)
    return total


@wrong("project_token", "last-term-only")
def returns_inside_the_loop(x, W):
    total = np.zeros(W.shape[1])
    for times, row in zip(x, W, strict=True):
        total = total + times * row
        return total


@wrong("smallest_matrix", "divided-by-count")
def by_how_many(x, q):
    return np.outer(x, q) / len(x)


@wrong("qk_circuit", "inverse-for-transpose")
def inverted(W_Q, W_K):
    return W_Q @ np.linalg.pinv(W_K)

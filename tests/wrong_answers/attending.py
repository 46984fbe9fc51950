"""Lessons 2 and 3: scores, softmax, blend, attention, masks."""

import numpy as np

from wrong_answers import wrong


def good_softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def good_scores(Q, K):
    return Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])


# -- scores


@wrong("scores", "no-scale")
def bare(Q, K):
    return np.einsum("...id,...jd->...ij", Q, K)


@wrong("scores", "scale-by-d")
def by_width(Q, K):
    d_k = K.shape[-1]
    return np.matmul(Q, K.swapaxes(-1, -2)) / d_k


@wrong("scores", "times-sqrt-d")
def multiplied(Q, K):
    return Q @ K.swapaxes(-1, -2) * np.sqrt(Q.shape[-1])


@wrong("scores", "no-transpose")
def as_they_stand(Q, K):
    return np.dot(Q, K) / np.sqrt(Q.shape[-1])


@wrong("scores", "transposed-all-axes")
def dot_t(Q, K):
    return Q @ K.T / np.sqrt(Q.shape[-1])


@wrong("scores", "transposed-all-axes")
def np_transpose(Q, K):
    return np.matmul(Q, np.transpose(K)) / K.shape[-1] ** 0.5


@wrong("scores", "transposed-all-axes")
def dot_t_without_scale(Q, K):
    return Q @ K.T


@wrong("scores", "keys-ask")
def keys_first(Q, K):
    return K @ Q.swapaxes(-1, -2) / np.sqrt(K.shape[-1])


@wrong("scores", "keys-ask")
def keys_first_and_no_scale(Q, K):
    return K @ Q.swapaxes(-1, -2)


@wrong("scores", "cosine")
def cosine(Q, K):
    Q = Q / np.linalg.norm(Q, axis=-1, keepdims=True)
    K = K / np.linalg.norm(K, axis=-1, keepdims=True)
    return Q @ K.swapaxes(-1, -2)


@wrong("scores", "scale-by-sqrt-tokens")
def by_keys(Q, K):
    return Q @ K.swapaxes(-1, -2) / np.sqrt(K.shape[-2])


@wrong("scores", "fixed-scale")
def sixty_four(Q, K):
    return Q @ K.swapaxes(-1, -2) / 8


@wrong("scores", "softmax-already")
def too_far(Q, K):
    return good_softmax(good_scores(Q, K))


@wrong("scores", "generator")
def lazily(Q, K):
    for q in Q:
        yield q @ K.T


@wrong("scores", "no-return")
def silent(Q, K):
    grid = good_scores(Q, K)
    print(grid.shape)


@wrong("scores", "changed-input")
def in_place(Q, K):
    Q /= np.sqrt(Q.shape[-1])
    return Q @ K.swapaxes(-1, -2)


@wrong("scores", "not-finite")
def nan(Q, K):
    return good_scores(Q, K) * np.nan


@wrong("scores", "raised-NameError")
def unknown(Q, K):
    return Q @ K.T / math.sqrt(3)  # noqa: F821


@wrong("scores", "signature")
def one_argument(Q):
    return Q @ Q.T


@wrong("scores", "features-compared")
def first_transposed(Q, K):
    return Q.swapaxes(-1, -2) @ K / np.sqrt(Q.shape[-1])


@wrong("scores", "constant-factor")
def forgets_the_root_of_two(Q, K):
    return Q @ K.swapaxes(-1, -2) / np.sqrt(2 * Q.shape[-1])


# -- softmax


@wrong("softmax", "unstable")
def textbook(z, axis=-1):
    return np.exp(z) / np.sum(np.exp(z), axis=axis, keepdims=True)


@wrong("softmax", "softmax-over-everything")
def whole(z, axis=-1):
    e = np.exp(z - z.max())
    return e / e.sum()


@wrong("softmax", "softmax-over-everything")
def whole_and_unstable(z, axis=-1):
    return np.exp(z) / np.exp(z).sum()


@wrong("softmax", "axis-ignored")
def always_last(z, axis=-1):
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


@wrong("softmax", "signature")
def no_axis(z):
    return good_softmax(z)


@wrong("softmax", "keepdims-forgotten")
def lost_axis(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis)


@wrong("softmax", "keepdims-forgotten")
def lost_axis_textbook(z, axis=-1):
    return np.exp(z) / np.sum(np.exp(z), axis=axis)


@wrong("softmax", "no-exp")
def plain_shares(z, axis=-1):
    return z / z.sum(axis=axis, keepdims=True)


@wrong("softmax", "hard-argmax")
def hard(z, axis=-1):
    out = np.zeros_like(z)
    np.put_along_axis(out, np.expand_dims(z.argmax(axis), axis), 1.0, axis)
    return out


@wrong("softmax", "not-normalised")
def only_exp(z, axis=-1):
    return np.exp(z - z.max(axis=axis, keepdims=True))


@wrong("softmax", "minus-sign")
def minus(z, axis=-1):
    e = np.exp(-z)
    return e / e.sum(axis=axis, keepdims=True)


@wrong("softmax", "sigmoid")
def logistic(z, axis=-1):
    return 1 / (1 + np.exp(-z))


@wrong("softmax", "log-softmax")
def logarithm(z, axis=-1):
    return np.log(good_softmax(z, axis))


@wrong("softmax", "softmax-over-first-axis")
def columns(z, axis=-1):
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


@wrong("softmax", "rounded")
def rounded(z, axis=-1):
    return np.round(good_softmax(z, axis), 3)


# -- blend


@wrong("blend", "weights-transposed")
def turned(weights, V):
    return np.swapaxes(weights, -1, -2) @ V


@wrong("blend", "values-on-the-left")
def values_first(weights, V):
    return V @ weights


@wrong("blend", "elementwise")
def star(weights, V):
    return weights * V


@wrong("blend", "weights-ignored")
def mean(weights, V):
    return np.broadcast_to(V.mean(axis=-2, keepdims=True), weights.shape[:-1] + V.shape[-1:])


@wrong("blend", "hard-choice")
def strongest(weights, V):
    best = weights.argmax(axis=-1)
    return np.take_along_axis(V, best[..., None], axis=-2)


@wrong("blend", "values-transposed")
def v_t(weights, V):
    return weights @ V.T


@wrong("blend", "one-query-only")
def returns_inside_the_loop(weights, V):
    for row in weights:
        return row @ V


# -- attention


@wrong("attention", "no-scale")
def attention_without_scale(Q, K, V):
    w = good_softmax(Q @ np.swapaxes(K, -1, -2))
    return w @ V, w


@wrong("attention", "softmax-over-queries")
def attention_axis(Q, K, V):
    w = good_softmax(good_scores(Q, K), axis=-2)
    return w @ V, w


@wrong("attention", "softmax-over-queries")
def attention_axis_and_scale(Q, K, V):
    w = good_softmax(Q @ K.swapaxes(-1, -2), axis=-2)
    return w @ V, w


@wrong("attention", "keys-as-values")
def attention_keys(Q, K, V):
    w = good_softmax(good_scores(Q, K))
    return w @ K, w


@wrong("attention", "results-swapped")
def attention_order(Q, K, V):
    w = good_softmax(good_scores(Q, K))
    return w, w @ V


@wrong("attention", "output-only")
def attention_output(Q, K, V):
    return good_softmax(good_scores(Q, K)) @ V


@wrong("attention", "no-softmax")
def attention_raw(Q, K, V):
    w = good_scores(Q, K)
    return w @ V, w


@wrong("attention", "scores-for-weights")
def attention_returns_scores(Q, K, V):
    grid = good_scores(Q, K)
    return good_softmax(grid) @ V, grid


@wrong("attention", "scores-blended")
def attention_blends_scores(Q, K, V):
    grid = good_scores(Q, K)
    weights = good_softmax(grid)
    return grid @ V, weights


@wrong("attention", "hard-argmax")
def attention_hard(Q, K, V):
    grid = good_scores(Q, K)
    w = (grid == grid.max(axis=-1, keepdims=True)).astype(float)
    return w @ V, w


@wrong("attention", "no-exp")
def attention_no_exp(Q, K, V):
    grid = good_scores(Q, K)
    w = grid / grid.sum(-1, keepdims=True)
    return w @ V, w


@wrong("attention", "transposed-all-axes")
def attention_dot_t(Q, K, V):
    w = good_softmax(Q @ K.T / np.sqrt(Q.shape[-1]))
    return w @ V, w


@wrong("attention", "weights-transposed")
def attention_turned(Q, K, V):
    w = good_softmax(good_scores(Q, K))
    return np.swapaxes(w, -1, -2) @ V, w


@wrong("attention", "values-in-scores")
def attention_values(Q, K, V):
    w = good_softmax(Q @ np.swapaxes(K + V, -1, -2) / np.sqrt(Q.shape[-1])) if K.shape == V.shape else None
    w = good_softmax(good_scores(Q, K)) if w is None else w
    return w @ V, w


@wrong("attention", "scale-by-d")
def attention_d(Q, K, V):
    w = good_softmax(Q @ K.swapaxes(-1, -2) / K.shape[-1])
    return w @ V, w


@wrong("fix_attention", "softmax-over-queries")
def fix_attention_unmended(Q, K, V):
    w = good_softmax(good_scores(Q, K), axis=-2)
    return w @ K, w


@wrong("fix_attention", "keys-as-values")
def fix_attention_half(Q, K, V):
    w = good_softmax(good_scores(Q, K))
    return w @ K, w


@wrong("cross_attention", "self-attention-of-x")
def self_attention(X, Y, W_Q, W_K, W_V):
    w = good_softmax(good_scores(X @ W_Q, X @ W_K))
    return w @ (X @ W_V), w


@wrong("cross_attention", "texts-swapped")
def swapped(X, Y, W_Q, W_K, W_V):
    w = good_softmax(good_scores(Y @ W_Q, X @ W_K))
    return w @ (X @ W_V), w


@wrong("cross_attention", "no-scale")
def cross_bare(X, Y, W_Q, W_K, W_V):
    w = good_softmax(X @ W_Q @ (Y @ W_K).swapaxes(-1, -2))
    return w @ (Y @ W_V), w


@wrong("cross_attention", "values-from-x")
def values_from_x(X, Y, W_Q, W_K, W_V):
    w = good_softmax(good_scores(X @ W_Q, Y @ W_K))
    return w @ (X @ W_V), w


# -- masks


@wrong("causal_mask", "mask-transposed")
def upper(n):
    return np.triu(np.ones((n, n), dtype=bool))


@wrong("causal_mask", "mask-inverted")
def torch_style(n):
    return np.triu(np.ones((n, n)), k=1).astype(bool)


@wrong("causal_mask", "excludes-self")
def strict(n):
    return np.arange(n)[:, None] > np.arange(n)[None, :]


@wrong("causal_mask", "additive-mask")
def additive(n):
    mask = np.zeros((n, n))
    mask[np.triu_indices(n, 1)] = -np.inf
    return mask


@wrong("causal_mask", "everything-allowed")
def ones(n):
    return np.ones((n, n), dtype=bool)


@wrong("causal_mask", "one-row-only")
def vector(n):
    return np.array([True] * n)


@wrong("masked_attention", "mask-ignored")
def no_mask(Q, K, V, mask):
    w = good_softmax(good_scores(Q, K))
    return w @ V, w


@wrong("masked_attention", "mask-ignored")
def no_mask_no_scale(Q, K, V, mask):
    return good_softmax(Q @ K.swapaxes(-1, -2)) @ V


@wrong("masked_attention", "mask-inverted")
def inverted(Q, K, V, mask):
    grid = good_scores(Q, K)
    w = good_softmax(np.where(mask, -1e9, grid))
    return w @ V, w


@wrong("masked_attention", "mask-after-softmax")
def after(Q, K, V, mask):
    w = good_softmax(good_scores(Q, K)) * mask
    return w @ V, w


@wrong("masked_attention", "zeros-for-minus-infinity")
def zeros(Q, K, V, mask):
    w = good_softmax(good_scores(Q, K) * mask)
    return w @ V, w


@wrong("masked_attention", "tiny-for-huge")
def tiny(Q, K, V, mask):
    w = good_softmax(np.where(mask, good_scores(Q, K), -1e-9))
    return w @ V, w


@wrong("masked_attention", "excludes-self")
def diagonal(Q, K, V, mask):
    grid = np.where(mask, good_scores(Q, K), -np.inf)
    i = np.arange(min(grid.shape[-2:]))
    grid[..., i, i] = -np.inf
    w = good_softmax(grid)
    return w @ V, w


@wrong("masked_attention", "own-causal-mask")
def own(Q, K, V, mask):
    grid = np.where(np.tril(np.ones((Q.shape[-2], K.shape[-2]))) == 1, good_scores(Q, K), -np.inf)
    w = good_softmax(grid)
    return w @ V, w


@wrong("masked_attention", "infinity-gone-wrong")
def nan_mask(Q, K, V, mask):
    w = good_softmax(good_scores(Q, K) + (1 - mask) * -np.inf)
    return w @ V, w


@wrong("masked_attention", "no-scale")
def masked_bare(Q, K, V, mask):
    w = good_softmax(np.where(mask, Q @ K.swapaxes(-1, -2), -np.inf))
    return w @ V


@wrong("masked_attention", "softmax-over-queries")
def masked_axis(Q, K, V, mask):
    w = good_softmax(np.where(mask, good_scores(Q, K), -1e9), axis=-2)
    return w @ V, w


@wrong("masked_attention", "mask-added")
def adds_the_mask(Q, K, V, mask):
    w = good_softmax(good_scores(Q, K) + mask)
    return w @ V, w


@wrong("referent", "column-for-row")
def column(weights, tokens, query, candidates):
    q = tokens.index(query)
    return max(candidates, key=lambda c: weights[tokens.index(c), q])


@wrong("referent", "candidates-ignored")
def any_token(weights, tokens, query, candidates):
    return tokens[int(np.argmax(weights[tokens.index(query)]))]


@wrong("referent", "place-in-candidates")
def place(weights, tokens, query, candidates):
    row = weights[tokens.index(query)]
    return int(np.argmax([row[tokens.index(c)] for c in candidates]))


@wrong("referent", "smallest-weight")
def smallest(weights, tokens, query, candidates):
    row = weights[tokens.index(query)]
    return min(candidates, key=lambda c: row[tokens.index(c)])


@wrong("referent", "alphabetical")
def no_key(weights, tokens, query, candidates):
    return max(candidates)


@wrong("referent", "always-the-first")
def first(weights, tokens, query, candidates):
    return candidates[0]


# -- relations that need no misconception


@wrong("scores", "row-offset")
def rows_shifted(Q, K):
    grid = good_scores(Q, K)
    return grid - grid.max(axis=-1, keepdims=True)


@wrong("scores", "row-factor")
def rows_scaled(Q, K):
    grid = good_scores(Q, K)
    return grid / grid.max(axis=-1, keepdims=True)


@wrong("scores", "dot-across-the-batch")
def inner(Q, K):
    return np.inner(Q, K) / np.sqrt(Q.shape[-1])


@wrong("scores", "squared-distance")
def squared_distance(Q, K):
    return -np.sum((Q[..., :, None, :] - K[..., None, :, :]) ** 2, axis=-1) / np.sqrt(Q.shape[-1])


@wrong("softmax", "softmax-over-queries")
def default_axis(z, axis=0):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@wrong("softmax", "axis-ignored")
def last_and_unstable(z, axis=-1):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


# -- as a first reader of the course typed them


@wrong("softmax", "scores-divided")
def gaps_shrunk(z, axis=-1):
    e = np.exp(z / 100)
    return e / e.sum(axis=axis, keepdims=True)


@wrong("softmax", "scores-divided")
def divided_by_the_largest(z, axis=-1):
    e = np.exp(z / z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@wrong("softmax", "something-added-to-sum")
def afraid_of_zero(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / (e.sum(axis=axis, keepdims=True) + 1e-3)


@wrong("softmax", "subtracted-without-exp")
def stops_after_subtracting(z, axis=-1):
    z = z - z.max(axis=axis, keepdims=True)
    return z / z.sum(axis=axis, keepdims=True)


@wrong("attention", "softmax-over-first-axis")
def down_the_first_axis(Q, K, V):
    w = good_softmax(good_scores(Q, K), axis=0)
    return w @ V, w


@wrong("fix_attention", "softmax-axis-half-mended")
def only_the_maximum_mended(Q, K, V):
    grid = good_scores(Q, K)
    e = np.exp(grid - grid.max(axis=-1, keepdims=True))
    weights = e / e.sum(axis=-2, keepdims=True)
    return weights @ V, weights


@wrong("fix_attention", "softmax-axis-half-mended")
def only_the_sum_mended(Q, K, V):
    grid = good_scores(Q, K)
    e = np.exp(grid - grid.max(axis=-2, keepdims=True))
    weights = e / e.sum(axis=-1, keepdims=True)
    return weights @ V, weights


@wrong("masked_attention", "renormalised-over-queries")
def shared_again_down_columns(Q, K, V, mask):
    w = good_softmax(good_scores(Q, K)) * mask
    w = w / w.sum(axis=-2, keepdims=True)
    return w @ V, w

"""Answers to `scores`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import scores, scores_einsum, softmax

answers = Answers()

answers.right_value("plain", scores)
answers.right_value("einsum", scores_einsum)


@answers.right
def loops(Q, K):
    if Q.ndim > 2:
        return np.stack([loops(q, k) for q, k in zip(Q, K, strict=True)])
    grid = np.empty((len(Q), len(K)))
    for i in range(len(Q)):
        for j in range(len(K)):
            grid[i, j] = sum(a * b for a, b in zip(Q[i], K[j], strict=True)) / len(Q[i]) ** 0.5
    return grid


@answers.right
def power(queries, keys, scale=None):
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    return scale * np.matmul(queries, keys.swapaxes(-2, -1))


@answers.right
def scaled_query(Q, K):
    Q = Q.copy()
    Q /= np.sqrt(Q.shape[-1])
    return np.matmul(Q, np.moveaxis(K, -1, -2))


@answers.right
def float32(Q, K):
    Q, K = Q.astype(np.float32), K.astype(np.float32)
    return Q @ K.swapaxes(-1, -2) / np.float32(np.sqrt(Q.shape[-1]))


@answers.right
def broadcast(Q, K):
    return (Q[..., :, None, :] * K[..., None, :, :]).sum(-1) / np.sqrt(Q.shape[-1])


@answers.right
def lists(Q, K):
    return (Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])).tolist()


@answers.wrong("no-scale")
def bare(Q, K):
    return np.einsum("...id,...jd->...ij", Q, K)


@answers.wrong("scale-by-d")
def by_width(Q, K):
    d_k = K.shape[-1]
    return np.matmul(Q, K.swapaxes(-1, -2)) / d_k


@answers.wrong("times-sqrt-d")
def multiplied(Q, K):
    return Q @ K.swapaxes(-1, -2) * np.sqrt(Q.shape[-1])


@answers.wrong("no-transpose")
def as_they_stand(Q, K):
    return np.dot(Q, K) / np.sqrt(Q.shape[-1])


@answers.wrong("transposed-all-axes")
def dot_t(Q, K):
    return Q @ K.T / np.sqrt(Q.shape[-1])


@answers.wrong("transposed-all-axes")
def np_transpose(Q, K):
    return np.matmul(Q, np.transpose(K)) / K.shape[-1] ** 0.5


@answers.wrong("transposed-all-axes")
def dot_t_without_scale(Q, K):
    return Q @ K.T


@answers.wrong("keys-ask")
def keys_first(Q, K):
    return K @ Q.swapaxes(-1, -2) / np.sqrt(K.shape[-1])


@answers.wrong("keys-ask")
def keys_first_and_no_scale(Q, K):
    return K @ Q.swapaxes(-1, -2)


@answers.wrong("cosine")
def cosine(Q, K):
    Q = Q / np.linalg.norm(Q, axis=-1, keepdims=True)
    K = K / np.linalg.norm(K, axis=-1, keepdims=True)
    return Q @ K.swapaxes(-1, -2)


@answers.wrong("scale-by-sqrt-tokens")
def by_keys(Q, K):
    return Q @ K.swapaxes(-1, -2) / np.sqrt(K.shape[-2])


@answers.wrong("fixed-scale")
def sixty_four(Q, K):
    return Q @ K.swapaxes(-1, -2) / 8


@answers.wrong("softmax-already")
def too_far(Q, K):
    return softmax(scores(Q, K))


@answers.wrong("generator")
def lazily(Q, K):
    for q in Q:
        yield q @ K.T


@answers.wrong("no-return")
def silent(Q, K):
    grid = scores(Q, K)
    print(grid.shape)


@answers.wrong("changed-input")
def in_place(Q, K):
    Q /= np.sqrt(Q.shape[-1])
    return Q @ K.swapaxes(-1, -2)


@answers.wrong("not-finite")
def nan(Q, K):
    return scores(Q, K) * np.nan


@answers.wrong("raised-NameError")
def unknown(Q, K):
    return Q @ K.T / math.sqrt(3)  # noqa: F821


@answers.wrong("signature")
def one_argument(Q):
    return Q @ Q.T


@answers.wrong("features-compared")
def first_transposed(Q, K):
    return Q.swapaxes(-1, -2) @ K / np.sqrt(Q.shape[-1])


@answers.wrong("constant-factor")
def forgets_the_root_of_two(Q, K):
    return Q @ K.swapaxes(-1, -2) / np.sqrt(2 * Q.shape[-1])


@answers.wrong("row-offset")
def rows_shifted(Q, K):
    grid = scores(Q, K)
    return grid - grid.max(axis=-1, keepdims=True)


@answers.wrong("row-factor")
def rows_scaled(Q, K):
    grid = scores(Q, K)
    return grid / grid.max(axis=-1, keepdims=True)


@answers.wrong("dot-across-the-batch")
def inner(Q, K):
    return np.inner(Q, K) / np.sqrt(Q.shape[-1])


@answers.wrong("squared-distance")
def squared_distance(Q, K):
    return -np.sum((Q[..., :, None, :] - K[..., None, :, :]) ** 2, axis=-1) / np.sqrt(Q.shape[-1])


@answers.wrong("same-token-only")
def elementwise_sum(Q, K):
    return (Q * K).sum(-1) / np.sqrt(Q.shape[-1])


@answers.wrong("dot-across-the-batch")
def np_dot(Q, K):
    return np.dot(Q, K.swapaxes(-1, -2)) / np.sqrt(Q.shape[-1])


@answers.wrong("dot-across-the-batch")
def inner_product(Q, K):
    return np.inner(Q, K) / np.sqrt(Q.shape[-1])


@answers.wrong("no-batch-axes")
def loop_first_tokens(Q, K):
    grid = np.zeros((Q.shape[-2], K.shape[-2]))
    for i in range(len(Q)):
        for j in range(len(K)):
            grid[i, j] = Q[i] @ K[j]
    return grid / np.sqrt(Q.shape[-1])


@answers.wrong("power-without-brackets")
def power_precedence(Q, K):
    return Q @ K.swapaxes(-1, -2) / (Q.shape[-1] ** 1 / 2)


@answers.wrong("power-without-brackets")
def caret(Q, K):
    return Q @ K.swapaxes(-1, -2) / Q.shape[-1] ** 1 / 2


@answers.wrong("root-cut-to-whole-number")
def int_sqrt(Q, K):
    return Q @ K.swapaxes(-1, -2) / int(np.sqrt(Q.shape[-1]))


@answers.wrong("root-cut-to-whole-number")
def floor_sqrt(Q, K):
    return Q @ K.swapaxes(-1, -2) // np.sqrt(Q.shape[-1])


@answers.wrong("scale-by-first-axis")
def d_from_keys_axis(Q, K):
    return Q @ K.swapaxes(-1, -2) / np.sqrt(K.shape[0])


@answers.wrong("scaled-by-the-numbers")
def cosine_scaled(Q, K):
    g = Q @ K.swapaxes(-1, -2)
    return g / (np.linalg.norm(Q) * np.linalg.norm(K))


@answers.wrong("cut-to-whole-numbers")
def float32_too(Q, K):
    return (Q.astype(int) @ K.astype(int).swapaxes(-1, -2)) / np.sqrt(Q.shape[-1])


@answers.wrong("scaled-by-the-numbers")
def std(Q, K):
    g = Q @ K.swapaxes(-1, -2)
    return g / g.std()

"""Answers to `grouped_query_attention`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import (
    cut,
    glue,
    look,
    merge_heads_swapaxes,
    repeat_kv_repeat,
    scores,
    softmax,
    split_heads_swapaxes,
)

answers = Answers()


def gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None, k=None, v=None, scale=None):
    n = n_heads // n_kv_heads
    repeat = lambda A: np.repeat(A, n, axis=-3)  # noqa: E731
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_kv_heads), cut(X @ W_V, n_kv_heads)
    return glue(look(Q, (k or repeat)(K), (v or repeat)(V), mask, scale)) @ W_O


@answers.right
def repeat(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    Q = split_heads_swapaxes(X @ W_Q, n_heads)
    K = repeat_kv_repeat(split_heads_swapaxes(X @ W_K, n_kv_heads), n_heads // n_kv_heads)
    V = repeat_kv_repeat(split_heads_swapaxes(X @ W_V, n_kv_heads), n_heads // n_kv_heads)
    grid = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
    grid = grid if mask is None else np.where(mask, grid, -np.inf)
    return merge_heads_swapaxes(softmax(grid) @ V) @ W_O


@answers.right
def groups(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    d = W_Q.shape[1] // n_heads
    outs = []
    for h in range(n_heads):
        g = h // (n_heads // n_kv_heads)
        q = X @ W_Q[:, h * d : (h + 1) * d]
        k, v = X @ W_K[:, g * d : (g + 1) * d], X @ W_V[:, g * d : (g + 1) * d]
        z = q @ np.swapaxes(k, -1, -2) / d**0.5
        if mask is not None:
            z = np.where(mask, z, -1e30)
        outs.append(softmax(z) @ v)
    return np.concatenate(outs, -1) @ W_O


@answers.right
def widened_matrices(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    def widen(W):
        blocks = np.split(W, n_kv_heads, axis=1)
        return np.concatenate([b for b in blocks for _ in range(n_heads // n_kv_heads)], axis=1)

    return repeat(X, W_Q, widen(W_K), widen(W_V), W_O, n_heads, n_heads, mask)


@answers.right
def einsum(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    n_rep, D = n_heads // n_kv_heads, len(W_Q)
    q = np.einsum("...td,dgre->...grte", X, W_Q.reshape(D, n_kv_heads, n_rep, -1))
    k, v = (np.einsum("...td,dge->...gte", X, W.reshape(D, n_kv_heads, -1)) for W in (W_K, W_V))
    grid = np.einsum("...grte,...gse->...grts", q, k) / np.sqrt(q.shape[-1])
    grid = grid if mask is None else np.where(mask, grid, -np.inf)
    e = np.exp(grid - grid.max(-1, keepdims=True))
    found = np.einsum("...grts,...gse->...tgre", e / e.sum(-1, keepdims=True), v)
    return found.reshape(*X.shape[:-1], -1) @ W_O


@answers.wrong("tiled")
def both_tiled(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    tile = lambda A: np.concatenate([A] * (n_heads // n_kv_heads), axis=-3)  # noqa: E731
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, tile, tile)


@answers.wrong("values-tiled")
def one_tiled(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    tile = lambda A: np.concatenate([A] * (n_heads // n_kv_heads), axis=-3)  # noqa: E731
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, None, tile)


@answers.wrong("not-repeated")
def nothing_repeated(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    same = lambda A: A  # noqa: E731
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, same, same)


@answers.wrong("no-scale")
def gqa_bare(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, scale=1.0)


@answers.wrong("tiled")
def tiled_and_bare(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    tile = lambda A: np.concatenate([A] * (n_heads // n_kv_heads), axis=-3)  # noqa: E731
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, tile, tile, scale=1.0)


@answers.wrong("mask-ignored")
def gqa_unmasked(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads)


@answers.wrong("output-matrix-left-out")
def gqa_no_output(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(X, W_Q, W_K, W_V, np.eye(len(W_O)), n_heads, n_kv_heads, mask)


@answers.wrong("kv-split-into-query-heads")
def all_split_alike(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_heads), cut(X @ W_V, n_heads)
    return glue(look(Q, K, V, mask)) @ W_O


@answers.wrong("repeated-kv-times")
def wrong_count(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    rep = lambda A: np.repeat(A, n_kv_heads, axis=-3)  # noqa: E731
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, rep, rep)


@answers.wrong("mask-as-index")
def indexes_shared_heads(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    n = n_heads // n_kv_heads
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_kv_heads), cut(X @ W_V, n_kv_heads)
    grid = scores(Q, np.repeat(K, n, axis=-3))
    if mask is not None:
        grid[mask == 0] = -np.inf
    return glue(softmax(grid) @ np.repeat(V, n, axis=-3)) @ W_O


@answers.wrong("no-batch-axes")
def repeat_axis0(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(
        X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, *[lambda A: np.repeat(A, n_heads // n_kv_heads, axis=0)] * 2
    )


@answers.wrong("tokens-repeated")
def repeat_tokens(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(
        X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, *[lambda A: np.repeat(A, n_heads // n_kv_heads, axis=-2)] * 2
    )


@answers.wrong("ratio-upside-down")
def ratio_turned(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    r = n_kv_heads // n_heads
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, *[lambda A: np.repeat(A, r, axis=-3)] * 2)


@answers.wrong("values-not-repeated")
def only_keys(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    return gqa(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask, v=lambda A: A)


@answers.wrong("queries-averaged")
def heads_mean(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    n = n_heads // n_kv_heads
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_kv_heads), cut(X @ W_V, n_kv_heads)
    Q = Q.reshape(*Q.shape[:-3], n_kv_heads, n, *Q.shape[-2:]).mean(-3)
    return glue(np.repeat(look(Q, K, V, mask), n, -3)) @ W_O


@answers.wrong("not-repeated")
def loop_h(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
    Q, K, V = cut(X @ W_Q, n_heads), cut(X @ W_K, n_kv_heads), cut(X @ W_V, n_kv_heads)
    return (
        np.concatenate([look(Q[..., h, :, :], K[..., h, :, :], V[..., h, :, :], mask) for h in range(n_heads)], -1)
        @ W_O
    )


@answers.wrong("groups-miscounted")
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

"""Lesson 3."""

import numpy as np

from right_answers.lesson02 import scores__plain, softmax__stable


def causal_mask__tri(n):
    return np.tri(n, dtype=bool)


def causal_mask__tril(n):
    return np.tril(np.ones((n, n))).astype(bool)


def causal_mask__comparison(n):
    return np.arange(n)[:, None] >= np.arange(n)


def causal_mask__loops(n):
    return [[j <= i for j in range(n)] for i in range(n)]


def causal_mask__numbers(n):
    return np.tril(np.ones((n, n)))


def causal_mask__not_triu(n):
    return ~np.triu(np.ones((n, n), dtype=bool), k=1)


def causal_mask__n_keys(n, n_keys=None):
    n_keys = n_keys or n
    return np.tri(n, n_keys, n_keys - n, dtype=bool)


def masked_attention__where(Q, K, V, mask):
    weights = softmax__stable(np.where(mask, scores__plain(Q, K), -np.inf))
    return weights @ V, weights


def masked_attention__large_negative(Q, K, V, mask):
    weights = softmax__stable(np.where(mask, scores__plain(Q, K), -1e9))
    return weights @ V


def masked_attention__additive(Q, K, V, mask):
    weights = softmax__stable(scores__plain(Q, K) + (1.0 - mask) * -1e9)
    return weights @ V, weights


def masked_attention__assignment(Q, K, V, mask):
    grid = scores__plain(Q, K)
    grid[..., ~mask] = -np.inf
    weights = softmax__stable(grid)
    return weights @ V, weights


def masked_attention__renormalised(Q, K, V, mask):
    e = np.exp(scores__plain(Q, K)) * mask
    weights = e / e.sum(axis=-1, keepdims=True)
    return weights @ V, weights


def masked_attention__after_and_renormalised(Q, K, V, mask=None):
    weights = softmax__stable(scores__plain(Q, K))
    if mask is not None:
        weights = weights * mask
        weights /= weights.sum(-1, keepdims=True)
    return weights @ V


def masked_attention__masked_array(Q, K, V, mask):
    grid = np.ma.masked_array(scores__plain(Q, K), mask=np.broadcast_to(~mask, (*Q.shape[:-1], K.shape[-2])))
    weights = softmax__stable(grid.filled(-np.inf))
    return weights @ V, weights


def masked_attention__loops(Q, K, V, mask):
    if Q.ndim > 2:
        return np.stack([masked_attention__loops(*parts, mask) for parts in zip(Q, K, V, strict=True)])
    out = []
    for i, q in enumerate(Q):
        allowed = [j for j in range(len(K)) if mask[i, j]]
        z = np.array([q @ K[j] for j in allowed]) / np.sqrt(len(q))
        out.append(softmax__stable(z) @ V[allowed])
    return np.array(out)


figure_error__solved = {"printed": 8.1, "should_be": 3.0 + np.log(0.82 / 0.12)}
figure_error__rounded = {"printed": 8.1, "should_be": 4.9}
figure_error__other_neighbour = {"printed": 8.1, "should_be": 2.3 + np.log(0.82 / 0.06)}
figure_error__pair = (8.1, 4.92)
figure_error__number = 4.92


def referent__max(weights, tokens, query, candidates):
    row = weights[tokens.index(query)]
    return max(candidates, key=lambda word: row[tokens.index(word)])


def referent__argmax(weights, tokens, query, candidates):
    q = tokens.index(query)
    shares = [weights[q, tokens.index(c)] for c in candidates]
    return candidates[np.argmax(shares)]


def referent__loop(weights, tokens, query, candidates):
    best, most = None, -1
    for place, token in enumerate(tokens):
        share = weights[tokens.index(query)][place]
        if token in candidates and share > most:
            best, most = token, share
    return best


def referent__dict(weights, tokens, query, candidates):
    looks = dict(zip(tokens, weights[tokens.index(query)], strict=True))
    return sorted(candidates, key=looks.get)[-1]


def referent__numpy_string(weights, tokens, query, candidates):
    tokens = np.array(tokens)
    places = [int(np.flatnonzero(tokens == c)[0]) for c in candidates]
    row = weights[np.flatnonzero(tokens == query)[0], places]
    return tokens[places[int(row.argmax())]]


def referent__positions(weights, tokens, query, candidates):
    return candidates[int(np.argmax(weights[query, candidates]))]


def referent__positions_to_word(weights, tokens, query, candidates):
    return tokens[max(candidates, key=lambda place: weights[query, place])]


masked_row__list = [0.245, 0.665, 0.090, 0]
masked_row__only_what_is_seen = (0.2447, 0.6652, 0.09)
masked_row__array = np.append(np.exp([2, 3, 1]) / np.exp([2, 3, 1]).sum(), 0.0)

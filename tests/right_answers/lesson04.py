"""Lesson 4."""

import numpy as np


def qk_circuit__plain(W_Q, W_K):
    return W_Q @ np.swapaxes(W_K, -1, -2)


def qk_circuit__einsum(W_Q, W_K):
    return np.einsum("...ih,...jh->...ij", W_Q, W_K)


def qk_circuit__loops(W_Q, W_K):
    if W_Q.ndim > 2:
        return np.array([qk_circuit__loops(q, k) for q, k in zip(W_Q, W_K, strict=True)])
    return [[float(np.dot(wanted, offered)) for offered in W_K] for wanted in W_Q]


def same_scores__inv(W_Q, W_K, A):
    return W_Q @ A, W_K @ np.linalg.inv(A).T


def same_scores__solve(W_Q, W_K, A):
    return W_Q @ A, np.linalg.solve(A, W_K.T).T


def same_scores__pinv(W_Q, W_K, A):
    return [W_Q @ A, W_K @ np.linalg.pinv(A.T)]


def same_scores__float32(W_Q, W_K, A):
    return (W_Q @ A).astype(np.float32), (W_K @ np.linalg.inv(A.T)).astype(np.float32)


def soft_lookup__plain(query, keys, values, temperature):
    z = keys @ query / temperature
    e = np.exp(z - z.max())
    return e / e.sum() @ values


def soft_lookup__default(query, keys, values, temperature=1.0):
    weights = np.exp(query @ keys.T / temperature)
    return (weights / weights.sum())[None, :].dot(values)[0]


def soft_lookup__loops(query, keys, values, temperature):
    shares = [np.exp(sum(a * b for a, b in zip(query, key, strict=True)) / temperature) for key in keys]
    return [sum(s * v[j] for s, v in zip(shares, values, strict=True)) / sum(shares) for j in range(values.shape[1])]


def soft_lookup__weights_beside(query, keys, values, temperature):
    weights = np.exp(keys @ query / temperature)
    weights /= weights.sum()
    return weights @ values, weights

"""A whole causal attention layer in stages, so that one fault can be put into one stage and probed from outside.

Stages take and return [n_heads, T, d_head] or [n_heads, T, S]. `FAULTS` says which stage a bug of the clinic replaces,
and with what: the bug of `bugs/<key>.py`, where it sits in a layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qkvlib.attention import causal_mask, merge_heads, repeat_kv, rotate, scores, softmax, split_heads


@dataclass(frozen=True)
class Weights:
    """What a layer has learned, and how it is cut: Q, K, V [d_model, heads·d_head], the bias of the values, heads."""

    Q: np.ndarray
    K: np.ndarray
    V: np.ndarray
    bias: np.ndarray
    n_heads: int
    n_kv_heads: int

    @property
    def d_head(self) -> int:
        """The width of one head."""
        return self.Q.shape[1] // self.n_heads

    @property
    def n_rep(self) -> int:
        """How many query heads share a K/V head."""
        return self.n_heads // self.n_kv_heads


@dataclass(frozen=True)
class Run:
    """What a layer hands back: `out` [T, d_model], `weights` [n_heads, T, S], and how many numbers its cache holds."""

    out: np.ndarray
    weights: np.ndarray
    cached: int


Heads = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Q, K and V of every head."""


def project(X: np.ndarray, W: Weights) -> Heads:
    """X [T, d_model] -> Q [n_heads, T, d_head], K and V [n_kv_heads, T, d_head]."""
    Q, K, V = X @ W.Q, X @ W.K, X @ W.V + W.bias
    return split_heads(Q, W.n_heads), split_heads(K, W.n_kv_heads), split_heads(V, W.n_kv_heads)


def places(first: int, T: int) -> np.ndarray:
    """Where T new tokens stand, the first of them behind `first` others, [T]."""
    return np.arange(first, first + T)


def turn(H: np.ndarray, stand: np.ndarray, speed: float) -> np.ndarray:
    """Queries or keys [heads, T, d_head] rotated by their places [T]: the first two features, the others stay."""
    return np.concatenate([rotate(H[..., :2], stand, np.array([speed])), H[..., 2:]], axis=-1)


def store(K: np.ndarray, n_rep: int) -> np.ndarray:
    """What the cache keeps of the keys or values [n_kv_heads, T, d_head]: all of it, as it comes."""
    return K


def read(K: np.ndarray, n_rep: int) -> np.ndarray:
    """What the query heads read from the cache: each K/V head n_rep times in a row."""
    return repeat_kv(K, n_rep)


def tokens_back(T: int, S: int) -> np.ndarray:
    """How far each of S keys lies before each of the last T tokens, [T, S]; 0 for what lies ahead."""
    return np.maximum(np.arange(S - T, S)[:, None] - np.arange(S), 0)


@dataclass(frozen=True)
class Layer:
    """The right layer; `dataclasses.replace(Layer(), normalise=...)` is one with a fault."""

    project: Callable = project
    places: Callable = places
    store: Callable = store
    read: Callable = read
    compare: Callable = scores
    tokens_back: Callable = tokens_back
    allow: Callable = causal_mask
    normalise: Callable = softmax
    merge: Callable = merge_heads

    def __call__(
        self, X: np.ndarray, W: Weights, first: int = 0, causal: bool = True, slope: float = 0.5, speed: float = 0.5
    ) -> Run:
        """Run X [T, d_model]. Only the tokens from `first` on ask; the keys and values of all come from the cache.

        `slope` is what a key loses in score for every token it lies back (Press et al. 2021), `speed` by how many
        radians a place turns the first two features of queries and keys (Su et al. 2021); both 0: no positions.
        """
        Q, K, V = self.project(X, W)
        stand = np.concatenate([np.arange(first), self.places(first, len(X) - first)])
        Q, K = turn(Q, stand, speed), turn(K, stand, speed)
        K, V = self.store(K, W.n_rep), self.store(V, W.n_rep)
        cached = K.size + V.size
        K, V = self.read(K, W.n_rep), self.read(V, W.n_rep)
        Q = Q[..., first:, :]
        T, S = Q.shape[-2], K.shape[-2]
        grid = self.compare(Q, K) - slope * self.tokens_back(T, S)
        if causal:
            grid = np.where(self.allow(T, S), grid, -np.inf)
        weights = self.normalise(grid)
        return Run(self.merge(weights @ V), weights, cached)


def _by_d_model(Q: np.ndarray, K: np.ndarray) -> np.ndarray:
    return scores(Q, K, scale=1 / np.sqrt(Q.shape[-3] * Q.shape[-1]))


def _without_transpose(Q: np.ndarray, K: np.ndarray) -> np.ndarray:
    return Q @ K / np.sqrt(Q.shape[-1])


def _one_matrix(X: np.ndarray, W: Weights) -> Heads:
    Q = split_heads(X @ W.Q, W.n_heads)
    return Q, Q, Q


def _one_small_layer(X: np.ndarray, W: Weights) -> Heads:
    heads, d = split_heads(X, W.n_heads), W.d_head
    Q, K, V = (heads @ matrix[:d, :d] for matrix in (W.Q, W.K, W.V))
    return Q, K[: W.n_kv_heads], V[: W.n_kv_heads] + W.bias[:d]


def _swapped(X: np.ndarray, W: Weights) -> Heads:
    Q, K, V = project(X, W)
    return Q, V, K


def _heads_before_roles(X: np.ndarray, W: Weights) -> Heads:
    fused = X @ np.hstack([W.Q, W.K, W.V]) + np.hstack([np.zeros(W.Q.shape[1] + W.K.shape[1]), W.bias])
    groups = split_heads(fused, W.n_kv_heads)
    Q, K, V = np.split(groups, [W.n_rep * W.d_head, (W.n_rep + 1) * W.d_head], axis=-1)
    return split_heads(merge_heads(Q), W.n_heads), K, V


def _flipped(X: np.ndarray, W: Weights) -> Heads:
    return project(X, Weights(W.Q.T, W.K.T, W.V.T, W.bias, W.n_heads, W.n_kv_heads))


FAULTS: dict[str, Layer] = {
    "fix_softmax_axis": Layer(normalise=lambda grid: softmax(grid, axis=-2)),
    "fix_shapes": Layer(compare=_by_d_model),
    "fix_transpose": Layer(compare=_without_transpose),
    "fix_shared_matrix": Layer(project=_one_matrix),
    "fix_split_before_projecting": Layer(project=_one_small_layer),
    "fix_values_in_scores": Layer(project=_swapped),
    "fix_merge_without_swap": Layer(merge=lambda H: H.reshape(H.shape[-2], -1)),
    "fix_tiled_heads": Layer(read=lambda K, n_rep: np.tile(K, (n_rep, 1, 1))),
    "fix_fused_split": Layer(project=_heads_before_roles),
    "fix_conv1d": Layer(project=_flipped),
    "fix_cache_after_repeat": Layer(store=repeat_kv, read=store),
    "fix_mask_top_left": Layer(allow=lambda T, S: np.tril(np.ones((T, S), bool))),
    "fix_bias_rows": Layer(tokens_back=lambda T, S: tokens_back(S, S)[:T]),
    "fix_rotary_offset": Layer(places=lambda first, T: np.arange(T)),
}
"""The layer with each bug of the clinic in it, by the bug's name."""

"""One attention layer of a checkpoint, run on hidden states: what transformers computes, with the course's functions.

LLaMA turns queries and keys by an angle that grows with their position before they meet (Su et al. 2021, "RoFormer").
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qkvlib import attention
from qkvlib.rotary import rotary_speeds

from .errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float
    from numpy import ndarray as Array


@dataclass(frozen=True)
class Rotary:
    """Rotary position embedding: `theta` is the base of the wavelengths, `scaling` the numbers that stretch them."""

    theta: float
    kind: str = "default"
    scaling: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class AttentionLayer:
    """The matrices of one layer, every architecture in the same picture: Q = X W_Q + b_Q, tokens are rows.

    W_Q [d_model, n_heads·d_head]; W_K and W_V [d_model, n_kv_heads·d_head]; W_O [n_heads·d_head, d_model]. A bias is
    a row, or None where the architecture has none. `obstacle` says what `attend` does not compute, or is "".
    """

    architecture: str
    layer: int
    n_heads: int
    n_kv_heads: int
    causal: bool
    scale: float
    W_Q: np.ndarray
    W_K: np.ndarray
    W_V: np.ndarray
    W_O: np.ndarray
    b_Q: np.ndarray | None
    b_K: np.ndarray | None
    b_V: np.ndarray | None
    b_O: np.ndarray | None
    rotary: Rotary | None = None
    window: int | None = None
    obstacle: str = ""

    @property
    def d_head(self) -> int:
        return self.W_Q.shape[1] // self.n_heads

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {list(getattr(self, name).shape)}" for name in ("W_Q", "W_K", "W_V", "W_O"))
        return f"AttentionLayer({self.architecture}, layer {self.layer}: {shapes})"


def project(
    layer: AttentionLayer, X: Float[Array, "*b T d_model"]
) -> tuple[
    Float[Array, "*b n_heads T d_head"], Float[Array, "*b n_kv_heads T d_head"], Float[Array, "*b n_kv_heads T d_head"]
]:
    """Q [..., n_heads, T, d_head], K and V [..., n_kv_heads, T, d_head] of hidden states X [..., T, d_model].

    Biases are added, and LLaMA's queries and keys are turned to their positions.
    """
    Q, K, V = attention.project_qkv(X, layer.W_Q, layer.W_K, layer.W_V)
    Q = attention.split_heads(_plus(Q, layer.b_Q), layer.n_heads)
    K = attention.split_heads(_plus(K, layer.b_K), layer.n_kv_heads)
    V = attention.split_heads(_plus(V, layer.b_V), layer.n_kv_heads)
    if layer.rotary:
        Q, K = rotate(Q, layer.rotary), rotate(K, layer.rotary)
    return Q, K, V


def attend(
    layer: AttentionLayer, X: Float[Array, "*b T d_model"]
) -> tuple[Float[Array, "*b T d_model"], Float[Array, "*b n_heads T T"]]:
    """The layer's attention on X [..., T, d_model]: (out [..., T, d_model], weights [..., n_heads, T, T]).

    X is what enters the attention module: after the LayerNorm where the architecture has one in front (all but BERT).
    Causal architectures are masked. Raises CheckpointError where the layer does more than this function computes.
    """
    if layer.obstacle:
        raise CheckpointError(layer.obstacle)
    T = X.shape[-2]
    if layer.window and layer.window < T:
        raise CheckpointError(f"This layer looks back {layer.window:,} tokens only: give at most that many, not {T:,}.")
    out, weights, _ = attend_in_steps(layer, X)
    return out, weights


def attend_in_steps(
    layer: AttentionLayer,
    X: Float[Array, "*b T d_model"],
    edited: Callable[[str, Array], Array] = lambda name, array: array,
) -> tuple[Float[Array, "*b T d_model"], Float[Array, "*b n_heads T T"], Float[Array, "*b n_heads T d_head"]]:
    """What `attend` computes, and each head's blend before W_O: (out, weights, heads).

    `edited(name, array)` may put another array of the shape in place of "Q", "K", "V", "weights" and "heads" as they
    come up. Whether the layer does more than this is not asked here.
    """
    Q, K, V = (edited(name, array) for name, array in zip("QKV", project(layer, X), strict=True))
    group = layer.n_heads // layer.n_kv_heads
    scores = attention.scores(Q, attention.repeat_kv(K, group), scale=layer.scale)
    if layer.causal:
        scores = np.where(attention.causal_mask(X.shape[-2]), scores, -np.inf)
    weights = edited("weights", attention.softmax(scores))
    heads = edited("heads", attention.blend(weights, attention.repeat_kv(V, group)))
    return _plus(attention.merge_heads(heads) @ layer.W_O, layer.b_O), weights, heads


def rotate(H: Float[Array, "*b T d_head"], rotary: Rotary) -> Float[Array, "*b T d_head"]:
    """Turn each row of H [..., T, d_head] by its position: column i and column i + d_head/2 are a pair in a plane."""
    return attention.rotate(H, np.arange(H.shape[-2]), frequencies(rotary, H.shape[-1]))


def frequencies(rotary: Rotary, d_head: int) -> Float[Array, " pairs"]:
    """Radians a position adds to each of the d_head/2 pairs: theta^(-2i/d_head), stretched as `rotary.kind` says."""
    plain = rotary_speeds(d_head, rotary.theta)
    scaling = dict(rotary.scaling)
    if rotary.kind == "linear":
        return plain / scaling["factor"]
    if rotary.kind == "llama3":
        # Llama 3.1 slows the pairs that turn less than `low_freq_factor` times in the old context by `factor`, leaves
        # those above `high_freq_factor` alone, and blends in between (transformers, modeling_rope_utils.py).
        turns = scaling["original_max_position_embeddings"] * plain / (2 * math.pi)
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        keep = np.clip((turns - low) / (high - low), 0, 1)
        return plain * (keep + (1 - keep) / scaling["factor"])
    return plain


def _plus(values: Array, bias: Array | None) -> Array:
    return values if bias is None else values + bias

"""The math of attention: pure numpy, one function per symbol.

Tokens are rows. Every function takes any number of leading batch axes, written `...` below. T counts the tokens that
ask (query rows), S the tokens that are asked (key and value rows); in self-attention T = S. float32 stays float32;
integers become float64. A shape that cannot work raises `ShapeError`, which names the argument, the shapes and the
likely cause.

Sources: Vaswani et al. 2017, "Attention Is All You Need" (section 3.2); Shazeer 2019, "Fast Transformer Decoding" (one
key/value head); Ainslie et al. 2023, "GQA" (groups of query heads share one); Su et al. 2021, "RoFormer" (rotation);
Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits" (the QK circuit).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qkvlib.shapes import ShapeError, require_equal_axes, require_fit, require_groups, require_planes, shape_of

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Num
    from numpy import ndarray as Array
    from numpy.typing import DTypeLike

SCORES_AT_A_TIME = 1 << 19  # two megabytes of float32: about what a core keeps close; benchmarks/attention.py


# -- one token, one head ------------------------------------------------------------------------------------------


def project_token(x: Num[Array, "*b d_in"], W: Num[Array, "d_in d_out"]) -> Num[Array, "*b d_out"]:
    """One embedding through one matrix: x W (Vaswani et al. 2017, 3.2.2). `x` may also be a whole [..., T, d_in]."""
    require_fit("x", x, "W", W)
    return np.matmul(x, W)


def project_qkv(
    X: Num[Array, "*b T d_model"],
    W_Q: Num[Array, "d_model d_q"],
    W_K: Num[Array, "d_model d_k"],
    W_V: Num[Array, "d_model d_v"],
) -> tuple[Num[Array, "*b T d_q"], Num[Array, "*b T d_k"], Num[Array, "*b T d_v"]]:
    """The same tokens in three roles: Q = X W_Q, K = X W_K, V = X W_V (Vaswani et al. 2017, 3.2.2)."""
    for name, W in (("W_Q", W_Q), ("W_K", W_K), ("W_V", W_V)):
        require_fit("X", X, name, W)
    return np.matmul(X, W_Q), np.matmul(X, W_K), np.matmul(X, W_V)


def scores(
    Q: Num[Array, "*b T d_head"], K: Num[Array, "*b S d_head"], scale: float | None = None
) -> Float[Array, "*b T S"]:
    """How well each query matches each key: Q Kᵀ · scale (Vaswani et al. 2017, eq. 1).

    `scale` is 1/√d_head unless given; `scale=1.0` gives the bare dot products.
    """
    require_equal_axes("Q", Q, -1, "K", K, -1, "a query and a key must have the same width to be compared")
    Q, K = _floats(Q, K)
    if scale is None:
        scale = 1 / np.sqrt(Q.shape[-1])
    # Scaling Q costs T·d_head multiplications; scaling the finished scores would cost T·S.
    return np.matmul(Q * Q.dtype.type(scale), np.swapaxes(K, -1, -2))


def softmax(z: Num[Array, "*shape"], axis: int = -1) -> Float[Array, "*shape"]:
    """Positive shares that sum to 1 along `axis`: exp(z) / Σ exp(z).

    The largest value is subtracted first, which changes nothing in the result (softmax sees differences only) and
    keeps exp from overflowing. Where every value along the axis is -inf, nobody may be looked at: the shares are all 0,
    not NaN.
    """
    (z,) = _floats(z)
    peak = z.max(axis=axis, keepdims=True, initial=-np.inf)
    peak[np.isneginf(peak)] = 0
    shares = z - peak
    np.exp(shares, out=shares)
    total = shares.sum(axis=axis, keepdims=True)
    total[total == 0] = 1
    shares /= total
    return shares


def blend(weights: Num[Array, "*b T S"], V: Num[Array, "*b S d_v"]) -> Num[Array, "*b T d_v"]:
    """Each row of the result is a weighted mix of the value rows: weights V."""
    require_equal_axes("weights", weights, -1, "V", V, -2, "there must be one weight for every value row")
    return np.matmul(weights, V)


def attention(
    Q: Num[Array, "*b T d_head"], K: Num[Array, "*b S d_head"], V: Num[Array, "*b S d_v"]
) -> tuple[Float[Array, "*b T d_v"], Float[Array, "*b T S"]]:
    """softmax(Q Kᵀ / √d_head) V, and the weights (Vaswani et al. 2017, eq. 1)."""
    weights = softmax(scores(Q, K))
    return blend(weights, V), weights


def rotate(
    H: Num[Array, "*b T d_head"], places: Num[Array, " T"], speeds: Num[Array, " pairs"]
) -> Float[Array, "*b T d_head"]:
    """Row t of H turned by places[t] · speeds radians; columns i and i + d_head/2 are a plane (Su et al. 2021, 3.4)."""
    require_planes(H, places, speeds)
    x, y = np.split(_floats(H)[0], 2, axis=-1)
    angles = np.multiply.outer(places, speeds)
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    return np.concatenate([x * cos - y * sin, x * sin + y * cos], axis=-1)


# -- who may look where -------------------------------------------------------------------------------------------


def causal_mask(n_queries: int, n_keys: int | None = None) -> Bool[Array, "T S"]:
    """True where a token may look: at itself and at what came before.

    With more keys than queries (a cache), the queries are the last `n_queries` of the `n_keys` tokens.
    """
    n_keys = n_queries if n_keys is None else n_keys
    if n_keys < n_queries:
        raise ShapeError(f"n_keys is {n_keys} but n_queries is {n_queries}: each query needs at least its own key")
    return np.arange(n_keys) <= np.arange(n_keys - n_queries, n_keys)[:, None]


def masked_attention(
    Q: Num[Array, "*b T d_head"],
    K: Num[Array, "*b S d_head"],
    V: Num[Array, "*b S d_v"],
    mask: Bool[Array, "*m T S"] | None,
) -> tuple[Float[Array, "*b T d_v"], Float[Array, "*b T S"]]:
    """Attention where `mask` is True (Vaswani et al. 2017, 3.2.3). A row with nothing to look at gives zeros, not NaN.

    Forbidden scores become -inf before the softmax, so that the allowed ones share the whole of 1.
    """
    grid = scores(Q, K)
    if mask is not None:
        grid[~_allowed(mask, grid.shape)] = -np.inf
    weights = softmax(grid)
    return blend(weights, V), weights


# -- several heads ------------------------------------------------------------------------------------------------


def split_heads(X: Num[Array, "*b T d_model"], n_heads: int) -> Num[Array, "*b {n_heads} T d_head"]:
    """[..., T, n_heads·d_head] -> [..., n_heads, T, d_head]: head h is the h-th block of neighbouring columns."""
    width = X.shape[-1]
    if n_heads < 1 or width % n_heads:
        raise ShapeError(
            f"n_heads is {n_heads} and X is {shape_of(X)}: the width {width} does not divide into {n_heads} heads "
            "of equal width"
        )
    by_token = X.reshape(*X.shape[:-1], n_heads, width // n_heads)
    return np.swapaxes(by_token, -2, -3)


def merge_heads(H: Num[Array, "*b n_heads T d_head"]) -> Num[Array, "*b T d_model"]:
    """[..., n_heads, T, d_head] -> [..., T, n_heads·d_head]: undoes `split_heads`."""
    if H.ndim < 3:
        raise ShapeError(f"H is {shape_of(H)}: merge_heads needs [..., n_heads, T, d_head], as split_heads returns it")
    by_token = np.swapaxes(H, -2, -3)
    return by_token.reshape(*by_token.shape[:-2], -1)


def multi_head_attention(
    X: Num[Array, "*b T d_model"],
    W_Q: Num[Array, "d_model d_q"],
    W_K: Num[Array, "d_model d_q"],
    W_V: Num[Array, "d_model d_v"],
    W_O: Num[Array, "d_v d_out"],
    n_heads: int,
    mask: Bool[Array, "*m T T"] | None = None,
) -> Float[Array, "*b T d_out"]:
    """Project, split into heads, attend in each, merge, W_O (Vaswani et al. 2017, 3.2.2)."""
    return grouped_query_attention(X, W_Q, W_K, W_V, W_O, n_heads, n_heads, mask)


def repeat_kv(K: Num[Array, "*b n_kv_heads T d_head"], n_rep: int) -> Num[Array, "*b n_heads T d_head"]:
    """Each key (or value) head `n_rep` times in a row: 0 0 1 1, not 0 1 0 1 (Ainslie et al. 2023).

    Query head h then meets key head h // n_rep. `grouped_query_attention` gets the same without the copies.
    """
    if K.ndim < 3:
        raise ShapeError(f"K is {shape_of(K)}: repeat_kv needs [..., n_kv_heads, T, d_head]")
    return np.repeat(K, n_rep, axis=-3)


def grouped_query_attention(
    X: Num[Array, "*b T d_model"],
    W_Q: Num[Array, "d_model d_q"],
    W_K: Num[Array, "d_model d_kv"],
    W_V: Num[Array, "d_model d_vkv"],
    W_O: Num[Array, "d_v d_out"],
    n_heads: int,
    n_kv_heads: int,
    mask: Bool[Array, "*m T T"] | None = None,
) -> Float[Array, "*b T d_out"]:
    """Multi-head attention where groups of query heads share a key/value head (Ainslie et al. 2023).

    `n_kv_heads = n_heads` is multi-head attention, `n_kv_heads = 1` is multi-query attention (Shazeer 2019).
    """
    require_groups(n_heads, n_kv_heads)
    Q, K, V = project_qkv(X, W_Q, W_K, W_V)
    H = attend_in_groups(split_heads(Q, n_heads), split_heads(K, n_kv_heads), split_heads(V, n_kv_heads), mask)
    merged = merge_heads(H)
    why = "W_O needs one row for every column of the merged heads"
    require_equal_axes("the merged heads", merged, -1, "W_O", W_O, 0, why)
    return np.matmul(merged, W_O)


def attend_in_groups(
    Q: Num[Array, "*b n_heads T d_head"],
    K: Num[Array, "*b n_kv_heads S d_head"],
    V: Num[Array, "*b n_kv_heads S d_v"],
    mask: Bool[Array, "*m T S"] | None = None,
) -> Float[Array, "*b n_heads T d_v"]:
    """Attention of every query head with the key/value head its group shares; no repeated copy is ever made.

    The query heads of one group are laid under one another as more rows of the same question to one key head, and only
    so many rows ask at a time that their scores stay close to the processor (and never fill the memory).
    `mask` has no head axis: what a token may see is the same in every head.
    """
    *batch, n_heads, T, d_head = Q.shape
    n_kv_heads, S = K.shape[-3:-1]
    require_groups(n_heads, n_kv_heads)
    for name, part in (("K", K), ("V", V)):
        if part.shape[:-2] != (*batch, n_kv_heads):
            raise ShapeError(
                f"{name} is {shape_of(part)} and Q is {shape_of(Q)}: {name} needs [..., {n_kv_heads}, S, width], with "
                "the batch axes of Q"
            )
    group = n_heads // n_kv_heads
    Q, K, V = _floats(Q, K, V)
    questions = Q.reshape(*batch, n_kv_heads, group, T, d_head)
    answers = np.empty((*questions.shape[:-1], V.shape[-1]), Q.dtype)
    allowed = None if mask is None else _allowed(mask, (*batch, T, S))
    at_a_time = max(1, SCORES_AT_A_TIME // max(1, group * S))
    for head in np.ndindex(*batch, n_kv_heads):
        for first in range(0, T, at_a_time):
            some = slice(first, first + at_a_time)
            grid = scores(questions[head][:, some].reshape(-1, d_head), K[head])
            if allowed is not None:
                grid.reshape(group, -1, S)[:, ~allowed[head[:-1]][some]] = -np.inf
            answers[head][:, some] = blend(softmax(grid), V[head]).reshape(group, -1, V.shape[-1])
    return answers.reshape(*batch, n_heads, T, V.shape[-1])


# -- remembering --------------------------------------------------------------------------------------------------


def kv_cache_bytes(
    n_layers: int, n_kv_heads: int, d_head: int, n_tokens: int, bytes_per_value: int = 2, batch: int = 1
) -> int:
    """Bytes in the cache: one K and one V row per layer, KV head and token (Shazeer 2019; Ainslie et al. 2023)."""
    return 2 * n_layers * n_kv_heads * d_head * n_tokens * bytes_per_value * batch


class KVCache:
    """Keys and values of the tokens so far, one pair per KV head (before any repeating): each token is projected once.

    `K` and `V` are [..., n_kv_heads, T, d_head]. Room is doubled when it runs out, so adding a token does not copy
    what is already there every time.
    """

    def __init__(
        self, n_kv_heads: int, d_head: int, batch: tuple[int, ...] = (), dtype: DTypeLike = np.float64, room: int = 16
    ) -> None:
        self._K = np.empty((*batch, n_kv_heads, room, d_head), dtype)
        self._V = np.empty_like(self._K)
        self._n_tokens = 0

    def __len__(self) -> int:
        return self._n_tokens

    @property
    def K(self) -> Float[Array, "*b n_kv_heads T d_head"]:
        return self._K[..., : self._n_tokens, :]

    @property
    def V(self) -> Float[Array, "*b n_kv_heads T d_head"]:
        return self._V[..., : self._n_tokens, :]

    def append(self, K: Num[Array, "*b n_kv_heads n d_head"], V: Num[Array, "*b n_kv_heads n d_head"]) -> None:
        """Add the keys and values of `n` new tokens."""
        for name, new in (("K", K), ("V", V)):
            fits = self._K.shape[:-2] == new.shape[:-2] and self._K.shape[-1] == new.shape[-1]
            if not fits or K.shape != V.shape:
                raise ShapeError(
                    f"{name} is {shape_of(new)} but the cache holds {shape_of(self.K)}: everything but the token axis "
                    "must agree (another n_kv_heads, d_head or batch?)"
                )
        end = self._n_tokens + K.shape[-2]
        if end > self._K.shape[-2]:
            self._K, self._V = (_with_room(old, self._n_tokens, 2 * end) for old in (self._K, self._V))
        self._K[..., self._n_tokens : end, :] = K
        self._V[..., self._n_tokens : end, :] = V
        self._n_tokens = end

    def step(
        self,
        x: Num[Array, "*b d_model"],
        W_Q: Num[Array, "d_model d_q"],
        W_K: Num[Array, "d_model d_kv"],
        W_V: Num[Array, "d_model d_kv"],
        W_O: Num[Array, "d_q d_out"],
        n_heads: int,
    ) -> Float[Array, "*b d_out"]:
        """One decoding step: remember the new token's key and value, then let its query look at everything so far.

        Equals the last row of causal `grouped_query_attention` over all tokens; the work is linear in their number.
        """
        n_kv_heads = self._K.shape[-3]
        require_groups(n_heads, n_kv_heads)
        Q, K, V = project_qkv(x[..., None, :], W_Q, W_K, W_V)
        self.append(split_heads(K, n_kv_heads), split_heads(V, n_kv_heads))
        H = attend_in_groups(split_heads(Q, n_heads), self.K, self.V)
        return np.matmul(merge_heads(H), W_O)[..., 0, :]


def decode_step(
    x: Num[Array, "*b d_model"],
    cache: tuple[Num[Array, "*b T d_head"], Num[Array, "*b T d_v"]],
    W_Q: Num[Array, "d_model d_head"],
    W_K: Num[Array, "d_model d_head"],
    W_V: Num[Array, "d_model d_v"],
) -> tuple[Float[Array, "*b d_v"], tuple[Num[Array, "*b n d_head"], Num[Array, "*b n d_v"]]]:
    """One decoding step of a single head, the cache a plain pair (K, V); returns the output and the longer pair."""
    q, k, v = project_qkv(x[..., None, :], W_Q, W_K, W_V)
    K = np.concatenate([cache[0], k], axis=-2)
    V = np.concatenate([cache[1], v], axis=-2)
    out, _ = attention(q, K, V)
    return out[..., 0, :], (K, V)


# -- what the matrices mean ---------------------------------------------------------------------------------------


def qk_circuit(W_Q: Num[Array, "d_model d_head"], W_K: Num[Array, "d_model d_head"]) -> Num[Array, "d_model d_model"]:
    """W_Q W_Kᵀ: wanted (rows) against offered (columns); all that scores ever see (Elhage et al. 2021)."""
    require_equal_axes("W_Q", W_Q, -1, "W_K", W_K, -1, "queries and keys must have the same width")
    return np.matmul(W_Q, np.swapaxes(W_K, -1, -2))


def same_scores(
    W_Q: Num[Array, "d_model d_head"], W_K: Num[Array, "d_model d_head"], A: Num[Array, "d_head d_head"]
) -> tuple[Float[Array, "d_model d_head"], Float[Array, "d_model d_head"]]:
    """(W_Q A, W_K A⁻ᵀ): other queries and keys, the same scores, for any invertible A (Elhage et al. 2021)."""
    return np.matmul(W_Q, A), np.matmul(W_K, np.linalg.inv(A).T)


def smallest_matrix(x: Num[Array, " d_in"], q: Num[Array, " d_out"]) -> Float[Array, "d_in d_out"]:
    """The matrix of least Frobenius norm with x W = q: xᵀ q / (x·x), the pseudo-inverse solution."""
    if not np.any(x):
        raise ShapeError("x is all zeros: no matrix maps it anywhere but to zero")
    return np.outer(x, q) / np.dot(x, x)


def soft_lookup(
    query: Num[Array, " d"], keys: Num[Array, "S d"], values: Num[Array, "S d_v"], temperature: float
) -> Float[Array, " d_v"]:
    """A dictionary that answers with a blend: softmax(keys·query / temperature) values; exact as it cools to 0."""
    if temperature <= 0:
        raise ValueError(f"temperature is {temperature}: it must be above 0 (a smaller one looks up more sharply)")
    return np.matmul(softmax(np.matmul(keys, query) / temperature), values)


def parameter_count(d_model: int, n_heads: int, n_kv_heads: int) -> int:
    """Weights of W_Q, W_K, W_V and W_O together, no biases; W_K and W_V shrink with `n_kv_heads`, the others do not."""
    require_groups(n_heads, n_kv_heads)
    if d_model % n_heads:
        raise ShapeError(f"d_model is {d_model}: it does not divide into {n_heads} heads of equal width")
    d_kv = d_model // n_heads * n_kv_heads
    return 2 * d_model * d_model + 2 * d_model * d_kv


# -- helpers ------------------------------------------------------------------------------------------------------


def _floats(*arrays: Array) -> tuple[Array, ...]:
    """The arrays as floating point of one dtype; float32 stays float32, integers become float64."""
    dtype = np.result_type(*arrays)
    if not np.issubdtype(dtype, np.inexact):
        dtype = np.dtype(np.float64)
    return tuple(np.asarray(a, dtype) for a in arrays)


def _allowed(mask: Array, shape: tuple[int, ...]) -> Array:
    """`mask` for every one of the scores [..., T, S]: True where a token may look."""
    if mask.dtype != bool:
        raise TypeError(f"mask has dtype {mask.dtype}: give booleans, True where a token may look")
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ShapeError(
            f"mask is {shape_of(mask)} but the scores are {list(shape)}: the mask needs one entry per query (rows) "
            "and key (columns)"
        ) from None


def _with_room(old: Array, n_kept: int, room: int) -> Array:
    new = np.empty((*old.shape[:-2], room, old.shape[-1]), old.dtype)
    new[..., :n_kept, :] = old[..., :n_kept, :]
    return new

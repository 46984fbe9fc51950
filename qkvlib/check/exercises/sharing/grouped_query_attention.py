"""Query heads that share keys and values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import ONE_AXIS, case, cases, leaves_someone, small_whole
from qkvlib.check.misconceptions import heads
from qkvlib.check.misconceptions.everywhere import WHOLE_NUMBERS, everywhere
from qkvlib.check.misconceptions.masks import mask_as_index, mask_mistakes
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.misconceptions.projection import projection_switches
from qkvlib.check.misconceptions.scores import scale_mistakes, scale_slips
from qkvlib.check.misconceptions.sharing import FEW_HEADS, share, sharing_switches
from qkvlib.check.misconceptions.softmax import softmax_slips
from qkvlib.check.spec import Exercise, mistake


def _arguments(draw, T, d_model, n_heads, n_kv_heads, d_head, d_out, batch=(), masked=False):
    q, kv = n_heads * d_head, n_kv_heads * d_head
    weights = (draw.weight(*shape) for shape in ((d_model, q), (d_model, kv), (d_model, kv), (q, d_out)))
    mask = [draw.mask(T, T)] if masked else []
    return draw(*batch, T, d_model), *weights, n_heads, n_kv_heads, *mask


def _small(rng: np.random.Generator) -> Iterator[tuple]:
    for n_heads, n_kv, d, T in FEW_HEADS:
        D = n_heads * d
        for batch_of in ((), (2,)):
            X, wide = small_whole(rng, *batch_of, T, D), (D, n_kv * d, n_kv * d, D)
            arguments = (X, *(small_whole(rng, D, w) for w in wide), n_heads, n_kv)
            yield arguments
            if T > 1:
                yield *arguments, np.tri(T, dtype=bool)


_WITHOUT = {"queries-from-key-matrix", "queries-and-keys-swapped", "nothing-projected", "one-head"}

_NAMED = {m.slug for m in heads.attending_switches()} | {WHOLE_NUMBERS}

EXERCISE = Exercise(
    name="grouped_query_attention",
    reference=attention.grouped_query_attention,
    model=heads.layer,
    inputs=cases(
        _arguments,
        case("one sequence", T=5, d_model=12, n_heads=6, n_kv_heads=2, d_head=2, d_out=12),
        case("one sequence with a mask", T=5, d_model=12, n_heads=4, n_kv_heads=2, d_head=3, d_out=12, masked=True),
        case("heads wider together than the model", T=4, d_model=5, n_heads=4, n_kv_heads=2, d_head=3, d_out=7),
        case("a batch of sequences", T=7, d_model=18, n_heads=6, n_kv_heads=3, d_head=3, d_out=18, batch=ONE_AXIS),
        case(
            "one K/V head for each query head",
            T=5,
            d_model=6,
            n_heads=3,
            n_kv_heads=3,
            d_head=2,
            d_out=6,
            masked=True,
        ),
    ),
    small=_small,
    promised=lambda X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None: leaves_someone(mask),
    axes=("token", "column of W_O"),
    mistakes=(
        *sharing_switches(),
        mistake(
            "not-repeated",
            "Your query heads and the heads of the keys differ in number, and nothing brings them together.",
            "Each group of query heads shares one K/V head: repeat K and V before comparing.",
            lambda X, Q, K, V, out, n, kv, mask=None: _plain_heads(X, Q, K, V, out, n, kv, mask),
            lambda X, Q, K, V, out, n, kv, mask=None: _one_by_one(X, Q, K, V, out, n, kv, mask, lambda h: h),
        ),
        mistake(
            "groups-miscounted",
            "The number of a query head is divided by the number of K/V heads, where the size of a group belongs.",
            "How many neighbours share a head: n_heads // n_kv_heads, or n_kv_heads?",
            lambda X, Q, K, V, out, n, kv, mask=None: _one_by_one(X, Q, K, V, out, n, kv, mask, lambda h: h // kv),
        ),
        mistake(
            "queries-averaged",
            "The query heads of a group were averaged into one.",
            "Sharing keys and values leaves every query head its own question.",
            lambda X, Q, K, V, out, n, kv, mask=None: _averaged(X, Q, K, V, out, n, kv, mask),
        ),
        heads.split_first(lambda X, Q, K, V, out, n, kv, mask=None: heads.split(X, n) @ Q),
        heads.one_head_meets_all(lambda X, Q, K, V, out, n, kv, mask=None: _heads(X, Q, K, V, n, kv, mask) @ out),
        heads.width_from_d_model(
            lambda X, Q, K, *a: (heads.cut_by_d_model(X, Q, a[2], a[2]), heads.layer(X, Q, K, *a))[1],
            lambda X, Q, K, *a: (heads.cut_by_d_model(X, K, a[3], a[2]), heads.layer(X, Q, K, *a))[1],
        ),
        heads.fixed_number(
            lambda X, Q, K, V, out, n, kv, mask=None: heads.layer(X, Q, K, V, out, 2, kv, mask),
            lambda X, Q, K, V, out, n, kv, mask=None: heads.layer(X, Q, K, V, out, 4, kv, mask),
        ),
        *heads.in_some_way(heads.layer),
        mistake(
            "values-not-repeated",
            "The keys are repeated, but the values are not: the weights have more heads than V.",
            "A key and its value belong together: share both out in the same way.",
            lambda *a: heads.layer(*a, share_v="none"),
        ),
        mistake(
            "tokens-repeated",
            "The tokens were repeated, where it is the heads that are too few.",
            "The head axis stands before the tokens: which number has it, counted from the end?",
            lambda *a: heads.layer(*a, share_k="tokens", share_v="tokens"),
        ),
        mistake(
            "ratio-upside-down",
            "You repeat n_kv_heads // n_heads times, which is 0 as soon as heads are shared.",
            "How many query heads share one K/V head?",
            lambda X, Q, K, V, out, n, kv, mask=None: _repeated(X, Q, K, V, out, n, kv, mask, kv // n),
        ),
        mistake(
            "repeated-kv-times",
            "Each K/V head was repeated as often as there are K/V heads.",
            "How many query heads share one?",
            lambda X, Q, K, V, out, n, kv, mask=None: _repeated(X, Q, K, V, out, n, kv, mask, kv),
        ),
        mistake(
            "repeated-heads-times",
            "Each K/V head was repeated as often as there are query heads.",
            "How many query heads share one?",
            lambda X, Q, K, V, out, n, kv, mask=None: _repeated(X, Q, K, V, out, n, kv, mask, n),
        ),
        mistake(
            "kv-split-into-query-heads",
            "K and V were split into as many heads as Q, so their heads are too narrow.",
            "They have n_kv_heads heads, each as wide as a query head.",
            lambda X, Q, K, V, out, n, kv, mask=None: _split_all(X, Q, K, V, out, n, n, mask),
        ),
        mistake(
            "queries-split-into-kv-heads",
            "Q was split into n_kv_heads heads, so its heads are too wide.",
            "Q has n_heads heads.",
            lambda X, Q, K, V, out, n, kv, mask=None: _split_all(X, Q, K, V, out, kv, kv, mask),
        ),
        mistake(
            "queries-dropped",
            "Only n_kv_heads of your query heads are used.",
            "Sharing keys and values leaves every query head in place.",
            lambda X, Q, K, V, out, n, kv, mask=None: _first_queries(X, Q, K, V, out, n, kv, mask),
        ),
        mistake(
            "columns-repeated-before-split",
            "The columns of K and V were repeated one by one before the split, so heads mix features.",
            "Split into heads first, then repeat whole heads.",
            lambda X, Q, K, V, out, n, kv, mask=None: _columns(X, Q, K, V, out, n, kv, mask, np.repeat),
        ),
        *(m for m in projection_switches() if m.slug not in _WITHOUT),
        *heads.head_switches(),
        *heads.attending_switches(),
        *mask_mistakes(),
        mistake(
            "always-causal",
            "Your function masks the future even when no mask is given.",
            "When mask is None, every token may look everywhere.",
            lambda X, Q, K, V, out, n, kv, mask=None: heads.layer(
                X, Q, K, V, out, n, kv, np.tri(X.shape[-2], dtype=bool)
            ),
        ),
        mistake(
            "mask-required",
            "Your function cannot do without a mask.",
            "When mask is None, every token may look everywhere.",
            lambda X, Q, K, V, out, n, kv, mask=None: heads.layer(X, Q, K, V, out, n, kv, _there(mask)),
        ),
        *scale_mistakes("The scores in your heads", model=True),
        *scale_slips(heads.layer, "The scores in your heads"),
        *softmax_slips(heads.layer),
        *everywhere(heads.layer, "The scores in your heads", but=_NAMED, masked=True),
        mask_as_index(heads.layer),
        heads.always_a_batch(heads.layer),
        mistake(
            "scale-by-groups",
            "Your scale follows n_kv_heads.",
            "Sharing changes nothing about the width of a head.",
            lambda X, Q, K, V, out, n, kv, mask=None: heads.layer(X, Q * np.sqrt(kv / n), K, V, out, n, kv, mask),
            lambda X, Q, K, V, out, n, kv, mask=None: heads.layer(X, Q * np.sqrt(n / kv), K, V, out, n, kv, mask),
        ),
        mistake(
            "heads-unmerged",
            "Your heads come back as an axis of their own.",
            "Merge them, then multiply by W_O.",
            lambda X, Q, K, V, out, n, kv, mask=None: _heads(X, Q, K, V, n, kv, mask),
        ),
        mistake(
            "residual-added",
            "X has been added to the output.",
            "The residual connection comes later, outside attention.",
            lambda X, Q, K, V, out, n, kv, mask=None: heads.layer(X, Q, K, V, out, n, kv, mask) + X,
        ),
    ),
    hints=(
        "It is multi-head attention with one more step. Where do K and V have too few heads?",
        "Split Q into n_heads heads, K and V into n_kv_heads; all heads are equally wide.",
        "Repeat K and V n_heads // n_kv_heads times, and go on as before. Attention returns two things: out, weights.",
    ),
    praise="Right: many questions, fewer keys and values, shared by neighbours.",
)


def _there(mask: Any) -> np.ndarray:
    return ~(~mask)


def _heads(
    X: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray, W_V: np.ndarray, n: int, kv: int, mask: np.ndarray | None
) -> np.ndarray:
    K, V = (share(heads.split(X @ W, kv), n // kv) for W in (W_K, W_V))
    return head(heads.split(X @ W_Q, n), K, V, mask)[0]


def _plain_heads(
    X: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    kv: int,
    mask: np.ndarray | None,
) -> np.ndarray:
    Q, K, V = heads.split(X @ W_Q, n), heads.split(X @ W_K, kv), heads.split(X @ W_V, kv)
    return heads.merge(head(Q, K, V, mask)[0]) @ W_O


def _one_by_one(
    X: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    kv: int,
    mask: np.ndarray | None,
    read: Any,
) -> np.ndarray:
    Q, K, V = heads.split(X @ W_Q, n), heads.split(X @ W_K, kv), heads.split(X @ W_V, kv)
    one = [head(Q[..., h, :, :], K[..., read(h), :, :], V[..., read(h), :, :], mask)[0] for h in range(n)]
    return np.concatenate(one, axis=-1) @ W_O


def _averaged(
    X: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    kv: int,
    mask: np.ndarray | None,
) -> np.ndarray:
    Q = heads.split(X @ W_Q, n)
    Q = Q.reshape(*Q.shape[:-3], kv, n // kv, *Q.shape[-2:]).mean(-3)
    H = head(Q, heads.split(X @ W_K, kv), heads.split(X @ W_V, kv), mask)[0]
    return heads.merge(share(H, n // kv)) @ W_O


def _repeated(
    X: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    kv: int,
    mask: np.ndarray | None,
    times: int,
) -> np.ndarray:
    K, V = (np.repeat(heads.split(X @ W, kv), times, axis=-3) for W in (W_K, W_V))
    return heads.merge(head(heads.split(X @ W_Q, n), K, V, mask)[0]) @ W_O


def _split_all(
    X: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    kv: int,
    mask: np.ndarray | None,
) -> np.ndarray:
    Q, K, V = heads.split(X @ W_Q, n), heads.split(X @ W_K, kv), heads.split(X @ W_V, kv)
    return heads.merge(head(Q, K, V, mask)[0]) @ W_O


def _first_queries(
    X: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    kv: int,
    mask: np.ndarray | None,
) -> np.ndarray:
    Q = heads.split(X @ W_Q, n)[..., :kv, :, :]
    return heads.merge(head(Q, heads.split(X @ W_K, kv), heads.split(X @ W_V, kv), mask)[0]) @ W_O


def _columns(
    X: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    kv: int,
    mask: np.ndarray | None,
    repeat: Callable,
) -> np.ndarray:
    K, V = (heads.split(repeat(X @ W, n // kv, axis=-1), n) for W in (W_K, W_V))
    return heads.merge(head(heads.split(X @ W_Q, n), K, V, mask)[0]) @ W_O

"""Several heads, from X to the output."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import ONE_AXIS, case, cases, leaves_someone
from qkvlib.check.misconceptions import heads
from qkvlib.check.misconceptions.everywhere import WHOLE_NUMBERS, everywhere
from qkvlib.check.misconceptions.masks import mask_as_index, mask_mistakes
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.misconceptions.projection import projection_switches
from qkvlib.check.misconceptions.scores import scale_mistakes, scale_slips
from qkvlib.check.misconceptions.softmax import softmax_slips
from qkvlib.check.spec import Exercise, mistake


def _arguments(draw, T, d_model, n_heads, d_head, d_out, batch=(), masked=False):
    wide = n_heads * d_head
    weights = (draw.weight(*shape) for shape in [(d_model, wide)] * 3 + [(wide, d_out)])
    return draw(*batch, T, d_model), *weights, n_heads, *([draw.mask(T, T)] if masked else [])


def _mha(
    X: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n_heads: int,
    mask: np.ndarray | None = None,
    **switches: Any,
) -> np.ndarray:
    return heads.layer(X, W_Q, W_K, W_V, W_O, n_heads, n_heads, mask, **switches)


def split_before(
    X: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    n: int,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Every head gets a slice of the embedding and only the matching block of each matrix."""
    d = X.shape[-1] // n
    blocks = [slice(h * d, (h + 1) * d) for h in range(n)]
    Q, K, V = (np.stack([X[..., b] @ W[b, b] for b in blocks], axis=-3) for W in (W_Q, W_K, W_V))
    return heads.merge(head(Q, K, V, mask)[0]) @ W_O


_NAMED = {m.slug for m in heads.attending_switches()} | {WHOLE_NUMBERS}

EXERCISE = Exercise(
    name="multi_head_attention",
    reference=attention.multi_head_attention,
    model=_mha,
    inputs=cases(
        _arguments,
        case("one sequence", T=5, d_model=6, n_heads=2, d_head=3, d_out=6),
        case("one sequence with a mask", T=5, d_model=6, n_heads=3, d_head=2, d_out=6, masked=True),
        case("heads that are wider together than the model", T=4, d_model=3, n_heads=2, d_head=5, d_out=7),
        case("a batch of sequences", T=7, d_model=15, n_heads=3, d_head=5, d_out=15, batch=ONE_AXIS),
        case("a batch with a mask", T=5, d_model=10, n_heads=2, d_head=5, d_out=10, batch=ONE_AXIS, masked=True),
    ),
    promised=lambda X, W_Q, W_K, W_V, W_O, n_heads, mask=None: leaves_someone(mask),
    axes=("token", "column of W_O"),
    mistakes=(
        *projection_switches(),
        *heads.head_switches(),
        mistake(
            "split-before-projecting",
            "Each of your heads sees only its own slice of the embedding: the split came before the projection.",
            "Project with the full matrix first, then split.",
            split_before,
        ),
        heads.width_from_d_model(
            lambda X, Q, K, V, out, n, mask=None: _narrow(X, Q, K, V, n, mask) @ out,
            lambda X, Q, K, V, out, n, mask=None: _narrow(X, Q, K, V, n, mask) @ out[: X.shape[-1] // n * n],
            lambda X, Q, K, V, out, n, mask=None: (heads.cut_by_d_model(X, Q, n, n), _mha(X, Q, K, V, out, n, mask))[1],
        ),
        heads.split_first(lambda X, Q, K, V, out, n, mask=None: heads.split(X, n) @ Q),
        heads.one_head_meets_all(lambda X, Q, K, V, out, n, mask=None: _heads(X, Q, K, V, n, mask) @ out),
        heads.fixed_number(
            *(lambda X, Q, K, V, out, n, mask=None, m=m: _mha(X, Q, K, V, out, m, mask) for m in (2, 4, 8))
        ),
        *heads.in_some_way(_mha),
        mistake(
            "blocks-overlap",
            "Your head h starts at column h, so the heads overlap.",
            "Head h starts where head h - 1 stops.",
            lambda X, Q, K, V, out, n, mask=None: _overlapping(X, Q, K, V, n, mask) @ out,
        ),
        mistake(
            "n-heads-wide",
            "Your heads are n_heads wide, and there are too many, or too few, of them.",
            "The number of heads is given; their width is what is left over.",
            lambda X, Q, K, V, out, n, mask=None: _mha(X, Q, K, V, out, X.shape[-1] // n, mask),
        ),
        mistake(
            "weights-only",
            "What comes back are the weights of your heads.",
            "Blend the values with them, merge, and apply W_O.",
            lambda X, Q, K, V, out, n, mask=None: _weights(X, Q, K, n, mask),
        ),
        mistake(
            "mask-required",
            "Your function cannot do without a mask.",
            "When mask is None, every token may look everywhere.",
            lambda X, Q, K, V, out, n, mask=None: _mha(X, Q, K, V, out, n, mask) if mask is not None else _needs(mask),
        ),
        *mask_mistakes(),
        mistake(
            "always-causal",
            "Your function masks the future even when no mask is given.",
            "When mask is None, every token may look everywhere.",
            lambda X, Q, K, V, out, n, mask=None: _mha(X, Q, K, V, out, n, np.tri(X.shape[-2], dtype=bool)),
        ),
        *scale_mistakes("The scores in your heads", model=True),
        *heads.attending_switches(),
        *scale_slips(_mha, "The scores in your heads"),
        *softmax_slips(_mha),
        *everywhere(_mha, "The scores in your heads", but=_NAMED, masked=True),
        mask_as_index(_mha),
        heads.always_a_batch(_mha),
        mistake(
            "output-matrix-too-early",
            "W_O meets the values before any token has looked at another.",
            "It mixes what the heads found: it comes last.",
            lambda X, Q, K, V, out, n, mask=None: _mha(X, Q, K, V @ out, out, n, mask, output="none"),
        ),
        mistake(
            "causal-by-default",
            "Without a mask your tokens cannot look ahead: a causal mask has taken its place.",
            "mask=None means that everybody may look everywhere.",
            lambda X, W_Q, W_K, W_V, W_O, n_heads, mask=None: attention.multi_head_attention(
                X, W_Q, W_K, W_V, W_O, n_heads, np.tri(X.shape[-2], dtype=bool) if mask is None else mask
            ),
        ),
        mistake(
            "residual-added",
            "X has been added to the output.",
            "The residual connection comes later, outside attention.",
            lambda X, Q, K, V, out, n, mask=None: _mha(X, Q, K, V, out, n, mask) + X,
        ),
        mistake(
            "heads-unmerged",
            "Your heads come back side by side as an axis of their own.",
            "Merge them, then multiply by W_O.",
            lambda X, Q, K, V, out, n, mask=None: _heads(X, Q, K, V, n, mask),
        ),
    ),
    hints=(
        "Five steps: project, split, attend in every head, merge, W_O. Which of them have you written already?",
        "attention works on the last two axes, so after split_heads it runs in all heads. It returns two things.",
        "With a mask call masked_attention, without one attention; keep the first of its two results. W_O comes last.",
    ),
    praise="Right: project, split, attend, merge, mix.",
)


def _needs(mask: Any) -> np.ndarray:
    return ~mask


def _heads(
    X: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray, W_V: np.ndarray, n: int, mask: np.ndarray | None = None
) -> np.ndarray:
    Q, K, V = (heads.split(X @ W, n) for W in (W_Q, W_K, W_V))
    return head(Q, K, V, mask)[0]


def _narrow(
    X: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray, W_V: np.ndarray, n: int, mask: np.ndarray | None = None
) -> np.ndarray:
    Q, K, V = (heads.narrow(X, W, n) for W in (W_Q, W_K, W_V))
    return heads.merge(head(Q, K, V, mask)[0])


def _weights(X: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray, n: int, mask: np.ndarray | None) -> np.ndarray:
    Q, K = (heads.split(X @ W, n) for W in (W_Q, W_K))
    return head(Q, K, K, mask)[1]


def _overlapping(
    X: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray, W_V: np.ndarray, n: int, mask: np.ndarray | None = None
) -> np.ndarray:
    d = X.shape[-1] // n
    Q, K, V = (X @ W for W in (W_Q, W_K, W_V))
    blocks = [slice(h, h + d) for h in range(n)]
    return np.concatenate([head(Q[..., b], K[..., b], V[..., b], mask)[0] for b in blocks], axis=-1)

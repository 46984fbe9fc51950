"""One step of decoding from a cache of latent rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib import attention
from qkvlib.check.inputs import case, cases
from qkvlib.check.misconceptions.cache import grow_cache, seen_cache
from qkvlib.check.misconceptions.everywhere import everywhere
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.misconceptions.one_query import one_query_mistakes
from qkvlib.check.misconceptions.scores import scale_mistakes, scale_slips
from qkvlib.check.spec import Exercise, mistake, switch, without


def _reference(x, C, W_Q, W_down, W_UK, W_UV):
    grown = np.concatenate([C, x[..., None, :] @ W_down], axis=-2)
    out, _ = attention.attention(x[..., None, :] @ W_Q, grown @ W_UK, grown @ W_UV)
    return out[..., 0, :], grown


def _decode(
    x: np.ndarray,
    C: np.ndarray,
    W_Q: np.ndarray,
    W_down: np.ndarray,
    W_UK: np.ndarray,
    W_UV: np.ndarray,
    *,
    grow: str = "end",
    see: str = "all",
    keep: str = "new",
    **switches: Any,
) -> tuple:
    """The step with switches: how the cache grows, what the new token sees, what is handed back."""
    row = x[..., None, :]
    new = (row @ W_down,)
    grown = grow_cache((C,), new, grow)
    seen = seen_cache((C,), new, grown, see)[0]
    out = head(row @ W_Q, seen @ W_UK, seen @ W_UV, **switches)[0][..., 0, :]
    return out, {"new": grown[0], "old": C, "row": new[0]}[keep]


def _from(args, carried, late):
    """The step with a query carried over by `carried` [d_head, r] and the blend of rows put through `late`."""
    x, C, W_Q, W_down, *_ = args
    row = x[..., None, :]
    grown = np.concatenate([C, row @ W_down], axis=-2)
    ask = row @ W_Q @ carried
    weights = attention.softmax(attention.scores(ask, grown, scale=W_Q.shape[-1] ** -0.5))
    return (weights @ grown @ late)[..., 0, :], grown


def _arguments(draw, d_model, d_head, d_v, rank, kept, batch=()):
    shapes = ((d_model, d_head), (d_model, rank), (rank, d_head), (rank, d_v))
    return draw(*batch, d_model), draw(*batch, kept, rank), *(draw.weight(*shape) for shape in shapes)


EXERCISE = Exercise(
    name="decode_from_latent",
    parameters=("x", "C", "W_Q", "W_down", "W_UK", "W_UV"),
    parts=("out", "the longer C"),
    reference=_reference,
    model=_decode,
    inputs=cases(
        _arguments,
        case("a short cache", d_model=7, d_head=5, d_v=2, rank=3, kept=4),
        case("all widths alike", d_model=5, d_head=5, d_v=5, rank=5, kept=3),
        case("the very first token", d_model=5, d_head=2, d_v=3, rank=3, kept=0),
        case("a latent row wider than a head", d_model=11, d_head=2, d_v=3, rank=7, kept=5),
    ),
    mistakes=(
        mistake(
            "scale-by-latent-width",
            "The scores of the new token are divided by the root of the latent width.",
            "A score is the same q·k as before, only computed in another order: whose width is that?",
            lambda x, C, Q, D, K, V: _decode(x, C, Q * np.sqrt(Q.shape[1] / D.shape[1]), D, K, V),
        ),
        mistake(
            "scale-by-model-width",
            "The scores of the new token are divided by the root of the model's width.",
            "A score is the same q·k as before: whose width is that?",
            lambda x, C, Q, D, K, V: _decode(x, C, Q * np.sqrt(Q.shape[1] / D.shape[0]), D, K, V),
        ),
        mistake(
            "query-not-carried",
            "The query is compared with the latent rows as it is.",
            "A row of C is no key: a key would be c W_UK. Where can W_UK go instead?",
            lambda *a: _from(a, np.eye(len(a[4])), a[5]),
            lambda *a: _from(a, np.eye(a[2].shape[1]), a[5]),
        ),
        mistake(
            "carried-without-turning",
            "The query is multiplied by W_UK where W_UKᵀ belongs.",
            "q·(c W_UK): the width of q is summed over. Which axis of W_UK has it?",
            lambda *a: _from(a, a[4], a[5]),
        ),
        mistake(
            "carried-by-the-wrong-matrix",
            "The query is carried over with W_UV.",
            "Scores compare queries with keys: which of the two makes keys?",
            lambda *a: _from(a, a[5].T, a[5]),
        ),
        mistake(
            "up-matrices-swapped",
            "W_UK and W_UV have changed places.",
            "K is for being found, V is for what is handed over.",
            lambda x, C, Q, D, K, V: _from((x, C, Q, D, K, V), V.T, K),
        ),
        mistake(
            "carried-twice",
            "The query is carried over, and then compared with keys all the same: W_UK is in there twice.",
            "Either keys are made of c, or the query is carried over to c.",
            lambda x, C, Q, D, K, V: _twice(x, C, Q, D, K, V),
        ),
        mistake(
            "blend-not-made-values",
            "What comes back is the blend of latent rows.",
            "One matrix makes values of it, and it is applied once, at the end.",
            lambda *a: _from(a, a[4].T, np.eye(a[3].shape[1])),
        ),
        mistake(
            "blend-through-key-matrix",
            "The blend of latent rows was put through W_UK.",
            "What is handed over is a value: which matrix makes values?",
            lambda *a: _from(a, a[4].T, a[4]),
        ),
        mistake(
            "cache-made-narrow-again",
            "What is in the cache was multiplied by W_down once more.",
            "It holds latent rows already: only x is new.",
            lambda x, C, Q, D, K, V: _decode(x, C @ D, Q, D, K, V),
        ),
        mistake(
            "query-from-latent",
            "The query was made of the latent row.",
            "W_Q meets the embedding, as ever; only keys and values come from c.",
            lambda x, C, Q, D, K, V: _from_latent(x, C, Q, D, K, V),
        ),
        switch(
            "sees-only-the-past",
            "The new token does not look at itself: its latent row came too late.",
            "Put its row into the cache first, then attend.",
            versions=(lambda *a: _decode(*a, see="old" if a[1].shape[-2] else "all"),),
            see="old",
        ),
        switch(
            "cache-not-grown",
            "The cache comes back as long as it was.",
            "The next token will need this one's latent row.",
            keep="old",
        ),
        switch(
            "cache-unused", "The new token sees only itself: the cache is never read.", "All rows take part.", see="new"
        ),
        switch(
            "only-the-new-row-kept",
            "The output is right, but what you hand back as cache is the new row alone.",
            "Hand back the whole cache, one row longer.",
            keep="row",
        ),
        switch("cache-replaced", "The cache holds only the new row.", "Add a row to what is there.", grow="replace"),
        switch("added-at-the-front", "The new row stands first in the cache.", "The newest comes last.", grow="front"),
        switch("appended-twice", "The new row stands in the cache twice.", "Look for a second append.", grow="twice"),
        switch(
            "oldest-dropped", "The oldest row was dropped when the new one came.", "Every row is kept.", grow="slide"
        ),
        mistake(
            "row-axis-missing",
            "The new latent row has one axis fewer than the cache, so the two cannot be joined.",
            "Give it a row axis of length 1 first: None in an index, or reshape, makes one.",
            lambda *a: _decode(*a, grow="vector"),
        ),
        mistake(
            "joined-along-another-axis",
            "The new row does not lie along the tokens of the cache.",
            "Tokens are the axis before the last; count from the end.",
            lambda *a: _decode(*a, grow="last-axis"),
            lambda *a: _decode(*a, grow="head-axis"),
        ),
        *scale_mistakes("The scores of the new token"),
        *scale_slips(_decode, "The scores of the new token"),
        *without(one_query_mistakes(_decode), "keys-as-values"),
        *everywhere(_decode, "The scores of the new token", but=("values-as-keys",)),
    ),
    hints=(
        "c = x W_down joins the cache. Then write a score down, q·(c W_UK), and move W_UK to the other side.",
        "carried = q W_UKᵀ meets the rows of C; the weights blend these rows; W_UV is applied to the blend.",
        "The scale is that of q·k, and a vector gets an axis for tokens with x[..., None, :].",
    ),
    praise="Right: the numbers of the full pass. Look once more whether a key was made on the way.",
)


def _twice(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :]
    grown = np.concatenate([C, row @ W_down], axis=-2)
    weights = attention.softmax(attention.scores(row @ W_Q @ W_UK.T, grown @ W_UK, scale=W_Q.shape[-1] ** -0.5))
    return (weights @ grown @ W_UV)[..., 0, :], grown


def _from_latent(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :] @ W_down
    grown = np.concatenate([C, row], axis=-2)
    return attention.attention(row @ W_Q, grown @ W_UK, grown @ W_UV)[0][..., 0, :], grown

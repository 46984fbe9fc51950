"""The clinic: a causal mask from the wrong corner."""

from __future__ import annotations

import numpy as np

from qkvlib.attention import masked_attention
from qkvlib.check.inputs import ONE_AXIS, case, cases
from qkvlib.check.misconceptions.everywhere import everywhere
from qkvlib.check.misconceptions.fixes import still_broken, weights_only
from qkvlib.check.misconceptions.one_head import head
from qkvlib.check.spec import Exercise, mistake


def _under(mask):
    """Attention under mask(T, S); a row with nothing to look at gives zeros."""

    def version(Q, K, V):
        return masked_attention(Q, K, V, mask(Q.shape[-2], K.shape[-2]))[0]

    return version


def _triangle(shift):
    return lambda T, S: np.tril(np.ones((T, S), bool), k=S - T + shift)


def _causal(Q, K, V, **switches):
    return head(Q, K, V, _triangle(0)(Q.shape[-2], K.shape[-2]), **switches)[0]


def _masked_weights(Q, K, V):
    weights = np.where(_triangle(0)(Q.shape[-2], K.shape[-2]), head(Q, K, V)[1], 0.0)
    return weights @ V


def _arguments(draw, T, S, d_head, batch=()):
    return draw(*batch, T, d_head), draw(*batch, S, d_head), draw(*batch, S, d_head)


EXERCISE = Exercise(
    name="fix_mask_top_left",
    parameters=("Q", "K", "V"),
    reference=_under(_triangle(0)),
    inputs=cases(
        _arguments,
        case("two new tokens", T=2, S=5, d_head=3),
        case("one new token", T=1, S=7, d_head=5),
        case("a full pass", T=5, S=5, d_head=3),
        case("a batch of sequences", T=3, S=7, d_head=5, batch=ONE_AXIS),
    ),
    promised=lambda Q, K, V: Q.shape[-2] <= K.shape[-2],
    mistakes=(
        still_broken("fix_mask_top_left", "Which of the S tokens is the first query: the first one?"),
        mistake(
            "no-mask",
            "The mask is gone: with several new tokens, the first of them sees the ones after it.",
            "One new token needs no mask, two do. Move its corner instead.",
            head,
            lambda Q, K, V: head(Q, K, V) if Q.shape[-2] < K.shape[-2] else _under(_triangle(0))(Q, K, V),
        ),
        mistake(
            "blind-to-itself",
            "A token does not see its own key.",
            "The last query may look at the last key, its own.",
            _under(_triangle(-1)),
        ),
        mistake(
            "one-too-far",
            "A token sees one key too many: its successor's.",
            "The last query is the last key; the one before it sees one key fewer.",
            _under(_triangle(1)),
        ),
        mistake(
            "upper-triangle",
            "The triangle is the wrong way up: what is hidden should be seen.",
            "A token looks back.",
            _under(lambda T, S: np.triu(np.ones((T, S), bool), k=S - T)),
        ),
        mistake(
            "shifted-the-other-way",
            "The corner moved to the left, away from the last key.",
            "The last row has to end at the last key.",
            _under(lambda T, S: np.tril(np.ones((T, S), bool), k=T - S)),
        ),
        mistake(
            "only-new-tokens",
            "The new tokens see one another and nothing of the cache.",
            "What came before is what the cache is for.",
            _under(lambda T, S: _triangle(0)(T, S) & (np.arange(S) >= S - T)),
        ),
        mistake(
            "masked-after-softmax",
            "The weights were masked after the softmax, so a row no longer shares out the whole of 1.",
            "Only the corner of the mask was wrong.",
            _masked_weights,
        ),
        weights_only(_causal),
        mistake(
            "no-scale",
            "The scores behind your weights are bare dot products, so they spread wider the longer the vectors are.",
            "Only the corner of the mask was wrong.",
            lambda Q, K, V: _causal(Q, K, V, scale="none"),
        ),
        *everywhere(_causal, but=("weights-go-on",), masked=True),
    ),
    hints=(
        "Write the mask for 2 queries and 5 keys on paper: what may the last token see?",
        "np.tril takes k, the diagonal on which the triangle ends. Where does it end for the last query?",
        "With T queries and S keys there are S - T tokens before the first query.",
    ),
    praise="Fixed: a token asked alone gets what it got in the full pass.",
)

"""Lesson 3: masks, the popular figure, and reading a row of weights."""

from __future__ import annotations

import numpy as np

from qkvlib import attention as math
from qkvlib import examples
from qkvlib.check.plain import AnyOf
from qkvlib.check.spec import Call, Exercise, mistake, switch
from qkvlib.check.specs.common import (
    calls,
    compare_all,
    head,
    in_quotes,
    mask_as_index,
    mask_mistakes,
    measure_mistakes,
    normal,
    random_mask,
    role_mistakes,
    scale_mistakes,
    scale_slips,
    shares_by_hand,
    soft,
    softmax_mistakes,
    softmax_slips,
    value_mistakes,
    weights_left_out,
)

# -- causal_mask --------------------------------------------------------------------------------------------------


causal_mask = Exercise(
    name="causal_mask",
    lesson=3,
    parameters=("n",),
    reference=math.causal_mask,
    inputs=lambda rng: calls(("five tokens", 5), ("seven tokens", 7), ("two tokens", 2)),
    axes=("token that asks", "token that is asked"),
    mistakes=(
        mistake(
            "mask-transposed",
            "In your mask tokens look ahead and never back: the True triangle lies above the diagonal.",
            "Rows ask, columns are asked: which columns may row 0 see?",
            lambda n: np.triu(np.ones((n, n), bool)),
        ),
        mistake(
            "mask-inverted",
            "Your mask is True exactly where a token may not look.",
            "Here True means may look; some libraries use the opposite sense.",
            lambda n: np.triu(np.ones((n, n), bool), 1),
        ),
        mistake(
            "excludes-self",
            "In your mask no token may look at itself, so the first one has nowhere to look.",
            "What about the diagonal?",
            lambda n: np.tril(np.ones((n, n), bool), -1),
        ),
        mistake(
            "one-ahead",
            "Your mask lets each token see one step into the future.",
            "Which comparison is it: smaller than, or smaller than or equal to?",
            lambda n: np.tril(np.ones((n, n), bool), 1),
            lambda n: np.tril(np.ones((n, n), bool), 2),
        ),
        mistake(
            "everything-allowed",
            "In your mask everybody may look everywhere.",
            "Which half of the grid is the future?",
            lambda n: np.ones((n, n), bool),
        ),
        mistake(
            "nothing-allowed",
            "In your mask nobody may look anywhere.",
            "Start from the diagonal: a token may look at itself.",
            lambda n: np.zeros((n, n), bool),
        ),
        mistake(
            "only-self",
            "In your mask each token sees itself alone.",
            "What came before it is allowed as well.",
            lambda n: np.eye(n, dtype=bool),
        ),
        mistake(
            "only-the-token-before",
            "In your mask each token sees only its nearest past.",
            "Causal means everything up to here.",
            lambda n: np.eye(n, k=-1, dtype=bool),
            lambda n: np.eye(n, dtype=bool) | np.eye(n, k=-1, dtype=bool),
        ),
        mistake(
            "all-but-self",
            "In your mask everything is allowed but the token itself.",
            "The dividing line runs along the diagonal: past and present on one side, future on the other.",
            lambda n: ~np.eye(n, dtype=bool),
        ),
        mistake(
            "additive-mask",
            "Your mask holds what should be added to the scores, 0 and a huge negative number.",
            "Here a mask answers one question per entry, may look or may not: True or False.",
            *(
                lambda n, big=big: np.where(np.tri(n, dtype=bool), 0.0, big)
                for big in (-np.inf, -1e9, -1e10, -1e4, -1e30, np.finfo(np.float64).min, np.finfo(np.float32).min)
            ),
            lambda n: np.triu(np.ones((n, n)), 1) * -np.inf,
            lambda n: (1 - np.tri(n)) * -np.inf,
            lambda n: np.tri(n) * -np.inf,
        ),
        mistake(
            "additive-mask-inverted",
            "Your mask holds what should be added to the scores, and it forbids the past.",
            "Here a mask answers may look or may not: True or False, with the past allowed.",
            *(lambda n, big=big: np.where(np.triu(np.ones((n, n), bool), 1), 0.0, big) for big in (-np.inf, -1e9)),
            *(lambda n, big=big: np.where(np.triu(np.ones((n, n), bool)), 0.0, big) for big in (-np.inf, -1e9)),
            *(lambda n, big=big: np.where(np.tri(n, dtype=bool), big, 0.0) for big in (-np.inf, -1e9)),
        ),
        mistake(
            "places-for-mask",
            "What comes back lists places, not an answer for each place.",
            "A mask has n rows and n columns, each entry True or False.",
            lambda n: np.tril_indices(n),
            lambda n: np.argwhere(np.tri(n)),
            lambda n: np.triu_indices(n, 1),
        ),
        mistake(
            "averages",
            "The rows of your mask sum to 1: these are weights already.",
            "A mask only says where looking is allowed; how much comes later.",
            lambda n: np.tri(n) / np.tri(n).sum(1, keepdims=True),
        ),
        mistake(
            "one-row-only",
            "What comes back is a single row.",
            "Each token has a row of its own: n rows, n columns.",
            lambda n: np.arange(n) <= n - 1,
            lambda n: np.arange(n),
            lambda n: np.ones(n, bool),
        ),
        mistake(
            "extra-axis",
            "The triangle is there, but the mask has more than two axes.",
            "Rows and columns are enough; numpy adds leading axes when it needs them.",
            lambda n: np.tri(n, dtype=bool)[None],
            lambda n: np.tri(n, dtype=bool)[None, None],
        ),
        mistake(
            "wrong-size",
            "Your mask has one row and column too many, or too few.",
            "For n tokens it is n by n.",
            lambda n: np.tri(n + 1, dtype=bool),
            lambda n: np.tri(n - 1, dtype=bool),
            lambda n: np.tri(n, n + 1, dtype=bool),
        ),
        mistake(
            "anti-diagonal",
            "The dividing line in your mask runs from the bottom left to the top right.",
            "Row i may see columns 0 to i: draw the first three rows.",
            lambda n: np.fliplr(np.tri(n, dtype=bool)),
            lambda n: np.flipud(np.tri(n, dtype=bool)),
        ),
    ),
    hints=(
        "Draw it for three tokens: what may token 0 look at, and token 2?",
        "Entry [i, j] answers: may token i look at token j? Compare i with j.",
        "np.tril keeps a lower triangle; or compare np.arange(n)[:, None] with np.arange(n).",
    ),
    praise="Right: everyone sees themselves and what came before.",
)


# -- masked_attention ---------------------------------------------------------------------------------------------


def _masked_inputs(rng):
    return calls(
        ("one sequence", normal(rng, 5, 3), normal(rng, 7, 3), normal(rng, 7, 2), random_mask(rng, 5, 7)),
        ("as many queries as keys", *(normal(rng, 5, 3) for _ in range(3)), random_mask(rng, 5, 5)),
        ("a batch of sequences", normal(rng, 2, 5, 3), *(normal(rng, 2, 7, 3) for _ in "KV"), random_mask(rng, 5, 7)),
        ("a longer sequence", *(normal(rng, 7, 3) for _ in range(3)), random_mask(rng, 7, 7)),
    )


def _weights_then(Q, K, V, weights):
    return weights @ V, weights


def _penalised(low):
    """Forbidden scores lowered by a finite amount."""

    def version(Q, K, V, mask):
        grid = compare_all(Q, K)
        return _weights_then(Q, K, V, soft(np.where(mask, grid, grid + low)))

    return version


def _shared_again(Q, K, V, mask):
    weights = soft(compare_all(Q, K)) * mask
    weights = weights / weights.sum(-2, keepdims=True)
    return weights @ V, weights


masked_attention = Exercise(
    name="masked_attention",
    lesson=3,
    parameters=("Q", "K", "V", "mask"),
    parts=("out", "weights"),
    reference=math.masked_attention,
    model=head,
    inputs=_masked_inputs,
    forms=(lambda pair: pair, weights_left_out),
    mistakes=(
        *mask_mistakes(after=False),
        switch(
            "mask-after-softmax",
            "Forbidden weights are 0, but the rows that lost some no longer sum to 1.",
            "Mask before the sharing out, so that the allowed places share the whole of it.",
            versions=(lambda Q, K, V, mask: (head(Q, K, V, mask, masking="after")[0], head(Q, K, V)[1]),),
            masking="after",
        ),
        mistake(
            "renormalised-over-queries",
            "You share out again after masking, but down the columns.",
            "It is a row that should sum to 1. Masking before the softmax saves this step altogether.",
            lambda Q, K, V, mask: _shared_again(Q, K, V, mask),
        ),
        mistake(
            "own-causal-mask",
            "Your function uses a causal mask of its own and ignores the one it is given.",
            "Use the argument mask: not every mask is a triangle.",
            lambda Q, K, V, mask: head(Q, K, V, np.tri(Q.shape[-2], K.shape[-2], dtype=bool)),
        ),
        mistake(
            "causal-as-well",
            "Beside the mask that it is given, your function uses a causal one.",
            "The mask alone says where a token may look: not every mask is a triangle.",
            lambda Q, K, V, mask: head(Q, K, V, mask & np.tri(Q.shape[-2], K.shape[-2], dtype=bool)),
            lambda Q, K, V, mask: head(Q, K, V, mask & np.tri(Q.shape[-2], K.shape[-2], dtype=bool), masking="finite"),
        ),
        mistake(
            "minus-infinity-after-softmax",
            "Forbidden weights became minus infinity after the softmax.",
            "Minus infinity belongs into the scores, where the exponential turns it into 0.",
            lambda Q, K, V, mask: _weights_then(Q, K, V, np.where(mask, head(Q, K, V)[1], -np.inf)),
            lambda Q, K, V, mask: _weights_then(Q, K, V, np.where(mask, head(Q, K, V)[1], -1e9)),
        ),
        mistake(
            "values-masked",
            "The mask was used on the values or on the output instead of on the scores.",
            "It is about who may look at whom: that grid is the scores.",
            lambda Q, K, V, mask: (head(Q, K, V)[0] * mask, head(Q, K, V)[1]),
            lambda Q, K, V, mask: (head(Q, K, V)[1] @ (V * mask), head(Q, K, V)[1]),
        ),
        mistake(
            "penalty-too-small",
            "Forbidden scores are only a little lower than the others, so they keep some weight.",
            "They must be lower by so much that nothing is left of them.",
            *(_penalised(low) for low in (-2.0, -5.0, -10.0)),
            *(
                lambda Q, K, V, mask, low=low: _weights_then(Q, K, V, soft(np.where(mask, compare_all(Q, K), low)))
                for low in (-2.0, -5.0, -10.0)
            ),
        ),
        mistake(
            "almost-zero-added",
            "Forbidden places keep their weight: what you add to their scores is almost 0.",
            "Look at the sign of the exponent.",
            *(_penalised(low) for low in (-1e-9, 1e-9, -1e-6)),
        ),
        *measure_mistakes(),
        *role_mistakes(),
        *(m for m in softmax_mistakes() if m.slug != "minus-sign"),
        *value_mistakes(),
        *scale_mistakes("The scores behind your weights", queries=True),
        *scale_slips(head, "The scores behind your weights"),
        *softmax_slips(head, ("relu", "power-of-two", "power-of-ten")),
        mask_as_index(head),
        mistake(
            "weights-only",
            "Your weights are right, but nothing was blended.",
            "One more product, with V.",
            lambda Q, K, V, mask: head(Q, K, V, mask)[1],
        ),
        mistake(
            "results-swapped",
            "You return the weights first and the output second.",
            "Output first, then the weights.",
            lambda Q, K, V, mask: head(Q, K, V, mask)[::-1],
        ),
        mistake(
            "forbidden-places-keep-weight",
            "Some places that the mask forbids still have weight.",
            "Their scores have to be so low that the exponential leaves nothing of them.",
            last=True,
            recognise=lambda args, pair: np.max(np.abs(pair[1][..., ~args[3]])) > 1e-4,
        ),
        mistake(
            "forbidden-shared-evenly",
            "The weight of the forbidden places was spread evenly over all keys.",
            "Let the softmax share it out: mask its input.",
            lambda Q, K, V, mask: _spread(Q, K, V, mask),
        ),
    ),
    hints=(
        "Four steps: scores, mask, softmax, blend. Where in this row does the mask come in, and why there?",
        "np.where(mask, grid, something) keeps the allowed scores. What must something be, so that exp gives 0?",
        "Mask the scores before the softmax; then every row still sums to 1.",
    ),
    praise="Right: forbidden places get nothing, and the allowed ones share the whole of it.",
)


def _spread(Q, K, V, mask):
    kept = np.where(mask, head(Q, K, V)[1], 0.0)
    return _weights_then(Q, K, V, kept + (1 - kept.sum(-1, keepdims=True)) / kept.shape[-1])


# -- figure_error -------------------------------------------------------------------------------------------------


def _repair(scores, weights):
    """The one score that does not fit the printed weights, and what it would have to be."""
    logs = np.log(weights)
    fits = [np.delete(scores - logs, k) for k in range(len(scores))]
    wrong = int(np.argmin([np.ptp(rest) for rest in fits]))
    return {"printed": float(scores[wrong]), "should_be": float(fits[wrong].mean() + logs[wrong])}


def _figure(printed, should_be):
    return lambda scores, weights: {"printed": printed(scores), "should_be": should_be(scores, weights)}


def _first(scores):
    return scores[0]


figure_error = Exercise(
    name="figure_error",
    lesson=3,
    kind="value",
    parameters=("scores", "weights"),
    parts=("printed", "should_be"),
    given={"scores": examples.FIGURE_SCORES, "weights": examples.FIGURE_WEIGHTS},
    reference=_repair,
    forms=(lambda d: d, lambda d: tuple(d.values()), lambda d: d["should_be"]),
    tolerance=0.01,
    mistakes=(
        mistake(
            "difference-only",
            "What you give is the gap between two scores, not a score.",
            "Add the gap to the score that you measured it from.",
            _figure(_first, lambda s, w: np.log(w[0] / w[2])),
            _figure(_first, lambda s, w: np.log(w[0] / w[1])),
        ),
        mistake(
            "ratio-without-logarithm",
            "You moved from weights to scores without a logarithm.",
            "Weights are exponentials; what undoes an exponential?",
            _figure(_first, lambda s, w: s[2] * w[0] / w[2]),
            _figure(_first, lambda s, w: s[1] * w[0] / w[1]),
            _figure(_first, lambda s, w: s[2] + w[0] / w[2]),
            _figure(_first, lambda s, w: s[1] + w[0] / w[1]),
        ),
        mistake(
            "another-logarithm",
            "Your logarithm has another base.",
            "Softmax uses e; its logarithm is np.log.",
            _figure(_first, lambda s, w: s[2] + np.log10(w[0] / w[2])),
            _figure(_first, lambda s, w: s[2] + np.log2(w[0] / w[2])),
            _figure(_first, lambda s, w: s[1] + np.log10(w[0] / w[1])),
        ),
        mistake(
            "temperature",
            "You look for a temperature, but no temperature turns these scores into these weights.",
            "Two ratios of weights ask for two different temperatures; change a single score instead.",
            _figure(_first, lambda s, w: (s[0] - s[2]) / np.log(w[0] / w[2])),
            _figure(_first, lambda s, w: (s[0] - s[1]) / np.log(w[0] / w[1])),
            _figure(_first, lambda s, w: s[0] / ((s[0] - s[2]) / np.log(w[0] / w[2]))),
            _figure(_first, lambda s, w: s[0] / ((s[0] - s[1]) / np.log(w[0] / w[1]))),
        ),
        mistake(
            "scaled-again",
            "You divided the score by a square root once more.",
            "That comes near for one weight and misses the others; solve for the score that fits all three.",
            *(_figure(_first, lambda s, w, d=d: s[0] / np.sqrt(d)) for d in (3, 4, 6)),
        ),
        mistake(
            "sign-of-the-gap",
            "You moved the score down from its neighbour, though its weight is larger.",
            "A larger weight needs a larger score.",
            _figure(_first, lambda s, w: s[2] - np.log(w[0] / w[2])),
            _figure(_first, lambda s, w: s[1] - np.log(w[0] / w[1])),
        ),
        mistake(
            "weight-for-score",
            "What you give is a weight.",
            "The printed weights stay; it is a score that has to change.",
            _figure(_first, lambda s, w: soft(s)[0]),
            _figure(_first, lambda s, w: w[0]),
            _figure(lambda s: 0.82, lambda s, w: soft(s)[0]),
        ),
        mistake(
            "entries-swapped",
            "What is printed and what should be there have changed places.",
            "printed is the number that the figure shows.",
            lambda s, w: {"printed": _repair(s, w)["should_be"], "should_be": _repair(s, w)["printed"]},
        ),
        mistake(
            "token-for-score",
            "You name a token where a number is asked for.",
            "Give the score that is printed beside it.",
            recognise=lambda args, answer: isinstance(answer["printed"], str) and not _is_number(answer["printed"]),
        ),
        in_quotes("Your numbers stand in quotes, so they are text.", "Leave the quotes out."),
        mistake(
            "another-score",
            "Changing the score that you chose repairs one ratio and leaves another one wrong.",
            "Two of the three scores fit their weights already: which two?",
            recognise=lambda args, answer: abs(_printed(answer) - _repair(*args)["printed"]) > 0.2,
        ),
    ),
    hints=(
        "Softmax sees differences: the log of a ratio of two weights is the difference of their two scores.",
        "Check each pair: the log of the ratio of two weights against the difference of two scores. Which pair fits?",
        "Keep the pair that fits, and place the third score above one of them by the log of their ratio.",
    ),
    praise="Right: one score is misprinted, and the weights tell you what it was.",
)


def _is_number(text):
    return text.strip().replace(".", "", 1).isdigit()


def _printed(answer):
    if isinstance(answer, dict):
        return answer["printed"]
    return answer[0] if isinstance(answer, tuple) else np.asarray(answer).flat[0] * np.nan


# -- referent -----------------------------------------------------------------------------------------------------

_SENTENCES = (
    ("the dog chased the ball because it was excited", "it", ("dog", "ball")),
    ("a king saw his cat near the river before it rained", "it", ("king", "cat", "river")),
    ("when it rang the girl left her book under that tree", "it", ("girl", "book", "tree")),
    ("our boat passed their bridge until she saw my flag", "she", ("flag", "boat", "bridge")),
)


def _referent_inputs(rng):
    made = []
    for reading in ("words", "positions"):
        for sentence, query, candidates in _SENTENCES * 3:
            tokens = sentence.split()
            weights = _telling_weights(rng, tokens, tokens.index(query), [tokens.index(c) for c in candidates])
            if reading == "words":
                made.append(Call((weights, tokens, query, list(candidates)), "a sentence", reading))
            else:
                places = [tokens.index(c) for c in candidates]
                made.append(Call((weights, tokens, tokens.index(query), places), "a sentence", reading))
    return made


def _telling_weights(rng, tokens, q, places):
    """Weights in which row and column of the query disagree, and some token that is no candidate gets most of all."""
    n = len(tokens)
    while True:
        weights = soft(1.5 * normal(rng, n, n))
        row, column = weights[q, places], weights[places, q]
        others = np.delete(weights[q], places)
        if (
            np.argmax(row) != np.argmax(column)
            and others.max() > row.max()
            and np.argmax(row) != np.argmax(weights[:, places].sum(0))
            and np.argmax(row) != np.argmin(np.abs(np.array(places) - q))
        ):
            return weights


def _place(tokens, word):
    return tokens.index(word) if isinstance(word, str) else word


def _pick(weigh, choose=np.argmax):
    def version(weights, tokens, query, candidates):
        q, places = _place(tokens, query), [_place(tokens, c) for c in candidates]
        return candidates[int(choose([weigh(weights, q, p) for p in places]))]

    return version


def _referent(weights, tokens, query, candidates):
    best = _pick(lambda w, q, p: w[q, p])(weights, tokens, query, candidates)
    return best if isinstance(query, str) else AnyOf((best, tokens[best]))


def _asks(weights, tokens, query, *_):
    return weights[_place(tokens, query)]


referent = Exercise(
    name="referent",
    lesson=3,
    parameters=("weights", "tokens", "query", "candidates"),
    reference=_referent,
    inputs=_referent_inputs,
    mistakes=(
        mistake(
            "column-for-row",
            "You read who looks at the query: that is its column.",
            "What the query itself looks at stands in its row.",
            _pick(lambda w, q, p: w[p, q]),
        ),
        mistake(
            "candidates-ignored",
            "Your answer is sometimes a token that is no candidate.",
            "Compare the candidates only, even if another token gets more.",
            lambda w, tokens, query, c: tokens[int(np.argmax(_asks(w, tokens, query)))],
            lambda w, tokens, query, c: int(np.argmax(_asks(w, tokens, query))),
            lambda w, tokens, query, c: tokens[int(np.argmax(w[:, _place(tokens, query)]))],
            lambda w, tokens, query, c: tokens[int(np.argmax(w.sum(0)))],
            lambda w, tokens, query, c: tokens[int(np.argmax(w)) % len(tokens)],
        ),
        mistake(
            "smallest-weight",
            "You pick the candidate that gets the least.",
            "The referent is where most of the attention goes.",
            _pick(lambda w, q, p: w[q, p], np.argmin),
        ),
        mistake(
            "looks-at-itself-most",
            "You pick the candidate that looks at itself most.",
            "The row of the query is what counts.",
            _pick(lambda w, q, p: w[p, p]),
        ),
        mistake(
            "most-popular",
            "You pick the candidate that all tokens together look at most.",
            "Only one token is asking: read its row.",
            _pick(lambda w, q, p: w[:, p].sum()),
            _pick(lambda w, q, p: w[:, p].max()),
        ),
        mistake(
            "nearest-candidate",
            "You pick the candidate that stands nearest to the query.",
            "Distance is not in the weights; read the row.",
            _pick(lambda w, q, p: -abs(p - q)),
        ),
        mistake(
            "always-the-first",
            "You always pick the same place in the list of candidates.",
            "Compare their weights in the row of the query.",
            lambda w, tokens, query, c: c[0],
            lambda w, tokens, query, c: c[-1],
        ),
        mistake(
            "first-in-sentence",
            "You always pick the candidate that comes first, or last, in the sentence.",
            "Compare their weights in the row of the query.",
            _pick(lambda w, q, p: -p),
            _pick(lambda w, q, p: p),
        ),
        mistake(
            "place-in-candidates",
            "What comes back is a place in the list of candidates, not a word.",
            "Use it to pick the word from that list.",
            lambda w, tokens, query, c: int(np.argmax([_asks(w, tokens, query)[_place(tokens, x)] for x in c])),
        ),
        mistake(
            "index-for-word",
            "What comes back is a position in the sentence, not a word.",
            "Use it to pick the word from tokens.",
            lambda w, tokens, query, c: tokens.index(max(c, key=lambda x: w[tokens.index(query), tokens.index(x)])),
        ),
        mistake(
            "token-at-that-place",
            "You found the right place in the list of candidates, and then used it in the sentence.",
            "A place in candidates picks from candidates, a place in tokens picks from tokens.",
            lambda w, tokens, query, c: tokens[int(np.argmax([_asks(w, tokens, query)[_place(tokens, x)] for x in c]))],
        ),
        mistake(
            "weight-for-word",
            "What comes back is the weight, not the word that has it.",
            "np.argmax tells where the largest one is.",
            lambda w, tokens, query, c: float(max(_asks(w, tokens, query)[_place(tokens, x)] for x in c)),
            lambda w, tokens, query, c: float(_asks(w, tokens, query).max()),
            lambda w, tokens, query, c: {x: float(_asks(w, tokens, query)[_place(tokens, x)]) for x in c},
        ),
        mistake(
            "places-mixed",
            "You read the weights at the candidates' places in their own list, not at their places in the sentence.",
            "Where in tokens does each candidate stand?",
            lambda w, tokens, query, c: c[int(np.argmax(_asks(w, tokens, query)[: len(c)]))],
        ),
        mistake(
            "alphabetical",
            "You compare the words themselves, not their weights.",
            "max needs to be told what to compare by.",
            lambda w, tokens, query, c: max(c, key=str),
            lambda w, tokens, query, c: min(c, key=str),
        ),
        mistake(
            "last-row",
            "You read one fixed row of the weights, whatever the query is.",
            "Find the row that belongs to the query.",
            lambda w, tokens, query, c: max(c, key=lambda x: w[-1][_place(tokens, x)]),
            lambda w, tokens, query, c: max(c, key=lambda x: w[0][_place(tokens, x)]),
        ),
    ),
    hints=(
        "tokens.index(query) is the row to read.",
        "In that row, look only at the columns of the candidates.",
        "max(candidates, key=...) hands back the word itself.",
    ),
    praise="Right: read the row of the word that asks, and compare the candidates in it.",
)

# -- masked_row ---------------------------------------------------------------------------------------------------

QUERY = 2  # the third token asks: it may look at the first three
_ROW = (2.0, 3.0, 1.0, 5.0)


def _row(make):
    return lambda scores: np.asarray(make(np.asarray(scores, float)))


def _seen(scores):
    return np.append(soft(scores[: QUERY + 1]), np.zeros(len(scores) - QUERY - 1))


def _zeros_for_forbidden(scores):
    return soft(np.where(np.arange(len(scores)) <= QUERY, scores, 0.0))


masked_row = Exercise(
    name="masked_row",
    lesson=3,
    kind="value",
    parameters=("scores",),
    given={"scores": np.array(_ROW)},
    reference=_row(_seen),
    forms=(lambda w: w, lambda w: w[: QUERY + 1]),
    tolerance=0.003,
    mistakes=(
        mistake(
            "mask-ignored",
            "The last token has a share, though it comes after the one that asks.",
            "Under a causal mask a token sees itself and what came before.",
            _row(soft),
        ),
        mistake(
            "zeros-for-minus-infinity",
            "The forbidden score became 0, and exp(0) is 1: it still takes a share.",
            "Which score gives an exponential of 0?",
            _row(_zeros_for_forbidden),
        ),
        mistake(
            "masked-after-softmax",
            "The forbidden share is gone, but the others were worked out while it was there: they do not sum to 1.",
            "Mask first, then share out.",
            _row(lambda s: np.where(np.arange(len(s)) <= QUERY, soft(s), 0.0)),
        ),
        mistake(
            "self-excluded",
            "The token that asks got no share of its own.",
            "A causal mask lets every token look at itself.",
            _row(lambda s: np.append(soft(s[:QUERY]), np.zeros(len(s) - QUERY))),
        ),
        mistake(
            "mask-inverted",
            "The share went to what comes later.",
            "It is the future that is hidden, not the past.",
            _row(lambda s: np.append(np.zeros(QUERY + 1), soft(s[QUERY + 1 :]))),
            _row(lambda s: np.append(np.zeros(QUERY), soft(s[QUERY:]))),
        ),
        mistake(
            "scaled",
            "You divided the scores by a square root first.",
            "Here they are taken as they stand.",
            *(_row(lambda s, d=d: _seen(s / np.sqrt(d))) for d in (2, 3, 4)),
        ),
        mistake(
            "ratio-of-scores",
            "You shared out 1 in the ratio of the scores.",
            "Softmax takes an exponential first.",
            _row(lambda s: np.append(s[: QUERY + 1] / s[: QUERY + 1].sum(), np.zeros(len(s) - QUERY - 1))),
        ),
        mistake(
            "winner-takes-all",
            "You gave everything to the largest of the scores it may see.",
            "Soft means that the others keep a share, however small.",
            _row(lambda s: (np.arange(len(s)) == np.argmax(s[: QUERY + 1])).astype(float)),
        ),
        mistake(
            "rounded",
            "Your shares are rounded too far.",
            "Keep three digits behind the point.",
            *(_row(lambda s, n=n: np.round(_seen(s), n)) for n in (2, 1)),
        ),
        *shares_by_hand(QUERY + 1, len(_ROW)),
    ),
    hints=(
        "Cross out what the third token may not see. How many scores are left?",
        "A crossed-out score takes no part in the sum.",
        "Exponentials of the three that are left, each divided by the sum of the three; 0 for the fourth.",
    ),
    praise="Right: what is hidden takes no part, and the rest share the whole of 1.",
)

EXERCISES = (masked_row, causal_mask, masked_attention, figure_error, referent)

"""What several specs share: inputs, a head of attention with switches for misconceptions, and their sentences."""

from __future__ import annotations

import numpy as np

from qkvlib.check.plain import as_array
from qkvlib.check.spec import Call, Mistake, mistake, switch


def normal(rng, *shape):
    """Numbers that do not saturate a softmax and that no accident makes symmetric."""
    return rng.normal(0, 1, shape)


def random_mask(rng, n_queries, n_keys):
    """Every row allows at least two places (not only itself) and forbids at least one; no column is empty."""
    mask = rng.random((n_queries, n_keys)) < 0.5
    for t in range(n_queries):
        places = np.array([s for s in range(n_keys) if s != t])
        allowed, forbidden = rng.choice(places, 2, replace=False)
        mask[t, allowed], mask[t, forbidden] = True, False
        if t < n_keys:
            mask[t, t] = True
    mask[0, ~mask.any(axis=0)] = True
    return mask


def T(array):
    """The last two axes swapped."""
    return np.swapaxes(array, -1, -2)


def soft(z, axis=-1):
    """A stable softmax; a row with nothing to look at gives NaN, as a learner's would."""
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def one_hot(z):
    """1 where the last axis is largest, else 0."""
    return (z == z.max(axis=-1, keepdims=True)).astype(float)


NORMALISERS = {
    "keys": soft,
    "queries": lambda z: soft(z, -2),
    "all": lambda z: soft(z.reshape(*z.shape[:-2], -1)).reshape(z.shape),
    "argmax": one_hot,
    "no-exp": lambda z: z / z.sum(axis=-1, keepdims=True),
    "unnormalised": np.exp,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "none": lambda z: z,
    "twice": lambda z: soft(soft(z)),
    "minus": lambda z: soft(-z),
    "heads": lambda z: soft(z, -3) if z.ndim > 2 else z,
    "first": lambda z: soft(z, 0),
    "second": lambda z: soft(z, 1),
    "whole": lambda z: soft(z.ravel()).reshape(z.shape),
    "uniform": lambda z: np.full_like(z, 1 / z.shape[-1]),
    "relu": lambda z: np.maximum(z, 0) / np.maximum(z, 0).sum(-1, keepdims=True),
    "abs": lambda z: np.abs(z) / np.abs(z).sum(-1, keepdims=True),
    "square": lambda z: z**2 / (z**2).sum(-1, keepdims=True),
    "power-of-two": lambda z: soft(z * np.log(2)),
    "power-of-ten": lambda z: soft(z * np.log(10)),
    "no-keepdims-above": lambda z: np.exp(z - z.max(-1)) / np.exp(z - z.max(-1)).sum(-1, keepdims=True),
    "no-keepdims": lambda z: np.exp(z - z.max(-1, keepdims=True)) / np.exp(z - z.max(-1, keepdims=True)).sum(-1),
    "no-keepdims-twice": lambda z: np.exp(z - z.max(-1)) / np.exp(z - z.max(-1)).sum(-1),
    "no-keepdims-bare": lambda z: np.exp(z) / np.exp(z).sum(-1),
}

SCALES = {
    "sqrt-d": lambda d, S, D, T: 1 / np.sqrt(d),
    "none": lambda d, S, D, T: 1.0,
    "d": lambda d, S, D, T: 1 / d,
    "times": lambda d, S, D, T: np.sqrt(d),
    "tokens": lambda d, S, D, T: 1 / S,
    "sqrt-tokens": lambda d, S, D, T: 1 / np.sqrt(S),
    "sqrt-model": lambda d, S, D, T: 1 / np.sqrt(D),
    "model": lambda d, S, D, T: 1 / D,
    "queries": lambda d, S, D, T: 1 / T,
    "sqrt-queries": lambda d, S, D, T: 1 / np.sqrt(T),
    "sqrt-heads": lambda d, S, D, T: np.sqrt(d / D),
    "heads": lambda d, S, D, T: d / D,
    "twice": lambda d, S, D, T: 1 / d / np.sqrt(d),
    "half": lambda d, S, D, T: 1 / (d**1 / 2),
    "half-outside": lambda d, S, D, T: 1 / d**1 / 2,
}


def compare_all(Q, K, V=None, *, roles="qk", scale="sqrt-d", measure="dot", d_model=None):
    """The grid of scores, with switches: who is compared with whom, by which measure, and scaled by what."""
    ask, answer = {
        "qk": (Q, K),
        "kq": (K, Q),
        "qq": (Q, Q),
        "kk": (K, K),
        "qv": (Q, V),
        "vk": (V, K),
        "qk+v": (Q, K if V is None or V.shape != K.shape else K + V),
    }[roles]
    if measure == "cosine":
        ask = ask / np.linalg.norm(ask, axis=-1, keepdims=True)
        answer = answer / np.linalg.norm(answer, axis=-1, keepdims=True)
    if measure == "no-transpose":
        grid = ask @ answer
    elif measure == "all-axes":
        grid = ask @ answer.T
    elif measure == "squared-distance":
        grid = -((ask[..., :, None, :] - answer[..., None, :, :]) ** 2).sum(-1)
    elif measure == "far":
        grid = np.linalg.norm(ask[..., :, None, :] - answer[..., None, :, :], axis=-1)
    elif measure == "distance":
        grid = -np.linalg.norm(ask[..., :, None, :] - answer[..., None, :, :], axis=-1)
    else:
        grid = ask @ T(answer)
    return grid * SCALES[scale](Q.shape[-1], K.shape[-2], d_model if d_model is not None else Q.shape[-1], Q.shape[-2])


def apply_mask(grid, mask, masking):
    """Scores in which the mask was used in one way or another; "after" masks the weights, not the scores."""
    if mask is None or masking in ("ignored", "after", "first-row"):
        return grid
    if masking == "inverted":
        return np.where(mask, -np.inf, grid)
    if masking == "zeros":
        return np.where(mask, grid, 0.0)
    if masking == "tiny":
        return np.where(mask, grid, -1e-9)
    if masking == "finite":
        return np.where(mask, grid, -1e9)
    if masking == "small":
        return np.where(mask, grid, -1.0)
    if masking == "plus-inf":
        return np.where(mask, grid, np.inf)
    if masking == "no-self":
        return np.where(mask & ~np.eye(*grid.shape[-2:], dtype=bool), grid, -np.inf)
    if masking == "transposed":
        return np.where(T(np.broadcast_to(mask, (*mask.shape[:-2], *grid.shape[-2:]))), grid, -np.inf)
    if masking == "added":
        return grid + mask
    if masking == "indexed":
        grid = grid.copy()
        grid[~mask] = -np.inf
        return grid
    return np.where(mask, grid, -np.inf)


def head(
    Q,
    K,
    V,
    mask=None,
    *,
    roles="qk",
    scale="sqrt-d",
    measure="dot",
    normalise="keys",
    masking="before",
    values="V",
    d_model=None,
):
    """One head of attention -> (out, weights), with switches."""
    grid = compare_all(Q, K, V, roles=roles, scale=scale, measure=measure, d_model=d_model)
    if normalise == "heads" and masking == "before":
        masking = "finite"  # a place that is forbidden in every head would be NaN otherwise
    weights = NORMALISERS[normalise](apply_mask(grid, mask, masking))
    if mask is not None and masking == "after":
        weights = np.where(mask, weights, 0.0)
    carried = {"V": V, "K": K, "Q": Q, "weights-T": V, "mean": V}[values]
    if values == "weights-T":
        return T(weights) @ carried, weights
    return weights @ carried, weights


# -- sentences that several exercises share ------------------------------------------------------------------------
# Each is a function of nothing but where it stands, so that a slug means the same in every lesson.

_SEEN_IN = "Your scores"


def scale_mistakes(seen: str = _SEEN_IN, model: bool = False, queries: bool = False) -> tuple[Mistake, ...]:
    """Scores divided by the wrong thing; `model` adds those that need d_model, `queries` those that need T unlike S."""
    mistakes = [
        switch(
            "no-scale",
            f"{seen} are bare dot products, so they spread wider the longer the vectors are.",
            "What does the formula divide by before the softmax?",
            scale="none",
        ),
        switch(
            "scale-by-d",
            f"{seen} are divided by the width of the head itself, which makes them too small.",
            "It is the spread of a dot product that is put right, and a spread grows more slowly than the width.",
            scale="d",
        ),
        switch(
            "times-sqrt-d",
            f"{seen} are multiplied where they should be divided, so they are larger than the bare dot products.",
            "Scaling is there to calm the scores down before the softmax.",
            scale="times",
        ),
        switch(
            "scale-by-tokens",
            f"{seen} shrink as the number of tokens grows.",
            "A dot product adds up one term per feature, so which length should matter?",
            scale="tokens",
        ),
        switch(
            "scale-by-sqrt-tokens",
            f"{seen} are scaled by the square root of the number of tokens.",
            "The square root is a good sign; which axis of Q is summed over in a dot product?",
            scale="sqrt-tokens",
        ),
        switch(
            "scaled-twice",
            f"{seen} have been scaled more than once.",
            "Does a helper that you call scale already?",
            scale="twice",
        ),
    ]
    if queries:
        mistakes += [
            switch(
                "scale-by-queries",
                f"{seen} shrink as the number of queries grows.",
                "A dot product adds up one term per feature, so which length should matter?",
                scale="queries",
            ),
            switch(
                "scale-by-sqrt-queries",
                f"{seen} are scaled by the square root of the number of queries.",
                "The square root is a good sign; which axis of Q is summed over in a dot product?",
                scale="sqrt-queries",
            ),
        ]
    if model:
        mistakes += [
            switch(
                "scale-by-sqrt-d-model",
                f"{seen} are scaled by the width of the whole model.",
                "A dot product inside one head only adds up that head's own features.",
                scale="sqrt-model",
            ),
            switch(
                "scale-by-d-model",
                f"{seen} are divided by the whole width of the model.",
                "One head's dot product adds up that head's features only, and its spread grows more slowly still.",
                scale="model",
            ),
            switch(
                "scale-by-sqrt-n-heads",
                f"{seen} are scaled by the square root of the number of heads.",
                "It is the width of one head that counts.",
                scale="sqrt-heads",
            ),
            switch(
                "scale-by-n-heads",
                f"{seen} are divided by the number of heads.",
                "It is the width of one head that counts, and its root.",
                scale="heads",
            ),
        ]
    return tuple(mistakes)


def role_mistakes(values: bool = True) -> tuple[Mistake, ...]:
    """The wrong pair is compared."""
    mistakes = [
        switch(
            "keys-ask",
            "In your result the keys ask and the queries answer: rows stand for keys.",
            "Each row should belong to one query; which of the two stands on the left?",
            roles="kq",
        ),
        switch(
            "queries-only",
            "Your queries are compared with queries; the keys play no part.",
            "A query wants to be compared with what the tokens offer.",
            roles="qq",
        ),
        switch(
            "keys-only",
            "Your keys are compared with keys; the queries play no part.",
            "Whose question is being asked in each row?",
            roles="kk",
        ),
    ]
    if values:
        mistakes += [
            switch(
                "values-as-keys",
                "Your queries are compared with the values.",
                "Values carry content; which of the three says what a token can be found by?",
                roles="qv",
            ),
            switch(
                "values-in-scores",
                "Your values take part in the matching: change V and the weights change.",
                "Two of the three decide who is heard; the third only says what is heard.",
                roles="qk+v",
            ),
        ]
    return tuple(mistakes)


def measure_mistakes() -> tuple[Mistake, ...]:
    """Compared, but not by a dot product of rows."""
    return (
        switch(
            "no-transpose",
            "Q and K are multiplied as they stand, so features meet tokens instead of features.",
            "For each query and each key to meet, both must lend their feature axis to the product.",
            measure="no-transpose",
        ),
        switch(
            "transposed-all-axes",
            "With a batch in front, .T turns every axis round, the batch too.",
            "Swap only the last two axes.",
            measure="all-axes",
        ),
        switch(
            "cosine",
            "Your queries and keys are cut to length 1 before they meet.",
            "Their lengths are part of the message: a plain dot product keeps them.",
            measure="cosine",
        ),
        switch(
            "distance",
            "You measure the distance between a query and a key.",
            "Attention asks how far two vectors point the same way, which is another sum over features.",
            measure="distance",
        ),
        switch(
            "squared-distance",
            "You measure the squared distance between a query and a key.",
            "Attention asks how far two vectors point the same way, which is another sum over features.",
            measure="squared-distance",
        ),
        switch(
            "distance-rewarded",
            "The farther a key is from the query, the larger its score.",
            "Attention asks how far two vectors point the same way, which is another sum over features.",
            measure="far",
        ),
    )


def softmax_mistakes() -> tuple[Mistake, ...]:
    """Weights that are not a softmax over the keys."""
    return (
        switch(
            "softmax-over-queries",
            "Your weights sum to 1 down the columns, so the softmax ran over the queries.",
            "Each query shares out its own attention: which axis counts the keys?",
            normalise="queries",
        ),
        switch(
            "softmax-over-first-axis",
            "Your softmax runs over the first axis, whatever stands there: queries, or even the batch.",
            "Count axes from the end; which one counts the keys?",
            normalise="first",
        ),
        switch(
            "softmax-over-second-axis",
            "Your softmax runs over axis 1, which is another axis as soon as there is a batch.",
            "Count axes from the end; which one counts the keys?",
            normalise="second",
        ),
        switch(
            "softmax-over-everything",
            "All your weights together sum to 1, so every row has only a piece of it.",
            "Each query has a whole 1 to share out among the keys.",
            normalise="all",
        ),
        switch(
            "hard-argmax",
            "Each of your rows gives everything to one key and nothing to the others.",
            "Attention is soft: the runner-up still gets its share.",
            normalise="argmax",
        ),
        switch(
            "no-exp",
            "Your rows sum to 1, but negative scores stay negative as weights.",
            "Something must make every number positive before the sharing out.",
            normalise="no-exp",
        ),
        switch(
            "not-normalised",
            "Your weights are positive, but a row does not sum to 1.",
            "After the exponential, each row still has to be shared out of 1.",
            normalise="unnormalised",
        ),
        switch(
            "sigmoid",
            "Each of your weights lies between 0 and 1, but a row does not sum to 1.",
            "The keys compete for one query's attention; a sigmoid judges each of them alone.",
            normalise="sigmoid",
        ),
        switch(
            "no-softmax",
            "Raw scores are used as weights: some are negative, and rows do not sum to 1.",
            "One step stands between the scores and the blend.",
            normalise="none",
        ),
        switch(
            "softmax-twice",
            "Your weights are flatter than they should be, as if softmax had run twice.",
            "Does a helper that you call end with a softmax already?",
            normalise="twice",
        ),
        switch(
            "minus-sign",
            "The key that matches worst gets the most weight.",
            "Look at the sign in front of the scores.",
            normalise="minus",
        ),
    )


def scale_slips(model, seen: str = _SEEN_IN) -> tuple[Mistake, ...]:
    """A root that Python understands otherwise; `model` is the exercise's."""
    return (
        mistake(
            "power-without-brackets",
            f"{seen} are divided by half of the width, or by twice the width, where its root was meant.",
            "** is worked out before /: put the 1/2 of a power in brackets.",
            lambda *a: model(*a, scale="half"),
            lambda *a: model(*a, scale="half-outside"),
        ),
    )


def softmax_slips(model, functions=("relu", "abs", "square", "power-of-two", "power-of-ten")) -> tuple[Mistake, ...]:
    """A sum that runs too far or loses its axis, or another function, inside attention; `model` is the exercise's."""
    return (
        mistake(
            "keepdims-forgotten",
            "A sum or a maximum in your softmax has lost its axis, so numpy pairs it with the wrong row or with none.",
            "Both have an argument that keeps the axis, with length 1.",
            *(
                lambda *a, how=how: model(*a, normalise=how)
                for how in ("no-keepdims", "no-keepdims-twice", "no-keepdims-bare", "no-keepdims-above")
            ),
        ),
        mistake(
            "softmax-over-the-batch",
            "All the weights of all sequences and heads together sum to 1: the sum ran over the whole array.",
            "Each query has a whole 1 to share out: along which axis should be summed?",
            lambda *a: model(*a, normalise="whole"),
        ),
        mistake(
            "another-function-for-exp",
            "Your scores become shares of 1, but it is no power of e that makes them positive.",
            "An exponential keeps the order of the scores and turns differences into factors.",
            *(lambda *a, how=how: model(*a, normalise=how) for how in functions),
        ),
    )


def mask_as_index(model) -> Mistake:
    """grid[~mask] = ..., with something in front of the tokens; `model` is the exercise's."""
    return mistake(
        "mask-as-index",
        "A mask with two axes cannot pick places in scores that have a batch, or heads, in front.",
        "np.where lets the mask spread over the leading axes.",
        lambda *a: model(*a, masking="indexed"),
    )


# With a single query these come to the same as another mistake, or to the right thing.
ONE_QUERY = frozenset(("softmax-over-everything", "softmax-over-first-axis", "softmax-over-second-axis"))


def value_mistakes() -> tuple[Mistake, ...]:
    """The right weights, spent on the wrong rows."""
    return (
        switch(
            "keys-as-values",
            "What you blend are the keys.",
            "Keys are for being found; what does a token hand over once it is found?",
            values="K",
        ),
        switch(
            "queries-as-values",
            "What you blend are the queries.",
            "Queries only ask; what does a token hand over once it is found?",
            values="Q",
        ),
        switch(
            "weights-transposed",
            "Each value is shared out by what others ask of it: the weights are turned round in the blend.",
            "Row i of the result should use row i of the weights.",
            values="weights-T",
        ),
    )


def mask_mistakes(after: bool = True) -> tuple[Mistake, ...]:
    """The mask in the wrong place, or the wrong way round."""
    mistakes = [
        switch(
            "mask-ignored",
            "Tokens look where the mask forbids it: your result does not depend on the mask.",
            "Where in your function is the mask used?",
            masking="ignored",
        ),
        switch(
            "mask-inverted",
            "Your tokens look exactly where they may not, and nowhere else.",
            "True means may look; check both branches of your where.",
            masking="inverted",
        ),
        switch(
            "zeros-for-minus-infinity",
            "Forbidden places still get weight: their scores were set to 0, and the exponential of 0 is 1.",
            "Which score does the exponential turn into nothing?",
            masking="zeros",
        ),
        switch(
            "tiny-for-huge",
            "Forbidden places still get weight: -1e-9 is almost 0, not almost minus infinity.",
            "Look at the sign of the exponent.",
            masking="tiny",
        ),
        switch(
            "too-small-a-penalty",
            "Forbidden places get less weight, but still some.",
            "Which score does the exponential turn into exactly nothing?",
            masking="small",
        ),
        switch(
            "infinity-gone-wrong",
            "Your result is NaN: an infinity met a 0, or stands with the wrong sign.",
            "np.where chooses without multiplying; and which infinity does the exponential turn into nothing?",
            masking="plus-inf",
        ),
        switch(
            "excludes-self",
            "No token looks at itself, though the mask allows it.",
            "Use the mask as it was given; the diagonal is allowed.",
            masking="no-self",
        ),
        switch(
            "mask-transposed",
            "Your mask is turned round: tokens look where others may look at them.",
            "Rows of the mask are queries, as in the scores.",
            masking="transposed",
        ),
        switch(
            "mask-added",
            "Allowed places have 1 added to their score, and forbidden ones are still looked at.",
            "A True that is added is only a 1; forbidden scores have to vanish.",
            masking="added",
        ),
    ]
    if after:
        mistakes.append(
            switch(
                "mask-after-softmax",
                "Forbidden weights are 0, but the rows that lost some no longer sum to 1.",
                "Mask before the sharing out, so that the allowed places share the whole of it.",
                masking="after",
            )
        )
    return tuple(mistakes)


def weights_left_out(result):
    """For exercises whose signature does not say whether the weights come back as well."""
    return result[0]


def first_of_pair(value):
    """For exercises that promise an output alone: weights handed back beside it do no harm."""
    if isinstance(value, tuple) and len(value) == 2:
        first, second = (as_array(part) for part in value)
        if first is not None and second is not None and first.ndim and first.shape != second.shape:
            return value[0]
    return value


def calls(*triples) -> list[Call]:
    """Calls from (about, *args)."""
    return [Call(tuple(args), about) for about, *args in triples]


def picked(mistakes, *slugs) -> tuple[Mistake, ...]:
    """Those of `mistakes` with one of these slugs."""
    return tuple(m for m in mistakes if m.slug in slugs)


def extra_axis(seen: str, nudge: str) -> Mistake:
    """For numbers that should lie in one plain row."""
    return mistake("extra-axis", seen, nudge, recognise=lambda args, answer: any(map(_is_column, _entries(answer))))


def in_quotes(seen: str, nudge: str) -> Mistake:
    """For numbers that are handed over as text."""
    return mistake(
        "text-for-numbers",
        seen,
        nudge,
        recognise=lambda args, answer: any(isinstance(entry, str) for entry in _entries(answer)),
    )


def _entries(answer):
    return list(answer.values()) if isinstance(answer, dict) else [answer]


def _is_column(entry):
    """A row of numbers, or a column, in a matrix of its own."""
    return np.ndim(entry) > 1 and np.size(entry) == max(np.shape(entry))


def shares_by_hand(*counts: int) -> tuple[Mistake, ...]:
    """For shares that were worked out on paper, `counts` of them: what is seen without a formula."""
    return (
        extra_axis(
            "Your numbers lie in a column, or in a row inside another list.", "Hand over plain numbers in one list."
        ),
        mistake(
            "another-count",
            "What you hand over is not a list with one share for each score.",
            "As many shares as scores, in the same order.",
            recognise=lambda args, w: np.size(w) not in counts,
        ),
        mistake(
            "score-for-share",
            "You give minus infinity where a share is asked for.",
            "It is the score that becomes minus infinity; what does the exponential make of that?",
            recognise=lambda args, w: np.any(np.isneginf(w)),
        ),
        mistake(
            "percent",
            "You typed percentages.",
            "Shares of 1 are asked for: divide each by 100.",
            recognise=lambda args, w: abs(np.sum(w) - 100) < 1,
        ),
        mistake(
            "not-shares",
            "Your numbers do not sum to 1.",
            "Shares of a whole: divide each exponential by the sum of those that count.",
            recognise=lambda args, w: abs(np.sum(w) - 1) > 0.01,
        ),
        mistake(
            "gap-misjudged",
            "Your numbers are shares, but for other gaps between the scores.",
            "The quotient of two weights is e to the power of the gap between their scores.",
            recognise=lambda args, w: abs(np.sum(w) - 1) <= 0.01,
        ),
    )


def order_mistakes(missing: tuple[str, str], once: str, too_early: str, look: str) -> tuple[Mistake, ...]:
    """For orders of lines with the letters A to D, last in the list; `missing` is a slug with its sentence."""
    return (
        mistake(
            "no-letters",
            "There are no letters in your order.",
            "Name the lines by their letters, in one word.",
            recognise=lambda args, order: isinstance(order, str) and not order,
        ),
        mistake(*missing, once, recognise=lambda args, order: sorted(order) != ["A", "B", "C", "D"]),
        mistake("another-order", too_early, look, recognise=lambda args, order: True),
    )


def letters(value):
    """An order of lettered lines as one word, however it was written: "b d, c", ["B", "D", "C"]."""
    if isinstance(value, tuple):
        value = "".join(str(item) for item in value)
    return "".join(c for c in value.upper() if c.isalpha()) if isinstance(value, str) else value

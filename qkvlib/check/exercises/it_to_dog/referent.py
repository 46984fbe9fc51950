"""The word that a row of weights points at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from qkvlib.check.inputs import are_shares, normal, quarters
from qkvlib.check.misconceptions.softmax import soft
from qkvlib.check.plain import AnyOf
from qkvlib.check.spec import Call, Exercise, mistake

_SENTENCES = (
    ("the dog chased the ball because it was excited", "it", ("dog", "ball")),
    ("a king saw his cat near the river before it rained", "it", ("king", "cat", "river")),
    ("when it rang the girl left her book under that tree", "it", ("girl", "book", "tree")),
    ("our boat passed their bridge until she saw my flag", "she", ("flag", "boat", "bridge")),
)


def _referent_inputs(rng: np.random.Generator) -> list[Call]:
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


def _telling_weights(rng: np.random.Generator, tokens: list[str], q: int, places: list[int]) -> np.ndarray:
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


def _small(rng: np.random.Generator) -> Iterator[tuple]:
    """Sentences of four words with weights in quarters, in which no two candidates get the same."""
    tokens = ["dog", "saw", "ball", "it"]
    for _ in range(60):
        weights = quarters(rng, (4, 4))
        for query, candidates in (("it", ["dog", "ball"]), ("it", ["ball", "dog"]), ("dog", ["ball", "it"])):
            row = [weights[tokens.index(query), tokens.index(word)] for word in candidates]
            if row[0] != row[1]:
                yield weights, tokens, query, candidates


def _place(tokens: list[str], word: Any) -> int:
    return tokens.index(word) if isinstance(word, str) else word


def _pick(weigh: Callable, choose: Callable = np.argmax) -> Callable:
    def version(weights: np.ndarray, tokens: list[str], query: Any, candidates: list) -> Any:
        q, places = _place(tokens, query), [_place(tokens, c) for c in candidates]
        return candidates[int(choose([weigh(weights, q, p) for p in places]))]

    return version


def _referent(weights: np.ndarray, tokens: list[str], query: Any, candidates: list) -> Any:
    best = _pick(lambda w, q, p: w[q, p])(weights, tokens, query, candidates)
    return best if isinstance(query, str) else AnyOf((best, tokens[best]))


def _asks(weights: np.ndarray, tokens: list[str], query: Any, *_: Any) -> np.ndarray:
    return weights[_place(tokens, query)]


EXERCISE = Exercise(
    name="referent",
    reference=_referent,
    inputs=_referent_inputs,
    small=_small,
    promised=lambda weights, *_: are_shares(weights),
    mistakes=(
        mistake(
            "column-for-row",
            "You read who looks at the query: that is its column.",
            "What the query itself looks at stands in its row.",
            _pick(lambda w, q, p: w[p, q]),
        ),
        mistake(
            "neighbours-column",
            "You read the column of the token beside the candidate.",
            "Which column belongs to the candidate itself? Places are counted from 0.",
            _pick(lambda w, q, p: w[q, p + 1]),
            _pick(lambda w, q, p: w[q, p - 1]),
        ),
        mistake(
            "neighbours-row",
            "You read the row of the token beside the query.",
            "Which row belongs to the query itself? Places are counted from 0.",
            _pick(lambda w, q, p: w[q + 1, p]),
            _pick(lambda w, q, p: w[q - 1, p]),
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
            "Of the candidates, which one does the query look at most?",
            _pick(lambda w, q, p: w[q, p], np.argmin),
        ),
        mistake(
            "looks-at-itself-most",
            "You pick the candidate that looks at itself most.",
            "The row of the query is what counts.",
            _pick(lambda w, q, p: w[p, p]),
        ),
        mistake(
            "query-written-in",
            'The word "it" is written into your function, whatever the query is.',
            "The argument query says who asks: find its place in tokens.",
            lambda w, tokens, query, c: max(c, key=lambda x: w[tokens.index("it"), _place(tokens, x)]),
        ),
        mistake(
            "both-directions",
            "You add what the query gives to a candidate and what the candidate gives to the query.",
            "Only the query is asking: its row alone counts.",
            _pick(lambda w, q, p: w[q, p] + w[p, q]),
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
        "Which row of the weights belongs to the query? tokens.index finds the place of a word.",
        "In that row, look only at the columns of the candidates.",
        "max takes a key: what should candidates be compared by, so that the word itself comes back?",
    ),
    praise="Right: read the row of the word that asks, and compare the candidates in it.",
)

"""Answers to `referent`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def as_max(weights, tokens, query, candidates):
    row = weights[tokens.index(query)]
    return max(candidates, key=lambda word: row[tokens.index(word)])


@answers.right
def argmax(weights, tokens, query, candidates):
    q = tokens.index(query)
    shares = [weights[q, tokens.index(c)] for c in candidates]
    return candidates[np.argmax(shares)]


@answers.right
def loop(weights, tokens, query, candidates):
    best, most = None, -1
    for place, token in enumerate(tokens):
        share = weights[tokens.index(query)][place]
        if token in candidates and share > most:
            best, most = token, share
    return best


@answers.right
def as_dict(weights, tokens, query, candidates):
    looks = dict(zip(tokens, weights[tokens.index(query)], strict=True))
    return sorted(candidates, key=looks.get)[-1]


@answers.right
def numpy_string(weights, tokens, query, candidates):
    tokens = np.array(tokens)
    places = [int(np.flatnonzero(tokens == c)[0]) for c in candidates]
    row = weights[np.flatnonzero(tokens == query)[0], places]
    return tokens[places[int(row.argmax())]]


@answers.right
def positions(weights, tokens, query, candidates):
    return candidates[int(np.argmax(weights[query, candidates]))]


@answers.right
def positions_to_word(weights, tokens, query, candidates):
    return tokens[max(candidates, key=lambda place: weights[query, place])]


@answers.wrong("column-for-row")
def column(weights, tokens, query, candidates):
    q = tokens.index(query)
    return max(candidates, key=lambda c: weights[tokens.index(c), q])


@answers.wrong("candidates-ignored")
def any_token(weights, tokens, query, candidates):
    return tokens[int(np.argmax(weights[tokens.index(query)]))]


@answers.wrong("place-in-candidates")
def place(weights, tokens, query, candidates):
    row = weights[tokens.index(query)]
    return int(np.argmax([row[tokens.index(c)] for c in candidates]))


@answers.wrong("smallest-weight")
def smallest(weights, tokens, query, candidates):
    row = weights[tokens.index(query)]
    return min(candidates, key=lambda c: row[tokens.index(c)])


@answers.wrong("alphabetical")
def no_key(weights, tokens, query, candidates):
    return max(candidates)


@answers.wrong("always-the-first")
def first(weights, tokens, query, candidates):
    return candidates[0]


@answers.wrong("weight-for-word")
def dict_of_weights(weights, tokens, query, candidates):
    row = weights[tokens.index(query)]
    return {w: row[tokens.index(w)] for w in candidates}


@answers.wrong("places-mixed")
def candidate_position(weights, tokens, query, candidates):
    row = weights[tokens.index(query)]
    return candidates[int(np.argmax(row[: len(candidates)]))]

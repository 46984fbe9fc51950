"""From X to Q, K and V: which matrix, which side, in which order."""

from __future__ import annotations

import numpy as np

from qkvlib import examples
from qkvlib.check.inputs import ONE_AXIS, Draw, case, cases
from qkvlib.check.misconceptions.scores import unit
from qkvlib.check.misconceptions.softmax import soft
from qkvlib.check.spec import Mistake, mistake, switch


def projection_switches() -> tuple[Mistake, ...]:
    """One matrix taken for another."""
    return (
        switch(
            "one-matrix-for-all",
            "Queries, keys and values all come from one matrix.",
            "Each role has a matrix of its own.",
            q="Q",
            k="Q",
            v="Q",
        ),
        switch(
            "queries-and-keys-swapped",
            "W_Q and W_K have changed places.",
            "Which of the two makes what a token looks for?",
            q="K",
            k="Q",
        ),
        switch(
            "keys-and-values-swapped",
            "W_K and W_V have changed places.",
            "Which of the two makes what a token hands over?",
            k="V",
            v="K",
        ),
        switch(
            "keys-from-query-matrix",
            "Your keys are made with W_Q.",
            "Read the line that makes the keys again.",
            k="Q",
        ),
        switch(
            "queries-from-key-matrix",
            "Your queries are made with W_K.",
            "Read the line that makes the queries again.",
            q="K",
        ),
        switch(
            "values-from-key-matrix",
            "Your values are made with W_K.",
            "Read the line that makes the values again.",
            v="K",
        ),
        switch(
            "values-from-query-matrix",
            "Your values are made with W_Q.",
            "Read the line that makes the values again.",
            v="Q",
        ),
        switch(
            "values-unprojected",
            "Your values are the embeddings themselves: W_V is never used.",
            "What a token hands over is projected too.",
            v="X",
        ),
        switch(
            "nothing-projected",
            "The embeddings themselves are compared: W_Q and W_K are never used.",
            "Project first, then split into heads.",
            q="X",
            k="X",
        ),
        switch(
            "matrices-transposed",
            "Your matrices are turned round.",
            "X has d_model columns; which axis of W has d_model entries?",
            side="turned",
        ),
    )


def _qkv_arguments(draw: Draw, T: int, d_model: int, d_head: int, d_v: int, batch: tuple[int, ...] = ()) -> tuple:
    return draw(*batch, T, d_model), draw(d_model, d_head), draw(d_model, d_head), draw(d_model, d_v)


qkv_inputs = cases(
    _qkv_arguments,
    case("one sequence", T=5, d_model=7, d_head=3, d_v=2),
    case("matrices that are square", T=5, d_model=5, d_head=5, d_v=5),
    case("a batch of sequences", T=5, d_model=7, d_head=3, d_v=3, batch=ONE_AXIS),
)


def project(
    X: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    *,
    q: str = "Q",
    k: str = "K",
    v: str = "V",
    side: str = "right",
    after: str = "nothing",
) -> tuple[np.ndarray, ...]:
    by = {"Q": W_Q, "K": W_K, "V": W_V}

    def make(name: str) -> np.ndarray:
        if name == "X":
            return X
        if name not in by:  # "QK": the keys made from the queries, and so on
            return make(name[0]) @ by[name[1]]
        if side == "left":
            return by[name] @ X
        return X @ (by[name].T if side == "turned" else by[name])

    Q, K, V = make(q), make(k), make(v)
    if after == "scaled":
        Q = Q / np.sqrt(Q.shape[-1])
    elif after == "scaled-all":
        Q, K, V = (part / np.sqrt(part.shape[-1]) for part in (Q, K, V))
    elif after == "unit":
        Q, K = unit(Q), unit(K)
    elif after == "unit-all":
        Q, K, V = unit(Q), unit(K), unit(V)
    elif after == "soft":
        Q, K, V = soft(Q), soft(K), soft(V)
    elif after == "residual":
        Q, K, V = Q + X, K + X, V + X
    return Q, K, V


def projecting_mistakes() -> tuple[Mistake, ...]:
    """Every slip on the way from X to Q, K and V."""
    return (
        switch(
            "one-matrix-for-all",
            "Your three results all come from the same matrix, so the token has one role instead of three.",
            "Each role has a matrix of its own.",
            versions=(
                lambda X, W_Q, W_K, W_V: (X @ W_K,) * 3,
                lambda X, W_Q, W_K, W_V: (X @ W_V,) * 3,
            ),
            q="Q",
            k="Q",
            v="Q",
        ),
        switch(
            "keys-from-query-matrix",
            "Your keys are made with the matrix of the queries.",
            "Read the second line again: which matrix makes keys?",
            k="Q",
        ),
        switch(
            "queries-from-key-matrix",
            "Your queries are made with the matrix of the keys.",
            "Read the first line again: which matrix makes queries?",
            q="K",
        ),
        switch(
            "values-from-key-matrix",
            "Your values are made with the matrix of the keys.",
            "Read the third line again: which matrix makes values?",
            v="K",
        ),
        switch(
            "values-from-query-matrix",
            "Your values are made with the matrix of the queries.",
            "Read the third line again: which matrix makes values?",
            v="Q",
        ),
        switch(
            "keys-from-value-matrix",
            "Your keys are made with the matrix of the values.",
            "Read the second line again: which matrix makes keys?",
            k="V",
        ),
        switch(
            "values-unprojected",
            "Your values are the embeddings themselves.",
            "What a token hands over is projected too.",
            v="X",
        ),
        switch(
            "keys-unprojected",
            "Your keys are the embeddings themselves.",
            "What a token can be found by is projected too.",
            k="X",
        ),
        switch(
            "queries-unprojected",
            "Your queries are the embeddings themselves.",
            "What a token looks for is projected too.",
            q="X",
        ),
        switch(
            "nothing-projected",
            "All three of your results are X itself.",
            "Each role needs its own matrix product.",
            q="X",
            k="X",
            v="X",
        ),
        switch(
            "queries-and-keys-swapped",
            "Your first result is the keys and your second the queries.",
            "Either two matrices or two names have changed places.",
            q="K",
            k="Q",
        ),
        switch(
            "keys-and-values-swapped",
            "Your second result is the values and your third the keys.",
            "Either two matrices or two names have changed places.",
            k="V",
            v="K",
        ),
        switch(
            "queries-and-values-swapped",
            "Your first result is the values and your third the queries.",
            "Either two matrices or two names have changed places.",
            q="V",
            v="Q",
        ),
        mistake(
            "roles-rotated",
            "All three results are there, but each stands in another one's place.",
            "The function promises the queries first, then the keys, then the values.",
            lambda X, W_Q, W_K, W_V: (X @ W_K, X @ W_V, X @ W_Q),
            lambda X, W_Q, W_K, W_V: (X @ W_V, X @ W_Q, X @ W_K),
        ),
        mistake(
            "chained",
            "One role is made from another role instead of from X.",
            "All three start from the same X.",
            lambda X, W_Q, W_K, W_V: (X @ W_Q, X @ W_Q @ W_K, X @ W_V),
            lambda X, W_Q, W_K, W_V: (X @ W_Q, X @ W_Q @ W_K, X @ W_K),
            lambda X, W_Q, W_K, W_V: (X @ W_Q, X @ W_Q @ W_K, X @ W_Q @ W_K @ W_V),
            lambda X, W_Q, W_K, W_V: (X @ W_Q, X @ W_Q @ W_K, X @ W_Q @ W_V),
            lambda X, W_Q, W_K, W_V: (X @ W_Q, X @ W_K, X @ W_K @ W_V),
        ),
        switch(
            "matrices-transposed",
            "Your matrices are turned round: columns of W meet features where its rows should.",
            "X has d_model columns; which axis of W has d_model entries?",
            side="turned",
        ),
        switch(
            "matrix-on-the-left",
            "The matrix stands to the left of X, so it mixes tokens instead of features.",
            "Tokens are rows: a row is multiplied from the right.",
            side="left",
        ),
        mistake(
            "joined",
            "Q, K and V come back joined into one array.",
            "Hand back three arrays: return Q, K, V.",
            lambda X, W_Q, W_K, W_V: np.concatenate([X @ W_Q, X @ W_K, X @ W_V], axis=-1),
        ),
        mistake(
            "added-together",
            "Q, K and V have been added into one array.",
            "They play different roles and are used at different times: keep them apart.",
            lambda X, W_Q, W_K, W_V: X @ W_Q + X @ W_K + X @ W_V,
        ),
        mistake(
            "only-one-role",
            "Only one of the three comes back.",
            "Hand back three arrays: return Q, K, V.",
            lambda X, W_Q, W_K, W_V: X @ W_V,
            lambda X, W_Q, W_K, W_V: (X @ W_Q, X @ W_K),
        ),
        mistake(
            "matrices-returned",
            "You hand back the matrices, not the tokens in their three roles.",
            "Multiply X into each of them first.",
            lambda X, W_Q, W_K, W_V: (W_Q, W_K, W_V),
        ),
        switch(
            "scaled-already",
            "Your queries have been divided by the square root of their width.",
            "Scaling belongs to the scores; here a projection is all there is.",
            after="scaled",
        ),
        switch(
            "scaled-all-three",
            "All three have been divided by the square root of their width.",
            "Scaling belongs to the scores; here a projection is all there is.",
            after="scaled-all",
        ),
        switch(
            "cut-to-length-1",
            "Your queries and keys have been cut to length 1.",
            "How long they are is part of what they say; here a projection is all there is.",
            versions=(lambda *a: project(*a, after="unit-all"),),
            after="unit",
        ),
        mistake(
            "lesson-matrices",
            "The matrices of the lesson's example are used, whatever is handed in.",
            "Inside the function, use its own arguments: W_Q, W_K and W_V.",
            lambda X, *_: project(X, examples.W_Q, examples.W_K, examples.W_V),
        ),
        switch(
            "softmax-already",
            "Your rows are positive and sum to 1: a softmax ran.",
            "There is nothing to share out yet; a projection is all there is.",
            after="soft",
        ),
        switch(
            "residual-added",
            "X has been added to each result.",
            "The residual connection comes later, outside attention.",
            after="residual",
        ),
        mistake(
            "first-token-only",
            "Only the first piece of X has been projected: one token, or one sequence of a batch.",
            "Let the whole of X take part; every row is a token.",
            lambda X, W_Q, W_K, W_V: (X[0] @ W_Q, X[0] @ W_K, X[0] @ W_V),
            lambda X, W_Q, W_K, W_V: project(X[..., 0, :], W_Q, W_K, W_V),
            lambda X, W_Q, W_K, W_V: project(X[..., -1, :], W_Q, W_K, W_V),
            lambda X, W_Q, W_K, W_V: (X[:1] @ W_Q, X[:1] @ W_K, X[:1] @ W_V),
        ),
        mistake(
            "elementwise",
            "X and a matrix are multiplied entry by entry.",
            "The sign for a matrix product is @, not *.",
            lambda X, W_Q, W_K, W_V: (X * W_Q, X * W_K, X * W_V),
        ),
    )

"""Lesson 1: one token, three roles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qkvlib import attention, examples
from qkvlib.check.spec import Exercise, mistake, switch
from qkvlib.check.specs.common import calls, extra_axis, in_quotes, letters, normal, order_mistakes, soft

# -- project_token ------------------------------------------------------------------------------------------------


def _token_inputs(rng):
    return calls(
        ("one token", normal(rng, 5), normal(rng, 5, 3)),
        ("a square matrix", normal(rng, 5), normal(rng, 5, 5)),
        ("a wider result", normal(rng, 3), normal(rng, 3, 7)),
    )


project_token = Exercise(
    name="project_token",
    lesson=1,
    parameters=("x", "W"),
    reference=attention.project_token,
    inputs=_token_inputs,
    axes=("column of W",),
    mistakes=(
        mistake(
            "matrix-transposed",
            "Each entry of your result pairs x with a row of W.",
            "x has one number per row of W, so which way do you run through W to use each of them once?",
            lambda x, W: W @ x,
            lambda x, W: x @ W.T,
            lambda x, W: np.array([sum(x[j] * W[i, j] for j in range(len(x))) for i in range(len(W))]),
        ),
        mistake(
            "not-summed",
            "The products are all there, one for every entry of W, but they have not been added up.",
            "A dot product multiplies and then adds: over which axis?",
            lambda x, W: x[:, None] * W,
        ),
        mistake(
            "elementwise",
            "x is multiplied entry by entry with W, which stretches columns instead of mixing rows.",
            "Every entry of the result needs all the entries of x: use a matrix product.",
            lambda x, W: x * W,
            lambda x, W: (x * W).sum(axis=0),
            lambda x, W: (x * W).sum(axis=1),
            lambda x, W: (x * W).sum(axis=-1),
        ),
        mistake(
            "summed-over-columns",
            "You added the products along the columns, so the result has one number per row of W.",
            "Each result entry collects from all rows of one column.",
            lambda x, W: (x[:, None] * W).sum(axis=1),
        ),
        mistake(
            "one-number",
            "Everything has been added up to a single number.",
            "Keep one sum per column of W.",
            lambda x, W: (x @ W).sum(),
            lambda x, W: (x[:, None] * W).sum(),
        ),
        mistake(
            "outer-product",
            "Each entry of x meets each entry of W and none are added up.",
            "Projecting turns one row into a shorter row: multiply along one axis, and add along it.",
            lambda x, W: np.outer(x, W),
            lambda x, W: np.multiply.outer(x, W),
        ),
        mistake(
            "mean-for-sum",
            "Every entry is too small by the width of x: the products were averaged.",
            "A projection adds.",
            lambda x, W: (x @ W) / len(x),
        ),
        mistake(
            "matrix-alone",
            "Your result does not depend on x.",
            "Weight each row of W by the entry of x beside it before adding.",
            lambda x, W: W.sum(axis=0),
            lambda x, W: W[0],
            lambda x, W: W.mean(axis=0),
        ),
        mistake(
            "row-lookup",
            "You picked the row of W that belongs to the largest entry of x.",
            "Every row takes part, each as strongly as its entry of x says.",
            lambda x, W: W[np.argmax(x)],
        ),
        mistake(
            "extra-axis",
            "The numbers are right, but they lie in a matrix of one row or one column.",
            "One token in, one plain vector out.",
            lambda x, W: (x @ W)[None],
            lambda x, W: (x @ W)[:, None],
        ),
        mistake(
            "scaled",
            "Every entry has been divided by the square root of a width.",
            "The scale belongs to the scores of the next lesson, not to a projection.",
            lambda x, W: x @ W / np.sqrt(W.shape[1]),
            lambda x, W: x @ W / np.sqrt(W.shape[0]),
        ),
        mistake(
            "normalised",
            "Your result has been cut to a fixed length or a fixed sum.",
            "A projection leaves its result as long as it comes out.",
            lambda x, W: x @ W / np.linalg.norm(x @ W),
            lambda x, W: (x / np.linalg.norm(x)) @ W,
            lambda x, W: soft(x @ W),
            lambda x, W: x @ W / (x @ W).sum(),
        ),
        mistake(
            "added",
            "x and W were added rather than multiplied.",
            "Multiply each entry of x into its row of W, then add the rows.",
            lambda x, W: x[:, None] + W,
            lambda x, W: (x[:, None] + W).sum(axis=0),
            lambda x, W: x + W,
        ),
        mistake(
            "last-term-only",
            "Only one entry of x has reached your result.",
            "In a loop, collect with += instead of starting again with =, and return after the loop, not inside it.",
            lambda x, W: x[-1] * W[-1],
            lambda x, W: x[0] * W[0],
        ),
        mistake(
            "cut-to-whole-numbers",
            "Each product was cut to a whole number before it was added.",
            "Collect in a float array, and leave out int and astype.",
            lambda x, W: np.trunc(x[:, None] * W).sum(axis=0),
        ),
        mistake(
            "misses-the-end",
            "One entry of x never takes part.",
            "Check where your loop or slice begins and stops.",
            lambda x, W: x[:-1] @ W[:-1],
            lambda x, W: x[1:] @ W[1:],
        ),
    ),
    hints=(
        "Write the shapes first: x has d_model entries, W is [d_model, d_head]. What shape must come out?",
        "Entry j of the result is the dot product of x with column j of W.",
        "numpy has an operator for exactly this; it reads x @ ...",
    ),
    praise="Right: every entry of x weights its own row of W, and the rows add up.",
)


# -- project_qkv --------------------------------------------------------------------------------------------------


def _qkv_inputs(rng):
    return calls(
        ("one sequence", normal(rng, 5, 7), normal(rng, 7, 3), normal(rng, 7, 3), normal(rng, 7, 2)),
        ("matrices that are square", *(normal(rng, 5, 5) for _ in range(4))),
        ("a batch of sequences", normal(rng, 2, 5, 7), normal(rng, 7, 3), normal(rng, 7, 3), normal(rng, 7, 3)),
    )


def _project(X, W_Q, W_K, W_V, *, q="Q", k="K", v="V", side="right", after="nothing"):
    by = {"Q": W_Q, "K": W_K, "V": W_V}

    def make(name):
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
    elif after == "soft":
        Q, K, V = soft(Q), soft(K), soft(V)
    elif after == "residual":
        Q, K, V = Q + X, K + X, V + X
    return Q, K, V


project_qkv = Exercise(
    name="project_qkv",
    lesson=1,
    parameters=("X", "W_Q", "W_K", "W_V"),
    parts=("Q", "K", "V"),
    reference=attention.project_qkv,
    model=_project,
    inputs=_qkv_inputs,
    mistakes=(
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
            "One role is made from another: your keys start from the queries instead of from X.",
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
            lambda X, W_Q, W_K, W_V: X @ W_Q,
            lambda X, W_Q, W_K, W_V: X @ W_V,
            lambda X, W_Q, W_K, W_V: (X @ W_Q, X @ W_K),
            lambda X, W_Q, W_K, W_V: (X @ W_Q,),
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
            lambda X, W_Q, W_K, W_V: (X[:1] @ W_Q, X[:1] @ W_K, X[:1] @ W_V),
        ),
        mistake(
            "elementwise",
            "X and a matrix are multiplied entry by entry.",
            "The sign for a matrix product is @, not *.",
            lambda X, W_Q, W_K, W_V: (X * W_Q, X * W_K, X * W_V),
        ),
    ),
    hints=(
        "One role at a time: which matrix turns tokens into queries?",
        "X is [..., T, d_model] and W_Q is [d_model, d_head]; @ works on the last two axes and leaves the batch alone.",
        "Three lines of the same form and one return with three names.",
    ),
    praise="Right: the same tokens, three matrices, three roles.",
)


# -- hand_projection ----------------------------------------------------------------------------------------------


def _by_hand(x, W_Q, W_K, W_V):
    return {"q": x @ W_Q, "k": x @ W_K, "v": x @ W_V}


hand_projection = Exercise(
    name="hand_projection",
    lesson=1,
    kind="value",
    parameters=("x", "W_Q", "W_K", "W_V"),
    parts=("q", "k", "v"),
    given={"x": examples.x_by_hand, "W_Q": examples.W_Q, "W_K": examples.W_K, "W_V": examples.W_V},
    reference=_by_hand,
    forms=(lambda d: d, lambda d: (d["q"], d["k"], d["v"])),
    mistakes=(
        mistake(
            "another-token",
            "These are the numbers of a token from the lesson, not of the x of this exercise.",
            "Start from this x, and write its four entries beside the four rows of each matrix.",
            lambda x, W_Q, W_K, W_V: _by_hand(examples.x1, W_Q, W_K, W_V),
            lambda x, W_Q, W_K, W_V: _by_hand(examples.x2, W_Q, W_K, W_V),
        ),
        mistake(
            "queries-and-keys-swapped",
            "What you call q is the key, and what you call k is the query.",
            "Check which matrix each of them went through.",
            lambda x, W_Q, W_K, W_V: _by_hand(x, W_K, W_Q, W_V),
        ),
        mistake(
            "one-matrix-for-all",
            "q, k and v all come from one matrix.",
            "Each role has a matrix of its own.",
            lambda x, W_Q, W_K, W_V: _by_hand(x, W_Q, W_Q, W_Q),
        ),
        mistake(
            "x-ignored",
            "You have added up the rows of each matrix without weighting them by x.",
            "Multiply each row by its entry of x first, then add.",
            lambda x, W_Q, W_K, W_V: {"q": W_Q.sum(0), "k": W_K.sum(0), "v": W_V.sum(0)},
        ),
        mistake(
            "switched-on-not-weighted",
            "Rows take part whenever their entry of x is not 0, but always once.",
            "An entry of 2 takes its row twice.",
            lambda x, W_Q, W_K, W_V: _by_hand((x != 0).astype(float), W_Q, W_K, W_V),
        ),
        mistake(
            "entries-swapped",
            "Each of your pairs has its two entries the wrong way round.",
            "The first entry belongs to the first column of the matrix.",
            lambda x, W_Q, W_K, W_V: {name: value[::-1] for name, value in _by_hand(x, W_Q, W_K, W_V).items()},
        ),
        mistake(
            "rows-not-added",
            "Your pairs are the weighted rows before they are added up.",
            "Add the rows, column by column.",
            lambda x, W_Q, W_K, W_V: {"q": x[:, None] * W_Q, "k": x[:, None] * W_K, "v": x[:, None] * W_V},
        ),
        extra_axis(
            "Your q, k and v are columns, or matrices.",
            "Each of them is one plain row of two numbers.",
        ),
        in_quotes("Your numbers stand in quotes, so they are text.", "Leave the quotes out."),
        mistake(
            "another-width",
            "Your q, k and v do not have one number for each column of the matrices.",
            "Write the shapes first: [4] times [4, 2] gives what?",
            recognise=lambda args, answer: all(np.size(answer[name]) != 2 for name in "qkv"),
        ),
    ),
    hints=(
        "Write x as a row and each matrix under it: entry 1 of x belongs to row 1, and so on.",
        "Take each row as many times as its entry of x says, then add the columns. A 0 drops its row.",
        "The shapes: [4] times [4, 2] gives [2], three times over.",
    ),
    praise="Right: one token by hand, in three roles. (If two of them agree, that is an accident of small numbers.)",
)


# -- qkv_shapes ---------------------------------------------------------------------------------------------------


def _shapes(B, T, d_model, d_head):
    weight = (d_model, d_head)
    return {"X": (B, T, d_model), "W_Q": weight, "W_K": weight, "W_V": weight, "Q": (B, T, d_head)}


def _shapes_with(**replace):
    def version(B, T, d_model, d_head):
        sizes = {"B": B, "T": T, "d_model": d_model, "d_head": d_head}
        return {
            **_shapes(**sizes),
            **{name: tuple(sizes[part] for part in parts.split()) for name, parts in replace.items()},
        }

    return version


def _flat_shapes(*names, keep=1):
    """The shapes of `names` with all axes but the last `keep` laid together."""

    def version(B, T, d_model, d_head):
        shapes = _shapes(B, T, d_model, d_head)
        cut = {name: len(shapes[name]) - keep for name in names}
        return {**shapes, **{n: (int(np.prod(shapes[n][:c])), *shapes[n][c:]) for n, c in cut.items()}}

    return version


qkv_shapes = Exercise(
    name="qkv_shapes",
    lesson=1,
    kind="value",
    parameters=("B", "T", "d_model", "d_head"),
    parts=("X", "W_Q", "W_K", "W_V", "Q"),
    given={"B": 2, "T": 5, "d_model": 7, "d_head": 3},
    reference=_shapes,
    forms=(lambda d: d, lambda d: tuple(d.values())),
    tolerance=1e-9,
    mistakes=(
        mistake(
            "matrices-transposed",
            "Your matrices are turned round.",
            "In X W the width of X must meet the rows of W.",
            _shapes_with(W_Q="d_head d_model", W_K="d_head d_model", W_V="d_head d_model"),
        ),
        mistake(
            "width-kept",
            "Your Q is as wide as X.",
            "A row comes out as wide as its matrix has columns.",
            _shapes_with(Q="B T d_model"),
        ),
        mistake(
            "square-matrices",
            "Your matrices are square.",
            "They take d_model numbers in and give d_head numbers out.",
            _shapes_with(W_Q="d_model d_model", W_K="d_model d_model", W_V="d_model d_model", Q="B T d_model"),
            _shapes_with(W_Q="d_model d_model", W_K="d_model d_model", W_V="d_model d_model"),
            _shapes_with(W_Q="d_head d_head", W_K="d_head d_head", W_V="d_head d_head"),
        ),
        mistake(
            "batched-matrices",
            "Your matrices have a batch axis.",
            "There is one set of matrices for all sequences and all tokens.",
            _shapes_with(W_Q="B d_model d_head", W_K="B d_model d_head", W_V="B d_model d_head"),
        ),
        mistake(
            "matrices-per-token",
            "Your matrices have an axis for tokens.",
            "Every token goes through the same matrices.",
            _shapes_with(W_Q="T d_head", W_K="T d_head", W_V="T d_head"),
            _shapes_with(W_Q="T d_model", W_K="T d_model", W_V="T d_model"),
        ),
        mistake(
            "batch-lost",
            "The batch axis is missing from Q.",
            "Projecting changes the last axis only; the ones before it stay.",
            _shapes_with(Q="T d_head"),
            _shapes_with(X="T d_model", Q="T d_head"),
        ),
        mistake(
            "tokens-and-features-swapped",
            "Tokens and features have changed places.",
            "Tokens are rows: the feature axis comes last.",
            _shapes_with(X="B d_model T", Q="B d_head T"),
            _shapes_with(Q="B d_head T"),
            _shapes_with(X="B d_model T"),
        ),
        mistake(
            "batch-and-tokens-swapped",
            "Sequences and tokens have changed places.",
            "The batch comes first: each sequence holds its tokens.",
            _shapes_with(X="T B d_model", Q="T B d_head"),
            _shapes_with(X="T B d_model"),
            _shapes_with(Q="T B d_head"),
        ),
        mistake(
            "head-width-for-x",
            "Your X is only as wide as a head.",
            "X comes before any projection: it still has the full width.",
            _shapes_with(X="B T d_head"),
        ),
        in_quotes(
            "Your shapes are text.",
            "Write a shape as whole numbers in round brackets, with commas and without quotes.",
        ),
        mistake(
            "arrays-for-shapes",
            "You hand over arrays where their shapes are asked for.",
            "An array carries its shape with it: which attribute is that?",
            recognise=lambda args, shapes: any(np.ndim(value) > 1 for value in shapes.values()),
        ),
        mistake(
            "meeting-size-kept",
            "Your Q keeps d_model, where X and W_Q meet.",
            "In a product the two inner sizes vanish; which ones are left?",
            _shapes_with(Q="B T d_model d_head"),
            _shapes_with(Q="B d_model d_head"),
        ),
        mistake(
            "scores-for-queries",
            "Your Q has the shape of a grid of scores.",
            "Q comes before any token meets another: one row per token, one number per column of W_Q.",
            _shapes_with(Q="B T T"),
            _shapes_with(Q="T T"),
        ),
        mistake(
            "axes-multiplied",
            "You give how many numbers there are, not how they are arranged.",
            "A shape has one number for each axis.",
            lambda *sizes: {name: np.prod(shape) for name, shape in _shapes(*sizes).items()},
        ),
        mistake(
            "flattened",
            "Sequences and tokens lie on one axis in your shapes.",
            "Keep one axis for the sequences and one for the tokens in each.",
            *(_flat_shapes(*names) for names in (("X", "Q"), ("X",), ("Q",))),
            *(_flat_shapes(*names, keep=0) for names in (("X", "Q"), ("X",), ("Q",))),
        ),
    ),
    hints=(
        "Tokens are rows. Start with X: sequences, tokens in each, numbers per token.",
        "W_Q must accept a row of X and give back a row of d_head numbers.",
        "In a product the inner two sizes vanish and the outer ones remain.",
    ),
    praise="Right: shapes first, then numbers.",
)


# -- smallest_matrix ----------------------------------------------------------------------------------------------


def _smallest_inputs(rng):
    return calls(
        ("one pair", normal(rng, 5), normal(rng, 3)),
        ("another pair", normal(rng, 2), normal(rng, 7)),
        ("vectors of one length", normal(rng, 3), normal(rng, 3)),
    )


def _only_row(x, q, row):
    W = np.zeros((len(x), len(q)))
    W[row] = q / x[row]
    return W


def _quotients_on_the_diagonal(x, q):
    W = np.zeros((len(x), len(q)))
    for k in range(min(len(x), len(q))):
        W[k, k] = q[k] / x[k]
    return W


smallest_matrix = Exercise(
    name="smallest_matrix",
    lesson=1,
    parameters=("x", "q"),
    reference=attention.smallest_matrix,
    inputs=_smallest_inputs,
    axes=("entry of x", "entry of q"),
    mistakes=(
        mistake(
            "not-divided",
            "x times your matrix points the right way, but is too long or too short.",
            "How long is x times the outer product of x and q? Divide that away.",
            lambda x, q: np.outer(x, q),
        ),
        mistake(
            "divided-by-length",
            "x times your matrix is still off by the length of x.",
            "x meets itself in that product: how does x·x differ from the length of x?",
            lambda x, q: np.outer(x, q) / np.linalg.norm(x),
        ),
        mistake(
            "divided-by-other-length",
            "You divide by a number made from q.",
            "It is x that meets itself in x W; what should cancel?",
            lambda x, q: np.outer(x, q) / (q @ q),
            lambda x, q: np.outer(x, q) / np.linalg.norm(q),
            lambda x, q: np.outer(x, q) / (np.linalg.norm(x) * np.linalg.norm(q)),
        ),
        mistake(
            "divided-by-sum",
            "You divide by the sum of x, or of its absolute values.",
            "Which sum of products appears when x meets W?",
            lambda x, q: np.outer(x, q) / x.sum(),
            lambda x, q: np.outer(x, q) / np.abs(x).sum(),
        ),
        mistake(
            "divided-by-count",
            "You divide by how many entries x has, whatever they are.",
            "Which sum of products appears when x meets W?",
            lambda x, q: np.outer(x, q) / len(x),
        ),
        mistake(
            "transposed",
            "Your matrix has one row per entry of q.",
            "In x W the rows of W belong to the entries of x.",
            lambda x, q: np.outer(q, x) / (x @ x),
            lambda x, q: np.outer(q, x),
            lambda x, q: np.outer(q, x) / (q @ q),
        ),
        mistake(
            "one-row-only",
            "x times your matrix is q, but one row does all the work and the others are 0.",
            "Share the work among the rows, and the matrix gets smaller: who can contribute most?",
            *(lambda x, q, r=r: _only_row(x, q, r) for r in (0, -1)),
            lambda x, q: _only_row(x, q, np.argmax(np.abs(x))),
        ),
        mistake(
            "equal-shares",
            "x times your matrix is q, and every entry of x contributes equally.",
            "That works, but a large entry of x can do more with less: share in proportion.",
            lambda x, q: np.outer(1 / x, q) / len(x),
        ),
        mistake(
            "same-rows",
            "x times your matrix is q, but all its rows are alike.",
            "A row whose entry of x is tiny costs much and brings little.",
            lambda x, q: np.outer(np.ones_like(x), q) / x.sum(),
        ),
        mistake(
            "elementwise-quotient",
            "You divide q by x entry by entry.",
            "Every entry of q collects from all of x, so one entry of x cannot settle it.",
            lambda x, q: q[None, :] / x[:, None],
            lambda x, q: np.diag(q / x),
            _quotients_on_the_diagonal,
        ),
        mistake(
            "only-one-vector",
            "What comes back is a vector, not a matrix.",
            "It needs a row for every entry of x and a column for every entry of q.",
            lambda x, q: q / (x @ x),
            lambda x, q: x / (x @ x),
            lambda x, q: (x @ x) * q,
        ),
        mistake(
            "not-the-smallest",
            "x times your matrix is q, as it should be, but a smaller matrix does it too.",
            "Anything in W that x does not see only makes it larger. Which part does x see?",
            recognise=lambda args, W: np.allclose(args[0] @ np.asarray(W), args[1]),
        ),
    ),
    hints=(
        "Try the outer product of x and q first. What is x times that?",
        "x times the outer product is q, times a number that depends on x alone.",
        "Divide by that number, and you are there; np.linalg.pinv knows the same matrix.",
    ),
    praise="Right: the smallest of infinitely many matrices that send x to q. So q alone says little about W.",
)


# -- order_by_hand (Parsons) --------------------------------------------------------------------------------------

order_by_hand = Exercise(
    name="order_by_hand",
    lesson=1,
    kind="value",
    parameters=("steps",),
    given={
        "steps": (
            "A  add the weighted rows, column by column",
            "B  write the shapes: [4] times [4, 2] gives [2]",
            "C  multiply each row of W by the entry of x beside it",
            "D  write the entries of x beside the rows of W",
        )
    },
    reference=lambda steps: "BDCA",
    tidy=letters,
    mistakes=(
        mistake(
            "shapes-not-first",
            "The shapes come later in your order.",
            "Writing them costs a second and catches most mistakes: what comes before any number?",
            *(lambda steps, order=order: order for order in ("DBCA", "DCBA", "DCAB")),
        ),
        mistake(
            "added-too-early",
            "You add before you have multiplied.",
            "What is it that gets added up?",
            *(lambda steps, order=order: order for order in ("BDAC", "BADC", "BACD", "DBAC", "ABDC", "ADBC")),
        ),
        mistake(
            "multiplied-too-early",
            "You multiply before it is clear which entry belongs to which row.",
            "Lay the numbers side by side first.",
            *(lambda steps, order=order: order for order in ("BCDA", "CBDA", "BCAD", "CDBA")),
        ),
        *order_mistakes(
            ("step-missing", "Not every step is in your order exactly once."),
            "There are four letters; use each of them once.",
            "With this order one of the steps needs something that is not there yet.",
            "Ask of each step what it needs to have on the paper before it.",
        ),
    ),
    hints=("Shape first, always.", "Multiplying needs the numbers to lie side by side; adding needs the products."),
    praise="Right: shapes, then pairs, then products, then sums.",
)

# -- fix_projection -----------------------------------------------------------------------------------------------

fix_projection = replace(
    project_qkv,
    name="fix_projection",
    hints=(
        "Run it on X = x1 alone, and compare with the three vectors that you know from the lesson.",
        "Two of its three lines are wrong, each in its own way.",
        "Each role starts from X and goes through its own matrix.",
    ),
    praise="Mended: every role starts from X, and goes through its own matrix.",
)

EXERCISES = (
    qkv_shapes,
    order_by_hand,
    hand_projection,
    project_token,
    project_qkv,
    fix_projection,
    smallest_matrix,
)

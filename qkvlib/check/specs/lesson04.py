"""Lesson 4: what separate matrices can do."""

from __future__ import annotations

import numpy as np

from qkvlib import attention as math
from qkvlib.check.spec import Exercise, mistake
from qkvlib.check.specs.common import T, calls, first_of_pair, normal, one_hot, soft

# -- qk_circuit ---------------------------------------------------------------------------------------------------


def _circuit_inputs(rng):
    return calls(
        ("one head", normal(rng, 7, 3), normal(rng, 7, 3)),
        ("square matrices", normal(rng, 5, 5), normal(rng, 5, 5)),
        ("a batch of heads", normal(rng, 2, 7, 3), normal(rng, 2, 7, 3)),
    )


qk_circuit = Exercise(
    name="qk_circuit",
    lesson=4,
    parameters=("W_Q", "W_K"),
    reference=math.qk_circuit,
    inputs=_circuit_inputs,
    axes=("feature that is wanted", "feature that is offered"),
    mistakes=(
        mistake(
            "inner-width-kept",
            "Your circuit is as wide as a head: the features have been summed away.",
            "It should say for every pair of features how well one asks for the other.",
            lambda W_Q, W_K: T(W_Q) @ W_K,
            lambda W_Q, W_K: T(W_K) @ W_Q,
        ),
        mistake(
            "no-transpose",
            "The two matrices are multiplied as they stand, so a feature of one meets a column of the other.",
            "q·k sums over d_head: which axis of both matrices is that?",
            lambda W_Q, W_K: W_Q @ W_K,
            lambda W_Q, W_K: W_K @ W_Q,
        ),
        mistake(
            "circuit-transposed",
            "Your circuit is turned round: its rows are offered and its columns wanted.",
            "Rows stand for the token that asks.",
            lambda W_Q, W_K: W_K @ T(W_Q),
        ),
        mistake(
            "transposed-all-axes",
            "With several heads in front, .T turns every axis round, the heads too.",
            "Swap only the last two axes.",
            lambda W_Q, W_K: W_Q @ W_K.T,
        ),
        mistake(
            "one-matrix-twice",
            "Your circuit is symmetric: one matrix meets itself.",
            "Asking and offering each have a matrix of their own.",
            lambda W_Q, W_K: W_Q @ T(W_Q),
            lambda W_Q, W_K: W_K @ T(W_K),
        ),
        mistake(
            "symmetrised",
            "Your circuit is symmetric: the two directions have been averaged or added.",
            "That wanting differs from offering is the whole point.",
            lambda W_Q, W_K: (W_Q @ T(W_K) + W_K @ T(W_Q)) / 2,
            lambda W_Q, W_K: W_Q @ T(W_K) + W_K @ T(W_Q),
        ),
        mistake(
            "scaled",
            "Your circuit has been divided by the root of a width.",
            "The scale belongs to the scores; here only the two matrices meet.",
            lambda W_Q, W_K: W_Q @ T(W_K) / np.sqrt(W_Q.shape[-1]),
            lambda W_Q, W_K: W_Q @ T(W_K) / np.sqrt(W_Q.shape[-2]),
            lambda W_Q, W_K: W_Q @ T(W_K) / W_Q.shape[-1],
        ),
        mistake(
            "inverse-for-transpose",
            "One of your two matrices was inverted.",
            "Nothing is undone here: y W_K only stands turned round in the score.",
            lambda W_Q, W_K: W_Q @ np.linalg.pinv(W_K),
        ),
        mistake(
            "elementwise",
            "The two matrices are multiplied entry by entry.",
            "The sign for a matrix product is @.",
            lambda W_Q, W_K: W_Q * W_K,
            lambda W_Q, W_K: (W_Q * W_K).sum(-1),
        ),
        mistake(
            "not-summed",
            "The products over d_head are there, but have not been added up.",
            "One number per pair of features.",
            lambda W_Q, W_K: W_Q[..., :, None, :] * W_K[..., None, :, :],
        ),
        mistake(
            "softmax-already",
            "The rows of your circuit are positive and sum to 1.",
            "There are no tokens here yet, so nothing to share out.",
            lambda W_Q, W_K: soft(W_Q @ T(W_K)),
        ),
        mistake(
            "difference",
            "The two matrices were subtracted or added.",
            "They meet in a product: follow q·k, with x W_Q for q and y W_K for k.",
            lambda W_Q, W_K: W_Q - W_K,
            lambda W_Q, W_K: W_Q + W_K,
        ),
        mistake(
            "cosine",
            "The rows were cut to length 1 first.",
            "Their lengths are part of what the head has learned.",
            lambda W_Q, W_K: _unit(W_Q) @ T(_unit(W_K)),
        ),
    ),
    hints=(
        "Write a score with everything in it: (x W_Q)(y W_K)ᵀ. Where do x and y stand?",
        "(A B)ᵀ = Bᵀ Aᵀ. What stands between x and yᵀ?",
        "The result is [d_model, d_model]: swap the last two axes of one matrix.",
    ),
    praise="Right: features wanted in the rows, features offered in the columns, and that is all the scores ever see.",
)


def _unit(W):
    return W / np.linalg.norm(W, axis=-1, keepdims=True)


# -- same_scores --------------------------------------------------------------------------------------------------


def _pair_inputs(rng):
    def invertible(n):
        return normal(rng, n, n) + 2 * np.eye(n) + np.triu(np.ones((n, n)), 1)

    return calls(
        ("one head", normal(rng, 7, 3), normal(rng, 7, 3), invertible(3)),
        ("a wider head", normal(rng, 11, 5), normal(rng, 11, 5), invertible(5)),
        ("square matrices", normal(rng, 2, 2), normal(rng, 2, 2), invertible(2)),
    )


_inv = np.linalg.inv

same_scores = Exercise(
    name="same_scores",
    lesson=4,
    parameters=("W_Q", "W_K", "A"),
    parts=("the new W_Q", "the new W_K"),
    reference=math.same_scores,
    inputs=_pair_inputs,
    tolerance=1e-4,
    mistakes=(
        mistake(
            "same-matrix-on-both",
            "Both matrices were multiplied by A, so the scores change.",
            "What has to stand between W_Q and W_Kᵀ for the two to cancel?",
            lambda W_Q, W_K, A: (W_Q @ A, W_K @ A),
        ),
        mistake(
            "inverse-not-transposed",
            "W_K was multiplied by the inverse of A, but in the score it stands turned round.",
            "(W_K B)ᵀ = Bᵀ W_Kᵀ: which B makes A Bᵀ vanish?",
            lambda W_Q, W_K, A: (W_Q @ A, W_K @ _inv(A)),
        ),
        mistake(
            "transpose-for-inverse",
            "W_K was multiplied by the transpose of A; that cancels only when A is a rotation.",
            "What undoes A in general?",
            lambda W_Q, W_K, A: (W_Q @ A, W_K @ A.T),
        ),
        mistake(
            "keys-unchanged",
            "Only W_Q changed, so the scores change too.",
            "W_K has to take back what A does.",
            lambda W_Q, W_K, A: (W_Q @ A, W_K),
        ),
        mistake(
            "queries-unchanged",
            "Only W_K changed, so the scores change too.",
            "Start with W_Q A, and let W_K take it back.",
            lambda W_Q, W_K, A: (W_Q, W_K @ _inv(A).T),
            lambda W_Q, W_K, A: (W_Q, W_K @ A),
        ),
        mistake(
            "nothing-changed",
            "Both matrices come back as they were.",
            "The first should become W_Q A.",
            lambda W_Q, W_K, A: (W_Q, W_K),
        ),
        mistake(
            "other-way-round",
            "The scores stay the same, but A and its inverse have changed places.",
            "W_Q takes A itself; W_K takes it back.",
            lambda W_Q, W_K, A: (W_Q @ _inv(A).T, W_K @ A),
            lambda W_Q, W_K, A: (W_Q @ _inv(A), W_K @ A.T),
        ),
        mistake(
            "on-the-left",
            "A stands to the left, where it meets d_model instead of d_head.",
            "A is [d_head, d_head]: on which side of W_Q does it fit?",
            lambda W_Q, W_K, A: (A @ W_Q, _inv(A).T @ W_K),
            lambda W_Q, W_K, A: (A @ W_Q, _inv(A) @ W_K),
            lambda W_Q, W_K, A: (A @ W_Q, W_K @ _inv(A).T),
        ),
        mistake(
            "both-inverted",
            "Both matrices were multiplied by an inverse.",
            "One takes A, the other takes it back.",
            lambda W_Q, W_K, A: (W_Q @ _inv(A), W_K @ _inv(A).T),
            lambda W_Q, W_K, A: (W_Q @ _inv(A), W_K @ _inv(A)),
        ),
        mistake(
            "matrix-on-the-left",
            "The inverse stands to the left of W_K, where d_model numbers would have to meet it.",
            "A acts on the features of a head, which are the columns of W_K.",
            lambda W_Q, W_K, A: (W_Q @ A, np.linalg.inv(A) @ W_K),
            lambda W_Q, W_K, A: (W_Q @ A, np.linalg.inv(A).T @ W_K),
        ),
        mistake(
            "sides-exchanged",
            "The inverse of A went to the queries, and A itself to the keys.",
            "The new W_Q is given: W_Q A. What must the keys do about it?",
            lambda W_Q, W_K, A: (W_Q @ _inv(A), W_K @ A),
        ),
        mistake(
            "elementwise-inverse",
            "1/A inverts each number alone; it is not the inverse matrix.",
            "np.linalg.inv gives the matrix that undoes A.",
            lambda W_Q, W_K, A: (W_Q @ A, W_K @ (1 / A)),
            lambda W_Q, W_K, A: (W_Q @ A, W_K @ (1 / A).T),
        ),
        mistake(
            "swapped",
            "The new W_K comes first.",
            "Return the pair in the order W_Q, W_K.",
            lambda W_Q, W_K, A: (W_K @ _inv(A).T, W_Q @ A),
        ),
        mistake(
            "scores-not-kept",
            "W_Q A is right, but with your W_K the scores change.",
            "Write down W_Q A (W_K B)ᵀ and choose B so that A disappears.",
            recognise=lambda args, pair: (
                np.allclose(pair[0], args[0] @ args[2]) and not np.allclose(pair[0] @ pair[1].T, args[0] @ args[1].T)
            ),
        ),
        mistake(
            "another-pair",
            "The scores stay the same, but W_Q did not become W_Q A.",
            "There are infinitely many such pairs; this one starts with W_Q A.",
            recognise=lambda args, pair: np.allclose(pair[0] @ pair[1].T, args[0] @ args[1].T),
        ),
    ),
    hints=(
        "All that the scores see is W_Q W_Kᵀ. Put W_Q A in the place of W_Q.",
        "W_Q A Bᵀ W_Kᵀ equals W_Q W_Kᵀ when A Bᵀ is the identity.",
        "So B is the inverse of A, turned round.",
    ),
    praise="Right: other queries, other keys, the same scores. A query's numbers mean nothing alone.",
)


# -- soft_lookup --------------------------------------------------------------------------------------------------


def _lookup_inputs(rng):
    return calls(
        ("three features", normal(rng, 3), normal(rng, 5, 3), normal(rng, 5, 2), 0.5),
        ("a warm lookup", normal(rng, 3), normal(rng, 7, 3), normal(rng, 7, 5), 2.0),
        ("another width", normal(rng, 3), normal(rng, 5, 3), normal(rng, 5, 3), 0.3),
        ("as many keys as features", normal(rng, 3), normal(rng, 3, 3), normal(rng, 3, 2), 0.7),
    )


def _lookup(weigh):
    return lambda q, K, V, t: weigh(K @ q, t) @ V


soft_lookup = Exercise(
    name="soft_lookup",
    lesson=4,
    parameters=("query", "keys", "values", "temperature"),
    reference=math.soft_lookup,
    inputs=_lookup_inputs,
    tidy=first_of_pair,
    mistakes=(
        mistake(
            "temperature-multiplied",
            "A higher temperature makes your lookup sharper.",
            "Warm means soft: divide by it.",
            _lookup(lambda s, t: soft(s * t)),
        ),
        mistake(
            "temperature-ignored",
            "Your result does not depend on the temperature.",
            "Where do the scores become sharper or softer?",
            _lookup(lambda s, t: soft(s)),
        ),
        mistake(
            "temperature-after-softmax",
            "The weights were divided by the temperature, so they no longer sum to 1.",
            "Change the scores, before they are shared out.",
            _lookup(lambda s, t: soft(s) / t),
            _lookup(lambda s, t: soft(s) * t),
        ),
        mistake(
            "temperature-in-one-place",
            "The temperature reaches the exponentials but not their sum, or the other way round.",
            "Divide the scores once, before both.",
            _lookup(lambda s, t: np.exp(s / t) / np.exp(s).sum()),
            _lookup(lambda s, t: np.exp(s) / np.exp(s / t).sum()),
            _lookup(lambda s, t: soft(s) ** (1 / t)),
        ),
        mistake(
            "scaled-as-well",
            "The scores were also divided by the root of the width.",
            "Here the temperature does all the scaling.",
            lambda q, K, V, t: soft(K @ q / np.sqrt(len(q)) / t) @ V,
            lambda q, K, V, t: soft(K @ q / np.sqrt(len(q))) @ V,
        ),
        mistake(
            "root-of-temperature",
            "The scores were divided by the root, or the square, of the temperature.",
            "Plainly by the temperature.",
            _lookup(lambda s, t: soft(s / np.sqrt(t))),
            _lookup(lambda s, t: soft(s / t**2)),
        ),
        mistake(
            "hard-lookup",
            "Your lookup always returns one row of the values, however warm it is.",
            "That is the limit of a cold lookup; a soft one blends.",
            _lookup(lambda s, t: one_hot(s)),
        ),
        mistake(
            "weights-returned",
            "What comes back are the weights.",
            "Blend the values with them.",
            lambda q, K, V, t: soft(K @ q / t),
        ),
        mistake(
            "keys-blended",
            "What you blend are the keys.",
            "Keys are for being found; the values are what is kept under them.",
            lambda q, K, V, t: soft(K @ q / t) @ K,
        ),
        mistake(
            "values-compared",
            "The query was compared with the values.",
            "A lookup compares with the keys.",
            lambda q, K, V, t: soft(V @ q / t) @ V,
        ),
        mistake(
            "no-softmax",
            "The scores themselves were used as weights.",
            "Share out 1 among the keys first.",
            _lookup(lambda s, t: s / t),
            _lookup(lambda s, t: s),
        ),
        mistake(
            "not-normalised",
            "Your weights are positive, but do not sum to 1.",
            "Divide by their sum.",
            _lookup(lambda s, t: np.exp(s / t)),
        ),
        mistake(
            "no-exp",
            "Your weights sum to 1, but some are negative.",
            "Something must make them positive first.",
            _lookup(lambda s, t: s / s.sum()),
            _lookup(lambda s, t: (s / t) / (s / t).sum()),
        ),
        mistake(
            "minus-sign",
            "The key that fits worst gets most.",
            "Look at the sign in front of the scores.",
            _lookup(lambda s, t: soft(-s / t)),
        ),
        mistake(
            "cosine",
            "Query and keys were cut to length 1 before they met.",
            "A plain dot product is asked for.",
            lambda q, K, V, t: soft(_unit(K) @ (q / np.linalg.norm(q)) / t) @ V,
        ),
        mistake(
            "distance",
            "You compare by distance.",
            "A plain dot product is asked for.",
            lambda q, K, V, t: soft(-np.linalg.norm(K - q, axis=1) / t) @ V,
            lambda q, K, V, t: soft(-((K - q) ** 2).sum(1) / t) @ V,
        ),
        mistake(
            "keys-transposed",
            "The query meets the columns of the keys.",
            "Each key is a row: which way round does the product go?",
            lambda q, K, V, t: soft(q @ K / t) @ V,
            lambda q, K, V, t: soft(K.T @ q / t) @ V,
        ),
        mistake(
            "not-summed",
            "The weighted values are all there, but have not been added up.",
            "Add over the keys.",
            lambda q, K, V, t: soft(K @ q / t)[:, None] * V,
        ),
        mistake(
            "values-on-the-left",
            "The values stand to the left of the weights.",
            "There is one weight per row of values.",
            lambda q, K, V, t: V @ soft(K @ q / t),
        ),
        mistake(
            "extra-axis",
            "The numbers are right, but they lie in a matrix of one row or one column.",
            "One query in, one plain vector out.",
            lambda q, K, V, t: soft(K @ q / t)[None] @ V,
            lambda q, K, V, t: (soft(K @ q / t) @ V)[:, None],
        ),
        mistake(
            "values-averaged",
            "What comes back is the plain average, or the plain sum, of the values.",
            "The weights say how much of each value to take.",
            lambda q, K, V, t: V.mean(0),
            lambda q, K, V, t: V.sum(0),
        ),
        mistake(
            "averaged",
            "The blend is too small by the number of keys.",
            "The weights sum to 1 already; nothing is left to divide.",
            lambda q, K, V, t: soft(K @ q / t) @ V / len(K),
        ),
    ),
    hints=(
        "A dict compares the query with every key and returns one value. Soften both steps.",
        "Scores are keys @ query; the temperature divides them before the softmax.",
        "Then blend the values with the weights.",
    ),
    praise="Right: a dictionary that answers with a blend, and with one entry as it cools.",
)

EXERCISES = (qk_circuit, same_scores, soft_lookup)

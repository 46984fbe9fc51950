"""Answers to `attention`: right ones in several styles, wrong ones as a learner would type them."""

import math

import numpy as np

from exercises import Answers
from exercises.parts import attention_inline, attention_own_parts, scores, scores_einsum, softmax

answers = Answers()

answers.right_value("own_parts", attention_own_parts)
answers.right_value("inline", attention_inline)


@answers.right
def as_list(Q, K, V):
    weights = softmax(scores_einsum(Q, K))
    return [weights @ V, weights]


@answers.right
def float32(Q, K, V):
    Q, K, V = (part.astype(np.float32) for part in (Q, K, V))
    weights = softmax(Q @ K.swapaxes(-1, -2) / np.float32(Q.shape[-1] ** 0.5))
    return weights @ V, weights


@answers.right
def in_place_on_own_arrays(Q, K, V):
    weights = np.matmul(Q, np.swapaxes(K, -1, -2)) / np.sqrt(Q.shape[-1])
    weights -= weights.max(-1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(-1, keepdims=True)
    return np.matmul(weights, V), weights


@answers.wrong("dictionary")
def as_dict(Q, K, V):
    weights = softmax(scores(Q, K))
    return {"out": weights @ V, "weights": weights}


@answers.right
def loops(Q, K, V, dropout=0.0):
    if Q.ndim > 2:
        pairs = [loops(*parts) for parts in zip(Q, K, V, strict=True)]
        return np.stack([out for out, _ in pairs]), np.stack([weights for _, weights in pairs])
    outs, rows = [], []
    for q in Q:
        grid = [float(q @ k) / math.sqrt(len(q)) for k in K]
        total = sum(math.exp(s) for s in grid)
        row = [math.exp(s) / total for s in grid]
        rows.append(row)
        outs.append(sum(share * v for share, v in zip(row, V, strict=True)))
    return np.array(outs), np.array(rows)


@answers.right
def prints(Q, K, V):
    print("Q", Q.shape)
    return attention_own_parts(Q, K, V)


@answers.wrong("no-scale")
def attention_without_scale(Q, K, V):
    w = softmax(Q @ np.swapaxes(K, -1, -2))
    return w @ V, w


@answers.wrong("softmax-over-queries")
def attention_axis(Q, K, V):
    w = softmax(scores(Q, K), axis=-2)
    return w @ V, w


@answers.wrong("softmax-over-queries")
def attention_axis_and_scale(Q, K, V):
    w = softmax(Q @ K.swapaxes(-1, -2), axis=-2)
    return w @ V, w


@answers.wrong("keys-as-values")
def attention_keys(Q, K, V):
    w = softmax(scores(Q, K))
    return w @ K, w


@answers.wrong("results-swapped")
def attention_order(Q, K, V):
    w = softmax(scores(Q, K))
    return w, w @ V


@answers.wrong("output-only")
def attention_output(Q, K, V):
    return softmax(scores(Q, K)) @ V


@answers.wrong("no-softmax")
def attention_raw(Q, K, V):
    w = scores(Q, K)
    return w @ V, w


@answers.wrong("scores-for-weights")
def attention_returns_scores(Q, K, V):
    grid = scores(Q, K)
    return softmax(grid) @ V, grid


@answers.wrong("scores-blended")
def attention_blends_scores(Q, K, V):
    grid = scores(Q, K)
    weights = softmax(grid)
    return grid @ V, weights


@answers.wrong("hard-argmax")
def attention_hard(Q, K, V):
    grid = scores(Q, K)
    w = (grid == grid.max(axis=-1, keepdims=True)).astype(float)
    return w @ V, w


@answers.wrong("no-exp")
def attention_no_exp(Q, K, V):
    grid = scores(Q, K)
    w = grid / grid.sum(-1, keepdims=True)
    return w @ V, w


@answers.wrong("transposed-all-axes")
def attention_dot_t(Q, K, V):
    w = softmax(Q @ K.T / np.sqrt(Q.shape[-1]))
    return w @ V, w


@answers.wrong("weights-transposed")
def attention_turned(Q, K, V):
    w = softmax(scores(Q, K))
    return np.swapaxes(w, -1, -2) @ V, w


@answers.wrong("values-in-scores")
def attention_values(Q, K, V):
    w = softmax(Q @ np.swapaxes(K + V, -1, -2) / np.sqrt(Q.shape[-1])) if K.shape == V.shape else None
    w = softmax(scores(Q, K)) if w is None else w
    return w @ V, w


@answers.wrong("scale-by-d")
def attention_d(Q, K, V):
    w = softmax(Q @ K.swapaxes(-1, -2) / K.shape[-1])
    return w @ V, w


@answers.wrong("softmax-over-first-axis")
def down_the_first_axis(Q, K, V):
    w = softmax(scores(Q, K), axis=0)
    return w @ V, w


@answers.wrong("rounded")
def rounded(Q, K, V):
    w = softmax(scores(Q, K)).round(2)
    return w @ V, w


@answers.wrong("scaled-after-softmax")
def scale_values(Q, K, V):
    w = softmax(Q @ K.swapaxes(-1, -2))
    return w @ (V / np.sqrt(Q.shape[-1])), w


@answers.wrong("keepdims-forgotten")
def no_keep(Q, K, V):
    grid = scores(Q, K)
    e = np.exp(grid)
    w = e / e.sum(-1)
    return w @ V, w


@answers.wrong("softmax-over-the-batch")
def max_of_all(Q, K, V):
    grid = scores(Q, K)
    e = np.exp(grid - grid.max())
    w = e / e.sum()
    return w @ V, w


@answers.wrong("elementwise-blend")
def elementwise(Q, K, V):
    w = softmax(scores(Q, K))
    return w * V, w


@answers.wrong("softmax-too-early")
def softmax_on_q(Q, K, V):
    w = softmax(Q) @ K.swapaxes(-1, -2)
    return w @ V, w


@answers.wrong("softmax-too-early")
def linear(Q, K, V):
    w = softmax(Q) @ softmax(K).swapaxes(-1, -2)
    return w @ V, w


@answers.wrong("scale-by-value-width")
def scale_d_v(Q, K, V):
    w = softmax(Q @ K.swapaxes(-1, -2) / np.sqrt(V.shape[-1]))
    return w @ V, w


@answers.wrong("keepdims-forgotten")
def max_no_keep(Q, K, V):
    g = scores(Q, K)
    e = np.exp(g - g.max(-1))
    w = e / e.sum(-1, keepdims=True)
    return w @ V, w


@answers.wrong("another-function-for-exp")
def relu_weights(Q, K, V):
    g = np.maximum(scores(Q, K), 0)
    w = g / g.sum(-1, keepdims=True)
    return w @ V, w


@answers.wrong("another-function-for-exp")
def abs_weights(Q, K, V):
    g = np.abs(scores(Q, K))
    w = g / g.sum(-1, keepdims=True)
    return w @ V, w


@answers.wrong("another-function-for-exp")
def base2(Q, K, V):
    g = 2 ** scores(Q, K)
    w = g / g.sum(-1, keepdims=True)
    return w @ V, w

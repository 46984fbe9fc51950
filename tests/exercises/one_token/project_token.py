"""Answers to `project_token`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def matmul(x, W):
    return x @ W


@answers.right
def loops(x, W):
    result = []
    for j in range(W.shape[1]):
        total = 0
        for i in range(W.shape[0]):
            total += x[i] * W[i][j]
        result.append(total)
    return result


@answers.right
def einsum(token, matrix):
    return np.einsum("d,dh->h", token, matrix)


@answers.right
def float32(x, W):
    return (x.astype(np.float32) @ W.astype(np.float32)).astype(np.float32)


@answers.right
def transposed_twice(x, W):
    return W.T @ x


@answers.right
def rows(x, W):
    return sum(entry * row for entry, row in zip(x, W, strict=True))


@answers.right
def in_place_on_a_copy(x, W):
    W = W.copy()
    W *= x[:, None]
    return W.sum(axis=0)


@answers.right
def subclass(x, W):
    return np.ma.masked_array(x @ W)


@answers.right
def extra_argument(x, W, verbose=False):
    if verbose:
        print("projecting")
    return np.dot(x, W)


@answers.right
def generator_inside(x, W):
    return tuple(sum(a * b for a, b in zip(x, column, strict=True)) for column in W.T)


@answers.right
def prints(x, W):
    print("x is", x)
    return x @ W


answers.right_value("partial", np.matmul)
answers.right_value("lambda", lambda x, W: x.dot(W))


@answers.wrong("matrix-transposed")
def swapped_factors(x, W):
    return np.dot(W, x)


@answers.wrong("elementwise")
def star_for_at(x, W):
    return x * W


@answers.wrong("summed-over-columns")
def sums_the_wrong_axis(x, W):
    out = []
    for i in range(len(x)):
        out.append(sum(x[i] * W[i][j] for j in range(W.shape[1])))
    return np.array(out)


@answers.wrong("last-term-only")
def forgets_to_add(x, W):
    out = np.zeros(W.shape[1])
    for j in range(W.shape[1]):
        for i in range(len(x)):
            out[j] = x[i] * W[i, j]
    return out


@answers.wrong("extra-axis")
def row_matrix(x, W):
    return x.reshape(1, -1) @ W


@answers.wrong("one-number")
def too_much_sum(x, W):
    return np.sum(x @ W)


@answers.wrong("rounded")
def whole_numbers(x, W):
    return (x @ W).round(2)


@answers.wrong("no-return")
def no_return(x, W):
    x @ W


@answers.wrong("cut-to-whole-numbers")
def whole_steps(x, W):
    total = np.zeros(W.shape[1], dtype=int)
    for times, row in zip(x, W, strict=True):
        total = total + (times * row).astype(int)
    return total


@answers.wrong("last-term-only")
def returns_inside_the_loop(x, W):
    total = np.zeros(W.shape[1])
    for times, row in zip(x, W, strict=True):
        total = total + times * row
        return total


@answers.wrong("changed-input")
def scale_in_place(x, W):
    W *= x[:, None]
    return W.sum(0)

"""Answers to `second_query`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def one_line(x, out, W_O, W_Q):
    return (x + out @ W_O) @ W_Q


@answers.right
def in_steps(x, out, W_O, W_Q):
    added = np.matmul(out, W_O)
    row = np.add(x, added)
    return np.matmul(row, W_Q)


@answers.right
def multiplied_out(x, out, W_O, W_Q):
    return x @ W_Q + out @ (W_O @ W_Q)


@answers.wrong("row-not-rewritten")
def old_row(x, out, W_O, W_Q):
    return x @ W_Q


@answers.wrong("row-replaced")
def find_alone(x, out, W_O, W_Q):
    x = out @ W_O
    return x @ W_Q


@answers.wrong("no-w-q")
def row(x, out, W_O, W_Q):
    x = x + out @ W_O
    return x


@answers.wrong("no-w-o")
def width_ignored(x, out, W_O, W_Q):
    return (x + out) @ W_Q


@answers.wrong("subtracted")
def minus(x, out, W_O, W_Q):
    return (x - out @ W_O) @ W_Q

"""Lesson 7: one sheet for each bug of the clinic, the broken numbers beside the right ones."""

import numpy as np

from ..clinic import BUGS
from ..widgets import Instrument, Sheet

TOKENS = ("dog", "ball", "it", "was", "round")


def bug_clinic(name: str = "fix_softmax_axis"):
    """The symptom of one bug. `name` is a key of `clinic.BUGS`; the numbers are that bug's example."""
    if name not in BUGS:
        raise ValueError(f"there is no bug {name!r} in the clinic; there are {', '.join(BUGS)}")
    bug = BUGS[name]
    s = Sheet(f"clinic_{bug.key}", title=f"Symptom: {bug.title}")
    _SHEETS[bug.key](s, bug.example())
    return Instrument(s)


def _inputs(s, names, arrays):
    """The example's arrays as inputs: matrices that start with a token axis get token names."""
    made = []
    for name, array in zip(names, arrays, strict=True):
        rows = TOKENS[: array.shape[-2]] if name in ("X", "Q", "K", "V") else None
        made.append(s.input(name, array, rows=rows))
    return made


def _attend(s, prefix, Q, K, V=None, over="keys"):
    """scores -> weights (-> out) with names that start with `prefix`."""
    grid = s.scale(f"{prefix}_scores", s.scores(f"{prefix}_raw", Q, K), like=Q)
    weights = s.softmax(f"{prefix}_weights", grid, over=over)
    out = None if V is None else s.matmul(f"{prefix}_out", weights, V)
    return grid, weights, out


def _shapes(s, example):
    s.hint = "With one head both agree. More heads: the broken rows get flatter."
    X, W_Q, W_K = _inputs(s, ("X", "W_Q", "W_K"), example[:-1])
    n_heads = s.choice("n_heads", (2, 1, 4), label="heads")
    Q = s.split_heads("Q", s.matmul("all_Q", X, W_Q), n_heads)
    K = s.split_heads("K", s.matmul("all_K", X, W_K), n_heads)
    grid = s.scores("scores", Q, K)
    s.softmax("broken", s.scale("broken_scores", grid, like=X, about="divided by √d_model"))
    s.softmax("right", s.scale("right_scores", grid, like=Q, about="divided by √d_head"))
    s.lay(
        ["X", "W_Q", "W_K"],
        [s.panel("broken", title="broken weights, by √d_model", max=1)],
        [s.panel("right", title="right weights, by √d_head", max=1)],
    )


def _transpose(s, example):
    s.hint = (
        "Change one number of K: a key is a row, so one column of the right scores moves. Which ones move on the left?"
    )
    Q, K = _inputs(s, ("Q", "K"), example)
    s.scale("broken", s.matmul("product", Q, K), like=Q, about="query i with COLUMN j of K")
    s.scale("right", s.scores("dots", Q, K), like=Q, about="query i with key j")
    s.lay(["Q", "K"], [s.panel("broken", title="broken scores, Q K"), s.panel("right", title="right scores, Q Kᵀ")])


def _shared_matrix(s, example):
    s.hint = "Drag W_K or W_V: the broken side does not notice."
    X, W_Q, W_K, W_V = _inputs(s, ("X", "W_Q", "W_K", "W_V"), example)
    Q, K, V = (s.matmul(letter, X, W) for letter, W in (("Q", W_Q), ("K", W_K), ("V", W_V)))
    for prefix, keys, values in (("broken", Q, Q), ("right", K, V)):
        grid, _, _ = _attend(s, prefix, Q, keys, values)
        s.norm(f"{prefix}_lean", s.subtract(f"{prefix}_gap", grid, s.transpose(f"{prefix}_turned", grid)))
    s.lay(
        ["X", "W_Q", "W_K", "W_V"],
        [s.panel("broken_scores", title="broken scores"), s.panel("broken_out", title="broken out")],
        [s.panel("right_scores", title="right scores"), s.panel("right_out", title="right out")],
        [s.say("How far the scores are from symmetric: broken {broken_lean}, right {right_lean}.")],
    )


def _split_before_projecting(s, example):
    s.hint = "Drag the last column of X. Head 0 of the broken queries stays where it is."
    X, W_Q = _inputs(s, ("X", "W_Q"), example[:-1])
    n_heads = example[-1]
    d_head = len(example[1]) // n_heads
    blocks = np.kron(np.eye(n_heads), np.ones((d_head, d_head)))
    seen = s.input("seen", blocks, editable=False, about="the diagonal blocks: all that the broken code reads of W_Q")
    read = s.multiply("W_Q_read", W_Q, seen, about="what the broken code multiplies by")
    s.split_heads("broken", s.matmul("broken_Q", X, read), n_heads)
    s.split_heads("right", s.matmul("right_Q", X, W_Q), n_heads)
    s.lay(
        ["X", "W_Q", s.panel("W_Q_read", title="what is read of W_Q")],
        [s.panel("broken", title="broken queries"), s.panel("right", title="right queries")],
    )


def _values_in_scores(s, example):
    s.hint = "Drag a number of V: the broken weights move. Matching must not depend on what is handed over."
    Q, K, V = _inputs(s, ("Q", "K", "V"), example)
    _attend(s, "broken", Q, s.add("K_plus_V", K, V), V)
    _attend(s, "right", Q, K, V)
    s.lay(
        ["Q", "K", "V"],
        [s.panel("broken_weights", title="broken weights", max=1), s.panel("broken_out", title="broken out")],
        [s.panel("right_weights", title="right weights", max=1), s.panel("right_out", title="right out")],
    )


def _softmax_axis(s, example):
    s.hint = "Look at the sums: along the rows, and down the columns."
    Q, K, V = _inputs(s, ("Q", "K", "V"), example)
    for prefix, over in (("broken", "queries"), ("right", "keys")):
        _, weights, _ = _attend(s, prefix, Q, K, V, over)
        s.total(f"{prefix}_rows", weights, over="columns", about="each row added up")
        s.total(f"{prefix}_columns", weights, over="rows", about="each column added up")
    s.lay(["Q", "K", "V"])
    for prefix in ("broken", "right"):
        s.lay(
            [
                s.panel(f"{prefix}_weights", title=f"{prefix} weights", max=1),
                s.panel(f"{prefix}_rows", title="row sums"),
                s.panel(f"{prefix}_columns", title="column sums"),
                s.panel(f"{prefix}_out", title=f"{prefix} out"),
            ]
        )


def _tiled_heads(s, example):
    s.hint = "Drag a number of K, head 0, and watch which query heads receive it. With 1 copy each both agree."
    K, n_rep = example
    K = s.input("K", K, rows=TOKENS[: K.shape[-2]], heads=[f"kv {i}" for i in range(len(K))])
    copies = s.choice("n_rep", (n_rep, 1, 3), label="query heads for each K/V head")
    s.tile_kv("broken", K, copies, about="0 1 0 1")
    s.repeat_kv("right", K, copies, about="0 0 1 1")
    s.lay(["K"], [s.panel("broken", title="tiled: 0 1 0 1")], [s.panel("right", title="repeated: 0 0 1 1")])


def _fused_split(s, example):
    s.hint = (
        "The columns of X · W_QKV lie as Q | K | V. Drag a number in the first third of W_QKV: only right Q may move."
    )
    X, W_QKV = _inputs(s, ("X", "W_QKV"), example[:-1])
    n_heads = example[-1]
    fused = s.matmul("fused", X, W_QKV)
    width = example[1].shape[1] // 3
    dealt = s.split_heads("dealt", fused, n_heads, about="heads first: each head gets neighbouring columns")
    for i, letter in enumerate("QKV"):
        third = s.columns(f"{letter}_third", fused, i * width, (i + 1) * width)
        s.split_heads(f"right_{letter}", third, n_heads)
        d_head = width // n_heads
        s.columns(f"broken_{letter}", dealt, i * d_head, (i + 1) * d_head)
    s.lay(["X", "W_QKV"], [s.panel("fused", title="X · W_QKV, laid out Q | K | V")])
    for prefix in ("broken", "right"):
        s.lay([s.panel(f"{prefix}_{letter}", title=f"{prefix} {letter}") for letter in "QKV"])


def _cache_after_repeat(s, example):
    s.hint = "Move the step. The keys that are read agree; the shelves do not."
    K, n_rep = example
    step = s.slider("step", 3, min=1, max=K.shape[-2], step=1, label="tokens so far")
    n_kv, _, d_head = K.shape
    K = s.input("K", K, rows=TOKENS[: K.shape[-2]], heads=[f"kv {i}" for i in range(n_kv)])
    right = s.rows("right", K, stop=step, about="stored as they come, one for each K/V head")
    broken = s.repeat_kv("broken", right, n_rep, about="repeated first, then stored")
    read = s.repeat_kv("read", right, n_rep, about="repeated for the queries, after reading")
    s.norm("difference", s.subtract("gap", broken, read))
    per_token = s.number("per_token", n_kv * d_head * 8)
    size = s.multiply("right_bytes", per_token, s.number("t", step))
    s.multiply("broken_bytes", size, s.number("n_rep", n_rep))
    s.lay(
        [s.panel("right", title="right shelf")],
        [s.panel("broken", title="broken shelf")],
        [s.say("Right shelf {right_bytes:int} bytes, broken shelf {broken_bytes:int} bytes (float64).")],
        [s.say("Difference between the keys that the query heads read: {difference}.")],
    )


def _conv1d(s, example):
    s.hint = "Drag a number of the weight: one column of the right output moves, another one of the broken output."
    X, weight, bias = _inputs(s, ("X", "weight", "bias"), example)
    s.add(
        "broken", s.matmul("as_linear", X, s.transpose("turned", weight)), bias, about="X · weightᵀ, as a Linear would"
    )
    s.add("right", s.matmul("as_conv1d", X, weight), bias, about="X · weight: Conv1D stores the input axis first")
    s.lay(
        ["X", s.panel("weight", title="weight [d_in, d_out]"), "bias"],
        [s.panel("broken", title="broken output"), s.panel("right", title="right output")],
    )


_SHEETS = {
    "shapes": _shapes,
    "transpose": _transpose,
    "shared_matrix": _shared_matrix,
    "split_before_projecting": _split_before_projecting,
    "values_in_scores": _values_in_scores,
    "softmax_axis": _softmax_axis,
    "tiled_heads": _tiled_heads,
    "fused_split": _fused_split,
    "cache_after_repeat": _cache_after_repeat,
    "conv1d": _conv1d,
}

"""The bug clinic: ten bugs that run. Each is broken code, the mended code, a test of one line that tells them apart,
and the fingerprint the bug leaves in the numbers.

Five are the bugs that learners make most; five were found in real projects, each with the public thread where it was
found. Broken and mended functions share a signature, so that either can be called, checked or drawn. A test is a
function of an implementation and answers True when the implementation passes.
"""

from __future__ import annotations

import difflib
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from qkvlib.attention import attention, merge_heads, repeat_kv, scores, softmax, split_heads

# -- 1. d_model where d_head belongs ------------------------------------------------------------------------------


def broken_shapes(X, W_Q, W_K, n_heads):
    """Weights of every head, [n_heads, T, T]."""
    Q, K = split_heads(X @ W_Q, n_heads), split_heads(X @ W_K, n_heads)
    width = X.shape[-1]
    return softmax(Q @ np.swapaxes(K, -1, -2) / np.sqrt(width))


def mended_shapes(X, W_Q, W_K, n_heads):
    """Weights of every head, [n_heads, T, T]."""
    Q, K = split_heads(X @ W_Q, n_heads), split_heads(X @ W_K, n_heads)
    width = Q.shape[-1]
    return softmax(Q @ np.swapaxes(K, -1, -2) / np.sqrt(width))


def test_shapes(weights):
    X, W_Q, W_K, n_heads = EXAMPLES["shapes"]()
    d_head = W_Q.shape[1] // n_heads
    q, K = (X @ W_Q)[1, :d_head], (X @ W_K)[:, :d_head]
    row = softmax(K @ q / np.sqrt(d_head))
    return np.allclose(weights(X, W_Q, W_K, n_heads)[0, 1], row)


# -- 2. the forgotten transpose -----------------------------------------------------------------------------------


def broken_transpose(Q, K):
    """Scores [T, T]. Runs only where T equals d_head."""
    return Q @ K / np.sqrt(Q.shape[-1])


def mended_transpose(Q, K):
    """Scores [T, S]."""
    return Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])


def test_transpose(score):
    Q, K = np.ones((2, 3)), np.ones((5, 3))
    return score(Q, K).shape == (2, 5)


# -- 3. one matrix for three roles --------------------------------------------------------------------------------


def broken_shared_matrix(X, W_Q, W_K, W_V):
    """One head of attention, [T, d_head]."""
    Q, K, V = X @ W_Q, X @ W_Q, X @ W_Q
    return attention(Q, K, V)[0]


def mended_shared_matrix(X, W_Q, W_K, W_V):
    """One head of attention, [T, d_head]."""
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    return attention(Q, K, V)[0]


def test_shared_matrix(head):
    X, W_Q, W_K, W_V = EXAMPLES["shared_matrix"]()
    before = head(X, W_Q, W_K, W_V)
    others = head(X, W_Q, -W_K, W_V), head(X, W_Q, W_K, -W_V)
    return not any(np.allclose(before, other) for other in others)


# -- 4. split first, project later --------------------------------------------------------------------------------


def broken_split_before_projecting(X, W_Q, n_heads):
    """Queries of every head, [n_heads, T, d_head]."""
    X_heads = split_heads(X, n_heads)
    d = X_heads.shape[-1]
    own = [slice(h * d, (h + 1) * d) for h in range(n_heads)]
    return X_heads @ np.stack([W_Q[block, block] for block in own])


def mended_split_before_projecting(X, W_Q, n_heads):
    """Queries of every head, [n_heads, T, d_head]."""
    return split_heads(X @ W_Q, n_heads)


def test_split_before_projecting(heads):
    X, W_Q, n_heads = EXAMPLES["split_before_projecting"]()
    nudged = X + np.eye(X.shape[-1])[-1]
    before, after = heads(X, W_Q, n_heads), heads(nudged, W_Q, n_heads)
    return not np.allclose(before[0], after[0])


# -- 5. values that decide the matching ---------------------------------------------------------------------------


def broken_values_in_scores(Q, K, V):
    """One head of attention, [T, d_head]."""
    weights = softmax(scores(Q, K + V))
    return weights @ V


def mended_values_in_scores(Q, K, V):
    """One head of attention, [T, d_head]."""
    weights = softmax(scores(Q, K))
    return weights @ V


def test_values_in_scores(head):
    Q, K, V = EXAMPLES["values_in_scores"]()
    return np.allclose(head(Q, K, 2 * V), 2 * head(Q, K, V))


# -- 6. softmax over the wrong axis -------------------------------------------------------------------------------


def broken_softmax_axis(Q, K, V):
    """One head of attention, [T, d_head]."""
    weights = softmax(scores(Q, K), axis=-2)
    return weights @ V


def mended_softmax_axis(Q, K, V):
    """One head of attention, [T, d_head]."""
    weights = softmax(scores(Q, K), axis=-1)
    return weights @ V


def test_softmax_axis(head):
    Q, K, V = EXAMPLES["softmax_axis"]()
    return np.allclose(head(Q, K, np.ones_like(V)), 1)


# -- 7. tiled instead of repeated ---------------------------------------------------------------------------------


def broken_tiled_heads(K, n_rep):
    """[n_kv_heads, T, d_head] -> [n_heads, T, d_head], one key head for every query head."""
    return np.tile(K, (n_rep, 1, 1))


def mended_tiled_heads(K, n_rep):
    """[n_kv_heads, T, d_head] -> [n_heads, T, d_head], one key head for every query head."""
    return np.repeat(K, n_rep, axis=-3)


def test_tiled_heads(repeat):
    K, n_rep = EXAMPLES["tiled_heads"]()
    return np.array_equal(repeat(K, n_rep)[1], K[0])


# -- 8. fused QKV, split after the heads --------------------------------------------------------------------------


def broken_fused_split(X, W_QKV, n_heads):
    """Queries, keys and values of every head from the fused [Q | K | V], each [n_heads, T, d_head]."""
    heads = split_heads(X @ W_QKV, n_heads)
    Q, K, V = np.split(heads, 3, axis=-1)
    return Q, K, V


def mended_fused_split(X, W_QKV, n_heads):
    """Queries, keys and values of every head from the fused [Q | K | V], each [n_heads, T, d_head]."""
    Q, K, V = np.split(X @ W_QKV, 3, axis=-1)
    return tuple(split_heads(part, n_heads) for part in (Q, K, V))


def test_fused_split(split):
    X, W_QKV, n_heads = EXAMPLES["fused_split"]()
    third = W_QKV.shape[1] // 3
    Q = merge_heads(split(X, W_QKV, n_heads)[0])
    return np.allclose(Q, X @ W_QKV[:, :third])


# -- 9. cached after repeating ------------------------------------------------------------------------------------


def broken_cache_after_repeat(K, n_rep):
    """Keys K [n_kv_heads, T, d_head] arrive token by token: the cache, and the keys the query heads read."""
    cache = []
    for t in range(K.shape[-2]):
        cache.append(repeat_kv(K[..., t : t + 1, :], n_rep))
    cache = np.concatenate(cache, axis=-2)
    return cache, cache


def mended_cache_after_repeat(K, n_rep):
    """Keys K [n_kv_heads, T, d_head] arrive token by token: the cache, and the keys the query heads read."""
    cache = []
    for t in range(K.shape[-2]):
        cache.append(K[..., t : t + 1, :])
    cache = np.concatenate(cache, axis=-2)
    return cache, repeat_kv(cache, n_rep)


def test_cache_after_repeat(decode):
    K, n_rep = EXAMPLES["cache_after_repeat"]()
    return decode(K, n_rep)[0].nbytes == K.nbytes


# -- 10. a Conv1D weight in a Linear ------------------------------------------------------------------------------


def broken_conv1d(X, weight, bias):
    """GPT-2's projection: X [T, d_in] through a Conv1D's weight, which is stored [d_in, d_out]."""
    return X @ weight.T + bias


def mended_conv1d(X, weight, bias):
    """GPT-2's projection: X [T, d_in] through a Conv1D's weight, which is stored [d_in, d_out]."""
    return X @ weight + bias


def test_conv1d(project):
    x, weight, bias = np.eye(3)[:1], np.arange(9.0).reshape(3, 3), np.zeros(3)
    return np.array_equal(project(x, weight, bias), weight[:1])


# -- what to try them on ------------------------------------------------------------------------------------------


def _draw(seed, *shapes):
    """Small numbers with one decimal, so that they can be read and recomputed."""
    rng = np.random.default_rng(seed)
    return tuple(np.round(rng.normal(0, 1, shape), 1) for shape in shapes)


EXAMPLES: dict[str, Callable[[], tuple]] = {
    "shapes": lambda: (*_draw(1, (3, 4), (4, 4), (4, 4)), 2),
    "transpose": lambda: _draw(2, (3, 3), (3, 3)),
    "shared_matrix": lambda: _draw(3, (3, 4), (4, 2), (4, 2), (4, 2)),
    "split_before_projecting": lambda: (*_draw(4, (3, 4), (4, 4)), 2),
    "values_in_scores": lambda: _draw(5, (3, 2), (4, 2), (4, 2)),
    "softmax_axis": lambda: _draw(6, (3, 2), (3, 2), (3, 2)),
    "tiled_heads": lambda: (*_draw(7, (2, 3, 2)), 2),
    "fused_split": lambda: (*_draw(8, (3, 4), (4, 12)), 2),
    "cache_after_repeat": lambda: (*_draw(9, (2, 5, 4)), 4),
    "conv1d": lambda: _draw(10, (3, 4), (4, 4), (4,)),
}
"""Arguments that each broken function accepts without complaint: the bug runs."""


@dataclass(frozen=True)
class Reference:
    """A public thread: what to call it, and where it is."""

    label: str
    url: str


@dataclass(frozen=True)
class Bug:
    """One entry of the clinic. `name` is also the name of the exercise that mends it."""

    name: str
    title: str
    fingerprint: str
    demand: str
    references: tuple[Reference, ...] = ()
    key: str = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "key", self.name.removeprefix("fix_"))

    @property
    def broken(self) -> Callable:
        """The function with the bug in it."""
        return globals()[f"broken_{self.key}"]

    @property
    def mended(self) -> Callable:
        """The same function, put right."""
        return globals()[f"mended_{self.key}"]

    @property
    def test(self) -> Callable[[Callable], bool]:
        """True for an implementation that is free of this bug."""
        return globals()[f"test_{self.key}"]

    def example(self) -> tuple:
        """Arguments on which the broken function runs without complaint."""
        return EXAMPLES[self.key]()

    def source(self, which: str = "broken") -> str:
        """The code of `broken`, `mended` or `test`, without its docstring, under the name the exercise uses."""
        code = inspect.getsource(getattr(self, which))
        lines = [line for line in textwrap.dedent(code).splitlines() if not line.strip().startswith('"""')]
        return "\n".join(lines).replace(f"{which}_{self.key}", self.name if which != "test" else f"test_{self.key}")

    def difference(self) -> str:
        """The lines that the mended code changes: "-" as they were, "+" as they should be."""
        changes = difflib.ndiff(self.source().splitlines(), self.source("mended").splitlines())
        return "\n".join(f"{line[0]} {line[2:].strip()}" for line in changes if line[0] in "+-")

    def verdict(self, implementation: Callable) -> str:
        """What this bug's test says of an implementation: "passes", "fails" or "crashes"."""
        try:
            return "passes" if self.test(implementation) else "fails"
        except Exception:  # a learner's code may raise anything; a crash is a caught bug as well
            return "crashes"

    def report(self) -> str:
        """The test, what it says of the broken and of the mended code, and the lines in which they differ."""
        verdicts = f"broken code: {self.verdict(self.broken)}    mended code: {self.verdict(self.mended)}"
        return f"{self.source('test')}\n\n{verdicts}\n\n{self.difference()}"


def fingerprint_table() -> str:
    """All ten as a Markdown table: the bug, what it leaves in the numbers, the test, where it was found."""
    rows = ["| bug | fingerprint | what its test demands | seen in |", "|---|---|---|---|"]
    for bug in BUGS.values():
        seen = ", ".join(f"[{_breakable(r.label)}]({r.url})" for r in bug.references) or "beginners' code"
        rows.append(f"| {bug.title} | {bug.fingerprint} | {bug.demand} | {seen} |")
    return "\n".join(rows)


def _breakable(label: str) -> str:
    """A repository's name is one long word: spaces of no width let a narrow column break it where a reader would."""
    return label.replace("/", "/\N{ZERO WIDTH SPACE}").replace("_", "_\N{ZERO WIDTH SPACE}")


_GITHUB = "https://github.com/"

BUGS = {
    bug.name: bug
    for bug in (
        Bug(
            "fix_shapes",
            "d_model where d_head belongs",
            "every row is too flat: scores are too small by a factor of √n_heads",
            "one row of weights, recomputed by hand",
        ),
        Bug(
            "fix_transpose",
            "the forgotten transpose",
            "crashes unless T equals d_head; then the right shape with the wrong numbers",
            "2 queries and 5 keys give a grid of [2, 5]",
        ),
        Bug(
            "fix_shared_matrix",
            "one matrix for three roles",
            "the score grid is symmetric, and W_K and W_V change nothing",
            "another W_K, or another W_V, changes the output",
        ),
        Bug(
            "fix_split_before_projecting",
            "split first, project later",
            "each head is blind to the features outside its own slice of the embedding",
            "nudging the last feature moves head 0",
        ),
        Bug(
            "fix_values_in_scores",
            "values that decide the matching",
            "change V and the weights change; doubling V does not double the output",
            "2 V gives twice the output",
        ),
        Bug(
            "fix_softmax_axis",
            "softmax over the wrong axis",
            "columns sum to 1, rows do not",
            "values of 1 give outputs of 1",
            (
                Reference(
                    "labmlai/annotated_deep_learning_paper_implementations, issue 146",
                    _GITHUB + "labmlai/annotated_deep_learning_paper_implementations/issues/146",
                ),
            ),
        ),
        Bug(
            "fix_tiled_heads",
            "tiled instead of repeated",
            "neighbouring query heads read different K/V heads; with one K/V head, or n_rep = 1, nothing shows",
            "head 1 of the repeated keys is head 0 of the keys",
            (
                Reference("onnx/onnx, pull request 7274", _GITHUB + "onnx/onnx/pull/7274"),
                Reference("ekzhang/jax-js, pull request 180", _GITHUB + "ekzhang/jax-js/pull/180"),
            ),
        ),
        Bug(
            "fix_fused_split",
            "fused QKV, split after the heads",
            "every shape is right; the first head's key is a piece of the query",
            "the merged queries are X times the first third",
            (
                Reference("awslabs/slapo, pull request 46", _GITHUB + "awslabs/slapo/pull/46"),
                Reference("deepspeedai/DeepSpeed, pull request 3844", _GITHUB + "deepspeedai/DeepSpeed/pull/3844"),
            ),
        ),
        Bug(
            "fix_cache_after_repeat",
            "cached after repeating",
            "every number is right; the cache is n_rep times too big",
            "the cache has as many bytes as the keys",
            (
                Reference("meta-pytorch/torchtune, issue 38", _GITHUB + "meta-pytorch/torchtune/issues/38"),
                Reference("meta-pytorch/torchtune, pull request 1961", _GITHUB + "meta-pytorch/torchtune/pull/1961"),
            ),
        ),
        Bug(
            "fix_conv1d",
            "a Conv1D weight in a Linear",
            "crashes where the weight is not square (c_attn); silent where it is (c_proj)",
            "the input [1, 0, 0] gives the first row of the weight",
            (
                Reference("AutoGPTQ/AutoGPTQ, pull request 140", _GITHUB + "AutoGPTQ/AutoGPTQ/pull/140"),
                Reference("huggingface/transformers, issue 311", _GITHUB + "huggingface/transformers/issues/311"),
            ),
        ),
    )
}
"""The ten, by the name of the exercise that mends each."""

COMMON = tuple(BUGS)[:5]
REAL_WORLD = tuple(BUGS)[5:]

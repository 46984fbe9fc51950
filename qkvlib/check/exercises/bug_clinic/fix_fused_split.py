"""The clinic: a fused matrix cut into heads before roles."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, case, cases
from qkvlib.check.misconceptions import heads
from qkvlib.check.misconceptions.fixes import still_broken
from qkvlib.check.spec import Exercise, mistake, switch
from qkvlib.clinic import BUGS


def _fused(
    X: np.ndarray, W_QKV: np.ndarray, n_heads: int, *, cut: str = "proper", order: str = "QKV", when: str = "first"
) -> tuple[np.ndarray, ...]:
    if when == "columns":
        parts = {name: (X @ W_QKV)[..., k::3] for k, name in enumerate("QKV")}
    else:
        parts = dict(zip("QKV", np.split(X @ W_QKV, 3, axis=-1), strict=True))
    return tuple(heads.split(parts[name], n_heads, cut) for name in order)


def _arguments(draw, T, d_model, n_heads, d_head, batch=()):
    return draw(*batch, T, d_model), draw(d_model, 3 * n_heads * d_head), n_heads


EXERCISE = Exercise(
    name="fix_fused_split",
    reference=BUGS["fix_fused_split"].fixed,
    model=_fused,
    inputs=cases(
        _arguments,
        case("one sequence", T=5, d_model=6, n_heads=2, d_head=3),
        case("as many tokens as heads", T=3, d_model=6, n_heads=3, d_head=2),
        case("heads that are wider together than the model", T=5, d_model=3, n_heads=2, d_head=4),
        case("a batch of sequences", T=7, d_model=10, n_heads=5, d_head=2, batch=ONE_AXIS),
    ),
    parts=("Q", "K", "V"),
    mistakes=(
        still_broken("fix_fused_split", "What is cut first: roles, or heads?"),
        *(m for m in heads.head_switches() if "cut" in m.switches),
        switch("queries-and-keys-swapped", "Q and K have changed places.", "The order is Q, K, V.", order="KQV"),
        switch("keys-and-values-swapped", "K and V have changed places.", "The order is Q, K, V.", order="QVK"),
        switch("queries-and-values-swapped", "Q and V have changed places.", "The order is Q, K, V.", order="VKQ"),
        switch(
            "every-third-column",
            "You take every third column for each role.",
            "The fused matrix is [Q | K | V]: three blocks.",
            when="columns",
        ),
        mistake(
            "one-role-for-all",
            "All three results are the same.",
            "Three blocks of columns, three roles.",
            lambda X, W, n: (_fused(X, W, n)[0],) * 3,
        ),
        mistake(
            "heads-missing",
            "The roles are right, but the heads are gone.",
            "Split each of the three into heads.",
            lambda X, W, n: tuple(np.split(X @ W, 3, axis=-1)),
        ),
        mistake(
            "split-along-tokens",
            "The tokens were shared out among the roles.",
            "It is the last axis that holds Q, K and V side by side.",
            lambda X, W, n: tuple(np.split(heads.split(X @ W, n), 3, axis=-2)),
            lambda X, W, n: tuple(np.array_split(X @ W, 3, axis=-2)),
        ),
        mistake(
            "rows-of-the-weight-split",
            "The rows of W_QKV were shared out among the roles, so each piece accepts only part of an embedding.",
            "Q, K and V lie side by side: cut its columns.",
            lambda X, W, n: tuple(heads.split(X @ piece, n) for piece in np.split(W, 3, axis=0)),
        ),
        mistake(
            "heads-shared-out",
            "The heads were shared out among the roles: too many heads were cut at once.",
            "Cut into three roles first, then each into heads.",
            lambda X, W, n: tuple(np.split(heads.split(X @ W, n), 3, axis=-3)),
        ),
        heads.width_from_d_model(
            lambda X, W, n: tuple(
                heads.split((X @ W)[..., k * X.shape[-1] : (k + 1) * X.shape[-1]], n) for k in range(3)
            ),
        ),
    ),
    hints=(
        "Merge the first result again: is it X times the first third of the columns?",
        "Two steps stand in the wrong order.",
        "Cut the three roles apart first, along the last axis (np.split takes one); then cut each of them into heads.",
    ),
    praise="Fixed: roles first, heads second.",
)

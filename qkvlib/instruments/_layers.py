"""What the two-layer instruments share: one attention layer on a sheet, and what is shown of it."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..widgets.sheet import Node, Param, Sheet


def attention_layer(
    s: Sheet, n: int, X: Node, W: Mapping[str, Node], causal: bool | Param = False, window: int = 0
) -> Node:
    """Adds layer `n`'s nodes (Q1, K1, V1, scores1, ... for n = 1) and returns X plus what the layer adds.

    X [T, d_model]; W maps "W_Q", "W_K", "W_V", "W_O" to input nodes.
    """
    Q = s.matmul(f"Q{n}", X, W["W_Q"], about=f"layer {n}: what each token looks for")
    K = s.matmul(f"K{n}", X, W["W_K"], about=f"layer {n}: what each token can be found by")
    V = s.matmul(f"V{n}", X, W["W_V"], about=f"layer {n}: what each token hands over")
    grid = s.scores(f"QK{n}", Q, K)
    scaled = s.scale(f"scores{n}", grid, like=Q, about="Q Kᵀ / √d_head")
    masked = s.mask(f"masked{n}", scaled, causal=causal, window=window, about="-inf where a token may not look")
    weights = s.softmax(f"weights{n}", masked, about=f"layer {n}: each row shares out 1")
    out = s.matmul(f"out{n}", weights, V, about="the value rows, blended by the weights")
    added = s.matmul(f"added{n}", out, W["W_O"], about=f"what layer {n} writes into each token's row")
    return s.add(f"X{n}", X, added, about=f"the tokens after layer {n}")


def model_inputs(
    s: Sheet, matrices: Mapping[str, np.ndarray], n: int, features: Sequence[str] | None = None
) -> dict[str, Node]:
    """Layer `n`'s four matrices as inputs W_Q1, W_K1, W_V1, W_O1; `features` names the d_model axis."""
    return {
        name: s.input(
            f"{name}{n}",
            matrix,
            rows=features if name != "W_O" else None,
            cols=features if name == "W_O" else None,
            editable=features is not None,
        )
        for name, matrix in matrices.items()
    }

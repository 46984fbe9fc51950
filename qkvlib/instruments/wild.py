"""One layer of a shipped checkpoint, a head at a time, from the stored matrices to the weights."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import checkpoints
from ..checkpoints.forward import AttentionLayer, frequencies
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node, Param


def wild(architecture: str = "gpt2", layer: int = 0) -> Instrument:
    """One of `checkpoints.TINY` as a sheet: stored matrices -> W_Q, W_K of a head -> W_Q W_Kᵀ, scores and weights.

    X [T, d_model] is what entered this layer when transformers ran the model. Raises CheckpointError.
    """
    model = checkpoints.tiny(architecture)
    matrices = model.attention(layer)
    n_heads, n_kv_heads = model.n_heads, model.n_kv_heads
    s = Sheet(
        f"wild_{architecture}",
        title=f"{architecture}, layer {layer}: {n_heads} query heads, {n_kv_heads} key heads",
        hint="Choose a head. Drag a number of X or of a stored matrix, and follow it to the weights.",
    )
    head = s.slider("head", 0, min=0, max=n_heads - 1, step=1, label="query head")
    hidden, _, _ = checkpoints.tiny_reference(architecture, layer)
    names = [f"x{number}" for number in range(1, len(hidden) + 1)]
    X = s.input(
        "X", _short(hidden), rows=names, step=0.1, about="the hidden states that entered this layer, one row per token"
    )
    stored = _stored_sheet(s, model, layer, head)

    parts = {}
    for role, heads in (("Q", n_heads), ("K", n_kv_heads)):
        projected = s.matmul(f"XW_{role}", X, stored[role])
        bias = getattr(matrices, f"b_{role}")
        if bias is not None:
            projected = s.add(f"XW_{role}_b", projected, s.input(f"b_{role}", [_short(bias)], step=0.1))
        parts[role] = s.split_heads(f"{role}_heads", projected, heads)
        if matrices.rotary:
            parts[role] = _turned(s, f"{role}_heads", parts[role], matrices, len(hidden))
        s.split_heads(f"W_{role}_own", stored[role], heads, about=f"W_{role} cut into blocks of columns, one per head")
    group = n_heads // n_kv_heads
    K = s.repeat_kv("K_used", parts["K"], group)
    W_K = s.repeat_kv("W_K_heads", "W_K_own", group, about="the columns of the key head that this query head meets")
    turned_W_K = s.transpose("W_K_turned", W_K)
    distance = " of a token and itself (at a distance a rotation stands between)" if matrices.rotary else ""
    s.matmul("circuit", "W_Q_own", turned_W_K, about=f"wanted against offered: what the scores{distance} see")
    grid = s.scale("scores", s.scores("bare_scores", parts["Q"], K), like=parts["Q"])
    if model.causal:
        grid = s.mask("masked_scores", grid)
    s.softmax("weights", grid, about="each row shares out 1")
    serves = [[[number // group]] for number in range(n_heads)]
    s.select("key_head", s.input("serves", serves, editable=False), head)

    def one(node: Node | str, title: str, **more: Any) -> dict:
        return s.panel(node, title=title, pick=head, **more)

    reader = s.pointer("reader", len(hidden) - 1, max=len(hidden) - 1, label="who reads")
    s.lay(
        [
            s.stack(s.say("Query head {head} meets key head {key_head}."), *_stored_panels(s, model, layer, head)),
            "→",
            s.arcs("weights", reader=reader, pick=head, title="weights", width=400),
        ],
    )
    s.lay(
        [one(grid, "scores", lit=reader), "→", one("weights", "weights", max=1, lit=reader)],
        [one("W_Q_own", "W_Q of the head"), one("W_K_heads", "W_K of its key head"), one("circuit", "W_Q W_Kᵀ")],
        ["X"],
        fold="all numbers",
    )
    return Instrument(s)


def _stored_sheet(s: Sheet, model: checkpoints.Checkpoint, layer: int, head: Param) -> dict[str, Node]:
    """Adds the stored query and key matrices as inputs; returns the picture's W_Q and W_K by role."""
    names = model.stored(layer)
    if model.layout.fused:
        columns = [f"{letter}{place}" for letter in "qkv" for place in range(model.d_model)]
        c_attn = s.input("c_attn", _short(model.tensor(names["W_Q"])), cols=columns, step=0.1, about=names["W_Q"])
        third = model.d_model
        return {
            role: s.columns(
                f"W_{role}", c_attn, place * third, (place + 1) * third, about="a third of c_attn's columns"
            )
            for place, role in enumerate("QK")
        }
    found = {}
    for role in "QK":
        weight = s.input(f"stored_{role}", _short(model.tensor(names[f"W_{role}"])), step=0.1, about=names[f"W_{role}"])
        found[role] = s.transpose(f"W_{role}", weight, about="stored [out, in]; transposed, so that X meets [in, out]")
    return found


def _stored_panels(s: Sheet, model: checkpoints.Checkpoint, layer: int, head: Param) -> list[dict | list[dict]]:
    """The stored matrices, small, with the chosen head's columns or rows marked in each."""
    names, d = model.stored(layer), model.d_model
    if model.layout.fused:
        bands = [{"role": role, "start": k * d, "stop": (k + 1) * d, "n": model.n_heads, "pick": head}
                 for k, role in enumerate(("query", "key", "value"))]  # fmt: skip
        return [s.panel("c_attn", title=f"{names['W_Q']}: this head's columns for q, k, v", look="small", bands=bands)]
    rows = {"axis": "rows", "pick": head}
    marked = {
        "Q": {**rows, "role": "query", "n": model.n_heads},
        "K": {**rows, "role": "key", "n": model.n_kv_heads, "group": model.n_heads // model.n_kv_heads},
    }
    return [[s.panel(f"stored_{role}", title=names[f"W_{role}"], look="small", bands=[marked[role]]) for role in "QK"]]


def _turned(s: Sheet, name: str, heads: Node, matrices: AttentionLayer, n_tokens: int) -> Node:
    """LLaMA's rotation in the sheet's own words: H · cos + (H with its halves swapped, one negated) · sin."""
    assert matrices.rotary is not None
    half = matrices.d_head // 2
    if "cos" not in s.inputs:
        angles = np.arange(n_tokens)[:, None] * np.tile(frequencies(matrices.rotary, matrices.d_head), 2)
        s.input("cos", np.cos(angles), editable=False)
        s.input("sin", np.sin(angles), editable=False)
        swap = np.block([[np.zeros((half, half)), np.eye(half)], [-np.eye(half), np.zeros((half, half))]])
        s.input("swap", swap, editable=False)
    swapped = s.matmul(f"{name}_swapped", heads, "swap")
    return s.add(
        f"{name}_turned",
        s.multiply(f"{name}_cos", heads, "cos"),
        s.multiply(f"{name}_sin", swapped, "sin"),
        about="every row rotated by its position",
    )


def _short(values: ArrayLike) -> np.ndarray:
    """Four decimals, as a learner would type them; the forward pass of the lesson uses the full numbers."""
    return np.round(np.asarray(values, np.float64), 4)

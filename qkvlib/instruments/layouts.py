"""The matrices of "One token" the way GPT-2 stores them, the way everybody else does, and as the one picture."""

import numpy as np

from .. import examples
from ..widgets import Instrument, Sheet

WIDTH = examples.W_Q.shape[1]


def layouts() -> Instrument:
    """c_attn [4, 6] -> W_Q, W_K, W_V [4, 2] -> q, k, v; beside it what torch's Linear would store, each [2, 4]."""
    s = Sheet(
        "layouts",
        title="Two ways to store, one picture",
        hint="Drag a number of c_attn: find it again in the three matrices below, and in the one vector it moves.",
    )
    names = [f"{letter}{column}" for letter in "qkv" for column in range(WIDTH)]
    x = s.input("x", [list(examples.x1)], rows=["x"], about="one token, d_model numbers")
    fused = np.hstack([examples.W_Q, examples.W_K, examples.W_V])
    c_attn = s.input("c_attn", fused, cols=names, about="GPT-2 keeps [in, out]: three matrices side by side")
    s.matmul("qkv", x, c_attn, about="one matmul for all three; then the row is cut into thirds")
    for place, letter in enumerate("QKV"):
        W = s.columns(
            f"W_{letter}", c_attn, place * WIDTH, (place + 1) * WIDTH, about="a third of the columns of c_attn"
        )
        s.transpose(f"{letter.lower()}_proj", W, about="torch's Linear keeps [out, in]: the same numbers, transposed")
        s.matmul(letter.lower(), x, W)
    roles = ("query", "key", "value")
    thirds = [{"role": role, "start": k * WIDTH, "stop": (k + 1) * WIDTH} for k, role in enumerate(roles)]
    stored = [
        s.panel(f"{letter}_proj", title=f"{letter}_proj.weight", role=role, bands=[{"role": role, "axis": "rows"}])
        for letter, role in zip("qkv", roles, strict=True)
    ]
    s.lay(
        ["x", "·", s.panel("c_attn", title="GPT-2: attn.c_attn.weight", bands=thirds), "=",
         s.panel("qkv", title="q, k and v in a row", bands=thirds)],
        [s.say("Elsewhere, the same numbers transposed: one matrix each.")],
        stored,
    )  # fmt: skip
    s.lay(["W_Q", "W_K", "W_V"], ["q", "k", "v"], fold="all numbers")
    return Instrument(s)

"""One embedding, three matrices, three vectors; every number can be dragged."""

import numpy as np

from .. import examples
from ..widgets import Instrument, Sheet


def projection(
    x: np.ndarray = examples.x1,
    W_Q: np.ndarray = examples.W_Q,
    W_K: np.ndarray = examples.W_K,
    W_V: np.ndarray = examples.W_V,
) -> Instrument:
    """x [1, d_model] -> q, k, v [1, d_head]. Every number of x, W_Q, W_K and W_V is an input."""
    s = Sheet(
        "projection",
        title="One token, three roles",
        hint="Drag any number with a line under it. Choose a number of q, k or v and play it: row meets column.",
    )
    row = s.input("x", [list(x)], rows=["x"], about="the embedding: d_model numbers that stand for one token")
    wq = s.input("W_Q", W_Q, about="learned; turns an embedding into what it looks for")
    wk = s.input("W_K", W_K, about="learned; turns an embedding into what it can be found by")
    wv = s.input("W_V", W_V, about="learned; turns an embedding into what it hands over")
    q = s.matmul("q", row, wq, about="query: what am I looking for?")
    k = s.matmul("k", row, wk, about="key: what can I be found by?")
    v = s.matmul("v", row, wv, about="value: what do I hand over?")
    s.lay([s.product(row, [wq, wk, wv], [q, k, v])])
    return Instrument(s)

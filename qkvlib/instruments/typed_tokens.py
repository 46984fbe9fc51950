"""Any words you type, projected: one row for each."""

import numpy as np

from .. import examples
from ..widgets import Instrument, Sheet

MOST = 6


def typed_tokens(
    words: str = "dog it",
    W_Q: np.ndarray = examples.W_Q,
    W_K: np.ndarray = examples.W_K,
    W_V: np.ndarray = examples.W_V,
) -> Instrument:
    """Up to six typed words -> X [T, 4] -> Q, K, V [T, 2]. A word with *: its row is made up."""
    s = Sheet(
        "typed_tokens",
        title="Type a token",
        hint="Type one to six words. A * marks a word whose embedding is made up from its letters: it means nothing.",
    )
    text = s.text("words", words, label="your words")
    vocabulary = s.input(
        "vocabulary",
        np.array(list(examples.VOCABULARY.values())),
        rows=list(examples.VOCABULARY),
        cols=examples.FEATURES,
    )
    X = s.embed("X", vocabulary, text, most=MOST, about="one embedding a row")
    wq, wk, wv = (
        s.input(name, matrix, rows=examples.FEATURES) for name, matrix in (("W_Q", W_Q), ("W_K", W_K), ("W_V", W_V))
    )
    Q = s.matmul("Q", X, wq, about="one query a row")
    K = s.matmul("K", X, wk, about="one key a row")
    V = s.matmul("V", X, wv, about="one value a row")
    s.lay([s.product(X, [wq, wk, wv], [Q, K, V])])
    return Instrument(s)

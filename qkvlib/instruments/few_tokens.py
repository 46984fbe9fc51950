"""Two to six typed tokens, attending to each other."""

import numpy as np

from .. import examples
from ..widgets import Instrument, Sheet
from .two_tokens import attend

MOST = 6


def few_tokens(
    words: str = "dog it ball",
    W_Q: np.ndarray = examples.W_Q,
    W_K: np.ndarray = examples.W_K,
    W_V: np.ndarray = examples.W_V,
) -> Instrument:
    """Up to six typed words -> X [T, 4] -> Q, K, V [T, 2] -> scores, weights [T, T] -> out [T, 2]."""
    s = Sheet(
        "few_tokens",
        title="Two to six tokens",
        hint="Swing the blue arrow of “it” from dog to ball: W_Q shows what that took. Click a word to let it read. "
        "A * marks a word whose embedding is made up.",
    )
    text = s.text("words", words, label="your words")
    vocabulary = s.input("vocabulary", np.array(list(examples.VOCABULARY.values())), rows=list(examples.VOCABULARY))
    x = s.embed("X", vocabulary, text, most=MOST, about="one embedding a row")
    wq, wk, wv = s.input("W_Q", W_Q), s.input("W_K", W_K), s.input("W_V", W_V)
    listed = words.split()
    attend(s, x, wq, wk, wv, most=MOST, reader=listed.index("it") if "it" in listed else 0)
    return Instrument(s)

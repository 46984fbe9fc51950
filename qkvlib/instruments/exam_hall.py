"""The exam hall: a sentence in which every word may look at itself and at what came before it."""

import numpy as np

from .. import examples
from ..widgets import Instrument, Sheet


def exam_hall(sentence: str = examples.CAT_SENTENCE, reader: str = "it") -> Instrument:
    """Known words -> X [T, 4] -> Q, K, V [T, 2] -> weights [T, T] under the exam rule -> out [T, 2].

    `reader` is the word that looks round at the start. Raises ValueError if it is not in the sentence, or if the
    sentence has a word that the vocabulary lacks.
    """
    words = sentence.lower().strip(".").split()
    if reader not in words:
        raise ValueError(f"{reader!r} is not in the sentence: choose one of {', '.join(words)}")
    s = Sheet(
        "exam_hall",
        title="The exam hall",
        hint="Click a word: it looks round. The broader its arc to a word, the larger the share it takes.",
    )
    table = np.array(list(examples.VOCABULARY.values()))
    vocabulary = s.input("vocabulary", table, rows=list(examples.VOCABULARY), editable=False)
    X = s.embed("X", vocabulary, *words, unknown="refuse", most=len(words), about="four made-up numbers for each word")
    W = [s.input(name, getattr(examples, name), editable=False) for name in ("W_Q", "W_K", "W_V")]
    Q = s.matmul("Q", X, W[0], about="what each word looks for")
    K = s.matmul("K", X, W[1], about="what each word can be found by")
    V = s.matmul("V", X, W[2], about="what each word hands over")
    scores = s.scale("scores", s.scores("fit", Q, K), like=Q, about="how well a query fits a key")
    masked = s.mask("allowed", scores, causal=True, about="the exam rule: nobody sees a later word")
    weights = s.softmax("weights", masked, about="shares that add up to 1")
    out = s.matmul("out", weights, V, about="what each word takes home")
    reads = s.pointer("reader", words.index(reader), max=len(words) - 1, label="who reads")
    s.lay([s.arcs(weights, reader=reads, title="how much the reader takes from each word")])
    s.lay(
        ["Q", "K", s.panel(weights, lit=reads, max=1)],
        [s.panel(V, lit=None), s.panel(out, lit=reads)],
        fold="all numbers",
    )
    return Instrument(s)

"""Four sentences, one term for each word: can the four signs come out right together?"""

import numpy as np

from ..widgets import Instrument, Sheet

TERMS = ("dog", "cow", "balloon", "ball", "excited", "deflated", "the rest")
SENTENCES = {  # named by number and by the pronoun that is right
    "1: il": ("dog", "ball", "excited"),
    "2: elle": ("dog", "ball", "deflated"),
    "3: elle": ("cow", "balloon", "excited"),
    "4: il": ("cow", "balloon", "deflated"),
}
SIGNS = (1, -1, -1, 1)


def square() -> Instrument:
    """One term per word [1, 7] -> the four sentences' sums [4, 1], and how far each is on its right side of 0."""
    s = Sheet(
        "square",
        title="Four sentences, one term for each word",
        hint="Drag the terms until all four numbers of “right by” are positive. How many can you get?",
    )
    start = [[1, -1, 1, -1, 0, 0, 0]]
    terms = s.input("terms", start, rows=["term"], cols=TERMS, step=1, about="above 0 pulls to il, below 0 to elle")
    present = [[word in words or word == "the rest" for word in TERMS] for words in SENTENCES.values()]
    sentences = s.input(
        "sentences",
        np.array(present, int),
        rows=list(SENTENCES),
        cols=TERMS,
        editable=False,
        about="1: it has the word",
    )
    wanted = s.input(
        "wanted",
        np.array(SIGNS)[:, None],
        rows=list(SENTENCES),
        cols=["sign"],
        editable=False,
        about="1: il is right; -1: elle",
    )
    total = s.scores("sums", sentences, terms, about="the terms of a sentence, added up: above 0 says il")
    right = s.multiply("right_by", total, wanted, about="positive: the sum has the right sign")
    s.total("together", right, over="all", about="the four numbers, added up")
    s.lay(
        ["terms"],
        [
            "sentences",
            "→",
            s.panel("sums", title="sum", look="joined"),
            "·",
            s.panel("wanted", title="right sign", look="joined"),
            "=",
            s.panel("right_by", title="right by"),
        ],
        [s.say("All four numbers of “right by” together: {together}, whatever the terms.")],
    )
    return Instrument(s)

"""Several heads: who chased whom, a task that one blend of words cannot answer and two can."""

from itertools import permutations

import numpy as np

from ..widgets import Instrument, Sheet

NOUNS = ("dog", "cat", "cow")
PLACES = ("place 1", "chased", "place 3")
PICK = 1000  # a softmax this sharp gives all to the largest logit, and equal parts to equals


def two_questions() -> Instrument:
    """Scores of the row "chased" for three places [1, 3], a head's or two -> blends [6, 3] -> who and whom [6, 3].

    Values are one column a noun and hold nothing of a place; both questions are read off by a matrix [3, 3] each.
    """
    s = Sheet(
        "two_questions",
        title="Who chased whom?",
        hint="Drag the scores of a head, or a read-out. Can one head answer both questions? Then give it a second one.",
    )
    heads = s.choice("heads", (1, 2), label="heads")

    sentences = list(permutations(range(len(NOUNS)), 2))
    told = [f"{NOUNS[who]} → {NOUNS[whom]}" for who, whom in sentences]
    one_hot = np.eye(len(NOUNS))
    who, whom = (
        s.input(name, one_hot[[pair[place] for pair in sentences]], rows=told, cols=NOUNS, editable=False, about=about)
        for place, (name, about) in enumerate((("first", "the word at place 1"), ("last", "the word at place 3")))
    )
    blends = []
    for h, start in enumerate(([1, 0, 0], [0, 0, 0])):
        scores = s.input(f"scores_{h}", [start], rows=["chased"], cols=PLACES, step=0.5, about="one score a place")
        weights = s.softmax(f"weights_{h}", scores, about=f"where head {h} looks, in every sentence")
        taken = [
            s.multiply(f"taken_{h}_{place}", words, s.columns(f"weight_{h}_{place}", weights, place, place + 1))
            for place, words in ((0, who), (2, whom))
        ]
        blends.append(s.add(f"blend_{h}", *taken, about="what this head hands over, for each of the six sentences"))
    asked = s.choose("blend_for_whom", heads, *blends)
    for question, blend, truth in (("who", blends[0], who), ("whom", asked, whom)):
        U = s.input(f"U_{question}", one_hot, rows=NOUNS, cols=NOUNS, step=0.5, about=f"reads {question} off the blend")
        logits = s.matmul(f"{question}_logits", blend, U, about=f"the largest of a row is the answer to {question}")
        picked = s.softmax(f"{question}_picked", s.scale(f"{question}_sharp", logits, by=PICK))
        s.total(f"{question}_right", s.multiply(f"{question}_hits", picked, truth), over="all")

    def answers(question: str, title: str, look: str = "") -> dict:
        return s.panel(f"{question}_logits", title=title, bars=True, look=look)

    def beside(node: str, title: str) -> dict:
        return s.panel(node, title=title, look="joined")

    s.lay(
        [
            part
            for h in (0, 1)
            for part in (
                s.panel(f"scores_{h}", title=f"head {h}: score of each place"),
                "→",
                s.panel(f"weights_{h}", title=f"head {h}: weights", look="joined", max=1),
            )
        ],
        [s.say("Right, of 6: {who_right:int} for who chased, {whom_right:int} for who was chased.")],
        [
            s.panel("U_who", title="read-out: who?"),
            s.panel("U_whom", title="read-out: whom?"),
            answers("who", "who chased?"),
            answers("whom", "who was chased?", look="joined"),
        ],
    )
    s.lay(
        [s.panel("blend_0", title="what head 0 hands over", max=1), beside("blend_1", "what head 1 hands over")],
        [s.panel("first", title="right: who"), beside("last", "right: whom")],
        fold="all numbers",
    )
    return Instrument(s)

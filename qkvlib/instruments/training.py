"""The pronoun model while it is trained: a step of training under the hand, and three things to leave out."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from .. import coref, coref_training, examples
from ..grammar import ANSWERS
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node, Param

ON_OFF = ("with", "without")
MATRICES = ("three", "one for all")
PARTS = ("scores1", "scores2", "logits")
SEEN = {"right": "accuracy", "1: adj.": "first_on_adjective", "2: noun": "on_referent"}  # row: figure of the card


def training(step: int = 1) -> Instrument:
    """Checkpoint `step` (from 1), window, noise and sharing -> the row of "it" in both layers [1, 9], il or elle."""
    sentences = (examples.DOG_SENTENCE, examples.BALL_SENTENCE)
    steps = coref_training.steps()
    n = len(steps)
    s = Sheet(
        "training",
        title="The pronoun model, while it learns",
        hint="Play, or move the checkpoint. Then leave the window or the noise out, and play again.",
    )
    at = s.slider("checkpoint", step, min=1, max=n, step=1, label="checkpoint", play=True)
    toggles = [s.choice("window", ON_OFF), s.choice("noise", ON_OFF), s.choice("matrices", MATRICES)]
    ending = s.choice("ending", ("excited", "deflated"), label="it was")
    first = coref.trace(sentences[0])
    tokens, it = first.tokens, first.read_at

    def recorded(part: str, columns: Sequence[str]) -> Node:
        """The recorded rows of one part [checkpoints, columns] for the condition and the ending chosen."""
        leaves = []
        for number, condition in enumerate(coref_training.CONDITIONS.values()):
            both = [s.input(f"{part}_{number}_{k}", table, cols=columns, editable=False)
                    for k, table in enumerate(_rows(condition, part, sentences, it))]  # fmt: skip
            leaves.append(s.choose(f"{part}_{number}", ending, *both))
        return s.rows(f"{part}_now", s.rows(f"{part}_so_far", _chosen(s, part, toggles, leaves), stop=at), start=-1)

    nothing, near = np.ones((1, len(tokens)), int), abs(np.arange(len(tokens)) - it) <= 2
    window = s.choose("seen", toggles[0], s.input("near", near[None].astype(int), editable=False),
                      s.input("everything", nothing, editable=False))  # fmt: skip
    layers = []
    for layer in (1, 2):
        scores = recorded(f"scores{layer}", tokens)
        masked = s.mask(f"masked{layer}", scores, *([window] if layer == 1 else []), causal=False)
        layers.append(s.softmax(f"weights{layer}", masked, about=f"where “it” looks in layer {layer}"))
    answer = s.softmax("answer", recorded("logits", ANSWERS), about="il or elle")

    named = [str(count) for count in steps]
    curves = {}
    for label, pick in (("ten", "mean"), ("own", "first")):
        leaves = [s.input(f"{label}_{condition}", _curves(condition, pick), rows=list(SEEN), cols=named, editable=False)
                  for condition in coref_training.CONDITIONS.values()]  # fmt: skip
        curves[label] = _chosen(s, label, toggles, leaves)
    so_far = s.input("until", np.tri(n, dtype=int), editable=False)
    until = s.rows("until_now", s.rows("until_so_far", so_far, stop=at), start=-1)
    own = s.multiply("so_far", curves["own"], until, about="this run, up to the checkpoint")
    count = s.rows("step_so_far", s.input("steps", np.array(steps)[:, None], editable=False), stop=at)
    s.rows("step", count, start=-1)
    s.lay(
        [s.say("After {step[0,0]:int} steps. “It” puts {weights2[0,1]:%} on the dog and {weights2[0,4]:%} on the ball. "
               "Answer: {answer[0]:top}.")],
        [s.arcs(*layers, reader=it, names=["layer 1", "layer 2"])],
        [s.pairs(curves["ten"], own, names=["ten seeds, mean", "this run, so far"],
                 title="held-out pairs, by steps of training: answers right, and where “it” looks")],
    )  # fmt: skip
    s.lay(
        [s.panel("masked1", title="scores of “it”, layer 1")],
        [s.panel("weights1", title="weights of “it”, layer 1", max=1)],
        [s.panel("masked2", title="scores of “it”, layer 2")],
        [s.panel("weights2", title="weights of “it”, layer 2", max=1)],
        [s.panel(answer, title="answer", max=1)],
        [s.panel(curves["own"], title="this run", max=1)],
        [s.panel(curves["ten"], title="mean of ten seeds", max=1)],
        fold="all numbers",
    )
    return Instrument(s)


def _chosen(s: Sheet, name: str, toggles: Sequence[Param], leaves: list[Node]) -> Node:
    """One of eight nodes by three choices, the first changing fastest, as in `coref_training.CONDITIONS`."""
    for k, toggle in enumerate(toggles):
        pairs = zip(leaves[::2], leaves[1::2], strict=True)
        leaves = [s.choose(f"{name}_by_{k}_{i}", toggle, *pair) for i, pair in enumerate(pairs)]
    return leaves[0]


@cache
def _rows(condition: str, part: str, sentences: tuple[str, ...], it: int) -> list[np.ndarray]:
    """For each sentence one row a checkpoint: the scores of “it” in a layer, or its logits."""
    found = []
    for sentence in sentences:
        traces = [model.trace(sentence) for model in coref_training.models(condition)]
        rows = [t.logits if part == "logits" else t.layers[int(part[-1]) - 1].scores[0, it] for t in traces]
        found.append(np.round(rows, 3))
    return found


def _curves(condition: str, pick: str) -> np.ndarray:
    """[3, checkpoints]: the figures of SEEN on held-out pairs, of the first seed or the mean of all."""
    tables = [np.array(coref_training.card()[condition][figure]) for figure in SEEN.values()]
    return np.round([table.mean(0) if pick == "mean" else table[0] for table in tables], 3)

"""Who chased whom: a task of two questions at once, and two tiny models trained on it, with one head and with two.

    >>> from qkvlib import chase
    >>> run = chase.load("two_heads").run(("dog", "chased", "cat"))
    >>> run.answers
    {'who': 'dog', 'whom': 'cat'}

A model has one layer and no MLP. A token's place enters the scores only, as one learned number per head and place (as
in T5, Raffel et al. 2020); values hold the word alone. Both answers are read off the row of "chased", each by a matrix
of its own. Weights and the figures of every seed are in qkvlib/data/chase (card.json; tools/train_chase.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from itertools import permutations

import numpy as np

from qkvlib import attention
from qkvlib.checkpoints.local import LocalFile
from qkvlib.checkpoints.safetensors_file import SafetensorsFile

NOUNS = ("dog", "cat", "cow", "fox", "hen", "goat", "duck", "horse")
WORDS = (*NOUNS, "chased")
SENTENCES = tuple((a, "chased", b) for a, b in permutations(NOUNS, 2))  # all 56
N_TOKENS, READ_AT = 3, 1
QUESTIONS = {"who": 0, "whom": 2}  # and the place where the answer stands

MODELS = ("one_head", "two_heads")


@dataclass(frozen=True)
class Run:
    """What a model computed for one sentence, in the row of "chased"."""

    weights: np.ndarray  # [n_heads, 3] where each head looks
    written: np.ndarray  # [n_heads, d_model] what each head adds to the row; the sum of these is the layer's output
    logits: dict[str, np.ndarray]  # for each question [n_nouns]

    @property
    def answers(self) -> dict[str, str]:
        return {question: NOUNS[int(logits.argmax())] for question, logits in self.logits.items()}


class Model:
    """E [9, d_model], W_Q W_K W_V W_O [d_model, d_model], places [n_heads, 3], U_who and U_whom [d_model, 8]."""

    def __init__(self, name: str, config: dict, tensors: dict[str, np.ndarray]):
        self.name = name
        self.n_heads = config["n_heads"]
        self.tensors = {key: tensor.astype(np.float64) for key, tensor in tensors.items()}

    def __getitem__(self, key: str) -> np.ndarray:
        """A matrix by its name: model["0.W_Q"], model["U_who"]."""
        return self.tensors[key]

    def __repr__(self) -> str:
        return f"Model({self.name!r}: {self.n_heads} head{'s' * (self.n_heads > 1)}, d_model {self['E'].shape[1]})"

    def run(self, sentence: tuple[str, str, str]) -> Run:
        """One sentence of three words, such as ("dog", "chased", "cat"). ValueError for any other."""
        if len(sentence) != N_TOKENS or sentence[READ_AT] != "chased" or not {sentence[0], sentence[2]} <= set(NOUNS):
            raise ValueError(f"a sentence is (noun, 'chased', noun), with nouns among {', '.join(NOUNS)}")
        X = self["E"][[WORDS.index(word) for word in sentence]]
        Q, K, V = (attention.split_heads(X @ self[f"0.{name}"], self.n_heads) for name in ("W_Q", "W_K", "W_V"))
        scores = attention.scores(Q, K)[:, READ_AT] + self["0.places"]
        weights = attention.softmax(scores)
        H = attention.blend(weights[:, None], V)[:, 0]
        written = np.einsum("hd,hde->he", H, self["0.W_O"].reshape(self.n_heads, H.shape[-1], -1))
        row = X[READ_AT] + written.sum(0)
        return Run(weights, written, {question: row @ self[f"U_{question}"] for question in QUESTIONS})


@lru_cache
def load(name: str) -> Model:
    """A shipped model, "one_head" or "two_heads"; ValueError for another name."""
    if name not in MODELS:
        raise ValueError(f"there is no model {name!r}: choose among {', '.join(MODELS)}")
    with as_file(_folder() / f"{name}.safetensors") as path:
        stored = SafetensorsFile(LocalFile(path))
        return Model(
            name, json.loads(stored.metadata["config"]), {name: stored.tensor(name) for name in stored.tensors}
        )


@lru_cache
def card() -> dict:
    """How every model was made, shipped or not, and the figures of each of its seeds."""
    return json.loads((_folder() / "card.json").read_text(encoding="utf-8"))


def _folder() -> Traversable:
    return files("qkvlib") / "data" / "chase"

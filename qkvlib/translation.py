"""English noun phrases into French, by one layer of cross-attention: a tiny model trained to do it.

    >>> from qkvlib import translation
    >>> model = translation.load("masked")
    >>> " ".join(model.translate("the small green dog"))
    'le petit chien vert'

Each row of the target is the word written last (START before the first); its query looks at the source words, and what
they hand over is added to the row, from which the next word is read. There is no self-attention, no position and no
MLP: what a row knows of the target is its own word. Weights and the figures of every seed are in
qkvlib/data/translation (card.json; tools/train_translation.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from itertools import product

import numpy as np

from qkvlib import attention
from qkvlib.checkpoints.local import LocalFile
from qkvlib.checkpoints.safetensors_file import SafetensorsFile

BEFORE = {"small": ("petit", "petite"), "big": ("grand", "grande"), "pretty": ("joli", "jolie")}  # before the noun
AFTER = {"green": ("vert", "verte"), "black": ("noir", "noire"), "round": ("rond", "ronde")}  # behind it, in French
MASCULINE = {
    "dog": "chien", "cat": "chat", "bridge": "pont", "hat": "chapeau",
    "book": "livre", "garden": "jardin", "wall": "mur", "knife": "couteau",
}  # fmt: skip
FEMININE = {
    "ball": "balle", "house": "maison", "table": "table", "car": "voiture",
    "door": "porte", "flower": "fleur", "lamp": "lampe", "chair": "chaise",
}  # fmt: skip
NOUNS = MASCULINE | FEMININE
ADJECTIVES = BEFORE | AFTER
PAD, START, END = "pad", "start", "end"
SOURCE = ("the", *ADJECTIVES, *NOUNS, PAD)
TARGET = (START, "le", "la", *(form for forms in ADJECTIVES.values() for form in forms), *NOUNS.values(), END)
LONGEST = 4  # words of a source
MODELS = ("masked", "unmasked")


@dataclass(frozen=True)
class Phrase:
    """A source of S words, its translation of T - 1 words, and for each word the source word that it renders."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    renders: tuple[int, ...]  # for "le" and "la" the noun, whose gender they take

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """(noun, adjective) for every adjective."""
        return {(self.source[-1], word) for word in self.source[1:-1]}


def phrase(noun: str, before: str = "", after: str = "") -> Phrase:
    """ "the [before] [after] noun" and what it is in French."""
    source = tuple(word for word in ("the", before, after, noun) if word)
    gender, at = int(noun in FEMININE), {word: i for i, word in enumerate(source)}
    target = [(("le", "la")[gender], noun)]
    target += [(BEFORE[before][gender], before)] if before else []
    target += [(NOUNS[noun], noun)]
    target += [(AFTER[after][gender], after)] if after else []
    return Phrase(source, tuple(word for word, _ in target), tuple(at[word] for _, word in target))


PHRASES = tuple(phrase(*words) for words in product(NOUNS, ("", *BEFORE), ("", *AFTER)))  # all 256


@dataclass(frozen=True)
class Run:
    """What the layer computed for T target rows and S source words."""

    weights: np.ndarray  # [T, S]
    logits: np.ndarray  # [T, n_target_words]

    @property
    def next_words(self) -> list[str]:
        """The word each row would write next."""
        return [TARGET[i] for i in self.logits.argmax(-1)]


class Model:
    """E_source [24, d], E_target [n, d], W_Q W_K W_V W_O [d, d], W_U [d, n]: one head, as wide as the rows."""

    def __init__(self, name: str, tensors: dict[str, np.ndarray]) -> None:
        self.name = name
        self.tensors = {key: tensor.astype(np.float64) for key, tensor in tensors.items()}

    def __getitem__(self, key: str) -> np.ndarray:
        """A matrix by its name: model["W_Q"]."""
        return self.tensors[key]

    def __repr__(self) -> str:
        size = sum(tensor.size for tensor in self.tensors.values())
        return f"Model({self.name!r}: {size} numbers, d_model {len(self['W_Q'])})"

    def keys_and_values(self, source: str | Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """K and V [S, d] of a source, good for every word that will be written. ValueError for unknown words."""
        Y = self["E_source"][_rows(source, SOURCE)]
        return Y @ self["W_K"], Y @ self["W_V"]

    def run(self, source: str | Sequence[str], written: str | Sequence[str], mask: np.ndarray | None = None) -> Run:
        """All rows at once. `written` begins with START; `mask` [T, S] or [S] is True where it may look."""
        X = self["E_target"][_rows(written, TARGET)]
        K, V = self.keys_and_values(source)
        if mask is not None:
            mask = np.broadcast_to(mask, (len(X), len(K)))
        out, weights = attention.masked_attention(X @ self["W_Q"], K, V, mask)
        return Run(weights, (X + out @ self["W_O"]) @ self["W_U"])

    def translate(self, source: str | Sequence[str], mask: np.ndarray | None = None, most: int = 6) -> list[str]:
        """Word by word, each the likeliest, until END or `most` words; `mask` [S] as in `run`."""
        written = [START]
        while len(written) <= most:
            word = self.run(source, written[-1:], mask).next_words[0]
            if word == END:
                break
            written.append(word)
        return written[1:]


def padded(source: Sequence[str], length: int) -> tuple[list[str], np.ndarray]:
    """A source filled up with PAD to `length` words, and its mask [length]: True where there is a real word."""
    words = [*source, *[PAD] * (length - len(source))]
    return words, np.array([word != PAD for word in words])


def _rows(words: str | Sequence[str], known: Sequence[str]) -> list[int]:
    listed = words.split() if isinstance(words, str) else list(words)
    for word in listed:
        if word not in known:
            raise ValueError(f"the model does not know {word!r}: choose among {', '.join(known)}")
    return [known.index(word) for word in listed]


@lru_cache
def load(name: str = "masked") -> Model:
    """A shipped model: trained with padding "masked", or "unmasked"; ValueError for another name."""
    if name not in MODELS:
        raise ValueError(f"there is no model {name!r}: choose among {', '.join(MODELS)}")
    with as_file(_folder() / f"{name}.safetensors") as path:
        stored = SafetensorsFile(LocalFile(path))
        return Model(name, {name: stored.tensor(name) for name in stored.tensors})


@lru_cache
def card() -> dict:
    """How both models were made, and the figures of each of their seeds."""
    return json.loads((_folder() / "card.json").read_text(encoding="utf-8"))


def held_out() -> set[tuple[str, str]]:
    """The (noun, adjective) pairs that the shipped models never saw in training."""
    return {tuple(pair.split()) for pair in card()["masked"]["held_out"]}  # type: ignore[misc]


def _folder() -> Traversable:
    return files("qkvlib") / "data" / "translation"

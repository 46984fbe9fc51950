"""Eight heads of a real trained model, SmolLM2-135M-Instruct, and the rows that entered their layers.

    >>> from qkvlib import real_heads
    >>> weights = real_heads.weights("hungry", layer=21, head=7)   # [T, T]
    >>> real_heads.sentence("hungry").tokens[-1]
    ' the'

The model is Ben Allal et al.'s (2025, "SmolLM2"), under the Apache-2.0 licence (qkvlib/data/real_heads/LICENSE): 30
layers, d_model 576, 9 query heads of 64 that share 3 key and value heads, rotary positions. The slices are float16;
tools/make_real_heads.py cut them and measured what `card()` says with the whole model.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from qkvlib.checkpoints.forward import AttentionLayer, Rotary, attend
from qkvlib.checkpoints.local import LocalFile
from qkvlib.checkpoints.safetensors_file import SafetensorsFile

DATA = Path(__file__).parent / "data" / "real_heads"


@dataclass(frozen=True)
class Sentence:
    """One of the sentences whose rows are kept. `next` are the five likeliest next words with their logits."""

    name: str
    text: str
    tokens: tuple[str, ...]  # as they stand in the text, leading spaces included
    next: tuple[tuple[str, float], ...]

    def index(self, word: str) -> int:
        """Position of a word, its first if there are several."""
        for place, token in enumerate(self.tokens):
            if token.strip() == word:
                return place
        raise ValueError(f"{word!r} is not among the tokens of this sentence: {' '.join(self.tokens)}")


def sentences() -> tuple[str, ...]:
    """Names of the kept sentences."""
    return tuple(card()["sentences"])


def sentence(name: str) -> Sentence:
    """A kept sentence by its name."""
    told = card()["sentences"]
    if name not in told:
        raise ValueError(f"no sentence is kept under {name!r}; there are {', '.join(map(repr, told))}")
    entry = told[name]
    return Sentence(name, entry["text"], tuple(entry["tokens"]), tuple((word, logit) for word, logit in entry["next"]))


def heads() -> tuple[tuple[int, int], ...]:
    """(layer, head) of every kept head, both counted from 0."""
    found = (name.split(".") for name in _file(DATA).tensors if name.endswith(".W_Q"))
    return tuple(sorted((int(layer), int(head)) for layer, head, _ in found))


def head(layer: int, head: int, folder: Path = DATA) -> AttentionLayer:
    """One kept head as a layer of its own: W_Q, W_K, W_V [576, 64], W_O [64, 576], its rotary angles and the mask."""
    numbers = read_card(folder)["config"]
    shared = head * numbers["n_kv_heads"] // numbers["n_heads"]
    names = (f"{layer}.{head}.W_Q", f"{layer}.kv{shared}.W_K", f"{layer}.kv{shared}.W_V", f"{layer}.{head}.W_O")
    if names[0] not in _file(folder).tensors:
        kept = ", ".join(f"({a}, {b})" for a, b in heads())
        raise ValueError(f"head {head} of layer {layer} is not kept; these are: {kept}")
    W_Q, W_K, W_V, W_O = map(_file(folder).tensor, names)
    return AttentionLayer(
        architecture="llama", layer=layer, n_heads=1, n_kv_heads=1, causal=True, scale=numbers["d_head"] ** -0.5,
        W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, b_Q=None, b_K=None, b_V=None, b_O=None,
        rotary=Rotary(numbers["rotary_theta"]),
    )  # fmt: skip


def rows(name: str, layer: int, folder: Path = DATA) -> np.ndarray:
    """X [T, 576]: what entered the attention of a layer, after its norm, when the model read that sentence."""
    key = f"rows.{name}.{layer}"
    if key not in _file(folder).tensors:
        sentence(name)
        raise ValueError(f"for {name!r} the rows of layer {layer} are not kept")
    return _file(folder).tensor(key)


def weights(name: str, layer: int, head: int) -> np.ndarray:
    """[T, T]: what that head's attention is on that sentence, computed here and now from its rows."""
    return attend(_head(layer, head), rows(name, layer))[1][0]


def logits(name: str) -> dict[str, float]:
    """The logit of each kept word as the next one: the sentence's last row times the read-out's columns."""
    values = _file(DATA).tensor(f"last.{name}") @ _file(DATA).tensor("read_out")
    return dict(zip(card()["words"], map(float, values), strict=True))


def card() -> dict[str, Any]:
    """What was measured with the whole model, each entry by a function of tools/real_head_facts.py."""
    return read_card(DATA)


@lru_cache
def read_card(folder: Path) -> dict[str, Any]:
    """card.json of a folder of slices."""
    return json.loads((folder / "card.json").read_text(encoding="utf-8"))


_head = lru_cache(head)


@lru_cache
def _file(folder: Path) -> SafetensorsFile:
    return SafetensorsFile(LocalFile(folder / "slices.safetensors"))

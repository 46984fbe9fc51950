"""Every fixed number of the course, once: matrices, embeddings, sentences, published model shapes.

Arrays are read-only: copy one (`x1.copy()`) before changing it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


def _fixed(rows: ArrayLike) -> np.ndarray:
    array = np.array(rows, dtype=np.float64)
    array.setflags(write=False)
    return array


# -- lessons 1 and 2: one token, then two -------------------------------------------------------------------------

W_Q = _fixed([[1, 0], [0, 1], [1, 1], [0, 1]])
W_K = _fixed([[1, 1], [1, 0], [0, 1], [1, -1]])
W_V = _fixed([[0, 1], [1, 0], [1, 1], [1, 0]])

x1 = _fixed([2, 1, 0, 0])  # q1 = [2, 1], k1 = [3, 2], v1 = [1, 2]
x2 = _fixed([1, 0, 2, 1])  # q2 = [3, 3], k2 = [2, 2], v2 = [3, 3]; q2·k1 = 15, q2·k2 = 12
X = _fixed([x1, x2])

x_by_hand = _fixed([1, 2, 0, 1])  # the embedding that the learner projects alone

# -- lesson 1: "king", whose matrices nobody printed --------------------------------------------------------------

king = _fixed([0.412, -1.104, 0.893, 2.301])
king_q = _fixed([0.12, 0.45, -0.9, 1.1])
king_k = _fixed([1.80, -0.2, 0.31, 0.77])
king_v = _fixed([-0.6, 2.34, 0.11, -1.9])

# -- lesson 1: a vocabulary small enough to read. Columns: living, can act, thing, links words ---------------------

FEATURES = ("living", "acts", "thing", "links")
VOCABULARY = {
    "the": _fixed([0, 0, 0, 2]),
    "dog": _fixed([2, 1, 0, 0]),  # the same numbers as x1
    "cat": _fixed([2, 1, 0, -1]),
    "ball": _fixed([-1, -1, 2, 0]),
    "king": _fixed([2, 2, 0, 1]),
    "bank": _fixed([0, 0, 2, 1]),
    "river": _fixed([1, 0, 2, 0]),
    "chased": _fixed([0, 2, 0, 1]),
    "drank": _fixed([1, 2, 0, 0]),
    "was": _fixed([0, 1, 0, 2]),
    "because": _fixed([0, 0, 1, 2]),
    "it": _fixed([1, 0, 2, 1]),  # the same numbers as x2
    "excited": _fixed([2, 0, -1, 0]),
    "thirsty": _fixed([2, 0, 0, -1]),
    "deflated": _fixed([-1, 0, 2, 0]),
}

# -- it -> dog: the classic sentences and the popular figure -------------------------------------------------------

DOG_SENTENCE = "The dog chased the ball because it was excited."
BALL_SENTENCE = "The dog chased the ball because it was deflated."
CAT_SENTENCE = "the cat drank because it was thirsty"

# Two layers set by hand on readable features: layer 1 lets the pronoun ask for the adjective, layer 2 for the noun.
HAND_FEATURES = ("animal", "thing", "il", "elle", "pronoun", "adj", "?animal", "?thing")  # ?x: looks for an x
HAND_VOCABULARY = {
    "dog": _fixed([1, 0, 1, 0, 0, 0, 0, 0]),  # le chien -> il
    "cow": _fixed([1, 0, 0, 1, 0, 0, 0, 0]),  # la vache -> elle
    "ball": _fixed([0, 1, 0, 1, 0, 0, 0, 0]),  # la balle -> elle
    "balloon": _fixed([0, 1, 1, 0, 0, 0, 0, 0]),  # le ballon -> il
    "it": _fixed([0, 0, 0, 0, 1, 0, 0, 0]),
    "excited": _fixed([0, 0, 0, 0, 0, 1, 1, 0]),  # said of animals
    "hungry": _fixed([0, 0, 0, 0, 0, 1, 1, 0]),
    "deflated": _fixed([0, 0, 0, 0, 0, 1, 0, 1]),  # said of things
    "round": _fixed([0, 0, 0, 0, 0, 1, 0, 1]),
}


def _routes(shape: tuple[int, int], entries: dict[tuple[int, int], float]) -> np.ndarray:
    """A matrix of zeros but for {(row, column): number}."""
    matrix = np.zeros(shape)
    for place, number in entries.items():
        matrix[place] = number
    return _fixed(matrix)


# Layer 1: query 8 x pronoun, key adjective; what is handed over, and written back, are "?animal" and "?thing".
HAND_1 = {
    "W_Q": _routes((8, 2), {(4, 0): 8}),
    "W_K": _routes((8, 2), {(5, 0): 1}),
    "W_V": _routes((8, 2), {(6, 0): 1, (7, 1): 1}),
    "W_O": _routes((2, 8), {(0, 6): 1, (1, 7): 1}),
}
# Layer 2: query 8 x "?animal" and 8 x "?thing", key animal and thing; the gender is handed over and written back.
HAND_2 = {
    "W_Q": _routes((8, 2), {(6, 0): 8, (7, 1): 8}),
    "W_K": _routes((8, 2), {(0, 0): 1, (1, 1): 1}),
    "W_V": _routes((8, 2), {(2, 0): 1, (3, 1): 1}),
    "W_O": _routes((2, 8), {(0, 2): 1, (1, 3): 1}),
}

FIGURE_TOKENS = ("dog", "ball", "it")
FIGURE_SCORES = _fixed([8.1, 2.3, 3.0])
FIGURE_WEIGHTS = _fixed([0.82, 0.06, 0.12])  # as printed; softmax of the printed scores gives something else

# -- why three matrices: asking and being found, and a lookup that gets softer ------------------------------------

ASYMMETRY_W_Q = _fixed([[0, 0], [0, 0], [3, 0], [0, 3]])  # reads ?animal and ?thing
ASYMMETRY_W_K = _fixed([[1, 0], [0, 1], [0, 0], [0, 0]])  # reads animal and thing

LOOKUP_RECORDS = ("dog", "cat", "ball", "chair")
LOOKUP_FIELDS = ("animal", "toy", "seat")
LOOKUP_KEYS = _fixed([[2, 0, 0], [1, 1, 0], [0, 2, 0], [0, 0, 2]])
LOOKUP_PAYLOAD = ("legs", "kg")
LOOKUP_VALUES = _fixed([[4, 20], [4, 4], [0, 1], [4, 7]])
LOOKUP_QUERY = _fixed([2, 0, 0])

# "bank" looks for a word that settles its meaning, offers itself as a place, and hands over a bit of both meanings.
BANK_FEATURES = ("edge", "money", "place", "ambiguous", "settles")
BANK_VOCABULARY = {
    "bank": _fixed([0.5, 0.5, 1, 1, 0]),
    "river": _fixed([1, 0, 1, 0, 1]),
    "loan": _fixed([0, 1, 0, 0, 1]),
}
BANK_W_Q = _fixed([[0, 0], [0, 0], [0, 0], [4, 0], [0, 0]])  # the ambiguous look for what settles
BANK_W_K = _fixed([[0, 0], [0, 0], [0, 1], [0, 0], [1, 0]])  # found by settling, or by being a place
BANK_W_V = _fixed([[1, 0], [0, 1], [0, 0], [0, 0], [0, 0]])  # handed over: edge and money

# -- several heads. The first one is the head of lessons 1 and 2; the second looks for things ----------------

HEADS_TOKENS = ("dog", "ball", "it")
HEADS_X = _fixed([VOCABULARY[token] for token in HEADS_TOKENS])
HEADS_W_Q = _fixed(np.hstack([W_Q, [[0, 1], [0, 1], [1, 1], [1, 0]]]))
HEADS_W_K = _fixed(np.hstack([W_K, [[0, 0], [0, -1], [1, 0], [-1, 0]]]))
HEADS_W_V = _fixed(np.hstack([W_V, [[1, 0], [0, 0], [0, 1], [0, 0]]]))
HEADS_W_O = _fixed([[1, 0, 0, 1], [0, 1, 0, 0], [0, 1, 1, 0], [1, 0, 0, -1]])

# -- published shapes ----------------------------------------------------------------------------


@dataclass(frozen=True)
class ModelShape:
    """The numbers of a published model that decide the size of its attention and of its cache."""

    name: str
    d_model: int
    n_layers: int
    n_heads: int
    n_kv_heads: int
    d_head: int
    context: int
    source: str
    note: str = ""
    d_latent: int = 0  # what a layer keeps of a token where one row stands for keys and values of all heads
    window: int = 0  # how far the windowed layers look back
    n_windowed: int = 0

    def cached(self, n_tokens: int) -> int:
        """Numbers in the caches of all layers after `n_tokens`, where rows that have left a window are dropped."""
        row = self.d_latent or 2 * self.n_kv_heads * self.d_head
        rows = (self.n_layers - self.n_windowed) * n_tokens + self.n_windowed * min(n_tokens, self.window)
        return row * rows


MODELS = {
    model.name: model
    for model in (
        ModelShape("Llama-2-7B", 4096, 32, 32, 32, 128, 4096, "meta-llama/Llama-2-7b-hf config.json"),
        ModelShape("Llama-3-8B", 4096, 32, 32, 8, 128, 8192, "meta-llama/Meta-Llama-3-8B config.json"),
        ModelShape("Llama-3-70B", 8192, 80, 64, 8, 128, 8192, "meta-llama/Meta-Llama-3-70B config.json"),
        ModelShape(
            "Mistral-7B",
            4096,
            32,
            32,
            8,
            128,
            32768,
            "mistralai/Mistral-7B-v0.1 config.json",
            "a sliding window of 4,096 tokens bounds its cache",
            window=4096,
            n_windowed=32,
        ),
        ModelShape("Qwen2.5-7B", 3584, 28, 28, 4, 128, 131072, "Qwen/Qwen2.5-7B config.json"),
        ModelShape(
            "Gemma-2-9B",
            3584,
            42,
            16,
            8,
            256,
            8192,
            "google/gemma-2-9b config.json",
            "n_heads x d_head is 4,096, not d_model; every other layer looks back 4,096 tokens only",
            window=4096,
            n_windowed=21,
        ),
    )
}

RECENT_MODELS = {
    model.name: model
    for model in (
        ModelShape(
            "Qwen3-8B",
            4096,
            36,
            32,
            8,
            128,
            40960,
            "Qwen/Qwen3-8B config.json",
            "read as litgpt 0.5.13 quotes it (litgpt/config.py)",
        ),
        ModelShape(
            "Gemma-3-12B",
            3840,
            48,
            16,
            8,
            256,
            131072,
            "google-deepmind/gemma gemma/gm/nn/_gemma.py (Gemma3_12B)",
            "five of six layers look back 1,024 tokens only",
            window=1024,
            n_windowed=40,
        ),
        ModelShape(
            "DeepSeek-V3",
            7168,
            61,
            128,
            128,
            128,
            131072,
            "deepseek-ai/DeepSeek-V3 inference/configs/config_671B.json",
            "kv_lora_rank 512 and a turned part of 64 stand for keys and values of 128 heads",
            d_latent=512 + 64,
        ),
    )
}

# -- in the wild: one published model of each other layout -----------------------------------------------------------

WILD_MODELS = {
    model.name: model
    for model in (
        ModelShape("GPT-2 small", 768, 12, 12, 12, 64, 1024, "openai-community/gpt2 config.json"),
        ModelShape("BERT base", 768, 12, 12, 12, 64, 512, "google-bert/bert-base-uncased config.json"),
        ModelShape(
            "ViT-B/16",
            768,
            12,
            12,
            12,
            64,
            197,
            "google/vit-base-patch16-224 config.json",
            "196 patches of 16 x 16 pixels and one class token",
        ),
        ModelShape(
            "Whisper small",
            768,
            12,
            12,
            12,
            64,
            1500,
            "openai/whisper-small config.json",
            "its encoder; 30 seconds of sound are 1,500 rows",
        ),
    )
}

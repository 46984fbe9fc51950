"""What is measured of SmolLM2-135M for the lesson on real heads: each function is one row of its card."""

from collections.abc import Sequence

import numpy as np

from qkvlib.checkpoints.language_model import Edit, LanguageModel, Run

ANIMALS = ("dog", "cat", "horse", "bird")
THINGS = ("ball", "box", "cart", "rope")
LIVING = ("hungry", "excited", "happy")
LIFELESS = {
    "ball": ("round", "deflated", "inflated"),
    "box": ("wooden", "empty", "square"),
    "cart": ("wooden", "broken", "rusty"),
    "rope": ("long", "torn", "thin"),
}
VERB = {"ball": "chased", "box": "pushed", "cart": "pulled", "rope": "chewed"}
TURNED = {"chased": "hit", "pushed": "blocked", "pulled": "hit", "chewed": "held"}  # what the thing does to the animal
REPEATED, SEEDS = 25, 10  # random tokens read twice, and how many draws
PARAGRAPH = (
    "Every morning the baker opened the small shop at the corner of the market square. She lit the oven, swept the "
    "floor and set out the first loaves while the street was still dark. By seven the children came for rolls on their "
    "way to school, and by eight the old men had taken their places at the window. Nobody was in a hurry. They talked "
    "about the weather, the river and the price of wheat, and when the bell of the church rang they folded their "
    "papers and went home."
)


def stem(animal: str, thing: str, adjective: str, thing_first: bool = False) -> str:
    """The sentence whose next word is asked for: which of the two was it?"""
    verb = VERB[thing]
    told = f"The {thing} {TURNED[verb]} the {animal}" if thing_first else f"The {animal} {verb} the {thing}"
    return f"{told} because it was {adjective}. The {adjective} one was the"


def lead(model: LanguageModel, text: str, animal: str, thing: str, edits: Sequence[Edit] = ()) -> float:
    """Logit of the animal minus logit of the thing, as the next word."""
    logits = model.run(text, edits).logits
    return float(logits[_word(model, animal)] - logits[_word(model, thing)])


def all_pairs(model: LanguageModel) -> list[dict]:
    """Every pair in both orders with six adjectives: the lead, and whether its sign is what a reader would say."""
    found = []
    for animal, thing in zip(ANIMALS, THINGS, strict=True):
        for thing_first in (False, True):
            for adjective in (*LIVING, *LIFELESS[thing]):
                value = lead(model, stem(animal, thing, adjective, thing_first), animal, thing)
                right = (value > 0) == (adjective in LIVING)
                found.append(
                    {
                        "animal": animal, "thing": thing, "adjective": adjective, "thing_first": thing_first,
                        "lead": round(value, 3), "right": right,
                    }
                )  # fmt: skip
    return found


def patches(model: LanguageModel, clean: str, other: str, animal: str, thing: str) -> np.ndarray:
    """[n_layers, n_heads]: how far the lead falls when one head's blend at the last token comes from `other`."""
    base, donor = lead(model, clean, animal, thing), model.run(other)
    checkpoint = model.checkpoint
    moved = np.zeros((checkpoint.n_layers, checkpoint.n_heads))
    for layer in range(checkpoint.n_layers):
        for head in range(checkpoint.n_heads):
            moved[layer, head] = base - lead(model, clean, animal, thing, [_patch(donor, [(layer, head)])])
    return moved


def patched_together(model: LanguageModel, clean: str, other: str, heads: Sequence[tuple[int, int]]) -> float:
    """The lead of dog over ball when all of `heads` take their blend at the last token from `other`."""
    return lead(model, clean, "dog", "ball", [_patch(model.run(other), heads)])


def jobs(model: LanguageModel) -> dict[str, np.ndarray]:
    """Three measures of every head, [n_layers, n_heads] each, on random tokens read twice; mean over seeds.

    `induction`: weight on the token after the earlier copy; `previous`: on the token before; `first`: on the first.
    The first two are read in the second half, `first` in all rows but the first.
    """
    total: dict[str, np.ndarray] = {}
    for seed in range(SEEDS):
        ids = random_ids(seed)
        weights = np.stack([layer.weights for layer in model.run_ids(ids + ids).layers])
        second = np.arange(REPEATED, 2 * REPEATED)
        found = {
            "induction": weights[:, :, second[:-1], second[:-1] - REPEATED + 1].mean(-1),
            "previous": weights[:, :, second, second - 1].mean(-1),
            "first": weights[:, :, 1:, 0].mean(-1),
        }
        for name, value in found.items():
            total[name] = total.get(name, 0) + value / SEEDS
    return total


def random_ids(seed: int) -> list[int]:
    """Tokens drawn at random from the common part of the vocabulary."""
    return np.random.default_rng(seed).integers(1000, 40_000, REPEATED).tolist()


def shared(model: LanguageModel) -> dict[str, float]:
    """Mean loss in nats a token on a paragraph, as it is and with the three K/V heads made one or mixed up."""
    everywhere, here = range(model.checkpoint.n_layers), (20,)
    edits = {
        "as it is": [],
        "K and V averaged": [_average("KV", everywhere)],
        "K averaged": [_average("K", everywhere)],
        "V averaged": [_average("V", everywhere)],
        "K and V averaged in layer 20": [_average("KV", here)],
        "wrong K/V head in layer 20": [_shifted(here)],
    }
    return {name: round(model.run(PARAGRAPH, edit).loss, 3) for name, edit in edits.items()}


def _word(model: LanguageModel, word: str) -> int:
    (number,) = model.words.ids(f" {word}")
    return number


def _patch(donor: Run, heads: Sequence[tuple[int, int]]) -> Edit:
    def edit(layer: int, name: str, array: np.ndarray) -> np.ndarray:
        chosen = [head for at, head in heads if at == layer]
        if name != "heads" or not chosen:
            return array
        array = array.copy()
        array[chosen, -1] = donor.layers[layer].heads[chosen, -1]
        return array

    return edit


def _average(names: str, layers: Sequence[int]) -> Edit:
    def edit(layer: int, name: str, array: np.ndarray) -> np.ndarray:
        if layer not in layers or len(name) != 1 or name not in names:
            return array
        return np.broadcast_to(array.mean(-3, keepdims=True), array.shape)

    return edit


def _shifted(layers: Sequence[int]) -> Edit:
    def edit(layer: int, name: str, array: np.ndarray) -> np.ndarray:
        return np.roll(array, 1, axis=-3) if layer in layers and name in ("K", "V") else array

    return edit

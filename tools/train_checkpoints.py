"""Write the pronoun model as it was at a dozen moments of its training, under eight conditions, and their card.

    python -m tools.train_checkpoints                 # a quarter of an hour of one CPU core; needs `torch`
    python -m tools.train_checkpoints encoder         # some conditions only; the card keeps the others

The conditions are what `coref_training.CONDITIONS` names: with and without window, noise and separate matrices. Where
`train_coref` trains a condition too, recipe and seeds are its own, so that the last checkpoint of "encoder" *is* the
shipped model. The first seed of each is kept, whatever came of it; the card has the figures of all its seeds at every
checkpoint.
"""

import argparse
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from safetensors.numpy import save

from qkvlib import coref, coref_measure, coref_training
from qkvlib.atomic import write_together
from tools.coref_recipes import EVERY, Recipe
from tools.train_coref import Stack, seed_base, train

DATA = Path(__file__).parents[1] / "qkvlib" / "data" / "training"
STEPS = (0, 50, 100, 150, 200, 250, 300, 350, 400, 500, 700, 1000, 3000)
# What no other script trains: one matrix for all three roles, with window or noise left out. Name: recipe, first seed.
SHARED = {
    "shared_qkv_no_window": (replace(EVERY["shared_qkv"], window=None), 10_000),
    "shared_qkv_no_noise": (replace(EVERY["shared_qkv"], noise=0.0), 10_100),
    "shared_qkv_neither": (replace(EVERY["shared_qkv"], window=None, noise=0.0), 10_200),
}
FIGURES = ("accuracy", "first_on_adjective", "on_referent")


def checkpoints(name: str) -> tuple[Recipe, list[list[dict[str, np.ndarray]]], list[set]]:
    """Train one condition -> its recipe, the float16 tensors of every checkpoint and seed, the pairs held out."""
    recipe, first_seed = SHARED[name] if name in SHARED else (EVERY[name], seed_base(name))
    kept: list[list[dict[str, np.ndarray]]] = []

    def every(stack: Stack) -> list[dict[str, np.ndarray]]:
        return [stack.tensors(s) for s in range(recipe.seeds)]

    def watch(step: int, stack: Stack) -> None:
        if step in STEPS:
            kept.append(every(stack))

    stack, held = train(recipe, first_seed, lambda: None, watch)
    return recipe, [*kept, every(stack)], held


def measured(recipe: Recipe, name: str, kept: list, held: list[set]) -> dict[str, list[list[float]]]:
    """Each figure as [seeds, checkpoints], on held-out pairs of every seed's own."""
    rows: dict[str, list[list[float]]] = {figure: [] for figure in FIGURES}
    for s in range(recipe.seeds):
        found = []
        for tensors in kept:
            model = coref.Model(name, recipe.config(), tensors[s])
            found.append(coref_measure.attention_figures(model, coref_measure.pairs(model, held[s])))
        for figure in FIGURES:
            rows[figure].append([each[figure] for each in found])
    return rows


def card_text(card: dict) -> str:
    """JSON with the figures of one seed on a line."""

    def line(key: str, value: object) -> str:
        if key in FIGURES:
            assert isinstance(value, list)
            seeds = ",\n   ".join(map(json.dumps, value))
            return f'  "{key}": [\n   {seeds}\n  ]'
        return f'  "{key}": {json.dumps(value)}'

    parts = [
        f' "{name}": {{\n' + ",\n".join(line(*item) for item in entry.items()) + "\n }" for name, entry in card.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    known = list(coref_training.CONDITIONS.values())
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("conditions", nargs="*", metavar="CONDITION", help=f"any of {', '.join(known)} (default: all)")
    names = parser.parse_args().conditions or known
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no condition named {', '.join(unknown)}: choose among {', '.join(known)}")
    torch.set_num_threads(1)
    DATA.mkdir(exist_ok=True)
    for name in names:
        begin = perf_counter()
        recipe, kept, held = checkpoints(name)
        trained = perf_counter()
        first = [tensors[0] for tensors in kept]
        stacked = {key: np.stack([tensors[key] for tensors in first]) for key in first[0]}
        content = save(stacked, metadata={"config": json.dumps(recipe.config()), "steps": json.dumps(STEPS)})
        figures = measured(recipe, name, kept, held)
        card_path = DATA / "card.json"
        card = json.loads(card_path.read_text()) if card_path.exists() else {}
        card[name] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "torch": torch.__version__,
            "steps": STEPS,
            **figures,
        }
        card = {each: card[each] for each in known if each in card}
        write_together({DATA / f"{name}.safetensors": content, card_path: card_text(card)})
        print(f"{name}: trained in {trained - begin:.0f} s, measured in {perf_counter() - trained:.0f} s", flush=True)


if __name__ == "__main__":
    main()

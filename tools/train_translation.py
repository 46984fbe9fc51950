"""Train the models of "Q from here, K and V from there", and write their weights and their card.

    python -m tools.train_translation    # a few minutes of one CPU core; needs `torch` (pip install -e .[train])

Trained on all noun phrases but those with a held-out pair of noun and adjective, tested on those. All seeds of a model
train side by side, in one stack of matrices (the leading axis S), none feeling another's gradient.
"""

import hashlib
import json
import math
from pathlib import Path
from random import Random
from time import perf_counter

import numpy as np
import torch
from safetensors.numpy import save

from qkvlib import translation as t
from qkvlib.atomic import write_together
from qkvlib.translation import END, PAD, PHRASES, SOURCE, START, TARGET, Model, Phrase, padded
from tools.train_chase import card_text

DATA = Path(__file__).parents[1] / "qkvlib" / "data" / "translation"
SEEDS, STEPS, RATE, D_MODEL, NOISE, BATCH = 10, 2000, 1e-2, 16, 0.3, 64
HELD_OUT_SHARE = 0.2
PADDINGS = (0, 1, 2, 4, 8)  # how many of them a test adds behind the source
KINDS = ("article", "before", "noun", "behind")  # words of a translation; adjectives stand before or behind the noun
RECIPES = {"masked": "padding masked", "unmasked": "padding left visible, every source filled up to 4 words"}
DEMONSTRATED = {("ball", "green"), ("ball", "small"), ("dog", "small")}  # held out in every split: the lesson's phrases


def split(seed: int) -> set[tuple[str, str]]:
    """The pairs that this seed never trains on: of every adjective as many masculine as feminine nouns."""
    random, held = Random(seed), set(DEMONSTRATED)
    for adjective in t.ADJECTIVES:
        for nouns in (t.MASCULINE, t.FEMININE):
            while sum((noun, adjective) in held for noun in nouns) < HELD_OUT_SHARE * len(nouns):
                held.add((list(nouns)[int(random.random() * len(nouns))], adjective))
    return held


class Stack:
    """SEEDS models, as parameters with a leading axis S."""

    def __init__(self, generator: torch.Generator) -> None:
        def matrix(*shape: int) -> torch.Tensor:
            # Spread 1/√d_model, so that a row times a matrix keeps its size.
            return (torch.randn(SEEDS, *shape, generator=generator) / math.sqrt(D_MODEL)).requires_grad_()

        self.named = {"E_source": matrix(len(SOURCE), D_MODEL), "E_target": matrix(len(TARGET), D_MODEL)}
        self.named |= {name: matrix(D_MODEL, D_MODEL) for name in ("W_Q", "W_K", "W_V", "W_O")}
        self.named["W_U"] = matrix(D_MODEL, len(TARGET))

    def forward(
        self, sources: torch.Tensor, rows: torch.Tensor, seen: torch.Tensor, noise: torch.Generator
    ) -> torch.Tensor:
        """sources [S, B, 4], rows [S, B, T], seen [S, B, 4] -> logits [S, B, T, n_target_words]."""
        p, seeds = self.named, torch.arange(SEEDS)[:, None, None]

        def read(X: torch.Tensor) -> torch.Tensor:
            return X + NOISE * torch.randn(X.shape, generator=noise)  # on what the layer reads, as in train_coref

        Y, X = read(p["E_source"][seeds, sources]), p["E_target"][seeds, rows]
        Q, K, V = (_times(A, p[name]) for A, name in ((read(X), "W_Q"), (Y, "W_K"), (Y, "W_V")))
        scores = Q @ K.transpose(-1, -2) / math.sqrt(D_MODEL)
        weights = scores.masked_fill(~seen[:, :, None], -math.inf).softmax(-1)
        return _times(X + _times(weights @ V, p["W_O"]), p["W_U"])

    def round_to_float16(self) -> None:
        with torch.no_grad():
            for p in self.named.values():
                p.copy_(p.half().float())

    def tensors(self, s: int) -> dict[str, np.ndarray]:
        """Seed `s` as named float16 arrays."""
        return {name: np.ascontiguousarray(p[s].detach().numpy().astype(np.float16)) for name, p in self.named.items()}


def _times(X: torch.Tensor, W: torch.Tensor) -> torch.Tensor:
    """[S, B, T, d] times [S, d, e]."""
    return X @ W[:, None]


def examples(phrases: list[Phrase]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Sources [N, 4] filled up with PAD, rows [N, T] and the word after each [N, T] (-100 where there is none)."""
    T = t.LONGEST + 1
    sources = torch.tensor([[SOURCE.index(word) for word in padded(p.source, t.LONGEST)[0]] for p in phrases])
    rows, after = torch.zeros(len(phrases), T, dtype=torch.long), torch.full((len(phrases), T), -100)
    for i, p in enumerate(phrases):
        words = [TARGET.index(word) for word in (START, *p.target, END)]
        rows[i, : len(words) - 1], after[i, : len(words) - 1] = torch.tensor(words[:-1]), torch.tensor(words[1:])
    return sources, rows, after


def train(name: str, seed_base: int) -> tuple[Stack, list[set]]:
    """Adam, the rate falling along a cosine to a twentieth."""
    generator = torch.Generator().manual_seed(seed_base)
    held = [split(seed_base + s) for s in range(SEEDS)]
    sets = [examples([p for p in PHRASES if not p.pairs & h]) for h in held]
    stack = Stack(generator)
    optimizer = torch.optim.Adam(stack.named.values(), lr=RATE)
    shape = lambda step: 0.525 + 0.475 * math.cos(math.pi * step / STEPS)  # noqa: E731
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, shape)
    for _ in range(STEPS):
        chosen = [torch.randint(len(each[0]), (BATCH,), generator=generator) for each in sets]
        sources, rows, after = (torch.stack([s[k][c] for s, c in zip(sets, chosen, strict=True)]) for k in range(3))
        seen = sources != SOURCE.index(PAD)
        logits = stack.forward(sources, rows, seen if name == "masked" else torch.ones_like(seen), generator)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 2), after.flatten(), reduction="sum") / BATCH
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    stack.round_to_float16()
    return stack, held


def figures(model: Model, held: set, hidden: bool) -> dict:
    """On the phrases with a held-out pair: whole translations right, by how much padding there is behind the source,
    masked or not; and the mean weight on the word that is rendered, by kind of word, under the padding of training."""
    test = [p for p in PHRASES if p.pairs & held]
    found: dict = {"phrases": len(test)}
    for label, masked in (("masked", True), ("visible", False)):
        right = []
        for extra in PADDINGS:
            filled = [padded(p.source, len(p.source) + extra) for p in test]
            made = [model.translate(words, mask if masked else None) for words, mask in filled]
            right.append(round(sum(tuple(m) == p.target for m, p in zip(made, test, strict=True)) / len(test), 4))
        found[label] = right
    looks: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for p in test:
        # As the model was trained: with its padding in sight, or without any.
        words, mask = padded(p.source, len(p.source) if hidden else t.LONGEST)
        weights = model.run(words, [START, *p.target[:-1]], mask if hidden else None).weights
        for row, (place, kind) in enumerate(zip(p.renders, _kinds(p), strict=True)):
            looks[kind].append(weights[row, place])
    return found | {"looks": {kind: round(float(np.mean(each)), 4) for kind, each in looks.items()}}


def _kinds(p: Phrase) -> list[str]:
    """What each word of a translation is."""
    found = ["article"]
    for place in p.renders[1:]:
        word = p.source[place]
        found.append("before" if word in t.BEFORE else "behind" if word in t.AFTER else "noun")
    return found


def main() -> None:
    torch.set_num_threads(1)
    card, written = {}, {}
    for name, about in RECIPES.items():
        begin = perf_counter()
        stack, held = train(name, 0)  # the same splits, initial weights and batches for both
        models = [Model(name, stack.tensors(s)) for s in range(SEEDS)]
        seeds = [figures(m, h, name == "masked") for m, h in zip(models, held, strict=True)]
        shipped = next(
            (s for s, each in enumerate(seeds) if each["masked"][0] == 1), 0
        )  # the first that is always right
        content = save(stack.tensors(shipped))
        written[DATA / f"{name}.safetensors"] = content
        card[name] = {
            "about": about,
            "recipe": {"steps": STEPS, "rate": RATE, "d_model": D_MODEL, "noise": NOISE, "batch": BATCH},
            "parameters": sum(p[0].numel() for p in stack.named.values()),
            "sha256": hashlib.sha256(content).hexdigest(),
            "shipped_seed": shipped,
            "held_out": [" ".join(pair) for pair in sorted(held[shipped])],
            "paddings": PADDINGS,
            "seeds": seeds,
        }
        print(f"{name}: {perf_counter() - begin:.0f} s", flush=True)
        for seed in seeds:
            print("   ", json.dumps(seed), flush=True)
    DATA.mkdir(exist_ok=True)
    write_together(written | {DATA / "card.json": card_text(card)})


if __name__ == "__main__":
    main()

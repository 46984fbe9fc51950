"""Train the tiny models of the course and write their weights and their card.

    python -m tools.train_coref            # everything: about half an hour of one CPU core; needs `torch`
    python -m tools.train_coref encoder    # some models only; the card keeps the others

Each model is trained from several seeds, side by side in one stack of matrices (the leading axis S below), so that ten
seeds cost little more than one. Each seed has its own split, initial weights, batches and noise. The first clean seed
is shipped (the first of all for models that are not expected to be clean) and the card says how the others did.
CONTROLS are trained and measured in the same way, but only their figures are kept.
"""

import argparse
import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from itertools import product
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from safetensors.numpy import save

from qkvlib import coref, coref_measure
from qkvlib.atomic import write_atomically
from qkvlib.grammar import ANSWERS, GRAMMARS, Grammar
from tools.coref_recipes import CONTROLS, EVERY, RECIPES, Recipe

ROOT = Path(__file__).parents[1]
DATA = ROOT / "qkvlib" / "data" / "coref"
REFERENCE = ROOT / "tests" / "data" / "coref_reference.json"
HELD_OUT_SHARE = 0.2
DEMONSTRATED = [(noun, adj) for noun in ("dog", "ball") for adj in ("excited", "deflated", "hungry", "round")]


def _times(X: torch.Tensor, W: torch.Tensor) -> torch.Tensor:
    """[S, B, T, d] times [S, d, e], as one tall product per seed: far quicker than a small one per sentence."""
    S, B, T, d = X.shape
    return torch.bmm(X.reshape(S, B * T, d), W).view(S, B, T, -1)


def _row(X: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """The row at `places` [S, B] of X [S, B, ..., T, d], as [S, B, ..., 1, d]."""
    index = places.reshape(*places.shape, *[1] * (X.ndim - 2)).expand(*X.shape[:-2], 1, X.shape[-1])
    return X.gather(-2, index)


class Stack:
    """S models of one recipe, as parameters with a leading axis S."""

    def __init__(self, recipe: Recipe, generator: torch.Generator):
        self.recipe = recipe
        S, D, r = recipe.seeds, recipe.d_model, recipe
        n_words = len(GRAMMARS[r.grammar].words)

        def matrix(*shape: int) -> torch.Tensor:
            # Spread 1/√d_model, so that a row times a matrix keeps its size.
            return (torch.randn(S, *shape, generator=generator) / math.sqrt(D)).requires_grad_()

        self.E = matrix(n_words, D)
        self.P = matrix(r.max_tokens, D) if r.positions else None
        self.W_U = matrix(D, len(ANSWERS))
        self.layers = []
        for _ in range(r.n_layers):
            W_Q, W_K = matrix(D, D), matrix(D, r.n_kv_heads * r.d_head)
            W_V, W_O = matrix(D, r.n_kv_heads * r.d_head), matrix(D, D)
            if r.share == "raw":
                W_Q = W_K = torch.eye(D).repeat(S, 1, 1)
            if r.share in ("qk", "qkv"):
                W_K = W_Q
            if r.share in ("kv", "qkv"):
                W_V = W_K
            self.layers.append((W_Q, W_K, W_V, W_O))
        self.mlp = {}
        if r.mlp:
            W_out = torch.randn(S, r.mlp, D, generator=generator) / math.sqrt(r.mlp)
            b_in = torch.zeros(S, 1, r.mlp).requires_grad_()
            self.mlp = {"W_in": matrix(D, r.mlp), "b_in": b_in, "W_out": W_out.requires_grad_()}

    def groups(self) -> list[dict]:
        """Parameters for AdamW: W_Q and W_K are not decayed, everything else is."""
        routing = {id(W) for W_Q, W_K, _, _ in self.layers for W in (W_Q, W_K)}
        every = [self.E, self.W_U, *self.mlp.values(), *(W for ws in self.layers for W in ws)]
        every += [] if self.P is None else [self.P]
        every = list({id(p): p for p in every if p.requires_grad}.values())
        return [
            {"params": [p for p in every if id(p) in routing], "weight_decay": 0.0},
            {"params": [p for p in every if id(p) not in routing], "weight_decay": 0.1},
        ]

    def forward(
        self, ids: torch.Tensor, lengths: torch.Tensor, read_at: torch.Tensor, noise: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """ids [S, B, T], lengths and read_at [S, B] -> logits [S, B, 2] and the weights of every layer."""
        r = self.recipe
        S, _, T = ids.shape
        places = torch.arange(T)
        real = (places < lengths[..., None])[:, :, None, None, :]  # [S, B, 1, 1, T]
        X = self.E[torch.arange(S)[:, None, None], ids]
        if self.P is not None:
            X = X + self.P[:, None, :T]
        rows = []
        for i, (W_Q, W_K, W_V, W_O) in enumerate(self.layers):
            seen = X  # noise is on what the layer reads, not on the stream it adds to
            if noise is not None and r.noise:
                seen = X + r.noise * torch.randn(X.shape, generator=noise)
            asking, at, mask = seen, places[:, None], real
            if r.softmax_over == "queries":  # every row takes part in the shares of the reading row
                mask = mask & real.transpose(-1, -2)
            elif i == r.n_layers - 1:  # only the reading row of the last layer is ever used
                X, asking, at = _row(X, read_at), _row(seen, read_at), read_at[:, :, None, None, None]
            if r.causal:
                mask = mask & (places <= at)
            if i == 0 and r.n_layers == 2 and r.window is not None:
                mask = mask & ((places - at).abs() <= r.window)
            Q = self._heads(_times(asking, W_Q), r.n_heads)
            K = self._heads(_times(seen, W_K), r.n_kv_heads)
            V = self._heads(_times(seen, W_V), r.n_kv_heads)
            n_rep = r.n_heads // r.n_kv_heads
            K, V = (K.repeat_interleave(n_rep, 2), V.repeat_interleave(n_rep, 2)) if n_rep > 1 else (K, V)
            scores = (Q @ K.transpose(-1, -2)) / math.sqrt(r.d_head)
            # Finite, because the rows of the padding may have nothing to look at; exp(-1e9) is exactly 0.
            weights = scores.masked_fill(~mask, -1e9).softmax(-1 if r.softmax_over == "keys" else -2)
            if r.softmax_over == "queries":
                weights = weights.masked_fill(~mask, 0)
            out = (weights @ V).transpose(2, 3).flatten(3)
            X = X + _times(out, W_O)
            rows.append(weights)
        if self.mlp:
            hidden = _times(X, self.mlp["W_in"]) + self.mlp["b_in"][:, None]
            X = X + _times(hidden.relu(), self.mlp["W_out"])
        if r.softmax_over == "queries":
            X, rows[-1] = _row(X, read_at), _row(rows[-1], read_at)
        return _times(X, self.W_U)[:, :, 0], rows

    @staticmethod
    def _heads(X: torch.Tensor, n: int) -> torch.Tensor:
        S, B, T, D = X.shape
        return X.view(S, B, T, n, D // n).transpose(2, 3)

    def tensors(self, s: int) -> dict[str, np.ndarray]:
        """Seed `s` as named float16 arrays: what is shipped, and what everything is measured on."""
        named = {"E": self.E, "W_U": self.W_U} | ({} if self.P is None else {"P": self.P})
        for i, weights in enumerate(self.layers):
            named |= {f"{i}.{name}": W for name, W in zip(("W_Q", "W_K", "W_V", "W_O"), weights, strict=True)}
        named |= {f"{self.recipe.n_layers - 1}.{name}": W for name, W in self.mlp.items()}
        return {name: np.ascontiguousarray(p[s].detach().numpy().astype(np.float16)) for name, p in named.items()}

    def round_to_float16(self) -> None:
        with torch.no_grad():
            for group in self.groups():
                for p in group["params"]:
                    p.copy_(p.half().float())


def split(recipe: Recipe, seed: int) -> set[tuple[str, str]]:
    """The noun-adjective pairs that this seed never trains on, always with those of the lesson's sentences."""
    grammar = GRAMMARS[recipe.grammar]
    nouns, adjectives = list(grammar.french), [a for c in grammar.classes for a in c.adjectives]
    pairs = [(n, a) for n in nouns for a in adjectives]
    held = {p for p in pairs if p in DEMONSTRATED}
    random = Random(seed)
    if recipe.fair_split:
        return _fair_split(grammar, held, random)
    while len(held) < HELD_OUT_SHARE * len(pairs):
        held.add(pairs[int(random.random() * len(pairs))])
    return held


def _fair_split(grammar: Grammar, held: set[tuple[str, str]], random: Random) -> set[tuple[str, str]]:
    """For every adjective one masculine and one feminine noun of each class, and each noun fits half of those it lost.

    With pairs held out at random, training meets an adjective with more nouns of one gender, and a noun more often as
    the one meant than as the other. A model that learns this is wrong more often than a coin on the pairs held out.
    """
    for noun_class, answer in product(grammar.classes, ANSWERS):
        nouns = [n for n in noun_class.nouns if grammar.pronoun(n) == answer]
        for alike in zip(*(c.adjectives for c in grammar.classes), strict=True):  # one adjective of each class
            demonstrated = [n for n in nouns if (n, alike[0]) in held]
            noun = demonstrated[0] if demonstrated else nouns[int(random.random() * len(nouns))]
            held |= {(noun, adjective) for adjective in alike}
    return held


def training_set(recipe: Recipe, seed: int, held: set) -> tuple[torch.Tensor, ...]:
    """Random sentences without a held-out pair: ids [N, T] (padded with 0), lengths, reading positions, answers."""
    grammar, random = GRAMMARS[recipe.grammar], Random(1_000_000 + seed)
    ids = np.zeros((recipe.sentences, recipe.max_tokens), dtype=np.int64)
    rest = np.zeros((3, recipe.sentences), dtype=np.int64)
    n = 0
    while n < recipe.sentences:
        p = grammar.sample(random, recipe.ending)
        if any((p.tokens[i], p.tokens[p.adjective]) in held for i in p.nouns):
            continue
        ids[n, : len(p.tokens)] = [grammar.ids[t] for t in p.tokens]
        rest[:, n] = len(p.tokens), p.read_at, ANSWERS.index(p.answer)
        n += 1
    return torch.from_numpy(ids), *torch.from_numpy(rest)


def seed_base(name: str) -> int:
    """The first seed of a model or control; its others follow."""
    return 100 * list(EVERY).index(name)


def train(
    recipe: Recipe, seed_base: int, tick: Callable[[], None], watch: Callable[[int, Stack], None] = lambda *_: None
) -> tuple[Stack, list[set]]:
    """AdamW with warm-up and cosine, on all seeds at once; `watch(step, stack)` is called before each step."""
    generator = torch.Generator().manual_seed(seed_base)
    held = [split(recipe, seed_base + s) for s in range(recipe.seeds)]
    sets = [training_set(recipe, seed_base + s, h) for s, h in enumerate(held)]
    ids, lengths, read_at, answers = (torch.stack(column) for column in zip(*sets, strict=True))
    stack = Stack(recipe, generator)
    optimizer = torch.optim.AdamW(stack.groups(), lr=1e-2, betas=(0.9, 0.98))
    shape = lambda step: min(1, (step + 1) / 100) * (0.525 + 0.475 * math.cos(math.pi * step / recipe.steps))  # noqa: E731
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, shape)
    seeds = torch.arange(recipe.seeds)[:, None]
    for step in range(recipe.steps):
        watch(step, stack)
        batch = torch.randint(recipe.sentences, (recipe.seeds, recipe.batch), generator=generator)
        logits, _ = stack.forward(ids[seeds, batch], lengths[seeds, batch], read_at[seeds, batch], generator)
        # The mean over sentences, summed over seeds: no seed feels another one's gradient.
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), answers[seeds, batch].flatten(), reduction="sum")
        optimizer.zero_grad()
        (loss / recipe.batch).backward()
        optimizer.step()
        schedule.step()
        tick()
    stack.round_to_float16()
    return stack, held


def reference(stack: Stack, s: int, parses: list) -> list[dict]:
    """What torch computes for a few sentences: the numpy forward is tested against these numbers."""
    grammar = GRAMMARS[stack.recipe.grammar]
    found = []
    for p in parses:
        ids = torch.tensor([grammar.ids[t] for t in p.tokens]).repeat(stack.recipe.seeds, 1, 1)
        shape = (stack.recipe.seeds, 1)
        with torch.no_grad():
            logits, rows = stack.forward(ids, torch.full(shape, len(p.tokens)), torch.full(shape, p.read_at))
        row = rows[-1][s, 0, :, 0]
        found.append(
            {
                "sentence": " ".join(p.tokens),
                "logits": [round(v, 7) for v in logits[s, 0].tolist()],
                "weights": [[round(v, 7) for v in head] for head in row.tolist()],
            }
        )
    return found


def card_text(card: dict) -> str:
    """JSON with one fact, or the figures of one seed, on a line."""

    def line(key: str, value: Any) -> str:
        if key == "seeds":
            return f'  "seeds": [\n   {("," + chr(10) + "   ").join(json.dumps(seed) for seed in value)}\n  ]'
        return f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"

    def entries(part: dict) -> str:
        lines = ((name, ",\n".join(line(*item) for item in entry.items())) for name, entry in part.items())
        return ",\n".join(f" {json.dumps(name)}: {{\n{text}\n }}" for name, text in lines)

    return "{" + ",\n".join(f'"{name}": {{\n{entries(part)}\n}}' for name, part in card.items()) + "}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"any of {', '.join(EVERY)} (default: all)")
    parser.add_argument("--steps", type=int, help="fewer steps, for a quick look; nothing is written")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.models if name not in EVERY]
    if unknown:
        parser.error(f"no model named {', '.join(unknown)}: choose among {', '.join(EVERY)}")
    torch.set_num_threads(1)
    columns = TextColumn("{task.description:18}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns) as progress:
        names = chosen.models or list(EVERY)
        tasks = {n: progress.add_task(n, total=chosen.steps or EVERY[n].steps, start=False) for n in names}
        for name in names:
            recipe = replace(EVERY[name], steps=chosen.steps or EVERY[name].steps)
            progress.start_task(tasks[name])
            begin = perf_counter()
            stack, held = train(recipe, seed_base(name), partial(progress.advance, tasks[name]))
            models = [coref.Model(name, recipe.config(), stack.tensors(s)) for s in range(recipe.seeds)]
            figures = [coref_measure.figures(m, h) for m, h in zip(models, held, strict=True)]
            progress.console.print(f"{name}: {sum(f['clean'] for f in figures)} clean, {perf_counter() - begin:.0f} s")
            for f in figures:
                progress.console.print("   ", json.dumps(f))
            if not chosen.steps:
                keep(name, recipe, stack, held, models, figures)


def keep(name: str, recipe: Recipe, stack: Stack, held: list[set], models: list, figures: list[dict]) -> None:
    """Write what is kept of a trained stack: its entry in the card and, unless it is a control, one seed's weights."""
    card_path = DATA / "card.json"
    card = {"models": {}, "controls": {}} | (json.loads(card_path.read_text()) if card_path.exists() else {})
    entry = {
        "recipe": asdict(recipe) | {"ending": list(recipe.ending)},
        "parameters": sum(p[0].numel() for g in stack.groups() for p in g["params"]),
    }
    if name in CONTROLS:
        card["controls"][name] = entry | {"seeds": figures}
    else:
        clean = [f["clean"] for f in figures]
        shipped = clean.index(True) if any(clean) and name != "unreadable" else 0
        content = save(stack.tensors(shipped), metadata={"config": json.dumps(recipe.config(), ensure_ascii=False)})
        card["models"][name] = entry | {
            "sha256": hashlib.sha256(content).hexdigest(),
            "shipped_seed": shipped,
            "held_out": {n: " ".join(sorted(a for m, a in held[shipped] if m == n)) for n, _ in sorted(held[shipped])},
            "seeds": figures,
        }
        references = json.loads(REFERENCE.read_text()) if REFERENCE.exists() else {}
        test = coref_measure.held_out_sentences(models[shipped], held[shipped], 5)
        references[name] = reference(stack, shipped, test)
        write_atomically(DATA / f"{name}.safetensors", content)
        write_atomically(REFERENCE, json.dumps(references, indent=1) + "\n")
    for part, recipes in (("models", RECIPES), ("controls", CONTROLS)):  # in the order of the recipes
        card[part] = {name: card[part][name] for name in recipes if name in card[part]}
    write_atomically(card_path, card_text(card))


if __name__ == "__main__":
    main()

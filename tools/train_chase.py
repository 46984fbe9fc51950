"""Train models that are asked who chased whom (lesson "Several heads"), and write their weights and their card.

    python tools/train_chase.py    # two minutes of one CPU core; needs `torch` (pip install -e .[train])

Every model reads "NOUN chased NOUN" and answers two questions from the row of "chased", each with a linear read-out.
All sentences there are are the training set *and* the test: a model that fails here has failed on what it was taught.
All seeds of a model train side by side, in one stack of matrices (the leading axis S), none feeling another's gradient.
"""

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from safetensors.numpy import save

from qkvlib import chase
from qkvlib.atomic import write_together

DATA = Path(__file__).parents[1] / "qkvlib" / "data" / "chase"
SEEDS, STEPS, RATE = 10, 2000, 1e-2
SHIPPED = ("one_head", "two_heads")


@dataclass(frozen=True)
class Recipe:
    """`places` says where a token's place enters: "scores" (one number per head and place), or "embeddings"."""

    about: str
    n_heads: int = 1
    d_model: int = 16
    n_layers: int = 1
    places: str = "scores"
    mlp: bool = False


RECIPES = {
    "one_head": Recipe("one head of width 16"),
    "two_heads": Recipe("two heads of width 8", n_heads=2),
    "one_wide_head": Recipe("one head of width 64", d_model=64),
    "two_layers": Recipe("two layers, one head each", n_layers=2),
    "with_mlp": Recipe("one head, then an MLP", mlp=True),
    "places_in_values": Recipe("one head, places added to the embeddings", places="embeddings"),
}


class Stack:
    """SEEDS models of one recipe, as parameters with a leading axis S."""

    def __init__(self, recipe: Recipe, generator: torch.Generator):
        self.recipe, D = recipe, recipe.d_model

        def matrix(*shape: int) -> torch.Tensor:
            # Spread 1/√d_model, so that a row times a matrix keeps its size.
            return (torch.randn(SEEDS, *shape, generator=generator) / math.sqrt(D)).requires_grad_()

        self.named = {"E": matrix(len(chase.WORDS), D)}
        self.named |= {f"U_{question}": matrix(D, len(chase.NOUNS)) for question in chase.QUESTIONS}
        for i in range(recipe.n_layers):
            self.named |= {f"{i}.{name}": matrix(D, D) for name in ("W_Q", "W_K", "W_V", "W_O")}
            if recipe.places == "scores":
                self.named[f"{i}.places"] = matrix(recipe.n_heads, chase.N_TOKENS)
        if recipe.places == "embeddings":
            self.named["P"] = matrix(chase.N_TOKENS, D)
        if recipe.mlp:
            self.named |= {"mlp_in": matrix(D, 4 * D), "mlp_out": matrix(4 * D, D)}

    def forward(self, ids: torch.Tensor) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """ids [B, T] -> {question: logits [S, B, n_nouns]}, and where "chased" looks in the last layer [S, B, h, T]."""
        r, p = self.recipe, self.named
        X = p["E"][:, ids]
        if "P" in p:
            X = X + p["P"][:, None]
        for i in range(r.n_layers):
            Q, K, V = (self._heads(_times(X, p[f"{i}.{name}"])) for name in ("W_Q", "W_K", "W_V"))
            scores = Q @ K.transpose(-1, -2) / math.sqrt(r.d_model // r.n_heads)
            if f"{i}.places" in p:
                scores = scores + p[f"{i}.places"][:, None, :, None]
            weights = scores.softmax(-1)
            X = X + _times((weights @ V).transpose(2, 3).flatten(3), p[f"{i}.W_O"])
        row = X[:, :, chase.READ_AT]
        if r.mlp:
            row = row + torch.relu(row @ p["mlp_in"]) @ p["mlp_out"]
        return {question: row @ p[f"U_{question}"] for question in chase.QUESTIONS}, weights[:, :, :, chase.READ_AT]

    def _heads(self, X: torch.Tensor) -> torch.Tensor:
        return X.unflatten(-1, (self.recipe.n_heads, -1)).transpose(2, 3)

    def round_to_float16(self) -> None:
        with torch.no_grad():
            for p in self.named.values():
                p.copy_(p.half().float())

    def tensors(self, s: int) -> dict[str, np.ndarray]:
        """Seed `s` as named float16 arrays."""
        return {name: np.ascontiguousarray(p[s].detach().numpy().astype(np.float16)) for name, p in self.named.items()}


def _times(X: torch.Tensor, W: torch.Tensor) -> torch.Tensor:
    """[S, B, T, d] times [S, d, e], as one tall product per seed."""
    return torch.bmm(X.flatten(1, 2), W).unflatten(1, X.shape[1:3])


def train(recipe: Recipe, seed: int) -> Stack:
    """Adam on all sentences at once, the rate falling along a cosine to a twentieth."""
    stack = Stack(recipe, torch.Generator().manual_seed(seed))
    ids, answers = _sentences()
    optimizer = torch.optim.Adam(stack.named.values(), lr=RATE)
    shape = lambda step: 0.525 + 0.475 * math.cos(math.pi * step / STEPS)  # noqa: E731
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, shape)
    for _ in range(STEPS):
        logits, _ = stack.forward(ids)
        loss = sum(
            torch.nn.functional.cross_entropy(logits[q].flatten(0, 1), answers[q].repeat(SEEDS), reduction="sum")
            for q in chase.QUESTIONS
        )
        optimizer.zero_grad()
        (loss / len(ids)).backward()
        optimizer.step()
        schedule.step()
    stack.round_to_float16()
    return stack


def figures(stack: Stack) -> list[dict]:
    """For every seed: the share of sentences right for each question and for both, and the mean weights of "chased"."""
    ids, answers = _sentences()
    with torch.no_grad():
        logits, weights = stack.forward(ids)
    right = {q: logits[q].argmax(-1) == answers[q] for q in chase.QUESTIONS}
    right["both"] = right["who"] & right["whom"]
    return [
        {name: round(hits[s].float().mean().item(), 4) for name, hits in right.items()}
        | {"weights": [[round(w, 4) for w in head] for head in weights[s].mean(0).tolist()]}
        for s in range(SEEDS)
    ]


def _sentences() -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    ids = torch.tensor([[chase.WORDS.index(word) for word in sentence] for sentence in chase.SENTENCES])
    return ids, {question: ids[:, place] for question, place in chase.QUESTIONS.items()}


def card_text(card: dict) -> str:
    """JSON with the figures of one seed on a line."""
    models = []
    for name, entry in card.items():
        seeds = ",\n   ".join(json.dumps(seed) for seed in entry["seeds"])
        rest = "".join(f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in entry.items() if key != "seeds")
        models.append(f' {json.dumps(name)}: {{\n{rest}  "seeds": [\n   {seeds}\n  ]\n }}')
    return "{\n" + ",\n".join(models) + "\n}\n"


def main() -> None:
    torch.set_num_threads(1)
    card, written = {}, {}
    for number, (name, recipe) in enumerate(RECIPES.items()):
        begin = perf_counter()
        stack = train(recipe, number)
        entry = {
            "recipe": asdict(recipe) | {"steps": STEPS, "rate": RATE},
            "parameters": sum(p[0].numel() for p in stack.named.values()),
            "seeds": figures(stack),
        }
        if name in SHIPPED:
            # The first seed, whatever came of it: nothing is chosen.
            content = save(stack.tensors(0), metadata={"config": json.dumps(asdict(recipe))})
            written[DATA / f"{name}.safetensors"] = content
            entry = {"sha256": hashlib.sha256(content).hexdigest(), **entry}
        card[name] = entry
        solved = sum(seed["both"] == 1 for seed in entry["seeds"])
        print(
            f"{name}: {solved} of {SEEDS} seeds answer both questions always, {perf_counter() - begin:.0f} s",
            flush=True,
        )
    write_together(written | {DATA / "card.json": card_text(card)})


if __name__ == "__main__":
    main()

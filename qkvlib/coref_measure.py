"""Measuring a tiny model: is it right, where does "it" look, and does its attention carry the answer?

The training script measures every seed with these functions and stores the result in the card; the lessons call
the same functions on the shipped weights.
"""

from collections.abc import Callable, Container, Sequence
from random import Random

import numpy as np

from qkvlib import coref
from qkvlib.coref import Edit, Model, Trace
from qkvlib.grammar import ANSWERS, Parse

N_SENTENCES = 200
Pairs = Container[tuple[str, str]]  # (noun, adjective), see coref.held_out
CLEAN = {"accuracy": 0.99, "on_referent": 0.8, "flips": 0.99, "query": 0.99}


def held_out_sentences(
    model: Model, held_out: Pairs, n: int = N_SENTENCES, alone: bool = False, seed: int = 7
) -> list[Parse]:
    """`n` sentences on which guessing does not help.

    The referent and the adjective are a pair from `held_out` (see coref.held_out), so they never met in training. With
    two nouns (the default), the nouns differ in gender, so that the wrong noun gives the wrong answer.
    """
    random = Random(seed)
    found: list[Parse] = []
    while len(found) < n:
        p = model.grammar.sample(random, model.ending, alone)
        if (p.tokens[p.referent], p.tokens[p.adjective]) not in held_out:
            continue
        if p.other is not None and model.grammar.pronoun(p.tokens[p.other]) == p.answer:
            continue
        found.append(p)
    return found


def other_ending(model: Model, p: Parse, random: Random) -> Parse:
    """The same sentence with an adjective that fits the other noun: one word changes."""
    wanted = model.grammar.class_of[p.tokens[_other(p)]]
    adjectives = next(c.adjectives for c in model.grammar.classes if c.name == wanted)
    tokens = list(p.tokens)
    tokens[p.adjective] = adjectives[int(random.random() * len(adjectives))]
    return model.grammar.parse(tokens, model.ending)


def run(model: Model, p: Parse, *edits: Edit) -> Trace:
    """The trace of a sentence that the grammar made, with these edits."""
    return model.run(p.tokens, p.read_at, p, edits)


def looks_at(t: Trace, layer: int, token: int) -> float:
    """Weight on `token` in the row that gives the answer, averaged over heads."""
    return float(t.layers[layer].weights[:, t.read_at, token].mean())


def pairs(model: Model, held_out: Pairs, n: int = N_SENTENCES) -> list[tuple[Trace, Trace]]:
    """Held-out sentences, each traced with its own adjective and with one that fits the other noun."""
    random = Random(11)
    sentences = held_out_sentences(model, held_out, n)
    return [(run(model, p), run(model, other_ending(model, p, random))) for p in sentences]


def attention_figures(model: Model, traced: list[tuple[Trace, Trace]]) -> dict:
    """Accuracy, where the answering row looks, and how often answer and top weight move with the adjective."""
    last = model.config["n_layers"] - 1
    every = [t for pair in traced for t in pair]
    on_referent = np.array([looks_at(t, last, _parse(t).referent) for t in every])
    first = {"first_on_adjective": np.mean([looks_at(t, 0, _parse(t).adjective) for t in every])} if last else {}

    def top(t: Trace) -> int:
        return int(t.layers[last].weights[:, t.read_at].mean(0).argmax())

    return _rounded(
        accuracy=np.mean([a.answer == _parse(a).answer for a, _ in traced]),
        **first,
        on_referent=on_referent.mean(),
        on_referent_least=on_referent.min(),
        on_other=np.mean([looks_at(t, last, _other(_parse(t))) for t in every]),
        on_adjective=np.mean([looks_at(t, last, _parse(t).adjective) for t in every]),
        flips=np.mean([top(a) == _parse(a).referent and top(b) == _parse(b).referent for a, b in traced]),
        answers_flip=np.mean([a.answer == _parse(a).answer and b.answer == _parse(b).answer for a, b in traced]),
    )


def patching(model: Model, traced: list[tuple[Trace, Trace]]) -> dict:
    """Copy one part of the last layer from the other sentence; the share of answers that become the other sentence's.

    Only pairs that the model answers with two different words count.
    """
    last = model.config["n_layers"] - 1
    kinds: dict[str, Callable[[Trace, Trace], list[Edit]]] = {
        "query": lambda a, b: [coref.copy_row(b, last, "Q", b.read_at)],
        "keys": lambda a, b: [coref.copy_row(b, last, "K")],
        "values": lambda a, b: [coref.copy_row(b, last, "V")],
        "adjective_key": lambda a, b: [coref.copy_row(b, last, "K", _parse(b).adjective)],
        "adjective_value": lambda a, b: [coref.copy_row(b, last, "V", _parse(b).adjective)],
        "adjective_both": lambda a, b: [coref.copy_row(b, last, part, _parse(b).adjective) for part in ("K", "V")],
        "weights": lambda a, b: [coref.copy_row(b, last, "weights", b.read_at)],
        "nouns_swapped": lambda a, b: [coref.swap_weights(last, a.read_at, _parse(a).referent, _other(_parse(a)))],
    }
    told_apart = [(a, b) for a, b in traced if a.answer != b.answer]
    if not told_apart:
        return dict.fromkeys(kinds)
    return _rounded(
        **{
            kind: np.mean([run(model, _parse(a), *edit(a, b)).answer == b.answer for a, b in told_apart])
            for kind, edit in kinds.items()
        }
    )


def ablation(model: Model, traced: list[tuple[Trace, Trace]]) -> dict:
    """Accuracy, over both sentences of each pair, when a layer is blurred (equal weights) or silenced."""
    every = [t for pair in traced for t in pair]
    kinds: dict[str, tuple[Edit, ...]] = {"nothing": ()}
    for i in range(model.config["n_layers"]):
        kinds |= {f"blur_{i}": (coref.uniform(i),), f"silence_{i}": (coref.zero(i),)}
    return _rounded(
        **{
            kind: np.mean([run(model, _parse(t), *edits).answer == _parse(t).answer for t in every])
            for kind, edits in kinds.items()
        }
    )


def lead(model: Model, held_out: Pairs, *edits: Edit, n: int = N_SENTENCES) -> tuple[float, float]:
    """On held-out sentences: the share of right answers, and by how much the right word leads (mean, logits)."""
    leads = []
    for p in held_out_sentences(model, held_out, n):
        il, elle = run(model, p, *edits).logits
        leads.append(il - elle if p.answer == ANSWERS[0] else elle - il)
    return float(np.mean(np.array(leads) > 0)), float(np.mean(leads))


def tiled(layer: int, name: str, array: np.ndarray) -> np.ndarray:
    """An edit, for four query heads over two K/V heads: heads 1 and 2 read each other's, as when K and V are tiled."""
    return array[[0, 2, 1, 3]] if name in ("Q", "out") else array


def one_head_left(model: Model, held_out: Pairs, layer: int, n: int = N_SENTENCES) -> list[float]:
    """Accuracy with every head of a layer but one left out of the sum: a number for each that stays."""
    heads = range(model.config["n_heads"])
    left_out = [[coref.zero_head(layer, other) for other in heads if other != head] for head in heads]
    return [round(lead(model, held_out, *edits, n=n)[0], 4) for edits in left_out]


def figures(model: Model, held_out: Pairs, n: int = N_SENTENCES) -> dict:
    """All of the above, and whether the model counts as clean (CLEAN gives the least each figure must reach)."""
    traced = pairs(model, held_out, n)
    found = attention_figures(model, traced)
    if any(c.verbs_alone for c in model.grammar.classes):
        alone = held_out_sentences(model, held_out, n, alone=True)
        found |= _rounded(accuracy_alone=np.mean([run(model, p).answer == p.answer for p in alone]))
    patched = patching(model, traced)
    found["clean"] = all(
        (found | patched)[name] is not None and (found | patched)[name] >= x for name, x in CLEAN.items()
    )
    if model.config["n_heads"] > 1 < model.config["n_layers"]:
        found["one_head_left"] = [one_head_left(model, held_out, layer, n) for layer in range(model.config["n_layers"])]
    if model.config["n_kv_heads"] == 2 < model.config["n_heads"]:
        for name, edits in (("as_trained", ()), ("tiled", (tiled,))):
            right, logits = lead(model, held_out, *edits, n=n)
            found[name] = _rounded(accuracy=right, lead=logits)
    return found | {"patching": patched, "ablation": ablation(model, traced)}


def _rounded(**values: float | np.floating) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in values.items()}


def wanted_and_offered(model: Model, n: int = 400) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What the last layer reads: {adjective: mean row of the answering "it"}, {noun: mean row of that noun}, [d_model].

    Means over `n` random sentences; through W_Q W_Kᵀ they give what is wanted against what is offered.
    """
    random = Random(3)
    wanted: dict[str, list[np.ndarray]] = {}
    offered: dict[str, list[np.ndarray]] = {}
    for _ in range(n):
        t = run(model, model.grammar.sample(random, model.ending, alone=False))
        X = t.layers[-1].X
        wanted.setdefault(t.tokens[_parse(t).adjective], []).append(X[t.read_at])
        for noun in _parse(t).nouns:
            offered.setdefault(t.tokens[noun], []).append(X[noun])
    adjectives = [a for c in model.grammar.classes for a in c.adjectives if a in wanted]
    nouns = [word for word in model.grammar.french if word in offered]
    return ({a: np.mean(wanted[a], axis=0) for a in adjectives}, {w: np.mean(offered[w], axis=0) for w in nouns})


def explained(rows: np.ndarray, labels: Sequence[str]) -> float:
    """The share of the rows' variance that lies between groups: 1 if rows differ by label alone, 0 if not at all."""
    names = np.array(labels)
    centred = rows - rows.mean(0)
    between = sum((names == x).sum() * np.sum(centred[names == x].mean(0) ** 2) for x in set(names.tolist()))
    return float(between / np.sum(centred**2))


def over_seeds(name: str, figure: str, part: str | None = None) -> dict[str, float]:
    """One figure of the card over all seeds of a model or control: how many seeds, their mean, the least and the most.

    `part` is "patching" or "ablation" for a figure of theirs.
    """
    card = coref.card()
    entry = card["models"].get(name) or card["controls"][name]
    found = [(seed[part] if part else seed)[figure] for seed in entry["seeds"]]
    return {"seeds": len(found), "mean": float(np.mean(found)), "least": min(found), "most": max(found)}


def _parse(t: Trace) -> Parse:
    """What the grammar made of a traced sentence; everything measured here was made by the grammar."""
    assert t.parse is not None
    return t.parse


def _other(p: Parse) -> int:
    """Where the noun that "it" does not mean stands; everything asked here has two nouns."""
    assert p.other is not None
    return p.other

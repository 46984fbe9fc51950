"""Write the tiny checkpoints of “In the wild”, and what transformers itself computes with them.

    python -m pip install torch transformers safetensors
    python tools/make_tiny_checkpoints.py            # writes qkvlib/data/checkpoints/<architecture>/
    python tools/make_tiny_checkpoints.py --check    # writes nothing; fails if what is there differs

Each is a real model of its architecture with random weights and a few rows, saved by transformers: the names, shapes,
dtypes and config.json are what a full-size checkpoint has. `reference.safetensors` holds, for every layer, the hidden
states that entered its attention (`layer.0.X`), and the output and weights that came out (`layer.0.out`,
`layer.0.weights`), computed in float32 by the model's own code while it read a made-up input. For Whisper it also holds
what its decoder's cross-attention read (`cross.0.X` asks, `cross.0.Y` is asked) and gave (`cross.0.out`, `.weights`).
"""

import argparse
import filecmp
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

from qkvlib.atomic import replace_folder

CHECKPOINTS = Path(__file__).parent.parent / "qkvlib" / "data" / "checkpoints"
SEED = 8
T = 5  # tokens in the made-up input (Whisper: 7 frames after its convolutions)


# A model, how to reach its attention modules in order, and the input it reads.
Built = tuple[torch.nn.Module, Callable[[torch.nn.Module], list[torch.nn.Module]], dict[str, torch.Tensor]]


def gpt2() -> Built:
    config = transformers.GPT2Config(
        vocab_size=11, n_positions=16, n_embd=8, n_head=2, n_layer=2, n_inner=8, bos_token_id=0, eos_token_id=0
    )
    return transformers.GPT2LMHeadModel(config), lambda m: [b.attn for b in m.transformer.h], tokens()


def llama() -> Built:
    config = transformers.LlamaConfig(
        vocab_size=11,
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=32,
        bos_token_id=0,
        eos_token_id=0,
    )
    return transformers.LlamaForCausalLM(config), lambda m: [b.self_attn for b in m.model.layers], tokens()


def bert() -> Built:
    config = transformers.BertConfig(
        vocab_size=11,
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=16,
    )
    # BERT's output projection sits in a module of its own, together with the residual and the LayerNorm, so the
    # reference output is taken from its dense part.
    return (
        transformers.BertForMaskedLM(config),
        lambda m: [(b.attention.self, b.attention.output.dense) for b in m.bert.encoder.layer],
        tokens(),
    )


def vit() -> Built:
    config = transformers.ViTConfig(
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=8,
        image_size=8,
        patch_size=4,
        num_labels=2,
    )
    picture = {"pixel_values": torch.randn(1, 3, 8, 8)}  # four patches and the class token: five rows
    return (
        transformers.ViTForImageClassification(config),
        lambda m: [b.attention for b in m.vit.layers],
        picture,
    )


def whisper() -> Built:
    config = transformers.WhisperConfig(
        vocab_size=11,
        num_mel_bins=4,
        d_model=8,
        encoder_layers=2,
        encoder_attention_heads=2,
        encoder_ffn_dim=8,
        decoder_layers=1,
        decoder_attention_heads=2,
        decoder_ffn_dim=8,
        max_source_positions=7,
        max_target_positions=8,
        pad_token_id=0,
        bos_token_id=0,
        eos_token_id=0,
        decoder_start_token_id=0,
        begin_suppress_tokens=None,
    )
    sound = {"input_features": torch.randn(1, 4, 14), "decoder_input_ids": torch.tensor([[0, 3, 7]])}
    return (
        transformers.WhisperForConditionalGeneration(config),
        lambda m: [b.self_attn for b in m.model.encoder.layers],
        sound,
    )


def tokens() -> dict[str, torch.Tensor]:
    return {"input_ids": torch.randint(0, 11, (1, T))}


# Attention that reads another text than the one it writes into, where a model has it.
CROSS = {"whisper": lambda m: [b.encoder_attn for b in m.model.decoder.layers]}

# Published LLaMA weights are bfloat16 and published Whisper weights float16; the others are float32.
ARCHITECTURES = {
    "gpt2": (gpt2, torch.float32),
    "llama": (llama, torch.bfloat16),
    "bert": (bert, torch.float32),
    "vit": (vit, torch.float32),
    "whisper": (whisper, torch.float16),
}


def write(name: str, folder: Path) -> None:
    """One checkpoint and its reference into `folder`."""
    build, stored_dtype = ARCHITECTURES[name]
    torch.manual_seed(SEED)
    model, attentions_of, inputs = build()
    with torch.no_grad():
        for parameter in model.parameters():
            # Fresh models have near-zero weights and zero biases: attention would be flat, and a forgotten bias unseen.
            parameter.normal_(0.0, 0.5)
    model.to(stored_dtype).eval()
    # A tiny shard size splits LLaMA as its full-size siblings are split, index file and all.
    model.save_pretrained(folder, max_shard_size=1300 if name == "llama" else "1GB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    # Loaded anew in float32, not `model.float()`: the conversion to 16 bits rounded LLaMA's rotary angles as well.
    model = type(model).from_pretrained(folder, dtype=torch.float32).eval()
    recorded = {"layer": attentions_of(model)} | ({"cross": CROSS[name](model)} if name in CROSS else {})
    save_file(reference(model, recorded, inputs), folder / "reference.safetensors")


def reference(
    model: torch.nn.Module,
    recorded: dict[str, list],
    inputs: dict[str, torch.Tensor],
) -> dict[str, torch.Tensor]:
    """What entered and left the `recorded` modules ({kind: one for each layer}) while `model` read `inputs`, with no
    batch axis."""
    model.set_attn_implementation("eager")  # the other implementations do not return their weights
    seen: dict[str, torch.Tensor] = {}

    def record(key: str, last: bool) -> Callable:
        def hook(module: torch.nn.Module, args: tuple, kwargs: dict, output: object) -> None:
            if f"{key}.X" not in seen and not last:
                seen[f"{key}.X"] = kwargs.get("hidden_states", args[0] if args else None)
                if kwargs.get("key_value_states") is not None:
                    seen[f"{key}.Y"] = kwargs["key_value_states"]
            seen[f"{key}.out"] = output[0] if isinstance(output, tuple) else output
            if isinstance(output, tuple):
                seen[f"{key}.weights"] = output[1]

        return hook

    for kind, modules in recorded.items():
        for number, attention in enumerate(modules):
            parts = attention if isinstance(attention, tuple) else (attention,)
            for position, part in enumerate(parts):
                part.register_forward_hook(record(f"{kind}.{number}", position > 0), with_kwargs=True)
    with torch.no_grad():
        model(**inputs, output_attentions=True)
    return {key: value[0].contiguous().clone() for key, value in seen.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with what is there instead of writing")
    arguments = parser.parse_args()
    differing = []
    for name in ARCHITECTURES:
        with tempfile.TemporaryDirectory(dir=CHECKPOINTS, prefix=".making-") as place:
            fresh = Path(place, name)
            fresh.mkdir()
            write(name, fresh)
            made = sorted(path.name for path in fresh.iterdir())
            target = CHECKPOINTS / name
            if arguments.check:
                there = sorted(path.name for path in target.iterdir()) if target.is_dir() else []
                same, _, _ = filecmp.cmpfiles(fresh, target, made, shallow=False)
                if there != made or len(same) != len(made):
                    differing.append(name)
                continue
            replace_folder(fresh, target)
        print(f"{name}: {', '.join(made)}")
    if differing:
        sys.exit(f"These checkpoints differ from what this script makes: {', '.join(differing)}.")


if __name__ == "__main__":
    main()

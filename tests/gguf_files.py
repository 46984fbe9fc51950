"""GGUF files for tests, written by the package `gguf`: the tiny llama checkpoint, and small made-up ones."""

from pathlib import Path

import gguf
import numpy as np

from qkvlib import checkpoints

WORDS = ("a", "b", "c", "Ġ", "ab", "1", "2", "Ġa", "d", "e", "f")  # eleven, as many as the tiny checkpoint has
MERGES = ("a b", "Ġ a")
STORED = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def neighbours(W: np.ndarray, n_heads: int) -> np.ndarray:
    """Rows in the order GGUF keeps them: the two of a rotary pair side by side (convert_hf_to_gguf.py, `permute`)."""
    return W.reshape(n_heads, 2, -1, W.shape[-1]).swapaxes(1, 2).reshape(W.shape)


def stored_name(name: str) -> str:
    outer = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    stem = name.removesuffix(".weight")
    if stem in outer:
        return f"{outer[stem]}.weight"
    _, _, layer, rest = stem.split(".", 3)
    return f"blk.{layer}.{STORED[rest]}.weight"


def written(path: Path, tensors: dict[str, np.ndarray], n_heads: int, n_kv_heads: int, **changed: object) -> Path:
    """A file of these tensors (published names, float32); `changed` overrides architecture, pre or kinds."""
    writer = gguf.GGUFWriter(path, str(changed.get("architecture", "llama")))
    writer.add_block_count(2)
    writer.add_context_length(32)
    writer.add_embedding_length(8)
    writer.add_head_count(n_heads)
    writer.add_head_count_kv(n_kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10_000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(str(changed.get("pre", "smollm")))
    writer.add_token_list(list(WORDS))
    writer.add_token_merges(list(MERGES))
    for name, tensor in tensors.items():
        tensor = np.asarray(tensor, np.float32)
        heads = n_heads if ".q_proj." in name else n_kv_heads if ".k_proj." in name else 0
        kept = neighbours(tensor, heads) if heads else tensor
        kind = changed.get("kind") if tensor.ndim == 2 else None
        if kind is None:
            writer.add_tensor(stored_name(name), kept)
        else:
            packed = gguf.quants.quantize(kept, kind)
            writer.add_tensor(stored_name(name), packed, raw_shape=packed.shape, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def tiny_llama(path: Path, **changed: object) -> Path:
    """The shipped tiny llama checkpoint as a GGUF file."""
    model = checkpoints.tiny("llama")
    return written(path, {name: model.tensor(name) for name in model.names}, 4, 2, **changed)

"""Q, K, V and O out of checkpoints as published: GPT-2, LLaMA and relatives, BERT, ViT and Whisper's encoder.

    from qkvlib import checkpoints
    model = checkpoints.load("openai-community/gpt2")   # or a folder, or a .safetensors file
    head = model.head(layer=5, head=1)                  # W_Q, W_K, W_V [d_model, d_head] and biases
    out, weights = checkpoints.attend(model.attention(5), X)

From a hub only the header and the bytes of the tensors asked for travel.
"""

import re
from pathlib import Path

import numpy as np

from .checkpoint import Checkpoint, Head
from .errors import CheckpointError
from .forward import AttentionLayer, Rotary, attend, project, rotate
from .gguf_file import GgufFolder, is_gguf
from .layouts import LAYOUTS, Layout, split_c_attn
from .local import LocalFile, LocalFolder
from .safetensors_file import SafetensorsFile

__all__ = [
    "LAYOUTS",
    "TINY",
    "AttentionLayer",
    "Checkpoint",
    "CheckpointError",
    "Head",
    "Layout",
    "Rotary",
    "attend",
    "load",
    "project",
    "rotate",
    "split_c_attn",
    "tiny",
    "tiny_cross_reference",
    "tiny_reference",
]

DEFAULT_MAX_DOWNLOAD = 2 * 2**30  # bytes of a file that a server without byte ranges may make us take whole
_DATA = Path(__file__).parent.parent / "data" / "checkpoints"
TINY = ("gpt2", "llama", "bert", "vit", "whisper")


def load(
    source: str | Path,
    *,
    revision: str = "main",
    n_heads: int | None = None,
    n_kv_heads: int | None = None,
    max_download: int = DEFAULT_MAX_DOWNLOAD,
    progress: bool = True,
) -> Checkpoint:
    """Open a checkpoint: a .safetensors or .gguf file, a folder, or a hub id such as "openai-community/gpt2".

    `revision` is a branch, tag or commit on the hub. `n_heads` (and `n_kv_heads`) are needed only where config.json is
    missing. `max_download` bounds, in bytes, what is fetched whole from a server without byte ranges. Tokens come
    from HF_TOKEN, the hub from HF_ENDPOINT, the cache folder from QKV_CACHE. Raises CheckpointError.
    """
    path = Path(source).expanduser()
    if path.is_file() and is_gguf(path):
        return Checkpoint(GgufFolder(path), n_heads, n_kv_heads)
    if path.exists():
        return Checkpoint(LocalFolder(path), n_heads, n_kv_heads)
    text = str(source)
    if not re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)?", text) or text.endswith(".safetensors") or ".." in text:
        raise CheckpointError(
            f"There is no file or folder {text!r}, and it is not a hub id such as 'openai-community/gpt2' either."
        )
    from .hub import HubFolder  # the network's modules, which a model on this machine does not need

    folder = HubFolder(text, revision, max_download=max_download, progress=progress)
    return Checkpoint(folder, n_heads, n_kv_heads)


def tiny(architecture: str) -> Checkpoint:
    """The shipped checkpoint of an architecture (one of `TINY`): random weights, two layers, the real layout."""
    return Checkpoint(LocalFolder(_tiny_folder(architecture), name=f"tiny {architecture}"))


def tiny_reference(architecture: str, layer: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What transformers computed with that checkpoint: (X, out, weights) of a layer's attention.

    X [T, d_model] entered it; out [T, d_model] and weights [n_heads, T, T] left it.
    """
    file = SafetensorsFile(LocalFile(_tiny_folder(architecture) / "reference.safetensors"))
    X, out, weights = (file.tensor(f"layer.{layer}.{name}") for name in ("X", "out", "weights"))
    return X, out, weights


def tiny_cross_reference() -> dict[str, np.ndarray]:
    """What transformers computed in the cross-attention of the tiny Whisper's decoder, by name.

    X [T, d_model] asked and Y [S, d_model] was asked; out [T, d_model] and weights [n_heads, T, S] came back.
    """
    file = SafetensorsFile(LocalFile(_tiny_folder("whisper") / "reference.safetensors"))
    return {name: file.tensor(f"cross.0.{name}") for name in ("X", "Y", "out", "weights")}


def _tiny_folder(architecture: str) -> Path:
    if architecture not in TINY:
        raise CheckpointError(f"There is no tiny {architecture!r}; there are {', '.join(TINY)}.")
    return _DATA / architecture

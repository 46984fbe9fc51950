"""Read a LLaMA-layout model out of a GGUF file, under the names and in the row order of its published safetensors.

A file is the letters GGUF, a version, two counts, then key-value pairs (configuration, words, merges), one entry per
tensor, and the data. The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
What is stored in blocks of few bits is turned to float32 by the package `gguf`, which the course itself does not need.
"""

import math
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np

from qkvlib.rotary import halves_from_neighbours

from .errors import CheckpointError
from .local import LocalFile
from .safetensors_file import TensorInfo, missing
from .words import Words

MAX_ENTRIES = 2_000_000  # of any list; the largest vocabularies have 256,000 words
MAX_TEXT = 16_000_000  # bytes of one text
MAX_DEPTH = 4  # of lists within lists
_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT, _LIST = 8, 9
_HUB_NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_OUTER_NAMES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def is_gguf(path: Path) -> bool:
    """Whether the file begins as a GGUF file does, or bears its suffix."""
    try:
        with path.open("rb") as file:
            return path.suffix == ".gguf" or file.read(4) == b"GGUF"
    except OSError:
        return False


class GgufFile:
    """The tensors of one GGUF file: `.tensors` (name -> TensorInfo), `.tensor(name)`, and `.metadata` (key -> value).

    Names are those of the published safetensors (`model.layers.0.self_attn.q_proj.weight`). Raises CheckpointError.
    """

    def __init__(self, path: Path) -> None:
        self.source = LocalFile(path)
        reader = _Reader(self.source)
        self.metadata, entries = reader.header()
        self._gguf = _decoder(self.source.name)
        self._kinds: dict[str, int] = {}
        self.tensors: dict[str, TensorInfo] = {}
        for stored, (shape, kind, start) in entries.items():
            if (name := hub_name(stored)) is not None:
                self.tensors[name] = self._info(stored, shape, kind, start)
                self._kinds[name] = kind

    def tensor(self, name: str, rows: tuple[int, int] | None = None) -> np.ndarray:
        """The tensor as float32, its own shape; `rows=(first, last)` returns only those of its first axis."""
        info = self.tensors.get(name)
        if info is None:
            raise CheckpointError(missing(name, self.tensors, self.source.name))
        data = np.frombuffer(self.source.read(info.start, info.stop), np.uint8).reshape(info.shape[0], -1)
        kind = self._gguf.GGMLQuantizationType(self._kinds[name])
        values = self._gguf.quants.dequantize(data, kind).astype(np.float32).reshape(info.shape)
        values = self._halves(name, values)
        return values if rows is None else values[slice(*rows)]

    def _halves(self, name: str, W: np.ndarray) -> np.ndarray:
        """GGUF keeps a head's rotary pairs as neighbours, rows (0, 1), (2, 3), ...; hub files pair i with i + d/2."""
        prefix = "llama.attention.head_count"
        counts = {"q_proj": prefix, "k_proj": f"{prefix}_kv"}
        key = next((count for part, count in counts.items() if f".{part}." in name), None)
        if key is None:
            return W
        n_heads = int(self.metadata.get(key, self.metadata[prefix]))
        heads = W.reshape(n_heads, -1, *W.shape[1:])
        return heads.take(halves_from_neighbours(heads.shape[1]), axis=1).reshape(W.shape)

    def _info(self, stored: str, shape: tuple[int, ...], kind: int, start: int) -> TensorInfo:
        try:
            quant = self._gguf.GGMLQuantizationType(kind)
            block, block_bytes = self._gguf.GGML_QUANT_SIZES[quant]
        except (ValueError, KeyError) as error:
            raise CheckpointError(
                f"{self.source.name}: {stored} is stored in a way (number {kind}) that the package gguf does not know; "
                "update it, or use another quantisation such as Q8_0."
            ) from error
        if not shape or shape[-1] % block:
            raise _unsound(self.source.name, f"{stored} has shape {list(shape)}, not in blocks of {block}")
        stop = start + math.prod(shape) // block * block_bytes
        assert self.source.size is not None
        if stop > self.source.size:
            raise _unsound(
                self.source.name, f"{stored} would end at byte {stop:,}, and the file ends at byte {self.source.size:,}"
            )
        return TensorInfo(quant.name, shape, start, stop)


class GgufFolder:
    """A lone GGUF file in the place of a folder: its weights, and the config.json that its metadata amounts to."""

    lone_file: str

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.lone_file = path.name
        self.file = GgufFile(path)

    def json(self, filename: str) -> dict | None:
        """The numbers of config.json out of the metadata; None for every other name."""
        return config(self.file.metadata, self.name) if filename == "config.json" else None

    def open(self, filename: str) -> GgufFile | None:
        """The file, read already, or None for another name."""
        return self.file if filename == self.lone_file else None

    def words(self) -> Words:
        """The model's tokenizer."""
        return Words(self.file.metadata, self.name)


def config(metadata: dict[str, Any], where: str) -> dict[str, Any]:
    """GGUF's keys as config.json's. Raises CheckpointError for an architecture other than LLaMA's."""
    architecture = metadata.get("general.architecture")
    if architecture != "llama":
        raise CheckpointError(
            f"{where} holds the architecture {str(architecture)[:40]!r}; of GGUF files only 'llama' is read here."
        )
    names = {
        "num_attention_heads": "attention.head_count",
        "num_key_value_heads": "attention.head_count_kv",
        "num_hidden_layers": "block_count",
        "hidden_size": "embedding_length",
        "max_position_embeddings": "context_length",
        "rms_norm_eps": "attention.layer_norm_rms_epsilon",
        "rope_theta": "rope.freq_base",
    }
    found = {ours: metadata.get(f"llama.{theirs}") for ours, theirs in names.items()}
    if metadata.get("llama.rope.scaling.type") not in (None, "none"):
        found["rope_scaling"] = {"rope_type": str(metadata["llama.rope.scaling.type"])}
    return {"model_type": "llama"} | {key: value for key, value in found.items() if value is not None}


def hub_name(stored: str) -> str | None:
    """A GGUF tensor's name in the published safetensors; None for what has no place there (precomputed angles)."""
    stem, _, kind = stored.rpartition(".")
    if stem in _OUTER_NAMES:
        return f"{_OUTER_NAMES[stem]}.{kind}"
    match = re.fullmatch(r"blk\.(\d+)\.(\w+)", stem)
    if match is None or match[2] not in _HUB_NAMES:
        return None
    return f"model.layers.{match[1]}.{_HUB_NAMES[match[2]]}.{kind}"


class _Reader:
    """Walks through a header front to back; every number is held against the file before it is believed."""

    def __init__(self, source: LocalFile) -> None:
        self._where = source.name
        assert source.size is not None
        self._source, self._size, self._at = source, source.size, 0
        self._window, self._window_start = b"", 0

    def header(self) -> tuple[dict[str, Any], dict[str, tuple[tuple[int, ...], int, int]]]:
        """(metadata, {name: (shape, kind, first byte)}); shapes as numpy's, the longest stride first."""
        if self._take(4) != b"GGUF":
            raise _unsound(self._where, "it does not begin with the letters GGUF")
        version = self._number("<I")
        if version not in (2, 3):
            raise CheckpointError(f"{self._where} is of GGUF version {version}; versions 2 and 3 are read here.")
        n_tensors, n_keys = self._count("tensors"), self._count("keys")
        metadata: dict[str, Any] = {}
        for _ in range(n_keys):
            key = self._text()
            metadata[key] = self._value(self._number("<I"))
        entries = {}
        for _ in range(n_tensors):
            name, n_axes = self._text(), self._number("<I")
            if not 1 <= n_axes <= 4:
                raise _unsound(self._where, f"{name[:60]!r} is given {n_axes} axes")
            shape = tuple(self._number("<Q") for _ in range(n_axes))[::-1]
            if name in entries:
                raise _unsound(self._where, f"{name[:60]!r} is there twice")
            entries[name] = (shape, self._number("<I"), self._number("<Q"))
        step = metadata.get("general.alignment", 32)
        if type(step) is not int or not 1 <= step <= 1 << 16:
            raise _unsound(self._where, f"its alignment is {str(step)[:40]!r}")
        data = -(-self._at // step) * step
        return metadata, {name: (shape, kind, data + offset) for name, (shape, kind, offset) in entries.items()}

    def _value(self, kind: int, depth: int = 0) -> Any:
        if kind == _TEXT:
            return self._text()
        if kind == _LIST:
            if depth == MAX_DEPTH:
                raise _unsound(self._where, f"it holds lists within lists, more than {MAX_DEPTH} deep")
            inner, count = self._number("<I"), self._count("entries of a list")
            return [self._value(inner, depth + 1) for _ in range(count)]
        if kind not in _NUMBERS:
            raise _unsound(self._where, f"it holds a value of the unknown kind {kind}")
        return self._number(_NUMBERS[kind])

    def _count(self, of_what: str) -> int:
        count = self._number("<Q")
        if count > MAX_ENTRIES:
            raise _unsound(self._where, f"it announces {count:,} {of_what}, above the limit of {MAX_ENTRIES:,}")
        return count

    def _text(self) -> str:
        length = self._number("<Q")
        if length > MAX_TEXT:
            raise _unsound(self._where, f"it announces a text of {length:,} bytes, above the limit of {MAX_TEXT:,}")
        return self._take(length).decode("utf-8", "replace")

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _take(self, count: int) -> bytes:
        if self._at + count > self._size:
            raise CheckpointError(
                f"{self._where} is truncated: its header asks for {count:,} bytes at byte {self._at:,}, and the file "
                f"ends at byte {self._size:,}; copy or download it again."
            )
        if self._at + count > self._window_start + len(self._window):
            self._window_start = self._at
            self._window = self._source.read(self._at, min(self._size, self._at + max(count, 1 << 20)))
        begin = self._at - self._window_start
        self._at += count
        return self._window[begin : begin + count]


def _decoder(where: str) -> Any:
    try:
        import gguf
    except ImportError as error:
        raise CheckpointError(
            f"{where} is a GGUF file; to read its numbers the package gguf is needed: pip install 'qkvlib[real]'"
        ) from error
    return gguf


def _unsound(where: str, what: str) -> CheckpointError:
    return CheckpointError(f"{where} is not a sound GGUF file: {what}; download it again.")

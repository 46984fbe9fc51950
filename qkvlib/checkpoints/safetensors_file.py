"""Read tensors out of a safetensors file by byte range, trusting nothing it says about itself.

A file is eight bytes of header length (little endian), a JSON header, then the data. Each entry of the header gives
a tensor's dtype, shape and the two ends of its bytes, so one tensor can be read without touching the others.
The format: https://github.com/huggingface/safetensors#format
"""

import json
import math
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol

import numpy as np

from .errors import CheckpointError

MAX_HEADER = 100_000_000  # bytes; the limit of the reference implementation
MAX_AXES = 32  # more than any framework writes; a product of millions of sizes would take minutes
_ITEM_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2,
    "U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8,
}  # fmt: skip
_AS_NUMPY = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
    "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip


class ByteSource(Protocol):
    """Numbered bytes: a local file, or a file on a hub. `size` may be None until the first read."""

    name: str
    size: int | None

    def read(self, start: int, stop: int) -> bytes:
        """Exactly the bytes from `start` up to, not including, `stop`."""

    def forget(self) -> None:
        """The bytes proved unsound: drop any copy kept of them, so that the next try fetches them anew."""


class WeightsFile(Protocol):
    """Named tensors in a file: this format's, or another's under the same names."""

    tensors: "dict[str, TensorInfo]"

    @property
    def source(self) -> ByteSource:
        """Where its bytes come from."""

    def tensor(self, name: str, rows: tuple[int, int] | None = None) -> np.ndarray:
        """The tensor, or the rows `first` up to `last` of its first axis."""


@dataclass(frozen=True)
class TensorInfo:
    """What the header says of one tensor; `start` and `stop` count from the first byte of the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int


class SafetensorsFile:
    """The tensors of one safetensors file: `.tensors` (name -> TensorInfo), and `.tensor(name)` to read one.

    `.metadata` (text -> text) is what its writer noted beside them, {} where there is nothing.
    """

    def __init__(self, source: ByteSource) -> None:
        self.source = source
        try:
            self.tensors, self.metadata = read_header(source)
        except CheckpointError:
            source.forget()
            raise

    def tensor(self, name: str, rows: tuple[int, int] | None = None) -> np.ndarray:
        """The tensor as numpy, its own shape; `rows=(first, last)` reads only those of its first axis.

        F32 and F64 come as they are, F16 and BF16 as float32 (exactly: float32 holds both), integers as stored.
        """
        info = self.tensors.get(name)
        if info is None:
            raise CheckpointError(missing(name, self.tensors, self.source.name))
        start, stop, shape = info.start, info.stop, info.shape
        if rows is not None:
            first, last = rows
            if not shape or not 0 <= first <= last <= shape[0]:
                raise CheckpointError(f"{name} has shape {list(shape)}: it has no rows {first} to {last}.")
            row_bytes = (stop - start) // shape[0] if shape[0] else 0
            start, stop = start + first * row_bytes, start + last * row_bytes
            shape = (last - first, *shape[1:])
        return decode(self.source.read(start, stop), info.dtype, shape, name)


def missing(name: str, names: Collection[str], where: str) -> str:
    """The sentence for a tensor that is not there, with the nearest names that are."""
    near = get_close_matches(name, names, n=3, cutoff=0.4) or sorted(names)[:3]
    return f"{where} has no tensor {name!r}; the nearest of its {len(names)} names: {', '.join(near) or 'none'}."


def decode(data: bytes, dtype: str, shape: tuple[int, ...], name: str = "the tensor") -> np.ndarray:
    """Bytes to numpy. BF16 is the upper half of a float32, so two zero bytes below it make one."""
    if dtype == "BF16":
        upper_halves = np.frombuffer(data, "<u2").astype(np.uint32)
        return (upper_halves << 16).view(np.float32).reshape(shape)
    if dtype not in _AS_NUMPY:
        raise CheckpointError(
            f"{name} is stored as {dtype}, which this reader does not decode (it reads "
            f"{', '.join(sorted(_AS_NUMPY))} and BF16): use a checkpoint that is not quantised."
        )
    values = np.frombuffer(data, _AS_NUMPY[dtype]).reshape(shape)
    return values.astype(np.float32) if dtype == "F16" else values.astype(values.dtype.newbyteorder("="))


def read_header(source: ByteSource) -> tuple[dict[str, TensorInfo], dict[str, str]]:
    """Read and check the header, (tensors, metadata): each number is compared with the file before it is used."""

    def corrupt(what: str) -> CheckpointError:
        return CheckpointError(f"{source.name} is not a sound safetensors file: {what}; download it again.")

    try:
        length = int.from_bytes(source.read(0, 8), "little")
    except CheckpointError as error:
        if source.size is not None and source.size < 8:
            raise corrupt(f"it has {source.size} bytes, and the header length alone takes 8") from error
        raise
    size = source.size
    assert size is not None  # a source knows its size once it has been read
    room = size - 8
    if length > MAX_HEADER:
        raise corrupt(f"its first 8 bytes announce a header of {length:,} bytes, above the limit of {MAX_HEADER:,}")
    if length > room:
        raise corrupt(f"its first 8 bytes announce a header of {length:,} bytes, and only {room:,} follow")
    text = source.read(8, 8 + length)
    if not text.startswith(b"{"):
        raise corrupt("its header does not begin with '{'")
    try:
        entries = json.loads(text, object_pairs_hook=_refuse_repeats)
    except (ValueError, RecursionError) as error:
        raise corrupt(f"its header is not JSON ({error})") from error
    metadata = entries.pop("__metadata__", None) or {}
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise corrupt("its __metadata__ is not an object of texts")

    data_start = 8 + length
    tensors = {}
    for name, entry in entries.items():
        try:
            dtype, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
            sound = isinstance(dtype, str) and isinstance(shape, list) and len(shape) <= MAX_AXES
            sound = sound and _are_sizes([*shape, begin, end])
        except (KeyError, TypeError, ValueError):
            sound = False
        if not sound:
            raise corrupt(f"the header entry of {name!r} lacks a proper dtype, shape or data_offsets")
        if begin > end:
            raise corrupt(f"{name!r} ends (byte {end}) before it begins (byte {begin})")
        if dtype in _ITEM_BYTES and end - begin != math.prod(shape) * _ITEM_BYTES[dtype]:
            raise corrupt(
                f"{name!r} is {dtype} of shape {shape}, which takes {math.prod(shape) * _ITEM_BYTES[dtype]} bytes, "
                f"and the header gives it {end - begin}"
            )
        tensors[name] = TensorInfo(dtype, tuple(shape), data_start + begin, data_start + end)

    # The format leaves no byte unowned and none owned twice; an overlap could smuggle one tensor into another.
    reached, before = data_start, "the header"
    for name, info in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].stop)):
        if info.start < reached:
            raise corrupt(f"{name!r} overlaps {before!r}")
        if info.start > reached:
            raise corrupt(f"{info.start - reached} bytes between {before!r} and {name!r} belong to no tensor")
        reached, before = info.stop, name
    if reached > size:
        raise corrupt(f"it is truncated: its tensors end at byte {reached:,} and the file at byte {size:,}")
    if reached < size:
        raise corrupt(f"{size - reached:,} bytes after its last tensor belong to no tensor")
    return tensors, metadata


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name[:80]!r} is there twice")
        found[name] = value
    return found


def _are_sizes(values: list) -> bool:
    return all(type(value) is int and 0 <= value < 2**63 for value in values)

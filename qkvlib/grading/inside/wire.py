"""What crosses the sandbox wall: a JSON header and raw bytes. Never pickle.

A frame is two big-endian 32-bit lengths (header, body), the header as UTF-8 JSON, then the body. Arrays travel as
raw bytes in the body; the header names each one's dtype, shape and offset. Everything else is plain JSON with a tag.
Lengths are capped before a byte is read, dtypes come from a fixed list. What comes from inside is held against a
schema on arrival (`qkvlib.grading.sandbox.replies`).

This module runs on both sides of the wall, so it needs numpy and the standard library alone.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

HEADER_LIMIT = 16 << 20
BODY_LIMIT = 64 << 20
CONTROL_LIMIT = 64 << 10  # one message to the warm process
_MAX_NODES = 20_000
_MAX_DEPTH = 12
_MAX_AXES = 16
_MAX_TEXT = 20_000
_LENGTHS = struct.Struct(">II")

DTYPES = {
    code: np.dtype(code)
    for code in ["|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"]
}


class WireError(ValueError):
    """A frame that breaks the rules; the message says which."""


@dataclass(frozen=True)
class Foreign:
    """Stands for a value that may not cross: its type's name, and nothing of its contents."""

    type_name: str


# -- values <-> header tree + body bytes ----------------------------------------------------------------------------


class Packer:
    """Collects the bytes of arrays while values are turned into JSON trees."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.size = 0
        self.nodes = 0

    def pack(self, value: Any, depth: int = 0) -> dict:
        """Turn `value` into a tree of tagged JSON; what may not cross becomes a `Foreign` carrying only its type."""
        self.nodes += 1
        if self.nodes > _MAX_NODES or depth > _MAX_DEPTH:
            raise WireError("the value has too many parts")
        kind = type(value)
        if value is None:
            return {"k": "none"}
        if value is ...:
            return {"k": "ellipsis"}
        if kind is bool:
            return {"k": "bool", "v": value}
        if kind is int:
            if value.bit_length() > 256:
                return _foreign("a very large int")
            return {"k": "int", "v": value if value.bit_length() < 63 else hex(value)}  # JSON's own are too short
        if kind is float:
            return {"k": "float", "v": value if math.isfinite(value) else str(value)}
        if kind is str:
            return {"k": "str", "v": value[:_MAX_TEXT]}
        if kind in (list, tuple):
            return {"k": kind.__name__, "v": [self.pack(item, depth + 1) for item in value]}
        if kind is dict:
            pairs = [[self.pack(k, depth + 1), self.pack(v, depth + 1)] for k, v in value.items()]
            return {"k": "dict", "v": pairs}
        if kind is np.ndarray:
            return self._pack_array(value, "array")
        if isinstance(value, np.generic) and kind is np.dtype(kind).type:
            return self._pack_array(np.asarray(value), "scalar")
        if isinstance(value, Foreign):
            return _foreign(value.type_name)
        return _foreign(kind.__name__)

    def _pack_array(self, array: np.ndarray, tag: str) -> dict:
        if array.dtype.kind == "f" and array.dtype.itemsize > 8:
            array = array.astype(np.float64)  # numpy's longdouble, whose bytes mean something else on every machine
        code = array.dtype.newbyteorder("<").str
        if code not in DTYPES:
            return _foreign(f"numpy array of {array.dtype}")
        raw = np.ascontiguousarray(array, dtype=DTYPES[code]).tobytes()
        if self.size + len(raw) > BODY_LIMIT:
            raise WireError("the arrays are too large")
        tree = {"k": tag, "d": code, "s": list(array.shape), "o": self.size}
        self.chunks.append(raw)
        self.size += len(raw)
        return tree


def _foreign(type_name: str) -> dict:
    return {"k": "foreign", "t": str(type_name)[:80]}


def unpack(tree: dict, body: bytes) -> Any:
    """Rebuild a value from a header tree and the body it points into. For what the trusted side sends; the other way
    every message passes through `qkvlib.grading.sandbox.replies`."""
    kind: str = tree["k"]
    inner: Any = tree.get("v")
    if kind in ("array", "scalar"):
        dtype = DTYPES[tree["d"]]
        array = np.frombuffer(body, dtype, count=math.prod(tree["s"]), offset=tree["o"]).reshape(tree["s"]).copy()
        return array if kind == "array" else array[()]
    if kind in ("list", "tuple"):
        items = [unpack(item, body) for item in inner]
        return items if kind == "list" else tuple(items)
    if kind == "dict":
        return {unpack(key, body): unpack(value, body) for key, value in inner}
    if kind == "int":
        return int(inner, 16) if type(inner) is str else inner
    if kind == "float":
        return float(inner)
    return {"none": None, "ellipsis": ..., "foreign": None}.get(kind, inner)


# -- frames ---------------------------------------------------------------------------------------------------------


def frame(header: dict, packer: Packer | None = None) -> bytes:
    """One frame, ready to send. `packer` holds the bytes its arrays point at."""
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    body = b"".join(packer.chunks) if packer else b""
    if len(text) > HEADER_LIMIT or len(body) > BODY_LIMIT:
        raise WireError("the frame is too large")
    return _LENGTHS.pack(len(text), len(body)) + text + body


def read_frame(receive: Callable[[int], bytes]) -> tuple[bytes, bytes] | None:
    """(header, body) of one frame, with `receive(n) -> bytes` (at most n, empty at the end). None at a clean end."""
    lengths = _read_exactly(receive, _LENGTHS.size)
    if lengths is None:
        return None
    n_header, n_body = _LENGTHS.unpack(lengths)
    if n_header > HEADER_LIMIT or n_body > BODY_LIMIT:
        raise WireError("the frame is too large")
    header, body = _read_exactly(receive, n_header), _read_exactly(receive, n_body)
    if header is None or body is None:
        raise WireError("the frame ends early")
    return header, body


def _read_exactly(receive: Callable[[int], bytes], n: int) -> bytes | None:
    parts, missing = [], n
    while missing:
        part = receive(min(missing, 1 << 20))
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)

"""What crosses the sandbox wall: a JSON header and raw bytes, checked on arrival. Never pickle.

A frame is two big-endian 32-bit lengths (header, body), the header as UTF-8 JSON, then the body. Arrays travel as
raw bytes in the body; the header names each one's dtype, shape and offset. Everything else is plain JSON with a tag.
The receiving side trusts nothing: lengths are capped before a byte is read, dtypes come from a fixed list, shapes
must agree with the bytes that are really there, and a value built here is always a fresh, ordinary numpy array.

This module runs on both sides of the wall, so it needs numpy and the standard library alone.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

import numpy as np

HEADER_LIMIT = 4 << 20
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

    def __init__(self):
        self.chunks: list[bytes] = []
        self.size = 0
        self.nodes = 0

    def pack(self, value, depth: int = 0) -> dict:
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
            return {"k": "int", "v": value} if value.bit_length() <= 256 else _foreign("a very large int")
        if kind is float:
            return {"k": "float", "v": value}
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


def unpack(tree, body: bytes, _depth: int = 0, _nodes: list | None = None):
    """Rebuild a value from a header tree and the body it points into. Raises `WireError` for anything irregular."""
    nodes = _nodes if _nodes is not None else [0]
    nodes[0] += 1
    if nodes[0] > _MAX_NODES or _depth > _MAX_DEPTH:
        raise WireError("the value has too many parts")
    if type(tree) is not dict:
        raise WireError("a value is not tagged")
    kind, inner = tree.get("k"), tree.get("v")
    if kind == "none":
        return None
    if kind == "ellipsis":
        return ...
    if kind in ("array", "scalar"):
        return _unpack_array(tree, body, kind)
    if kind == "foreign":
        return Foreign(str(tree.get("t"))[:80])
    plain = {"bool": bool, "int": int, "float": float, "str": str}.get(kind)
    if plain is not None:
        if type(inner) is not plain:
            raise WireError(f"a value tagged {kind} is not one")
        return inner
    if kind in ("list", "tuple") and type(inner) is list:
        items = [unpack(item, body, _depth + 1, nodes) for item in inner]
        return items if kind == "list" else tuple(items)
    if kind == "dict" and type(inner) is list:
        result = {}
        for pair in inner:
            if type(pair) is not list or len(pair) != 2:
                raise WireError("a dict entry is not a pair")
            key, value = (unpack(item, body, _depth + 1, nodes) for item in pair)
            if type(key) not in (str, int, float, bool, type(None)):
                raise WireError("a dict key is not plain")
            result[key] = value
        return result
    raise WireError("a value has an unknown tag")


def _unpack_array(tree: dict, body: bytes, kind: str):
    code, shape, offset = tree.get("d"), tree.get("s"), tree.get("o")
    if type(code) is not str or code not in DTYPES:
        raise WireError("an array has a dtype that may not cross")
    if type(shape) is not list or len(shape) > _MAX_AXES or (kind == "scalar" and shape):
        raise WireError("an array has a shape that may not cross")
    if any(type(n) is not int or not 0 <= n <= BODY_LIMIT for n in shape):
        raise WireError("an array has a shape that may not cross")
    count = 1
    for n in shape:
        count *= n
        if count > BODY_LIMIT:
            raise WireError("an array is larger than the frame")
    dtype = DTYPES[code]
    if type(offset) is not int or offset < 0 or offset + count * dtype.itemsize > len(body):
        raise WireError("an array points outside the frame")
    array = np.frombuffer(body, dtype=dtype, count=count, offset=offset)
    if dtype == np.bool_:  # a byte other than 0 or 1 would be a boolean that is neither
        array = array.view(np.uint8) != 0
    return array.reshape(shape).copy() if kind == "array" else array[0]


# -- frames ---------------------------------------------------------------------------------------------------------


def frame(header: dict, packer: Packer | None = None) -> bytes:
    """One frame, ready to send. `packer` holds the bytes its arrays point at."""
    text = json.dumps(header, separators=(",", ":")).encode("utf-8", "surrogatepass")
    body = b"".join(packer.chunks) if packer else b""
    if len(text) > HEADER_LIMIT or len(body) > BODY_LIMIT:
        raise WireError("the frame is too large")
    return _LENGTHS.pack(len(text), len(body)) + text + body


def read_frame(receive) -> tuple[dict, bytes] | None:
    """Read one frame with `receive(n) -> bytes` (at most n bytes, empty at the end). None at a clean end."""
    lengths = _read_exactly(receive, _LENGTHS.size)
    if lengths is None:
        return None
    n_header, n_body = _LENGTHS.unpack(lengths)
    if n_header > HEADER_LIMIT or n_body > BODY_LIMIT:
        raise WireError("the frame is too large")
    text = _read_exactly(receive, n_header)
    body = _read_exactly(receive, n_body)
    if text is None or body is None:
        raise WireError("the frame ends early")
    try:
        header = json.loads(text.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise WireError("the header is not JSON") from error
    if type(header) is not dict:
        raise WireError("the header is not an object")
    return header, body


def _read_exactly(receive, n: int) -> bytes | None:
    parts, missing = [], n
    while missing:
        part = receive(min(missing, 1 << 20))
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)

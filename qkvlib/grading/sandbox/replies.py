"""What a child may say, as a schema: every message from inside becomes typed values here, or is refused here.

A message is a JSON header and raw bytes (`inside.wire`). msgspec holds the header against the classes below; the values
in it are then built afresh, as ordinary Python and numpy objects, within limits on their number, depth and bytes.
`WireError` is the only exception that leaves this module, and it costs the submission that caused it, no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

import msgspec
import numpy as np
from msgspec import Meta, Struct

from qkvlib.grading.inside.wire import BODY_LIMIT, DTYPES, Foreign, WireError

MAX_NODES = 20_000
MAX_DEPTH = 12

_Name = Annotated[str, Meta(max_length=200)]
_Said = Annotated[str, Meta(max_length=400)]
_Count = Annotated[int, Meta(ge=-1, le=1 << 31)]
_Axis = Annotated[int, Meta(ge=0, le=BODY_LIMIT)]


# -- values -----------------------------------------------------------------------------------------------------------


class _Tree(Struct, tag_field="k", forbid_unknown_fields=True, frozen=True):
    """One node of a value: which kind it is stands in the field `k`."""


class NoneNode(_Tree, tag="none", frozen=True):
    pass


class EllipsisNode(_Tree, tag="ellipsis", frozen=True):
    pass


class BoolNode(_Tree, tag="bool", frozen=True):
    v: bool


class IntNode(_Tree, tag="int", frozen=True):
    v: int | Annotated[str, Meta(pattern=r"^-?0x[0-9a-f]{1,64}$")]


class FloatNode(_Tree, tag="float", frozen=True):
    v: float | Literal["nan", "inf", "-inf"]


class TextNode(_Tree, tag="str", frozen=True):
    v: Annotated[str, Meta(max_length=20_000)]


class ForeignNode(_Tree, tag="foreign", frozen=True):
    t: Annotated[str, Meta(max_length=80)]


class ListNode(_Tree, tag="list", frozen=True):
    v: list[Node]


class TupleNode(_Tree, tag="tuple", frozen=True):
    v: list[Node]


class DictNode(_Tree, tag="dict", frozen=True):
    v: list[tuple[NoneNode | BoolNode | IntNode | FloatNode | TextNode, Node]]


class ArrayNode(_Tree, tag="array", frozen=True):
    d: Literal[tuple(DTYPES)]  # type: ignore[valid-type]  # one list serves both sides
    s: Annotated[list[_Axis], Meta(max_length=16)]
    o: Annotated[int, Meta(ge=0, le=BODY_LIMIT)]


class ScalarNode(_Tree, tag="scalar", frozen=True):
    d: Literal[tuple(DTYPES)]  # type: ignore[valid-type]  # one list serves both sides
    s: Annotated[list[_Axis], Meta(max_length=0)]
    o: Annotated[int, Meta(ge=0, le=BODY_LIMIT)]


Node = Union[  # noqa: UP007  - named before it is used in itself
    NoneNode, EllipsisNode, BoolNode, IntNode, FloatNode, TextNode, ForeignNode,
    ListNode, TupleNode, DictNode, ArrayNode, ScalarNode,
]  # fmt: skip


class Values:
    """Builds the values of one message. Each byte of its body is paid for once, however many arrays point at it."""

    def __init__(self, body: bytes) -> None:
        self._body, self._nodes, self._left = body, 0, len(body)

    def build(self, node: Node, depth: int = 0) -> Any:
        """The value that `node` describes. Raises `WireError`."""
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise WireError("the value has too many parts")
        match node:
            case NoneNode():
                return None
            case EllipsisNode():
                return ...
            case ForeignNode():
                return Foreign(node.t)
            case IntNode():
                return int(node.v, 16) if isinstance(node.v, str) else node.v
            case FloatNode():
                return float(node.v)
            case BoolNode() | TextNode():
                return node.v
            case ListNode():
                return [self.build(item, depth + 1) for item in node.v]
            case TupleNode():
                return tuple(self.build(item, depth + 1) for item in node.v)
            case DictNode():
                return {self.build(key, depth + 1): self.build(value, depth + 1) for key, value in node.v}
        return self._array(node)

    def _array(self, node: ArrayNode | ScalarNode) -> Any:
        dtype, count = DTYPES[node.d], 1
        for n in node.s:
            count *= n
        bytes_needed = count * dtype.itemsize
        if bytes_needed > self._left or node.o + bytes_needed > len(self._body):
            raise WireError("an array points outside the frame")
        self._left -= bytes_needed
        try:
            array = np.frombuffer(self._body, dtype=dtype, count=count, offset=node.o) if count else np.zeros(0, dtype)
            if dtype == np.bool_:  # a byte other than 0 or 1 would be a boolean that is neither
                array = array.view(np.uint8) != 0
            return array.reshape(node.s).copy() if isinstance(node, ArrayNode) else array[0]
        except ValueError as error:  # an empty array whose other axes are too long for numpy
            raise WireError("an array has a shape that may not cross") from error


# -- messages ---------------------------------------------------------------------------------------------------------


class _Message(Struct, tag_field="event", forbid_unknown_fields=True):
    """One message: which one stands in the field `event`."""


class Finding(Struct, forbid_unknown_fields=True):
    """Something a student should know about how an answer was found; `remarks` puts it into words."""

    kind: Literal["in-a-text-cell", "renamed", "defined-again", "not-python"]
    name: _Name = ""
    other: _Said = ""
    cells: Annotated[list[_Count], Meta(max_length=2000)] = []
    line: _Count = 0


class Problem(Struct, forbid_unknown_fields=True):
    """A statement that raised, or did not end, when it was run."""

    cell: _Count
    line: _Count
    time: bool = False
    type: _Said = ""
    message: _Said = ""
    at: _Count = 0


class Found(_Message, tag="found"):
    """Which answers the notebook has, and which other answers each of them stands on."""

    missing: list[_Name]
    findings: Annotated[list[Finding], Meta(max_length=50)]
    uses: dict[_Name, list[_Name]]


class Prepared(_Message, tag="prepared"):
    """The statements that the answers need have been run."""

    problems: Annotated[list[Problem], Meta(max_length=50)]


class Result(Struct, forbid_unknown_fields=True):
    """What came of one call (see `qkvlib.check.attempt.Outcome`)."""

    kind: Literal["returned", "raised", "todo", "no-return", "not-callable", "signature"]
    value: Node
    error: _Said = ""
    detail: _Said = ""
    changed: Annotated[list[_Name], Meta(max_length=50)] = []
    unstable: bool = False


class Answer(_Message, tag="answer"):
    """What came of everything one check asked for."""

    name: _Name
    missing: Annotated[list[_Name], Meta(max_length=50)] = []
    time: bool = False
    results: Annotated[list[Result], Meta(max_length=500)] = []


class Question(_Message, tag="call"):
    """The child asks for a function of the library, or for an earlier answer, to be called outside."""

    source: Literal["library", "answer"]
    name: _Name
    args: Annotated[list[Node], Meta(max_length=20)]
    keywords: Annotated[dict[_Name, Node], Meta(max_length=20)]


class Done(_Message, tag="done"):
    """The request is answered to its end."""


Message = Found | Prepared | Answer | Question | Done
_decoder = msgspec.json.Decoder(Message)


@dataclass(frozen=True)
class Heard:
    """One message with its values built: one per result of an `Answer`; (args, keywords) of a `Question`."""

    message: Message
    values: tuple = ()


def parse(header: bytes, body: bytes) -> Heard:
    """One message from inside. Raises `WireError`, and nothing else."""
    try:
        message, values = _decoder.decode(header), Values(body)
        if isinstance(message, Answer):
            return Heard(message, tuple(values.build(result.value) for result in message.results))
        if isinstance(message, Question):
            args = tuple(values.build(node) for node in message.args)
            return Heard(message, (args, {name: values.build(node) for name, node in message.keywords.items()}))
        return Heard(message)
    except WireError:
        raise
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError, OverflowError, MemoryError) as error:
        raise WireError("a message does not fit the schema") from error

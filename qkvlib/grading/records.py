"""The record of one submission as the journal keeps it, as a schema: what does not fit was not written by grading."""

from __future__ import annotations

from typing import Literal

import msgspec


class Remark(msgspec.Struct, forbid_unknown_fields=True):
    """See `qkvlib.grading.remarks.Remark`."""

    kind: str
    text: str


class Result(msgspec.Struct, forbid_unknown_fields=True):
    """See `qkvlib.grading.judging.Result`."""

    name: str
    points: float
    out_of: float
    status: Literal["correct", "wrong", "todo"]
    mistake: str
    message: str
    note: str
    unknown: str = ""


class Record(msgspec.Struct, forbid_unknown_fields=True):
    """See `qkvlib.grading.worker.record`."""

    key: str
    student: str
    file: str
    problem: str
    failed: bool
    remarks: list[Remark]
    results: list[Result]
    answers: dict[str, str]
    unsafe: bool
    wall: str = ""  # of `sandbox.kinds`, with what it lacks; not in older journals
    origin: dict[str, str] = {}  # see `qkvlib.grading.whose.origin`
    base: str = ""  # the grading but for the checks' fingerprints; "" in a copy with the teacher's sentences
    prints: dict[str, str] = {}


_decoder = msgspec.json.Decoder(Record)


def is_record(line: bytes) -> bool:
    """Whether a line of the journal is a whole record."""
    try:
        _decoder.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return True

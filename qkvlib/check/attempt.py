"""Run an answer and say what came of it: the half of a check that meets the learner's code.

It needs the calls and the names of the parameters, nothing else, and may happen in a sandboxed child. It never sees a
reference, a misconception or a verdict: `qkvlib.check.judge` compares, apart from it. An `Outcome` is plain data and
can travel as JSON plus raw bytes.
"""

from __future__ import annotations

import contextlib
import copy
import dis
import inspect
import io
import re
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from qkvlib.check.plain import Todo, plain

if (
    TYPE_CHECKING
):  # what is run is known by its `kind`, `parameters` and `unpacked` alone: no exercise enters the sandbox
    from qkvlib.check.spec import Call, Exercise

MAX_DETAIL = 300
MAX_PRINTED = 2000


@dataclass(frozen=True)
class Outcome:
    """What came of one call.

    kind     "returned", "raised", "todo" (a blank), "no-return" (worked, then handed back nothing),
             "not-callable" or "signature" (the answer could not be called with these arguments)
    value    the plain result of "returned"
    error    the name of the exception's class, for "raised"; `detail` is its message
    detail   for "signature" the signature that was found, for "not-callable" the type in words
    changed  names of the arguments that the answer modified
    unstable the same input gave another result the second time
    printed  what the answer wrote to standard output
    """

    kind: str
    value: Any = None
    error: str = ""
    detail: str = ""
    changed: tuple[str, ...] = ()
    unstable: bool = False
    printed: str = ""


def run(exercise: Exercise, answer: Any, calls: Sequence[Call]) -> list[Outcome]:
    """One outcome per call. Exceptions of the answer are outcomes; only KeyboardInterrupt passes through."""
    if exercise.kind == "value":
        return [_value(answer, exercise.unpacked)]
    if answer is None or answer is Ellipsis:
        return [Outcome("todo")] * len(calls)
    if not callable(answer):
        return [Outcome("not-callable", detail=_type_in_words(answer))] * len(calls)
    signature = _signature(answer)
    ways: dict[int, tuple[str, ...] | None] = {}
    outcomes: list[Outcome] = []
    with _quietly() as out:
        for call in [*calls, calls[0]]:  # the first one twice: does it give the same again?
            n = len(call.args)
            if n not in ways:
                ways[n] = _way_in(signature, n, tuple(exercise.parameters))
            way = ways[n]
            if way is None:
                outcomes.append(Outcome("signature", detail=str(signature)[:MAX_DETAIL]))
            else:
                outcomes.append(attempt(answer, call.args, exercise, way, out))
            if outcomes[-1].kind in ("todo", "signature") and len(outcomes) == 1:
                return outcomes * len(calls)
    again = outcomes.pop()
    if not _identical(outcomes[0], again):
        outcomes[0] = replace(outcomes[0], unstable=True)
    return outcomes


@contextlib.contextmanager
def _quietly() -> Iterator[io.StringIO]:
    """Nothing that is printed reaches the notebook; it is in the buffer that comes along."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        yield out


def _way_in(signature: inspect.Signature | None, n: int, names: tuple[str, ...]) -> tuple[str, ...] | None:
    """How a function of this signature takes `n` arguments: () in order, or by these names; None when it does not."""
    if signature is None or _binds(signature, (None,) * n, {}):
        return ()
    return names[:n] if len(names) >= n and _binds(signature, (), dict.fromkeys(names[:n])) else None


def attempt(function: Callable, args: tuple, exercise: Exercise, by_name: tuple, out: io.StringIO) -> Outcome:
    """Call `function` on copies of `args` and describe what came of it."""
    own = _own(args)
    out.seek(0)
    out.truncate()
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):  # anew for each call: an answer may set its own
            warnings.simplefilter("ignore")
            result = function(**dict(zip(by_name, own, strict=True))) if by_name else function(*own)
            value = plain(result, exercise.unpacked)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "The check was stopped while your function was still running. If it never comes back by itself, look for a "
            "loop whose condition never becomes false."
        ) from None
    except (NotImplementedError, Todo):
        return Outcome("todo")
    except (Exception, SystemExit) as error:
        return _raised(function, error, out)
    changed = tuple(
        name
        for name, before, after in zip(exercise.parameters, args, own, strict=False)
        if not _same_plain(before, after)
    )
    printed = out.getvalue()[:MAX_PRINTED]
    if value is None:
        return Outcome("todo" if _is_stub(function) else "no-return", changed=changed, printed=printed)
    return Outcome("returned", value, changed=changed, printed=printed)


def _own(value: Any) -> Any:
    """A copy that the answer may do with as it likes."""
    if type(value) is tuple:
        return tuple(_own(item) for item in value)
    return value.copy(order="K") if type(value) is np.ndarray else copy.deepcopy(value)


def _value(answer: Any, unpacked: tuple[str, ...]) -> Outcome:
    try:
        value = plain(answer, unpacked)
    except Todo:
        return Outcome("todo")
    if value is None or (isinstance(value, tuple | dict) and _has_blank(value)):
        return Outcome("todo")
    return Outcome("returned", value)


def _has_blank(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value
    return any(item is None or (isinstance(item, tuple | dict) and _has_blank(item)) for item in items)


def _raised(function: Callable, error: BaseException, out: io.StringIO) -> Outcome:
    try:
        detail = str(error)
    except Exception:
        detail = ""
    code, names = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    meant = left_blank = False
    if type(code) is types.CodeType:
        meant = Ellipsis in code.co_consts and _AS_A_SIZE in detail  # reshape(..., 3)
        left_blank = _has_blank_line(code)
    if left_blank or (_BLANK.search(detail) and not meant):
        return Outcome("todo")
    name = type(error).__name__
    if code is not None and "np" in code.co_names and names.get("np", np) is not np:
        name = "NumpyRedefined"
    return Outcome("raised", error=name, detail=detail[:MAX_DETAIL], printed=out.getvalue()[:MAX_PRINTED])


_AS_A_SIZE = "'ellipsis' object cannot be interpreted as an integer"
_BLANK = re.compile(r"'ellipsis'|type ellipsis|ellipsis object")  # a line computes with a blank that is still there


@cache  # an answer that raises on one input raises on most
def _has_blank_line(code: types.CodeType) -> bool:
    """A line `name = ...` that nobody has filled in."""
    steps = list(dis.get_instructions(code))
    return any(a.argval is Ellipsis and b.opname.startswith("STORE") for a, b in pairwise(steps))


def _signature(function: Callable) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):  # some built-ins have none
        return None


def _binds(signature: inspect.Signature, args: tuple, keywords: dict) -> bool:
    try:
        signature.bind(*args, **keywords)
    except TypeError:
        return False
    return True


_IDLE = {"RESUME", "NOP", "POP_TOP", "COPY_FREE_VARS", "LOAD_CONST", "LOAD_FAST", "STORE_FAST", "CACHE", "EXTENDED_ARG"}


def _is_stub(function: Callable) -> bool:
    """A body that computes nothing: `pass`, a docstring, `return None`."""
    code = getattr(function, "__code__", None)
    return code is not None and all(
        step.opname in _IDLE or step.opname.startswith(("RETURN_", "LOAD_CONST", "LOAD_FAST", "LOAD_SMALL"))
        for step in dis.get_instructions(code)
    )


def _type_in_words(answer: Any) -> str:
    if isinstance(answer, types.ModuleType):
        return "a module"
    name = type(answer).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _identical(a: Outcome, b: Outcome) -> bool:
    return (a.kind, a.error) == (b.kind, b.error) and _same_plain(a.value, b.value)


def _same_plain(a: Any, b: Any) -> bool:
    """Exactly the same plain values, NaN equal to NaN."""
    if type(a) is np.ndarray or type(b) is np.ndarray:
        if type(a) is not type(b) or a.shape != b.shape:
            return False
        if a.dtype == b.dtype and a.tobytes() == b.tobytes():
            return True
        return np.array_equal(a, b, equal_nan=a.dtype.kind == "f" and b.dtype.kind == "f")
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(_same_plain(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same_plain(a[key], b[key]) for key in a)
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b)
    return type(a) is type(b) and a == b

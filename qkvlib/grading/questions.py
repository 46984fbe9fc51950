"""Questions from inside, answered outside: the library's functions that a hand-out offers, and earlier answers.

No right answer is ever behind the walls, so code there asks for values. Two kinds of question are answered, each about
a name and some plain arguments.

- "library": a function of `qkvlib.attention`, where the hand-out itself gives that module to its readers. Not the
  graded ones, nor those that are built on a graded one (by the call graph of the module's own text).
- "answer": an exercise that this student has already lost, while others are judged whose *solutions* stand on it. The
  child is asked nothing after that, so nothing learnt can be carried to another answer.

Neither is answered when the arguments are the very inputs that are being judged and the value is right for them: that
would be the answer itself under another name. Sizes and the number of questions are bounded before anything is
computed.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np

import qkvlib.examples
from qkvlib import attention
from qkvlib.check.forms import promised
from qkvlib.check.plain import alike, expected, plain
from qkvlib.check.registry import exercises
from qkvlib.check.spec import Call
from qkvlib.grading.assignment import Assignment
from qkvlib.grading.inside import extract, wire
from qkvlib.grading.inside.cells import strip_magics
from qkvlib.grading.sandbox.replies import Heard, Question

_MAX_QUESTIONS = 2_000
_MAX_NUMBERS = 100_000  # in all arguments together
_MAX_PRODUCT = 1 << 20  # leading axes x the longest axis squared: what a grid of scores may hold


class Refused(ValueError):
    """A question that is not answered; the message is what the code inside gets to read."""


class Questions:
    """Answers the questions of one child, which is asked for the exercises in `calls`."""

    def __init__(self, offered: Iterable[str], served: Iterable[str], calls: dict[str, list[Call]]) -> None:
        self._offered, self._served, self._calls = frozenset(offered), frozenset(served), calls
        self._asked = 0

    def __call__(self, heard: Heard) -> bytes:
        """The frame that answers one question."""
        packer = wire.Packer()
        try:
            assert isinstance(heard.message, Question)
            value = self._value(heard.message.source, heard.message.name, *heard.values)
            header = {"value": packer.pack(plain(value))}
            return wire.frame(header, packer)
        except Refused as refusal:
            return wire.frame({"refused": str(refusal)})
        except Exception as error:  # a shape that cannot work, as the function itself says it
            return wire.frame({"refused": f"{error}"[:300]})

    def _value(self, source: str, name: str, args: tuple, keywords: dict) -> Any:
        self._asked += 1
        if self._asked > _MAX_QUESTIONS:
            raise Refused("too many calls of functions that are computed outside")
        if source == "library" and name in self._offered:
            function = getattr(attention, name)
        elif source == "answer" and name in self._served:
            function = exercises()[name].reference
        else:
            raise Refused(f"{name} is not given here: write it yourself")
        _bound([*args, *keywords.values()])
        arguments = _signature(function).bind(*args, **keywords).args
        with np.errstate(all="ignore"):
            value = expected(function(*args, **keywords))[0]
        for exercise, calls in self._calls.items():
            if any(_is_the_answer(exercise, call, arguments, value) for call in calls):
                raise Refused(f"{name} of what is asked here is the answer itself: write it yourself")
        return value


def _bound(values: list) -> None:
    """Refuse arguments whose result could be large. Every function asked for works on the last two axes."""
    shapes = [np.shape(value) for value in _arrays(values)]
    integers = [value for value in values if type(value) is int]
    if sum(map(math.prod, shapes)) > _MAX_NUMBERS or any(abs(n) > 512 for n in integers):
        raise Refused("these arguments are too large for a function that is computed outside")
    leading = np.broadcast_shapes(*{shape[:-2] for shape in shapes})
    longest = max((n for shape in shapes for n in shape[-2:]), default=1)
    repeated = max([1, *map(abs, integers)])
    if math.prod(leading) * longest * longest * repeated > _MAX_PRODUCT:
        raise Refused("these arguments are too large for a function that is computed outside")


_signature = cache(inspect.signature)


def _arrays(value: Any) -> Iterator[np.ndarray]:
    """Every array, and every list of numbers, in a value."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _arrays(item)
    elif isinstance(value, dict):
        yield from _arrays(list(value.values()))


def _is_the_answer(name: str, call: Call, arguments: tuple, value: Any) -> bool:
    """Whether a call with just these inputs gives just what is judged: right and whole, in whatever form."""
    exercise = exercises()[name]
    if exercise.kind != "function" or not _same(arguments, call.args[: len(arguments)]):
        return False
    right = expected(exercise.reference(*call.args))[0]
    parts = [value, *(value if isinstance(value, tuple) else ())]
    return any(
        alike(promised(exercise, part, right)[0], right, exercise.tolerance) for part in parts if part is not None
    )


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.shape(a) == np.shape(b) and bool(np.all(np.asarray(a) == np.asarray(b)))
    return type(a) is type(b) and a == b


# -- what may be asked ------------------------------------------------------------------------------------------------


def offered_functions(assignment: Assignment) -> list[str]:
    """The functions of `qkvlib.attention` that the hand-out gives its readers; none where it does not import it."""
    return list(_offered(assignment.provided, tuple(assignment.graded)))


@cache
def _offered(provided: tuple[str, ...], graded: tuple[str, ...]) -> tuple[str, ...]:
    if not imports("attention", provided):
        return ()
    built_on = _calls_within_the_library()
    allowed = (name for name in built_on if not name.startswith("_"))
    return tuple(name for name in allowed if not ({name} | built_on[name]).intersection(graded))


@cache
def imports(module: str, provided: tuple[str, ...]) -> bool:
    """Whether the hand-out's own cells import `qkvlib.<module>`, or a name from it."""
    for source in provided:
        for node in ast.walk(ast.parse(strip_magics(source))):
            if isinstance(node, ast.ImportFrom):
                names = {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
            elif isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            else:
                continue
            if f"qkvlib.{module}" in names:
                return True
    return False


@cache
def _calls_within_the_library() -> dict[str, frozenset[str]]:
    """{function of `qkvlib.attention`: the functions of the module that it calls, directly or through others}."""
    tree = ast.parse(inspect.getsource(attention))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    known = {node.name for node in functions}
    direct = {
        node.name: {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}.intersection(known) for node in functions
    }
    return {name: frozenset(_reached(direct, name)) for name in direct}


def stands_on(assignment: Assignment) -> dict[str, frozenset[str]]:
    """{exercise: the exercises its solution stands on}: by this graph an answer may be judged without another's."""
    return dict(_stands_on(assignment.provided, tuple(assignment.solutions.items()), tuple(assignment.graded)))


@cache
def _stands_on(provided: Any, solutions: Any, graded: Any) -> tuple[tuple[str, frozenset[str]], ...]:
    cells = [{"type": "code", "source": source, "name": ""} for source in (*provided, *dict(solutions).values())]
    plan = extract.plan(cells, [name for name in graded if name in dict(solutions)], [], list(graded))
    used = extract.uses(plan, {name: [name] for name in graded}, list(graded))
    direct = {name: set(others) for name, others in used.items()}
    functions = {name for name in graded if exercises()[name].kind == "function"}
    return tuple((name, frozenset(_reached(direct, name) & functions)) for name in graded)


def _reached(direct: dict[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        fresh = direct.get(waiting.pop(), set()) - reached
        reached |= fresh
        waiting += fresh
    return reached - {start}


# -- the numbers of the course ----------------------------------------------------------------------------------------


def examples(assignment: Assignment) -> dict:
    """The plain numbers of `qkvlib.examples`, where the hand-out imports it: inputs, none of them an answer."""
    return _examples() if imports("examples", assignment.provided) else {}


@cache
def _examples() -> dict:
    named = {name: value for name, value in vars(qkvlib.examples).items() if not name.startswith("_")}
    return {name: value for name, value in named.items() if _is_data(value)}


def _is_data(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_data, value.values()))
    if isinstance(value, tuple):
        return all(map(_is_data, value))
    return type(value) in (np.ndarray, str, int, float)

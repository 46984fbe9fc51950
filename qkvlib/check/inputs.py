"""What every check hands over: one policy for all exercises.

An exercise says how its arguments follow from named sizes, and which cases it wants beside the usual ones:

    def _arguments(draw, T, S, d_head, batch=()):
        return draw(*batch, T, d_head), draw(*batch, S, d_head)

    inputs=cases(_arguments, case("one sequence", T=5, S=7, d_head=3), case("square", T=3, S=3, d_head=3))

`cases` then sees to it that every answer meets an axis in front, two axes in front, one token alone, whole numbers and
single precision. Each call costs a learner's check and a teacher's run, so one call carries what does not hide one
another: one token alone comes in whole numbers with two axes in front, and the second written case in single precision.
A size that an exercise lacks asks for nothing. `kinds` says what an exercise's calls show; `tests/check/test_inputs.py`
holds the table.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np

from qkvlib.check.spec import Call, Tag

ONE_AXIS, TWO_AXES = (2,), (2, 3)
_WHOLE = np.array([-3, -2, -1, 1, 2, 3])
_APART = 900  # an exponential reaches to 709


class Numbers(StrEnum):
    """How the arrays of a call are filled."""

    NORMAL = "numbers of ordinary size"
    WHOLE = "whole numbers"
    SINGLE = "numbers of single precision"


class Kind(StrEnum):
    """What a call can show; `kinds` says which of them the calls of an exercise do show."""

    NO_AXIS = "nothing in front"
    ONE_AXIS = "one axis in front"
    TWO_AXES = "two axes in front"
    ONE_TOKEN = "one token alone"
    OTHER_LENGTHS = "another number of keys than of queries"
    EMPTY_CACHE = "an empty cache"
    WIDE_HEADS = "heads that are wider together than the model"
    WHOLE = "whole numbers"
    SINGLE = "single precision"
    ROWS_APART = "rows of very different size in one table"
    HIDDEN_PEAK = "a hidden score far above the others"


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers that do not saturate a softmax and that no accident makes symmetric."""
    return rng.normal(0, 1, shape)


def _whole(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Small whole numbers, none of them 0; in a short row no two are alike."""
    if shape[-1] > len(_WHOLE):
        return rng.choice(_WHOLE, shape)
    return rng.permuted(np.broadcast_to(_WHOLE, (*shape[:-1], len(_WHOLE))), axis=-1)[..., : shape[-1]]


def random_mask(rng: np.random.Generator, n_queries: int, n_keys: int) -> np.ndarray:
    """Every row allows at least two places (not only itself) and forbids at least one; no column of several is empty.

    With fewer than three keys that cannot be: a row then allows one place, and forbids the other if there is one.
    """
    mask = rng.random((n_queries, n_keys)) < 0.5
    for t in range(n_queries):
        places = np.array([s for s in range(n_keys) if s != t])
        if len(places) < 2:
            mask[t] = np.arange(n_keys) == min(t, n_keys - 1)
            continue
        allowed, forbidden = rng.choice(places, 2, replace=False)
        mask[t, allowed], mask[t, forbidden] = True, False
        if t < n_keys:
            mask[t, t] = True
    if n_queries > 1:
        mask[0, ~mask.any(axis=0)] = True
    return mask


@dataclass(frozen=True)
class Draw:
    """Draws arrays of one kind of numbers: `draw(5, 3)` is [5, 3]."""

    rng: np.random.Generator
    numbers: Numbers = Numbers.NORMAL

    def __call__(self, *shape: int, spread: float = 1.0) -> np.ndarray:
        """Numbers of about the size `spread`; whole numbers stay small and whole."""
        if self.numbers is Numbers.WHOLE:
            return _whole(self.rng, shape)
        array = spread * normal(self.rng, *shape)
        return array.astype(np.float32) if self.numbers is Numbers.SINGLE else array

    def weight(self, d_in: int, d_out: int) -> np.ndarray:
        """A matrix that keeps what it multiplies at about its size; of whole numbers, one that picks features."""
        if self.numbers is Numbers.WHOLE:
            rows = self.rng.permutation(max(d_in, d_out))[:d_out] % d_in
            return self.rng.choice([-1, 1], d_out) * (np.arange(d_in)[:, None] == rows)
        return self(d_in, d_out, spread=d_in**-0.5)

    def rows_apart(self, rows: int, columns: int) -> np.ndarray:
        """A table with a row near 1,000, one near -1,000, and one with a single entry 1,000 above the others."""
        z = self(rows, columns)
        z[0] += 1000
        z[1] -= 1000
        z[2, -1] += 1000
        return z

    def mask(self, n_queries: int, n_keys: int) -> np.ndarray:
        """True where a query may look."""
        return random_mask(self.rng, n_queries, n_keys)

    def shares(self, *shape: int) -> np.ndarray:
        """Rows that are positive and sum to 1; of whole numbers, rows with a single 1."""
        if self.numbers is Numbers.WHOLE:
            return np.eye(shape[-1], dtype=int)[self.rng.integers(shape[-1], size=shape[:-1])]
        e = np.exp(self(*shape))
        return e / e.sum(axis=-1, keepdims=True)


@dataclass(frozen=True)
class Case:
    """One call before its numbers are drawn."""

    about: str
    numbers: Numbers = Numbers.NORMAL
    sizes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def axes_in_front(self) -> int:
        """How many axes stand in front of the tokens."""
        return len(self.sizes.get("batch", ()))


def case(about: str, numbers: Numbers = Numbers.NORMAL, **sizes: Any) -> Case:
    """A case from its sizes by name; `batch=(2, 3)` puts two axes in front."""
    return Case(about, numbers, sizes)


@dataclass(frozen=True)
class Cases:
    """The inputs of an exercise: `inputs(rng)` draws its calls. `make(draw, **sizes)` gives the arguments of one."""

    make: Callable[..., tuple]
    cases: tuple[Case, ...]

    def __call__(self, rng: np.random.Generator) -> list[Call]:
        return [self.call(rng, one) for one in self.cases]

    def call(self, rng: np.random.Generator, one: Case) -> Call:
        """The call of one case."""
        tag = Tag.BATCH if one.axes_in_front else Tag.WHOLE if one.numbers is Numbers.WHOLE else Tag.PLAIN
        return Call(self.make(Draw(rng, one.numbers), **one.sizes), one.about, tag=tag)


def cases(make: Callable[..., tuple], first: Case, *more: Case) -> Cases:
    """The cases that are written, and the usual ones: copies of the first with few things changed.

    What a written case shows already is not added again.
    """
    written, known = [first, *more], inspect.signature(make).parameters
    in_front = {one.axes_in_front for one in written if 1 not in one.sizes.get("batch", ())}
    usual = []
    if "batch" in known and 1 not in in_front:
        usual.append(Case("the same with an axis in front", sizes={**first.sizes, "batch": ONE_AXIS}))
    two_axes: dict[str, Any] = {"batch": TWO_AXES} if "batch" in known and 2 not in in_front else {}
    alone: dict[str, Any] = {"T": 1} if "T" in first.sizes and all(one.sizes["T"] != 1 for one in written) else {}
    if two_axes or not any(one.numbers is Numbers.WHOLE for one in written):
        about = "one token alone" if alone else "the same"
        front = " with two axes in front" if two_axes else ""
        usual.append(Case(f"{about}{front}, in whole numbers", Numbers.WHOLE, {**first.sizes, **alone, **two_axes}))
    if not any(one.numbers is Numbers.SINGLE for one in written):
        plain = [one for one in more if one.numbers is Numbers.NORMAL and not one.axes_in_front]
        single = replace(plain[0] if plain else first, numbers=Numbers.SINGLE)
        if plain:
            written[written.index(plain[0])] = replace(single, about=f"{single.about}, in single precision")
        else:
            usual.append(replace(single, about="the same in single precision"))
    return Cases(make, (*written, *usual))


def kinds(inputs: Cases) -> set[Kind]:
    """What the calls show, read off their sizes and their arrays."""
    return {kind for one in inputs.cases for kind in _kinds(one, inputs.call(np.random.default_rng(0), one).args)}


def _kinds(one: Case, args: tuple) -> Iterator[Kind]:
    sizes = one.sizes
    yield (Kind.NO_AXIS, Kind.ONE_AXIS, Kind.TWO_AXES)[one.axes_in_front]
    if sizes.get("T") == 1:
        yield Kind.ONE_TOKEN
    if "S" in sizes and sizes["S"] != sizes["T"]:
        yield Kind.OTHER_LENGTHS
    if sizes.get("kept") == 0:
        yield Kind.EMPTY_CACHE
    if {"n_heads", "d_head", "d_model"} <= sizes.keys() and sizes["n_heads"] * sizes["d_head"] > sizes["d_model"]:
        yield Kind.WIDE_HEADS
    arrays = [arg for arg in _flat(args) if isinstance(arg, np.ndarray)]
    if any(array.dtype.kind == "i" for array in arrays):
        yield Kind.WHOLE
    if any(array.dtype == np.float32 for array in arrays):
        yield Kind.SINGLE
    if any(a.dtype.kind == "f" and a.ndim > 1 and a.size and np.ptp(a.max(axis=-1)) > _APART for a in arrays[:1]):
        yield Kind.ROWS_APART
    if sizes.get("peak"):
        yield Kind.HIDDEN_PEAK


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple | list):
        for part in value:
            yield from _flat(part)
    elif isinstance(value, dict):
        yield from _flat(tuple(value.values()))
    else:
        yield value


def calls(*described: tuple | Call) -> list[Call]:
    """Calls from (about, *args), for exercises of plain numbers."""
    return [one if isinstance(one, Call) else Call(tuple(one[1:]), one[0]) for one in described]


def batch(about: str, *args: Any) -> Call:
    """A call with something in front of the tokens: sequences, heads, or both."""
    return Call(args, about, tag=Tag.BATCH)


def swap_last_axes(array: np.ndarray) -> np.ndarray:
    """The last two axes swapped."""
    return np.swapaxes(array, -1, -2)


# -- small examples ---------------------------------------------------------------------------------------------------


def quarters(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Rows of quarters that sum to 1."""
    rows = [
        np.bincount(rng.integers(0, shape[-1], 4), minlength=shape[-1]) / 4 for _ in range(int(np.prod(shape[:-1])))
    ]
    return np.reshape(rows, shape)


def small_whole(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Small whole numbers but 0."""
    return rng.choice([1.0, 2.0, -1.0, 3.0, -2.0], shape)


def are_shares(weights: np.ndarray, *_: Any) -> bool:
    """Whether each row is shares of 1."""
    return bool((weights >= 0).all() and np.allclose(weights.sum(-1), 1))


def leaves_someone(mask: Any) -> bool:
    """Whether every row of a mask, if there is one, leaves somebody to look at."""
    return mask is None or bool(np.any(mask, axis=-1).all())

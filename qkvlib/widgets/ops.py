"""The worksheet's words in numpy. Each op here has a twin of the same name in ops.js; one test compares the two.

An op is a function of the Values it reads (the parameters annotated `Value`) and of plain numbers and switches (all
others). Arrays have 0 to 3 axes: a number, a row, a matrix, or a stack of matrices (one per head). A shape that cannot
work raises ValueError; the sheet adds the name of the node.

To add an op: write it here under `@op` and in `OPS` of ops.js (with `from`, the cells a cell is made of, and `text`,
its arithmetic), and add one line of test cases to tests/test_ops.py. `Sheet` gets a builder method of that name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import attention
from ..shapes import shape_of
from .spelling import closest, made_up


@dataclass(frozen=True)
class Value:
    """A float64 array with the names of its rows, columns and heads, and which cells a mask has closed."""

    array: np.ndarray
    rows: tuple[str, ...] | None = None
    cols: tuple[str, ...] | None = None
    heads: tuple[str, ...] | None = None
    masked: np.ndarray | None = None


Position = int  # of the option chosen: what a choice parameter gives to an op annotated so


class Op:
    """A function of this file as the sheet calls it: with a list of Values and a dict of options."""

    def __init__(self, function: Callable[..., Value], name: str = "") -> None:
        self.function, self.name, self.__doc__ = function, name or function.__name__.strip("_"), function.__doc__
        self.parameters = list(inspect.signature(function).parameters.values())
        self.reads = {p.name for p in self.parameters if "Value" in str(p.annotation)}
        self.positions = {p.name for p in self.parameters if "Position" in str(p.annotation)}
        spread = [p.name for p in self.parameters if p.kind is p.VAR_POSITIONAL]
        self.spread = spread[0] if spread else ""

    def __call__(self, args: Sequence[Value], opts: Mapping[str, Any]) -> Value:
        """`args` are the Values in the order of the parameters that take them, `opts` all other parameters."""
        left = list(args)
        places: list[Any] = []
        named: dict[str, Any] = {}
        for p in self.parameters:
            if p.name == self.spread:
                places += left if p.name in self.reads else opts[p.name]
            elif p.name in self.reads:
                places.append(left.pop(0) if left else None)
            elif p.kind is p.KEYWORD_ONLY:
                named[p.name] = opts[p.name]
            else:
                places.append(opts[p.name])
        return self.function(*places, **named)

    def bind(self, *given: Any, **named: Any) -> tuple[list[Any], dict[str, Any]]:
        """A builder's call taken apart into (what is read, options with their defaults). TypeError as in a call."""
        bound = inspect.signature(self.function).bind(*given, **named)
        bound.apply_defaults()
        args: list[Any] = []
        opts: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            if name not in self.reads:
                opts[name] = list(value) if name == self.spread else value
            elif name == self.spread:
                args += value
            elif value is not None:
                args.append(value)
        return args, opts


OPS: dict[str, Op] = {}
# Ops with a JavaScript file of their own, ops_<family>.js, sent only where a sheet uses one; all others are in ops.js.
FAMILIES = {
    "heads": {"split_heads", "merge_heads", "repeat_kv", "tile_kv", "pool_kv", "select"},
    "cuts": {"rows", "columns", "rows_like", "concat"},
    "words": {"embed"},
    "bits": {"quantise"},
}


def op(function: Callable[..., Value]) -> Callable[..., Value]:
    """Puts a function of this file among the ops, under its own name."""
    OPS[function.__name__] = Op(function)
    return function


@op
def matmul(a: Value, b: Value) -> Value:
    """a · b; stacks of heads multiply head by head, and a plain matrix meets every head."""
    if a.array.ndim < 1 or b.array.ndim < 2 or a.array.shape[-1] != b.array.shape[-2]:
        raise ValueError(
            f"{shape_of(a.array)} times {shape_of(b.array)} cannot work: "
            "the width of the left one must equal the number of rows of the right one"
        )
    return Value(_quiet(np.matmul, a.array, b.array), a.rows, b.cols, a.heads or b.heads)


@op
def scores(q: Value, k: Value) -> Value:
    """q · kᵀ: every query row with every key row."""
    if q.array.ndim < 1 or k.array.ndim < 2 or q.array.shape[-1] != k.array.shape[-1]:
        raise ValueError(
            f"queries {shape_of(q.array)} and keys {shape_of(k.array)} cannot be compared: their widths must be equal"
        )
    array = _quiet(np.matmul, q.array, np.swapaxes(k.array, -1, -2))
    return Value(array, q.rows, k.rows, q.heads or k.heads)


@op
def transpose(a: Value) -> Value:
    """Rows and columns swapped."""
    if a.array.ndim < 2:
        raise ValueError(f"{shape_of(a.array)} has no rows and columns to swap")
    masked = None if a.masked is None else np.swapaxes(a.masked, -1, -2)
    return Value(np.swapaxes(a.array, -1, -2), a.cols, a.rows, a.heads, masked)


def _elementwise(function: np.ufunc, doc: str) -> Callable[..., Value]:
    def pairs(a: Value, b: Value) -> Value:
        try:
            array = _quiet(function, a.array, b.array)
        except ValueError:
            raise ValueError(f"shapes {shape_of(a.array)} and {shape_of(b.array)} do not fit each other") from None
        big, small = (a, b) if a.array.ndim >= b.array.ndim else (b, a)
        return Value(array, big.rows or small.rows, big.cols or small.cols, big.heads or small.heads)

    pairs.__doc__ = doc
    return pairs


for _name, _function, _doc in (
    ("add", np.add, "a + b, number by number (shapes broadcast as in numpy)."),
    ("subtract", np.subtract, "a - b, number by number."),
    ("multiply", np.multiply, "a · b, number by number."),
    ("divide", np.divide, "a / b, number by number."),
):
    OPS[_name] = Op(_elementwise(_function, _doc), _name)


@op
def scale(a: Value, like: Value | None = None, *, by: float = 1.0, on: bool = True, temperature: float = 1.0) -> Value:
    """`by` and 1/√(width of the second argument) multiply, when `on`; `temperature` always divides."""
    factor = 1.0
    if on:
        factor = float(by)
        if like is not None:
            factor /= np.sqrt(like.array.shape[-1])
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}: it must be above 0")
    return Value(_quiet(np.multiply, a.array, factor / temperature), a.rows, a.cols, a.heads, a.masked)


@op
def mask(a: Value, allowed: Value | None = None, *, causal: bool = True, window: int = 0, on: bool = True) -> Value:
    """Closed cells become -inf: the future when `causal`, what is further than `window` away (0: no limit), and what
    is zero in the second argument (none: no more). Nothing happens unless `on`."""
    if a.array.ndim < 2:
        raise ValueError(f"{shape_of(a.array)} is not a grid of queries and keys")
    n_queries, n_keys = a.array.shape[-2:]
    keys, queries = np.arange(n_keys), np.arange(n_keys - n_queries, n_keys)[:, None]
    open_to = np.ones(a.array.shape, bool)
    if causal:
        open_to &= keys <= queries
    if window:
        open_to &= np.abs(keys - queries) <= window
    if allowed is not None:
        try:
            open_to &= allowed.array != 0
        except ValueError:
            raise ValueError(f"the mask {shape_of(allowed.array)} does not fit the grid {shape_of(a.array)}") from None
    if not on:
        open_to[...] = True
    masked = ~open_to if a.masked is None else ~open_to | a.masked
    return Value(np.where(open_to, a.array, -np.inf), a.rows, a.cols, a.heads, masked)


@op
def softmax(a: Value, *, over: str = "keys") -> Value:
    """Shares that sum to 1 along each row (`over` "keys") or down each column (`over` "queries", a classic bug)."""
    axis = -2 if over == "queries" and a.array.ndim > 1 else -1
    if a.array.ndim < 1:
        raise ValueError("a single number has no row to share out")
    return Value(_quiet(attention.softmax, a.array, axis), a.rows, a.cols, a.heads, a.masked)


@op
def split_heads(a: Value, n: int) -> Value:
    """[T, n·d] -> [n, T, d], blocks of neighbouring columns."""
    n = int(n)
    _need(a, 2, "split_heads")
    if n < 1 or a.array.shape[-1] % n:
        raise ValueError(f"{shape_of(a.array)} does not divide into {n} heads of equal width")
    return Value(attention.split_heads(a.array, n), a.rows, None, _numbered("head", n))


@op
def merge_heads(a: Value) -> Value:
    """[n, T, d] -> [T, n·d]."""
    _need(a, 3, "merge_heads")
    return Value(attention.merge_heads(a.array), a.rows)


@op
def repeat_kv(a: Value, n_rep: int) -> Value:
    """Every head `n_rep` times in a row, 0 0 1 1: query head h meets K/V head h // n_rep."""
    n_rep = int(n_rep)
    _need(a, 3, "repeat_kv")
    if n_rep < 1:
        raise ValueError(f"n_rep is {n_rep}: every K/V head must be used at least once")
    names = a.heads or _numbered("head", a.array.shape[0])
    return Value(attention.repeat_kv(a.array, n_rep), a.rows, a.cols, tuple(n for n in names for _ in range(n_rep)))


@op
def tile_kv(a: Value, n_rep: int) -> Value:
    """All heads one after the other, `n_rep` times, 0 1 0 1: the classic mistake, for the bug clinic."""
    n_rep = int(n_rep)
    _need(a, 3, "tile_kv")
    names = a.heads or _numbered("head", a.array.shape[0])
    return Value(np.tile(a.array, (n_rep, 1, 1)), a.rows, a.cols, names * n_rep)


@op
def pool_kv(a: Value, n_kv_heads: int) -> Value:
    """Neighbouring heads averaged until `n_kv_heads` are left (how a GQA checkpoint is started from an MHA one)."""
    n = int(n_kv_heads)
    _need(a, 3, "pool_kv")
    if n < 1 or a.array.shape[0] % n:
        raise ValueError(f"{a.array.shape[0]} heads do not divide into {n} groups of equal size")
    groups = a.array.reshape(n, a.array.shape[0] // n, *a.array.shape[1:])
    return Value(_quiet(np.mean, groups, 1), a.rows, a.cols, _numbered("kv", n))


@op
def select(a: Value, index: int) -> Value:
    """One matrix of a stack, by its index (counted from 0)."""
    i = int(index)
    _need(a, 3, "select")
    if not 0 <= i < a.array.shape[0]:
        raise ValueError(f"there is no head {i}: {shape_of(a.array)} has heads 0 to {a.array.shape[0] - 1}")
    return Value(a.array[i], a.rows, a.cols, None, None if a.masked is None else a.masked[i])


@op
def rows(a: Value, start: int | None = None, stop: int | None = None) -> Value:
    """Rows `start` to `stop` (not included; None: to the end), as numpy slices."""
    _need(a, 2, "rows")
    cut = slice(_index(start), _index(stop))
    masked = None if a.masked is None else a.masked[..., cut, :]
    return Value(a.array[..., cut, :], a.rows and a.rows[cut], a.cols, a.heads, masked)


@op
def columns(a: Value, start: int | None = None, stop: int | None = None) -> Value:
    """a[:, start:stop]."""
    _need(a, 2, "columns")
    cut = slice(_index(start), _index(stop))
    masked = None if a.masked is None else a.masked[..., cut]
    return Value(a.array[..., cut], a.rows, a.cols and a.cols[cut], a.heads, masked)


@op
def rows_like(a: Value, like: Value) -> Value:
    """As many rows of the first as the second has (positions for a sentence of any length)."""
    _need(a, 2, "rows_like")
    n = like.array.shape[-2]
    if n > a.array.shape[-2]:
        raise ValueError(f"{n} rows are needed and {shape_of(a.array)} has only {a.array.shape[-2]}")
    return Value(a.array[..., :n, :], like.rows, a.cols, a.heads)


@op
def concat(*parts: Value, axis: str = "columns", names: Sequence[str] | None = None) -> Value:
    """Side by side (`axis` "columns") or under one another ("rows"), where each line is called anew by `names`."""
    down = axis == "rows"
    try:
        array = np.concatenate([a.array for a in parts], axis=-2 if down else -1)
    except ValueError:
        shapes = " and ".join(shape_of(a.array) for a in parts)
        raise ValueError(f"shapes {shapes} do not fit {'under' if down else 'beside'} one another") from None
    first, joined = parts[0], [a.rows if down else a.cols for a in parts]
    named = tuple(names or [n for part in joined for n in part or ()]) if names or all(joined) else None
    return Value(array, named if down else first.rows, first.cols if down else named, first.heads)


@op
def total(a: Value, *, over: str = "heads") -> Value:
    """The sum over the heads (`over` "heads"), down the rows ("rows"), along the columns ("columns") or "all"."""
    if over == "all":
        return Value(_quiet(np.sum, a.array))
    axis = {"heads": -3, "rows": -2, "columns": -1}[over]
    if a.array.ndim < -axis:
        raise ValueError(f"{shape_of(a.array)} has no {over} to add up")
    keep = axis != -3
    array = _quiet(np.sum, a.array, axis=axis, keepdims=keep)
    return Value(array, None if axis == -2 else a.rows, None if axis == -1 else a.cols, a.heads if keep else None)


@op
def norm(a: Value) -> Value:
    """√ of the sum of all squares: one number for how big a matrix is."""
    return Value(_quiet(lambda x: np.sqrt(np.sum(x * x)), a.array))


@op
def quantise(a: Value, bits: int = 8) -> Value:
    """Each row kept as whole numbers of `bits` bits and one scale, its largest entry by size over 2^(bits-1) - 1."""
    steps = 2 ** (int(bits) - 1) - 1
    scale = _quiet(lambda x: np.abs(x).max(-1, keepdims=True, initial=0) / steps, a.array)
    codes = _quiet(lambda x: np.rint(x / scale), a.array)
    return Value(_quiet(np.multiply, np.where(scale == 0, 0, codes), scale), a.rows, a.cols, a.heads)


@op
def number(value: float) -> Value:
    """A parameter as a node, to calculate with."""
    return Value(np.asarray(value, np.float64))


@op
def choose(index: Position, *nodes: Value) -> Value:
    """The argument with this index (counted from 0)."""
    i = int(index)
    if not 0 <= i < len(nodes):
        raise ValueError(f"there is no choice {i}: 0 to {len(nodes) - 1} are there")
    return nodes[i]


@op
def embed(table: Value, *words: str, unknown: str = "make up", most: int = 60) -> Value:
    """The rows of a table named by words. An unknown word gets a made-up row, marked with *, or is refused."""
    if table.rows is None or table.array.ndim != 2:
        raise ValueError("the table needs a word for every row")
    typed = " ".join(str(w) for w in words).lower().split()
    listed = [w for w in (word.strip(".,;:!?\"'()") for word in typed) if w]
    if not listed:
        raise ValueError("type at least one word")
    if len(listed) > most:
        raise ValueError(f"{len(listed)} words are more than {most}, the most this sheet takes")
    index = {word: i for i, word in enumerate(table.rows)}
    width = table.array.shape[1]
    found, names = [], []
    for word in listed:
        if word in index:
            found.append(table.array[index[word]])
            names.append(word)
        elif unknown == "make up":
            found.append(made_up(word, width))
            names.append(word + "*")
        else:
            raise ValueError(
                f'the word "{word}" is not known here; the closest known: {", ".join(closest(word, index))}'
            )
    return Value(np.array(found, np.float64).reshape(len(listed), width), tuple(names), table.cols)


def _numbered(word: str, n: int) -> tuple[str, ...]:
    return tuple(f"{word} {i}" for i in range(n))


def _index(value: Any) -> int | None:
    return None if value is None else int(value)


def _need(value: Value, axes: int, op: str) -> None:
    if value.array.ndim < axes:
        what = {2: "a matrix", 3: "a stack of heads"}[axes]
        raise ValueError(f"{op} needs {what}, and got {shape_of(value.array)}")


def _quiet(function: Callable, *arrays: Any, **keywords: Any) -> np.ndarray:
    """Infinities and NaN are shown to the learner as they are, so numpy need not warn of them."""
    with np.errstate(all="ignore"):
        return np.asarray(function(*arrays, **keywords), np.float64)

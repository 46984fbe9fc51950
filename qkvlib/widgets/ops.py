"""The worksheet's words in numpy. Each op here has a twin of the same name in engine.js; one test compares the two.

An op is a function `(args, opts) -> Value`: `args` are the Values it reads, `opts` its plain numbers and switches.
Arrays have 0 to 3 axes: a number, a row, a matrix, or a stack of matrices (one per head). A shape that cannot work
raises ValueError; the sheet adds the name of the node.

To add an op: write it in `OPS` here and in `OPS` of engine.js (with its `terms`, the arithmetic shown for one cell),
add a builder method in sheet.py, and one line of test cases in tests/test_ops.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import attention


@dataclass(frozen=True)
class Value:
    """A float64 array with the names of its rows, columns and heads, and which cells a mask has closed."""

    array: np.ndarray
    rows: tuple[str, ...] | None = None
    cols: tuple[str, ...] | None = None
    heads: tuple[str, ...] | None = None
    masked: np.ndarray | None = None


def shape_text(array) -> str:
    return "[" + ", ".join(map(str, array.shape)) + "]"


def matmul(args, opts):
    a, b = args
    if a.array.ndim < 1 or b.array.ndim < 2 or a.array.shape[-1] != b.array.shape[-2]:
        raise ValueError(
            f"{shape_text(a.array)} times {shape_text(b.array)} cannot work: "
            "the width of the left one must equal the number of rows of the right one"
        )
    return Value(_quiet(np.matmul, a.array, b.array), a.rows, b.cols, a.heads or b.heads)


def scores(args, opts):
    q, k = args
    if q.array.ndim < 1 or k.array.ndim < 2 or q.array.shape[-1] != k.array.shape[-1]:
        raise ValueError(
            f"queries {shape_text(q.array)} and keys {shape_text(k.array)} cannot be compared: "
            "their widths must be equal"
        )
    array = _quiet(np.matmul, q.array, np.swapaxes(k.array, -1, -2))
    return Value(array, q.rows, k.rows, q.heads or k.heads)


def transpose(args, opts):
    (a,) = args
    if a.array.ndim < 2:
        raise ValueError(f"{shape_text(a.array)} has no rows and columns to swap")
    masked = None if a.masked is None else np.swapaxes(a.masked, -1, -2)
    return Value(np.swapaxes(a.array, -1, -2), a.cols, a.rows, a.heads, masked)


def _elementwise(function):
    def op(args, opts):
        a, b = args
        try:
            array = _quiet(function, a.array, b.array)
        except ValueError:
            raise ValueError(f"shapes {shape_text(a.array)} and {shape_text(b.array)} do not fit each other") from None
        big = a if a.array.ndim >= b.array.ndim else b
        small = b if big is a else a
        return Value(array, big.rows or small.rows, big.cols or small.cols, big.heads or small.heads)

    return op


def scale(args, opts):
    """`by` and 1/√(width of the second argument) multiply, when `on`; `temperature` always divides."""
    a = args[0]
    factor = 1.0
    if opts["on"]:
        factor = float(opts["by"])
        if len(args) == 2:
            factor /= np.sqrt(args[1].array.shape[-1])
    if not opts["temperature"] > 0:
        raise ValueError(f"temperature is {opts['temperature']}: it must be above 0")
    return Value(_quiet(np.multiply, a.array, factor / opts["temperature"]), a.rows, a.cols, a.heads, a.masked)


def mask(args, opts):
    """Closed cells become -inf: the future when `causal`, what is further than `window` away (0: no limit), and what
    is zero in the second argument (none: no more). Nothing happens unless `on`."""
    a = args[0]
    if a.array.ndim < 2:
        raise ValueError(f"{shape_text(a.array)} is not a grid of queries and keys")
    n_queries, n_keys = a.array.shape[-2:]
    keys, queries = np.arange(n_keys), np.arange(n_keys - n_queries, n_keys)[:, None]
    allowed = np.ones(a.array.shape, bool)
    if opts["causal"]:
        allowed &= keys <= queries
    if opts["window"]:
        allowed &= np.abs(keys - queries) <= opts["window"]
    if len(args) == 2:
        try:
            allowed &= args[1].array != 0
        except ValueError:
            raise ValueError(
                f"the mask {shape_text(args[1].array)} does not fit the grid {shape_text(a.array)}"
            ) from None
    if not opts["on"]:
        allowed[...] = True
    masked = ~allowed if a.masked is None else ~allowed | a.masked
    return Value(np.where(allowed, a.array, -np.inf), a.rows, a.cols, a.heads, masked)


def softmax(args, opts):
    """Shares that sum to 1 along each row (`over` "keys") or down each column (`over` "queries", a classic bug)."""
    (a,) = args
    axis = -2 if opts["over"] == "queries" and a.array.ndim > 1 else -1
    if a.array.ndim < 1:
        raise ValueError("a single number has no row to share out")
    array = _quiet(attention.softmax, a.array, axis)
    return Value(array, a.rows, a.cols, a.heads, a.masked)


def split_heads(args, opts):
    (a,) = args
    n = int(opts["n"])
    _need(a, 2, "split_heads")
    if n < 1 or a.array.shape[-1] % n:
        raise ValueError(f"{shape_text(a.array)} does not divide into {n} heads of equal width")
    return Value(attention.split_heads(a.array, n), a.rows, None, _numbered("head", n))


def merge_heads(args, opts):
    (a,) = args
    _need(a, 3, "merge_heads")
    return Value(attention.merge_heads(a.array), a.rows)


def repeat_kv(args, opts):
    """Every head `n_rep` times in a row, 0 0 1 1: query head h meets K/V head h // n_rep."""
    (a,) = args
    n_rep = int(opts["n_rep"])
    _need(a, 3, "repeat_kv")
    if n_rep < 1:
        raise ValueError(f"n_rep is {n_rep}: every K/V head must be used at least once")
    names = a.heads or _numbered("head", a.array.shape[0])
    return Value(attention.repeat_kv(a.array, n_rep), a.rows, a.cols, tuple(n for n in names for _ in range(n_rep)))


def tile_kv(args, opts):
    """All heads one after the other, `n_rep` times, 0 1 0 1: the classic mistake, for the bug clinic."""
    (a,) = args
    n_rep = int(opts["n_rep"])
    _need(a, 3, "tile_kv")
    names = a.heads or _numbered("head", a.array.shape[0])
    return Value(np.tile(a.array, (n_rep, 1, 1)), a.rows, a.cols, names * n_rep)


def pool_kv(args, opts):
    """Neighbouring heads averaged until `n_kv_heads` are left (how a GQA checkpoint is started from an MHA one)."""
    (a,) = args
    n = int(opts["n_kv_heads"])
    _need(a, 3, "pool_kv")
    if n < 1 or a.array.shape[0] % n:
        raise ValueError(f"{a.array.shape[0]} heads do not divide into {n} groups of equal size")
    groups = a.array.reshape(n, a.array.shape[0] // n, *a.array.shape[1:])
    return Value(_quiet(np.mean, groups, 1), a.rows, a.cols, _numbered("kv", n))


def select(args, opts):
    """One matrix of a stack, by its index (counted from 0)."""
    (a,) = args
    i = int(opts["index"])
    _need(a, 3, "select")
    if not 0 <= i < a.array.shape[0]:
        raise ValueError(f"there is no head {i}: {shape_text(a.array)} has heads 0 to {a.array.shape[0] - 1}")
    return Value(a.array[i], a.rows, a.cols, None, None if a.masked is None else a.masked[i])


def rows(args, opts):
    """Rows `start` to `stop` (not included; None: to the end), as numpy slices."""
    (a,) = args
    _need(a, 2, "rows")
    cut = slice(_index(opts["start"]), _index(opts["stop"]))
    masked = None if a.masked is None else a.masked[..., cut, :]
    return Value(a.array[..., cut, :], a.rows and a.rows[cut], a.cols, a.heads, masked)


def columns(args, opts):
    (a,) = args
    _need(a, 2, "columns")
    cut = slice(_index(opts["start"]), _index(opts["stop"]))
    masked = None if a.masked is None else a.masked[..., cut]
    return Value(a.array[..., cut], a.rows, a.cols and a.cols[cut], a.heads, masked)


def rows_like(args, opts):
    """As many rows of the first as the second has (positions for a sentence of any length)."""
    a, like = args
    _need(a, 2, "rows_like")
    n = like.array.shape[-2]
    if n > a.array.shape[-2]:
        raise ValueError(f"{n} rows are needed and {shape_text(a.array)} has only {a.array.shape[-2]}")
    return Value(a.array[..., :n, :], like.rows, a.cols, a.heads)


def concat(args, opts):
    """Side by side (`axis` "columns") or under one another (`axis` "rows")."""
    down = opts["axis"] == "rows"
    try:
        array = np.concatenate([a.array for a in args], axis=-2 if down else -1)
    except ValueError:
        shapes = " and ".join(shape_text(a.array) for a in args)
        raise ValueError(f"shapes {shapes} do not fit {'under' if down else 'beside'} one another") from None
    first = args[0]
    joined = [a.rows if down else a.cols for a in args]
    names = tuple(n for part in joined for n in part) if all(joined) else None
    return Value(array, names if down else first.rows, first.cols if down else names, first.heads)


def total(args, opts):
    """The sum over the heads (`over` "heads"), down the rows ("rows"), along the columns ("columns") or "all"."""
    (a,) = args
    if opts["over"] == "all":
        return Value(_quiet(np.sum, a.array))
    axis = {"heads": -3, "rows": -2, "columns": -1}[opts["over"]]
    if a.array.ndim < -axis:
        raise ValueError(f"{shape_text(a.array)} has no {opts['over']} to add up")
    keep = axis != -3
    array = _quiet(np.sum, a.array, axis=axis, keepdims=keep)
    return Value(array, None if axis == -2 else a.rows, None if axis == -1 else a.cols, a.heads if keep else None)


def norm(args, opts):
    """√ of the sum of all squares: one number for how big a matrix is."""
    (a,) = args
    return Value(_quiet(lambda x: np.sqrt(np.sum(x * x)), a.array))


def number(args, opts):
    return Value(np.float64(opts["value"]))


def choose(args, opts):
    """The argument with this index (counted from 0)."""
    i = int(opts["index"])
    if not 0 <= i < len(args):
        raise ValueError(f"there is no choice {i}: 0 to {len(args) - 1} are there")
    return args[i]


def embed(args, opts):
    """The rows of a table named by words. An unknown word gets a made-up row, marked with *, or is refused."""
    (table,) = args
    if table.rows is None or table.array.ndim != 2:
        raise ValueError("the table needs a word for every row")
    words = " ".join(str(w) for w in opts["words"]).lower().split()
    words = [w for w in (word.strip(".,;:!?\"'()") for word in words) if w]
    if not words:
        raise ValueError("type at least one word")
    if len(words) > opts["most"]:
        raise ValueError(f"{len(words)} words are more than {opts['most']}, the most this sheet takes")
    index = {word: i for i, word in enumerate(table.rows)}
    width = table.array.shape[1]
    found, names = [], []
    for word in words:
        if word in index:
            found.append(table.array[index[word]])
            names.append(word)
        elif opts["unknown"] == "make up":
            found.append(made_up(word, width))
            names.append(word + "*")
        else:
            raise ValueError(
                f'the word "{word}" is not known here; the closest known: {", ".join(closest(word, index))}'
            )
    return Value(np.array(found, np.float64).reshape(len(words), width), tuple(names), table.cols)


def made_up(word: str, width: int) -> np.ndarray:
    """Whole numbers from -2 to 2 that depend on the word alone (an FNV-1a hash), the same here and in the browser."""
    numbers = []
    for i in range(width):
        state = 2166136261
        for byte in f"{word}/{i}".encode():
            state = ((state ^ byte) * 16777619) & 0xFFFFFFFF
        numbers.append((state >> 13) % 5 - 2)
    return np.array(numbers, np.float64)


def closest(word: str, known, n: int = 3) -> list[str]:
    """The `n` known words that share most letter pairs with `word`."""

    def pairs(text):
        text = f" {text} "
        return {text[i : i + 2] for i in range(len(text) - 1)}

    wanted = pairs(word)
    return sorted(known, key=lambda other: (-len(wanted & pairs(other)) / len(wanted | pairs(other)), other))[:n]


def _numbered(word, n):
    return tuple(f"{word} {i}" for i in range(n))


def _index(value):
    return None if value is None else int(value)


def _need(value, axes, op):
    if value.array.ndim < axes:
        what = {2: "a matrix", 3: "a stack of heads"}[axes]
        raise ValueError(f"{op} needs {what}, and got {shape_text(value.array)}")


def _quiet(function, *arrays, **keywords):
    """Infinities and NaN are shown to the learner as they are, so numpy need not warn of them."""
    with np.errstate(all="ignore"):
        return np.asarray(function(*arrays, **keywords), np.float64)


OPS = {
    "matmul": matmul,
    "scores": scores,
    "transpose": transpose,
    "add": _elementwise(np.add),
    "subtract": _elementwise(np.subtract),
    "multiply": _elementwise(np.multiply),
    "divide": _elementwise(np.divide),
    "scale": scale,
    "mask": mask,
    "softmax": softmax,
    "split_heads": split_heads,
    "merge_heads": merge_heads,
    "repeat_kv": repeat_kv,
    "tile_kv": tile_kv,
    "pool_kv": pool_kv,
    "select": select,
    "rows": rows,
    "columns": columns,
    "rows_like": rows_like,
    "concat": concat,
    "total": total,
    "norm": norm,
    "number": number,
    "choose": choose,
    "embed": embed,
}

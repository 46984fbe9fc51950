"""Every op is written twice, in numpy and in JavaScript: here both run on the same inputs and must agree to 1e-12."""

import numpy as np
import pytest
from engine_in_node import run_module

from qkvlib.widgets.ops import OPS, Value
from qkvlib.widgets.worksheet import pack, unpack


def tokens(n):
    return tuple(f"t{i}" for i in range(n))


def cases(rng):
    """One list of (op, arguments, options) for every op; every axis is a prime of its own, some are 1 or 0."""
    T, S, d, h = (int(rng.choice(primes)) for primes in ([1, 2, 5], [3, 7], [2, 11], [2, 3]))

    def array(*shape):
        values = rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4)
        if rng.random() < 0.15 and values.size:
            values.flat[rng.integers(values.size)] = rng.choice([np.nan, np.inf, -np.inf, 1e300, 0.0, -0.0])
        return values

    def value(*shape, rows=False, cols=False):
        names = {"rows": tokens(shape[-2]) if rows else None, "cols": tokens(shape[-1]) if cols else None}
        return Value(array(*shape), **names)

    masked = Value(np.where(rng.random((h, T, S)) < 0.5, -np.inf, array(h, T, S)), masked=rng.random((h, T, S)) < 0.3)
    on, temperature = bool(rng.random() < 0.5), float(rng.uniform(0.1, 5))
    yield "matmul", [value(T, d, rows=True), value(d, S, cols=True)], {}
    yield "matmul", [value(d), value(d, S)], {}
    yield "matmul", [value(h, T, d), value(h, d, S)], {}
    yield "matmul", [value(T, d), value(h, d, S)], {}
    yield "matmul", [value(h, T, d), value(d, S)], {}
    yield "matmul", [value(T, 0), value(0, S)], {}
    yield "matmul", [value(T, d), value(d + 1, S)], {}
    yield "scores", [value(T, d, rows=True), value(S, d, rows=True)], {}
    yield "scores", [value(h, T, d), value(h, S, d)], {}
    yield "scores", [value(T, d), value(S, d + 1)], {}
    yield "transpose", [value(T, d, rows=True, cols=True)], {}
    yield "transpose", [masked], {}
    for op in ("add", "subtract", "multiply", "divide"):
        yield op, [value(T, d, rows=True), value(T, d)], {}
        yield op, [value(h, T, d), value(h, 1, 1)], {}
        yield op, [value(T, d), value(d)], {}
        yield op, [value(), value(T, d)], {}
        yield op, [value(T, d), value(T + 1, d)], {}
    yield "scale", [masked], {"by": 0.7, "on": on, "temperature": temperature}
    yield "scale", [value(T, S), value(T, d)], {"by": 1, "on": on, "temperature": temperature}
    yield "scale", [value(T, S)], {"by": 1, "on": on, "temperature": 0}
    for causal in (True, False):
        yield "mask", [value(T, S)], {"causal": causal, "window": int(rng.integers(0, 3)), "on": on}
        yield "mask", [masked], {"causal": causal, "window": 0, "on": True}
    allowed = Value(rng.integers(0, 2, (T, S)).astype(float))
    yield "mask", [value(h, T, S), allowed], {"causal": False, "window": 0, "on": True}
    for over in ("keys", "queries"):
        yield "softmax", [value(T, S, rows=True)], {"over": over}
        yield "softmax", [masked], {"over": over}
        yield "softmax", [value(S)], {"over": over}
        yield "softmax", [value(T, 0)], {"over": over}
    yield "split_heads", [value(T, h * d, rows=True)], {"n": h}
    yield "split_heads", [value(T, h * d + 1)], {"n": h}
    yield "merge_heads", [value(h, T, d)], {}
    yield "merge_heads", [value(T, d)], {}
    yield "repeat_kv", [value(h, T, d)], {"n_rep": 3}
    yield "tile_kv", [value(h, T, d)], {"n_rep": 3}
    yield "pool_kv", [value(2 * h, T, d)], {"n_kv_heads": h}
    yield "pool_kv", [value(h, T, d)], {"n_kv_heads": h + 1}
    yield "select", [masked], {"index": int(rng.integers(0, h + 1))}
    for start, stop in ((None, 2), (1, None), (-1, None), (0, 99), (2, 1)):
        yield "rows", [value(S, d, rows=True)], {"start": start, "stop": stop}
        yield "columns", [value(h, T, S)], {"start": start, "stop": stop}
    yield "rows_like", [value(S, d), value(T, 2, rows=True)], {}
    for axis in ("rows", "columns"):
        yield (
            "concat",
            [value(T, d, rows=True, cols=True), value(T, d, rows=True, cols=True)],
            {"axis": axis, "names": None},
        )
        yield "concat", [value(h, T, d), value(h, T, d), value(h, T, d)], {"axis": axis, "names": None}
        called = [f"line {k}" for k in range(2 * (T if axis == "rows" else d))]
        yield "concat", [value(T, d, rows=True), value(T, d, cols=True)], {"axis": axis, "names": called}
        yield "concat", [value(T, d), value(T + 1, d + 1)], {"axis": axis, "names": None}
    for over in ("heads", "rows", "columns", "all"):
        yield "total", [value(h, T, d)], {"over": over}
        yield "total", [value(T, d)], {"over": over}
    yield "norm", [value(T, d)], {}
    for bits in (8, 3, 2):
        yield "quantise", [value(h, T, d, rows=True)], {"bits": bits}
    yield (
        "quantise",
        [Value(np.array([[2.0, 1, -1, 0.5], [0, 0, 0, 0], [-6, 5, 3, 1]]))],
        {"bits": 3},
    )  # halves and zeros
    yield "quantise", [value(d)], {"bits": 8}
    yield "number", [], {"value": temperature}
    yield "choose", [value(T), value(S)], {"index": int(rng.integers(0, 3))}
    table = Value(array(4, d), rows=("the", "dog", "ball", "<b>"))
    for words in (["The dog,", "the BALL."], ["zork é dog"], [""], ["dogs"], ["<b> dog"]):
        for unknown in ("make up", "refuse"):
            yield "embed", [table], {"words": words, "unknown": unknown, "most": 60}
    yield "embed", [table], {"words": ["dog " * 5], "unknown": "refuse", "most": 4}


def as_json(value: Value) -> dict:
    masked = None if value.masked is None else value.masked.astype(int).ravel().tolist()
    names = {
        axis: None if (given := getattr(value, axis)) is None else list(given) for axis in ("rows", "cols", "heads")
    }
    return {**pack(value.array), **names, "masked": masked}


ALL = [case for seed in range(25) for case in cases(np.random.default_rng(seed))]


@pytest.fixture(scope="module")
def in_browser(node):
    messages = [{"op": op, "args": [as_json(a) for a in args], "opts": opts} for op, args, opts in ALL]
    return run_module(node, "engine_driver.mjs", {"cases": messages})


def outcome(op, args, opts):
    try:
        return OPS[op](args, opts), ""
    except ValueError as error:
        return None, str(error)


def test_every_op_has_cases():
    assert {op for op, _, _ in ALL} == set(OPS)


@pytest.mark.parametrize("op", OPS)
def test_numpy_and_javascript_agree(op, in_browser):
    worked = 0
    for (name, args, opts), theirs in zip(ALL, in_browser, strict=True):
        if name != op:
            continue
        ours, trouble = outcome(op, args, opts)
        if trouble:
            assert theirs == {"error": trouble, "kind": "RangeError"}
            continue
        assert "error" not in theirs, (opts, theirs)
        worked += 1
        expected = as_json(ours)
        assert theirs["shape"] == expected["shape"]
        np.testing.assert_allclose(unpack(theirs), ours.array, rtol=1e-12, atol=1e-12, err_msg=f"{op} {opts}")
        assert {k: theirs[k] for k in ("rows", "cols", "heads", "masked")} == {
            k: expected[k] for k in ("rows", "cols", "heads", "masked")
        }
    assert worked >= 10

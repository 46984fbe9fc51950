"""A number looks the same in a picture, in a repr and in the browser."""

import math

import numpy as np
import pytest
from engine_in_node import ask

from qkvlib.widgets.numbers import in_cell, nice_ceiling, places, short, written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (15, "15"),
        (0.0, "0"),
        (-0.0, "0"),
        (-2.1213203, "−2.12"),
        (10.6066, "10.6"),
        (0.8929582, "0.893"),
        (0.0625, "0.063"),
        (9.996, "10"),
        (1234.5, "1235"),
        (0.0004, "4e-4"),
        (1e300, "1e300"),
        (-123456, "−123456"),
        (12345678, "1.23e7"),
        (math.nan, "NaN"),
        (-math.inf, "−∞"),
    ],
)
def test_by_hand(value, text):
    assert short(value) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (7.2e-28, 3, "0"),  # what rounding leaves of a 0
        (0.00049, 3, "≈0"),
        (-0.00049, 3, "≈0"),
        (0.0, 3, "0"),
        (0.0005, 3, "0.001"),
        (-0.00085, 3, "−0.001"),
        (0.893, 3, "0.893"),
        (0.99997, 3, "≈1"),
        (1.0, 3, "1"),
        (-0.99997, 3, "≈−1"),
        (1 - 1e-12, 0, "≈1"),
        (3.0, 2, "3.00"),
        (0.04, 1, "≈0"),
        (2.5, 0, "3"),
        (0.0004, None, "4e-4"),  # a matrix of small numbers keeps them
        (math.nan, 1, "NaN"),
        (-math.inf, 1, "−∞"),
    ],
)
def test_a_cell_is_written_as_its_matrix_is(value, decimals, text):
    assert in_cell(value, decimals) == text


@pytest.mark.parametrize(
    ("numbers", "decimals"),
    [
        ([2, 1, -3], 0),
        ([5.657, 4.243, -2.121], 2),
        ([10.6066, 8.485], 1),
        ([0.5, 1], 1),
        ([0.804, 0.196], 3),
        ([1234.5, 0.25], 0),
        ([0.0004, 0.0003], None),
        ([1e9, 2], None),
        ([math.nan, math.inf, 2], 0),
        ([], 0),
    ],
)
def test_one_matrix_has_one_precision(numbers, decimals):
    assert places(np.array(numbers, float)) == decimals


def test_python_and_browser_write_the_same(node):
    rng = np.random.default_rng(0)
    spread = rng.normal(size=3000) * 10.0 ** rng.integers(-8, 9, 3000)
    ties = np.arange(-400, 400) / 16
    edges = [0.001, 0.000999999, 0.9995, 9.995, 999.95, 99999.5, 1e5, 5e-324, 1.7e308, np.inf, -np.inf, np.nan, -0.0]
    numbers = [float(v) for v in (*spread, *ties, *edges)]
    words = [repr(v).replace("inf", "Infinity").replace("nan", "NaN") for v in numbers]
    (theirs,) = ask(node, None, ["short", words])
    assert theirs == [short(v) for v in numbers]
    decimals = [0, 1, 2, 3, None]
    (theirs,) = ask(node, None, ["cells", words, decimals])
    assert theirs == [[in_cell(v, d) for v in numbers] for d in decimals]
    formats = ["", "%", "int", "bytes"]
    plain = [v for v in numbers if not 1e15 < abs(v) < math.inf]
    (theirs,) = ask(
        node, None, ["written", [repr(v).replace("inf", "Infinity").replace("nan", "NaN") for v in plain], formats]
    )
    assert theirs == [[written(v, form) for v in plain] for form in formats]
    matrices = [numbers[k : k + 6] for k in range(0, 600, 6)] + [[1.5, 2], [3, 4], [0.25, 100], [1e8]]
    (theirs,) = ask(
        node,
        None,
        ["places", [[repr(v).replace("inf", "Infinity").replace("nan", "NaN") for v in m] for m in matrices]],
    )
    assert theirs == [places(np.array(m)) for m in matrices]
    sizes = [abs(v) for v in numbers if abs(v) < 1e307]
    (theirs,) = ask(node, None, ["nice", sizes])
    assert theirs == [nice_ceiling(v) for v in sizes]


def test_the_scale_ends_at_or_above_the_largest():
    for size in (0.003, 0.999, 1, 1.0001, 15, 20, 21, 1e300):
        assert size <= nice_ceiling(size) <= 2.5 * size * (1 + 1e-9)


def test_what_a_learner_types(node):
    typed = [
        "3",
        " -2.5 ",
        "−4",
        "1e300",
        "0,5",
        "inf",
        "-∞",
        "nan",
        "",
        "two",
        "1 2",
        "0x",
        "--3",
        "0x10",
        "1/0",
        "1//2",
        "1/2",
        "-3 / 4",
        "75%",
        "12,5 %",
        ".5",
        "+2",
        "1e3",
        "1_000",
    ]
    expected = [
        "3",
        "-2.5",
        "-4",
        "1e+300",
        "0.5",
        "Infinity",
        "-Infinity",
        "NaN",
        *["refused"] * 8,
        "0.5",
        "-0.75",
        "0.75",
        "0.125",
        "0.5",
        "2",
        "1000",
        "refused",
    ]
    assert ask(node, None, ["parse", typed]) == [expected]

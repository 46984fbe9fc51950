"""A number looks the same in a picture, in a repr and in the browser."""

import math

import numpy as np
import pytest
from engine_in_node import ask

from qkvlib.widgets.numbers import in_cell, nice_ceiling, short


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
        (-123456, "−1.2e5"),
        (math.nan, "NaN"),
        (-math.inf, "−∞"),
    ],
)
def test_by_hand(value, text):
    assert short(value) == text


@pytest.mark.parametrize(
    ("value", "end", "text"),
    [
        (7.2e-28, 1, "≈0"),
        (-7.2e-28, 1, "≈0"),
        (0.0, 1, "0"),
        (0.00049, 20, "≈0"),
        (0.0005, 1, "0.001"),
        (-0.00085, 1, "−0.001"),
        (0.893, 1, "0.893"),
        (0.0004, 0.5, "4e-4"),  # a matrix of small numbers keeps them
        (0.0004, 0.001, "4e-4"),
        (1.8e-16, 2e-16, "1.8e-16"),  # and one of nothing but rounding shows what it is
        (math.nan, 1, "NaN"),
        (-math.inf, 1, "−∞"),
    ],
)
def test_a_cell_is_never_noisier_than_its_matrix(value, end, text):
    assert in_cell(value, end) == text


def test_python_and_browser_write_the_same(node):
    rng = np.random.default_rng(0)
    spread = rng.normal(size=3000) * 10.0 ** rng.integers(-8, 9, 3000)
    ties = np.arange(-400, 400) / 16
    edges = [0.001, 0.000999999, 0.9995, 9.995, 999.95, 99999.5, 1e5, 5e-324, 1.7e308, np.inf, -np.inf, np.nan, -0.0]
    numbers = [float(v) for v in (*spread, *ties, *edges)]
    words = [repr(v).replace("inf", "Infinity").replace("nan", "NaN") for v in numbers]
    (theirs,) = ask(node, None, ["short", words])
    assert theirs == [short(v) for v in numbers]
    ends = [1e-6, 0.01, 0.5, 1.0, 5.0, 1000.0]
    (theirs,) = ask(node, None, ["cells", words, ends])
    assert theirs == [[in_cell(v, end) for v in numbers] for end in ends]
    sizes = [abs(v) for v in numbers if abs(v) < 1e307]
    (theirs,) = ask(node, None, ["nice", sizes])
    assert theirs == [nice_ceiling(v) for v in sizes]


def test_the_scale_ends_at_or_above_the_largest():
    for size in (0.003, 0.999, 1, 1.0001, 15, 20, 21, 1e300):
        assert size <= nice_ceiling(size) <= 2.5 * size * (1 + 1e-9)


def test_what_a_learner_types(node):
    typed = ["3", " -2.5 ", "−4", "1e300", "0,5", "inf", "-∞", "nan", "", "two", "1 2", "0x", "--3"]
    expected = ["3", "-2.5", "-4", "1e+300", "0.5", "Infinity", "-Infinity", "NaN", *["refused"] * 5]
    assert ask(node, None, ["parse", typed]) == [expected]

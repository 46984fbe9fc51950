"""Tables of numbers: the plain text and the HTML say the same, and both are what was asked for."""

import html
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkvlib.tables import matrices, number_text, shapes, table, vector_text


def cells_of(made):
    """Every cell of the HTML in reading order, heads included, as text."""
    return [
        html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", made._repr_html_())
    ]


def test_a_column_has_one_precision_and_whole_numbers_have_none():
    made = table([[1, 0.5], [4096, 12]], columns=["tokens", "ratio"])

    assert made.texts == (("1", "0.50"), ("4,096", "12.00"))


def test_heads_may_come_as_keys_and_values_may_be_one_or_many():
    assert repr(table({"with a cache": True, "without": np.False_})) == "with a cache   yes\nwithout        no"
    made = table({"it": [1, 2], "dog": [3, 4]}, columns=["x", "y"])
    assert repr(made).splitlines() == ["      x   y", "it    1   2", "dog   3   4"]


def test_records_name_their_columns_and_their_first_text_names_the_rows():
    made = table([{"model": "A", "GiB": 4.0, "shape": [4, 2]}, {"model": "B", "shape": np.array([1.5, 2])}])
    assert (made.corner, made.columns, made.rows) == ("model", ("GiB", "shape"), ("A", "B"))
    assert made.texts == (("4", "[4, 2]"), ("", "[1.50, 2]"))


def test_a_row_may_mix_numbers_and_vectors():
    for rows in ([(2, np.array([1, 0]), True)], zip([2], [[1, 0]], [True], strict=True), {"": [2, [1, 0], True]}):
        assert table(rows).texts == (("2", "[1, 0]", "yes"),)


def test_units_stand_in_the_head_and_shares_become_percent():
    made = table([[0.25, 3.0]], columns=["share", "time"], unit={"share": "%", "time": "ms"}, digits={"time": 1})
    assert made.columns == ("share", "time, ms")
    assert made.texts == (("25%", "3.0"),)


def test_marks_and_bars_show_in_their_cells_alone():
    made = table({"it": [0.5, 1], "dog": [0.25, 0]}, columns=["a", "b"], mark=[("dog", "a")], bars=["a"])
    assert repr(made).splitlines()[2] == "dog   0.25*   0"
    cells = re.findall(r"<td.*?</td>", made._repr_html_())
    assert ["outline" in cell for cell in cells] == [False, False, True, False]
    assert [re.findall(r"([\d.]+)%,transparent", cell) for cell in cells] == [["100.0"], [], ["50.0"], []]


@pytest.mark.parametrize(
    ("value", "text"), [(-0.001, "-0.00"), (float("nan"), "NaN"), (float("inf"), "∞"), (-np.inf, "-∞")]
)
def test_odd_numbers_have_a_text_of_their_own(value, text):
    assert table([[value, 1.5]]).texts[0][0] == text.replace("-0.00", "0.00")


@pytest.mark.parametrize(
    ("cells", "options", "says"),
    [
        ([[1, 2], [3]], {}, "row 2 has 1 cells"),
        ([[1, 2]], {"columns": ["a"], "rows": ["x"]}, "row|columns"),
        ([[1, 2]], {"rows": ["x", "y"]}, "2 rows are named"),
        ([[1, 2]], {"columns": ["a", "b"], "digits": {"c": 1}}, "no column 'c'"),
        ([[1, 2]], {"columns": ["a", "b"], "bars": ["c"]}, "no column 'c'"),
        ([[1, 2]], {"columns": ["a", "b"], "mark": ["x"]}, "no row 'x'"),
    ],
)
def test_what_does_not_fit_is_said(cells, options, says):
    with pytest.raises(ValueError, match=says):
        table(cells, **options)


def test_matrices_stand_beside_each_other_with_names_and_shapes():
    text = repr(matrices(X=np.eye(2), q=[1, 2], rows=["it", "dog"]))
    assert text.splitlines()[0].split("  ")[0] == "X [2, 2]"
    assert "q [2]" in text.splitlines()[0]
    assert text.splitlines()[1].split() == ["it", "1", "0", "1", "2"]
    assert repr(matrices(**{f"A{n}": np.ones((2, 30)) for n in range(2)})).count("\n\n") == 1, "too wide for one line"
    with pytest.raises(ValueError, match="only vectors and matrices"):
        matrices(B=np.ones((2, 2, 2)))


def test_shapes_are_written_as_the_course_writes_them():
    assert shapes(X=np.ones((5, 7, 4)), q=np.ones(2)).texts == (("[5, 7, 4]",), ("[2]",))


def test_numbers_are_as_short_as_they_can_be_said():
    assert (vector_text([15, 10.606]), number_text(-0.0), number_text(0.126, 1)) == ("[15, 10.61]", "0", "0.1")


texts = st.text("abc<&>\"' ", min_size=1, max_size=8)


@given(st.data())
def test_both_twins_hold_the_same_cells(data):
    n, m = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    numbers = st.one_of(st.floats(-1e6, 1e6), st.integers(-99, 99), st.booleans(), st.none())
    body = data.draw(st.lists(st.lists(numbers, min_size=m, max_size=m), min_size=n, max_size=n))
    heads = data.draw(st.lists(texts, min_size=n, max_size=n))
    made = table(body, rows=heads, columns=[f"c{place}" for place in range(m)])
    shown = cells_of(made)
    assert shown == [
        "",
        *made.columns,
        *(cell for head, row in zip(heads, made.texts, strict=True) for cell in (head, *row)),
    ]
    lines = repr(made).splitlines()
    assert len(lines) == n + 1
    for line, row in zip(lines[1:], made.texts, strict=True):
        assert all(text in line for text in row)
        assert line == line.rstrip()

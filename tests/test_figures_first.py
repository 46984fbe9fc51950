"""The figures of lessons 0 to 2 say the numbers they are given, and leave out what they should."""

import pytest
from matplotlib.figure import Figure

from qkvlib import examples, figures
from qkvlib.attention import attention, project_qkv, scores


@pytest.fixture
def ax():
    return Figure(figsize=(9.6, 3)).subplots()


@pytest.fixture
def two():
    """Q, K, V, scaled scores, weights and out of the two tokens of lesson 2."""
    Q, K, V = project_qkv(examples.X, examples.W_Q, examples.W_K, examples.W_V)
    out, weights = attention(Q, K, V)
    return Q, K, V, scores(Q, K), weights, out


def words(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize(("value", "said"), [(15, "15"), (-2.0, "-2"), (10.6066, "10.61"), (0.5, "0.50")])
def test_numbers_are_said_as_short_as_they_can_be(value, said):
    assert figures.number_text(value) == said
    assert figures.vector_text([value, 1]) == f"[{said}, 1]"


def test_three_branches_have_numbers_and_shapes(ax):
    matrices = (examples.W_Q, examples.W_K, examples.W_V)
    figures.three_roles(ax, examples.x1, matrices, [examples.x1 @ W for W in matrices])
    said = words(ax)
    assert "q = [2, 1]\n[2]" in said
    assert "k = [3, 2]\n[2]" in said
    assert "v = [1, 2]\n[2]" in said
    assert said.count("W_Q\n[4, 2]") == 1


def test_the_picture_holds_every_number_and_the_empty_one_holds_none(ax, two):
    Q, K, V, grid, weights, out = two
    row = (Q[1], K, V, grid[1], weights[1], out[1], ["dog", "it"], "it")
    figures.attention_picture(ax, *row)
    said = " ".join(words(ax))
    for number in ("[3, 3]", "[3, 2]", "10.61", "8.49", "0.893", "0.107", "[1.21, 2.11]"):
        assert number in said
    empty = Figure().subplots()
    figures.attention_picture(empty, *row, blank=True)
    assert set(words(empty)) <= {"?", ""}
